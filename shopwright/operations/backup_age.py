"""The age of the last successful backup and restore drill, from the audit log."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shopwright.kit.audit import AuditFilter
from shopwright.kit.translation import gettext as _
from shopwright.services.users.contract import Users

# Action in the audit log → longest time between two.
EXPECTED_EVERY: Mapping[str, timedelta] = {"backup": timedelta(days=2), "restore drill": timedelta(days=40)}
DONE = 200
MANY = 20  # failures in a row that are looked past


async def backup_ages(users: Users, now: datetime) -> dict[str, timedelta]:
    """Return the age of the last success of each; an action that was never tried is left out."""
    found = {}
    for act in EXPECTED_EVERY:
        entries = await users.audit(AuditFilter(action=act), limit=MANY)
        done = [entry for entry in entries if entry.status == DONE]
        if done:
            found[act] = now - done[0].time
        elif entries:  # only tried
            found[act] = now - entries[-1].time
    return found


def overdue(found: Mapping[str, timedelta]) -> list[str]:
    """Return a sentence for each that is overdue."""
    return [
        _(
            "The last {act} that went well was {days} days ago; it is wanted every {wanted}.",
            act=act,
            days=age.days,
            wanted=EXPECTED_EVERY[act].days,
        )
        for act, age in found.items()
        if age > EXPECTED_EVERY[act]
    ]
