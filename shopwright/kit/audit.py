"""What an audit log holds: acts of staff, before and after."""

from datetime import datetime
from typing import Any

import msgspec

from shopwright.kit.personal import Personal


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something a member of staff did or tried. `action`: its name in the API; `subject`: what it was about ("order ord_1").

    `given`: what was asked for, without secrets; `address`: of the client. `who` is their name at the time.
    """

    user_id: str
    who: Personal[str]
    role: str
    action: str
    subject: Personal[str] = ""
    given: Personal[dict[str, Any]] = {}
    address: Personal[str] = ""
    request_id: str = ""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the audit log. `before` and `after` hold what the act changed; `status` is that of the answer (0: none)."""

    id: str
    seq: int
    time: datetime
    act: Act
    before: Personal[dict[str, Any]] = {}
    after: Personal[dict[str, Any]] = {}
    status: int = 0
    mac: str = ""


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are wanted; what is empty leaves them all. From `since` on, up to before `until`."""

    user_id: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
