"""When time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import Timer
from shopwright.services.users.service import UserService


def timers(users: UserService) -> list[Timer]:
    """Acts of processes that ended are closed in the audit log; tries that count no more are forgotten."""
    return [
        Timer("users.close_unfinished_acts", timedelta(minutes=1), users.log.close_unfinished),
        Timer("users.forget_guesses", timedelta(hours=1), users.forget_guesses),
    ]
