"""How long a message is tried, and how pauses grow: as long as it is of use to its recipient."""

from collections.abc import Mapping
from datetime import timedelta

from shopwright.services.notifications.contract import Topic

LONGEST = timedelta(days=3)
# Links expire by then, at the times stated in the messages.
BY_SECRET: Mapping[str, timedelta] = {
    "reset": timedelta(hours=1),
    "verification": timedelta(days=1),
    "alert": timedelta(days=1),
}
# It is outdated tomorrow.
BY_TOPIC: Mapping[Topic, timedelta] = {"stock": timedelta(days=1), "carts": timedelta(days=1)}
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
FIRST_REST_S, LONGEST_REST_S = 1.0, 60.0


def lifetime(topic: Topic, secret: str) -> timedelta:
    """How long a message is of use. `secret`: the kind of its link, or ""."""
    return min(BY_SECRET.get(secret, LONGEST), BY_TOPIC.get(topic, LONGEST))


def loses_its_use(topic: Topic, secret: str) -> bool:
    """Whether an expired message should not be sent at all; an order confirmation is sent, however late."""
    return lifetime(topic, secret) < LONGEST


def is_useless(topic: Topic, secret: str, age: timedelta) -> bool:
    """Whether a message of this age should not be sent at all."""
    return loses_its_use(topic, secret) and age >= lifetime(topic, secret)


def pause(attempts: int) -> timedelta:
    """The pause after this many tries: 5 s, doubled each time, at most 15 minutes."""
    return min(FIRST_PAUSE * (1 << min(max(attempts - 1, 0), 20)), LONGEST_PAUSE)


def rest_s(failures: int) -> float:
    """The pause of a channel after this many consecutive failures, in seconds."""
    return min(FIRST_REST_S * (1 << min(max(failures - 1, 0), 20)), LONGEST_REST_S)
