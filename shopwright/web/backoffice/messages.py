"""Messages: sent, waiting and failed, and sending again."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import staff
from shopwright.kit.days import FORM, in_zone, parse_moment
from shopwright.kit.errors import ShopError
from shopwright.kit.http.access import allow, audited
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.notifications.contract import MessageSummary, Notifications, Outcome
from shopwright.web import render
from shopwright.web.backoffice.office_context import OfficeDep
from shopwright.web.storefront.page_context import Web, form_of

NotificationsDep = Dependency[Notifications]
PAGE = 50
CHANNELS = {
    "email": gettext_noop("e-mails"),
    "sms": gettext_noop("text messages"),
    "push": gettext_noop("push messages"),
}
OUTCOMES: dict[Outcome, str] = {
    "waiting": gettext_noop("Waiting"),
    "retrying": gettext_noop("Trying again"),
    "sent": gettext_noop("Sent"),
    "kept": gettext_noop("Not sent, kept here"),
    "failed": gettext_noop("Failed"),
    "held": gettext_noop("Held back"),
}


def _shown(one: MessageSummary) -> dict[str, Any]:
    """A message with its outcome in words."""
    outcome = one.outcome or one.state
    return {**render.plain(one), "outcome": outcome, "words": _(OUTCOMES[outcome])}


@get("/office/messages", opt=allow(staff("messages.read")), include_in_schema=False)
async def message_list(
    office: OfficeDep,
    notifications: NotificationsDep,
    q: FromQuery[str] = "",
    after: FromQuery[str] = "",
    said: FromQuery[str] = "",
) -> Response[bytes]:
    """Show the delivery log."""
    found = await notifications.messages(text=q, after=after, limit=PAGE + 1)
    report = await notifications.delivery_report()
    shown = {
        "messages": [_shown(one) for one in found[:PAGE]],
        "kept": [_(CHANNELS[name]) if name in CHANNELS else name for name in report.kept],
        "q": q,
        "next": found[PAGE - 1].id if len(found) > PAGE else "",
        "said": said,
        "waiting": report.waiting,
        "late_minutes": int(report.late_s / 60),
        "given_up": report.given_up,
        "since": f"{in_zone(report.failed_since, office.settings.zone):{FORM}}" if report.failed_since else "",
    }
    return office.show("messages.html", shown)


@post("/office/messages/resend", opt=allow(staff("messages.write")), include_in_schema=False)
async def resend_messages(office: OfficeDep, request: Web, notifications: NotificationsDep) -> Redirect:
    """Send failed messages of a period again."""
    form = await form_of(request)
    try:
        zone = office.settings.zone
        since = parse_moment(form.get("since", ""), zone, "/since")
        until = parse_moment(form["until"], zone, "/until") if form.get("until") else None
        said = " ".join((await notifications.resend(since, until)).sentences())
    except ShopError as error:
        said = error.problems[0].detail if error.problems else error.detail
    return Redirect(f"/office/messages?{urlencode({'said': said})}", status_code=303)


@get("/office/messages/{message_id:str}", opt=allow(staff("messages.read")), include_in_schema=False)
async def message_page(
    office: OfficeDep, notifications: NotificationsDep, message_id: FromPath[str]
) -> Response[bytes]:
    """Show a message as its recipient sees it."""
    found = await notifications.message(message_id)
    return office.show("message.html", {"message": render.plain(found), **_shown(found.summary)})


@post(
    "/office/messages/{message_id:str}/retry",
    opt=allow(staff("messages.write")),
    include_in_schema=False,
    status_code=200,
)
async def retry_message(notifications: NotificationsDep, message_id: FromPath[str]) -> Redirect:
    """Send a failed message again."""
    await notifications.retry(message_id)
    return Redirect(f"/office/messages/{message_id}", status_code=303)


@get("/office/messages/{message_id:str}/body", opt=audited(allow(staff("messages.read"))), include_in_schema=False)
async def message_body(notifications: NotificationsDep, message_id: FromPath[str]) -> Response[str]:
    """Serve the HTML of a message in a sandbox that allows styles only."""
    found = await notifications.message(message_id)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; sandbox allow-popups; frame-ancestors 'self'"
    headers = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
    return Response(found.html, media_type="text/html; charset=utf-8", headers=headers)


HANDLERS: list[Any] = [message_list, resend_messages, message_page, retry_message, message_body]
