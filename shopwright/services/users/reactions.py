"""When time passes, do this."""

from datetime import timedelta

from shopwright.kit.facts import Timer
from shopwright.services.users.service import Accounts


def timers(users: Accounts) -> list[Timer]:
    """Acts of processes that ended are closed in the audit log."""
    return [Timer("users.close_unfinished_acts", timedelta(minutes=1), users.log.close_unfinished)]
