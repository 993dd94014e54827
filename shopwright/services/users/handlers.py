"""Scheduled jobs of users."""

from datetime import timedelta

from shopwright.kit.data.events import ScheduledJob
from shopwright.services.users.service import UserService


def jobs(users: UserService) -> list[ScheduledJob]:
    """Return the jobs: close interrupted audit entries, delete expired tries."""
    return [
        ScheduledJob("users.close_unfinished_acts", timedelta(minutes=1), users.log.close_unfinished),
        ScheduledJob("users.forget_guesses", timedelta(hours=1), users.forget_guesses),
    ]
