"""For how long a message is tried, and how the pauses between tries grow: as long as it is of use to its reader."""

from collections.abc import Mapping
from datetime import timedelta

from shopwright.services.notifications.contract import Topic

LONGEST = timedelta(days=3)
# What its link lets a reader do ends by then: the same times as stand in the message.
BY_SECRET: Mapping[str, timedelta] = {
    "reset": timedelta(hours=1),
    "verification": timedelta(days=1),
    "alert": timedelta(days=1),
}
# Tomorrow it is no longer true.
BY_TOPIC: Mapping[Topic, timedelta] = {"stock": timedelta(days=1), "carts": timedelta(days=1)}
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
FIRST_REST_S, LONGEST_REST_S = 1.0, 60.0


def lifetime(topic: Topic, secret: str) -> timedelta:
    """For how long a message is of use. `secret`: the kind of its link, "" for none."""
    return min(BY_SECRET.get(secret, LONGEST), BY_TOPIC.get(topic, LONGEST))


def loses_its_use(topic: Topic, secret: str) -> bool:
    """Is it better not sent at all once it has expired? An order confirmation is sent, however late."""
    return lifetime(topic, secret) < LONGEST


def is_useless(topic: Topic, secret: str, age: timedelta) -> bool:
    """Is a message of that age better not sent at all?"""
    return loses_its_use(topic, secret) and age >= lifetime(topic, secret)


def pause(attempts: int) -> timedelta:
    """Until a message is tried again that was tried so often: 5 s, twice as long each time, at most 15 minutes."""
    return min(FIRST_PAUSE * (1 << min(max(attempts - 1, 0), 20)), LONGEST_PAUSE)


def rest_s(failures: int) -> float:
    """For how long nothing is sent after the other side was away so often in a row, in seconds."""
    return min(FIRST_REST_S * (1 << min(max(failures - 1, 0), 20)), LONGEST_REST_S)
