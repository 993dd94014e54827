"""Entries of the audit log: staff actions with states before and after."""

from datetime import datetime
from typing import Any

import msgspec

from shopwright.kit.personal import Personal


class StaffAction(msgspec.Struct, frozen=True, kw_only=True):
    """An action or attempt of staff. `action`: its name in the API; `subject`: its object ("order ord_1").

    `given`: the request without secrets; `address`: the client's. `who`: the name at the time.
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
    """An audit entry. `before`, `after`: what the action changed; `status`: of the response (0: none)."""

    id: str
    seq: int
    time: datetime
    act: StaffAction
    before: Personal[dict[str, Any]] = {}
    after: Personal[dict[str, Any]] = {}
    status: int = 0
    mac: str = ""


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter of audit entries, from `since` until before `until`; empty fields match all."""

    user_id: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
