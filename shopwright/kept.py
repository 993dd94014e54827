"""How long ago the shop was backed up, and an archive tried: the audit log has both, whatever machine did it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shopwright.kit.audit import AuditFilter
from shopwright.services.users.contract import Users

# Act of the audit log → after how long somebody should know that it has not been done.
EVERY: Mapping[str, timedelta] = {"backup": timedelta(days=2), "restore drill": timedelta(days=40)}
DONE = 200
MANY = 20  # tries in a row that may have failed


async def ages(users: Users, now: datetime) -> dict[str, timedelta]:
    """Since the last that went well; what was never done is not there."""
    found = {}
    for act in EVERY:
        entries = await users.audit(AuditFilter(action=act), limit=MANY)
        done = [entry for entry in entries if entry.status == DONE]
        if done:
            found[act] = now - done[0].time
        elif entries:  # only tried
            found[act] = now - entries[-1].time
    return found


def overdue(found: Mapping[str, timedelta]) -> list[str]:
    """A sentence for each that was done too long ago."""
    return [
        f"The last {act} that went well was {age.days} days ago; it is wanted every {EVERY[act].days}."
        for act, age in found.items()
        if age > EVERY[act]
    ]
