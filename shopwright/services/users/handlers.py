"""When time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import ScheduledJob
from shopwright.services.users.service import UserService


def jobs(users: UserService) -> list[ScheduledJob]:
    """Acts of processes that ended are closed in the audit log; tries that count no more are forgotten."""
    return [
        ScheduledJob("users.close_unfinished_acts", timedelta(minutes=1), users.log.close_unfinished),
        ScheduledJob("users.forget_guesses", timedelta(hours=1), users.forget_guesses),
    ]
