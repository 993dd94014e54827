"""The audit log: what staff did, when, from where, with values before and after."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import FromQuery, QueryParameter

from shopwright.kit.audit import AuditEntry, AuditFilter
from shopwright.kit.auth import staff
from shopwright.kit.days import end_of, start_of
from shopwright.kit.http.access import allow
from shopwright.kit.translation import gettext as _
from shopwright.web import render
from shopwright.web.backoffice.office_context import OfficeDep
from shopwright.web.storefront.page_context import UsersDep

SHOWN = 50
LONGEST = 120
DONE = range(200, 400)
Text = Annotated[str, QueryParameter(max_length=200)]
Cursor = Annotated[str, QueryParameter(pattern=r"^[0-9]{0,15}$")]


@get("/office/audit", opt=allow(staff("audit.read")), include_in_schema=False)
async def audit_page(
    office: OfficeDep,
    users: UsersDep,
    user_id: Text = "",
    action: Text = "",
    subject: Text = "",
    since: FromQuery[date | None] = None,
    until: FromQuery[date | None] = None,
    after: Cursor = "",
) -> Response[bytes]:
    """Show staff actions, newest first."""
    wanted = AuditFilter(
        user_id=user_id,
        action=action.strip(),
        subject=subject.strip(),
        since=start_of(since, office.settings.zone) if since else None,
        until=end_of(until, office.settings.zone) if until else None,
    )
    found = await users.audit(wanted, int(after or 0), SHOWN + 1)
    filters = {
        "user_id": user_id, "action": wanted.action, "subject": wanted.subject,
        "since": since.isoformat() if since else "", "until": until.isoformat() if until else "",
    }  # fmt: skip
    context = {
        "entries": [_shown(one) for one in found[:SHOWN]],
        "next": found[SHOWN - 1].seq if len(found) > SHOWN else "",
        "filters": filters,
        "filtered": any(filters.values()),
        "people": [render.plain(one) for one in await users.staff()],
        "problem": _("The last day is before the first: nothing can be found.")
        if since and until and until < since
        else "",
    }
    return office.show("audit.html", context, 422 if context["problem"] else 200)


def _shown(entry: AuditEntry) -> dict[str, Any]:
    names = list(dict.fromkeys([*entry.before, *entry.after]))
    changes = [
        {"name": _words(name), "before": _value(entry.before.get(name)), "after": _value(entry.after.get(name))}
        for name in names
        if entry.before.get(name) or entry.after.get(name)
    ]
    return {
        "seq": entry.seq, "time": entry.time, "who": entry.act.who, "role": entry.act.role, "user_id": entry.act.user_id,
        "action": _words(entry.act.action), "subject": entry.act.subject, "address": entry.act.address,
        "request_id": entry.act.request_id, "changes": changes,
        "given": [{"name": _words(name), "value": _value(value)} for name, value in entry.act.given.items()],
        "outcome": _("Done") if entry.status in DONE else _("Broken off") if not entry.status else _("Refused ({status})", status=entry.status),
        "done": entry.status in DONE,
    }  # fmt: skip


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        text = ", ".join(f"{_words(str(name))}: {_value(one)}" for name, one in value.items())
    elif isinstance(value, list):
        text = ", ".join(_value(one) for one in value)
    else:
        text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


HANDLERS: list[Any] = [audit_page]
