"""When that is heard, or time passes, do this."""

from datetime import timedelta

from shopwright.kit.facts import Reaction, Timer
from shopwright.services.notifications.model import LETTERS
from shopwright.services.notifications.service import Desk


def reactions(notifications: Desk) -> list[Reaction]:
    """A letter for each fact in `model.LETTERS`."""
    return [Reaction(f"notifications.{event.__name__}", event, notifications.hear) for event in LETTERS]


def timers(notifications: Desk) -> list[Timer]:
    """The post goes out every second."""
    return [Timer("notifications.send", timedelta(seconds=1), notifications.send)]
