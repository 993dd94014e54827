"""Privacy pages: preferences, data export and erasure."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import anyone, signed_in
from shopwright.kit.errors import Missing, ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.problems import status_of
from shopwright.kit.http.routes import NO_FORM
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.notifications.contract import Channels, Preferences, Topic
from shopwright.web import render
from shopwright.web.privacy.gather import everything
from shopwright.web.privacy.http import answer
from shopwright.web.privacy.purposes import kept
from shopwright.web.storefront.page_context import FrameDep, PageContext, complaints, form_of, leave_browser, needed
from shopwright.web.storefront.product import show_product

TOPICS: dict[Topic, tuple[str, str]] = {
    "account": (gettext_noop("Your account"), gettext_noop("Passwords, sign-in, your e-mail address")),
    "orders": (gettext_noop("Your orders"), gettext_noop("Placed, paid, cancelled, refunded")),
    "parcels": (gettext_noop("Your parcels"), gettext_noop("Shipped and delivered")),
    "stock": (gettext_noop("Back in stock"), gettext_noop("Only items you asked us to watch")),
    "carts": (gettext_noop("Your cart"), gettext_noop("A reminder of items you left in it")),
}
CHANNELS = {"email": gettext_noop("E-mail"), "sms": gettext_noop("Text message"), "push": gettext_noop("Push message")}


@get("/account/messages", opt=allow(signed_in), include_in_schema=False)
async def messages(frame: FrameDep, said: FromQuery[str] = "") -> Response[bytes]:
    """Show message preferences by topic and channel."""
    return await _messages(frame, _("Saved.") if said else "", "")


async def _messages(frame: FrameDep, notice: str, problem: str, status: int = 200) -> Response[bytes]:
    now = await frame.notifications.preferences(frame.caller.person)
    rows = [
        {
            "topic": topic,
            "title": _(title),
            "detail": _(detail),
            "channels": [
                {
                    "name": f"{topic}-{channel}",
                    "title": _(CHANNELS[channel]),
                    "on": getattr(now.topics[topic], channel),
                    "fixed": channel == "email" and topic in {"account", "orders"},
                }
                for channel in CHANNELS
            ],
        }
        for topic, (title, detail) in TOPICS.items()
    ]
    phone = (await frame.users.get(frame.caller.user_id or "")).phone
    context = {
        "rows": rows,
        "channels": [_(title) for title in CHANNELS.values()],
        "notice": notice,
        "problem": problem,
        "phone": phone,
    }
    return await frame.show("account_messages.html", context, status)


@post("/account/messages", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def save_messages(frame: FrameDep) -> Response[bytes] | Redirect:
    """Save message preferences."""
    form = await form_of(frame.request)
    chosen = {
        topic: Channels(
            email=f"{topic}-email" in form or topic in {"account", "orders"},
            sms=f"{topic}-sms" in form,
            push=f"{topic}-push" in form,
        )
        for topic in TOPICS
    }
    try:
        await frame.notifications.set_preferences(frame.caller.person, Preferences(topics=chosen))
    except ShopError as error:
        return await _messages(frame, "", error.detail, 422)
    return Redirect("/account/messages?said=1", status_code=303)


@get("/unsubscribe", opt=allow(anyone, "guess") | NO_FORM, include_in_schema=False)
async def unsubscribe_page(frame: FrameDep, token: FromQuery[str] = "") -> Response[bytes]:
    """Show the unsubscribe button, as programs that scan links press none."""
    return await frame.show("unsubscribe.html", {"token": token})


@post("/unsubscribe", opt=allow(anyone, "guess") | NO_FORM, include_in_schema=False, status_code=200)
async def unsubscribe(frame: FrameDep, token: FromQuery[str] = "") -> Response[bytes]:
    """Unsubscribe with one click, by a reader or their mail program (RFC 8058)."""
    try:
        topic = await frame.notifications.unsubscribe(token)
    except Missing as error:
        return await frame.show("unsubscribe.html", {"problem": error.detail}, 404)
    return await frame.show("unsubscribe.html", {"done": _(TOPICS[topic][0])})


@post("/stock-alerts", opt=allow(anyone, "message"), include_in_schema=False, status_code=200)
async def watch(frame: FrameDep) -> Response[bytes] | Redirect:
    """Request a back-in-stock message."""
    form = await form_of(frame.request)
    slug = form.get("slug", "")
    try:
        await frame.notifications.watch(
            form.get("variant", ""), frame.caller.email or form.get("email", ""), frame.caller.user_id or ""
        )
    except ShopError as error:
        errors = needed(form, {"email": gettext_noop("E-mail")}) or complaints(error) or {"": error.detail}
        return await show_product(frame, slug, {"at": "watch", "errors": errors, "typed": form}, status_of(error)[0])
    context = {"slug": slug, "email": frame.caller.email or form.get("email", ""), "watching": frame.caller.verified}
    return await frame.show("watching.html", context)


@get("/confirm-alert", opt=allow(anyone), include_in_schema=False)
async def confirm_alert_page(frame: FrameDep, token: FromQuery[str] = "") -> Response[bytes]:
    """Show the confirmation button, as programs that scan links press none."""
    return await frame.show("confirm_alert.html", {"token": token})


@post("/confirm-alert", opt=allow(anyone, "guess"), include_in_schema=False, status_code=200)
async def confirm_alert(frame: FrameDep) -> Response[bytes]:
    """Confirm a back-in-stock alert."""
    form = await form_of(frame.request)
    try:
        await frame.notifications.confirm_alert(form.get("token", ""))
    except Missing as error:
        return await frame.show("confirm_alert.html", {"problem": error.detail}, 410)
    return await frame.show("confirm_alert.html", {"done": True})


@get("/account/privacy", opt=allow(signed_in), include_in_schema=False)
async def privacy(frame: FrameDep) -> Response[bytes]:
    """Show what is stored, and how to erase it."""
    return await _privacy(frame, {})


async def _privacy(frame: PageContext, errors: dict[str, str], status: int = 200) -> Response[bytes]:
    guarded = await frame.users.has_second_factor(frame.caller.user_id or "")
    return await frame.show(
        "account_privacy.html",
        {
            "errors": errors,
            "guarded": guarded,
            "books_years": frame.settings.books_years,
            "purposes": kept(frame.settings),
        },
        status,
    )


@get("/account/export", opt=allow(signed_in), include_in_schema=False)
async def export(frame: FrameDep) -> Response[bytes]:
    """Download all personal data."""
    return answer(await everything(current_app().shop, frame.caller.user_id or ""))


@post("/account/erase", opt=allow(signed_in, "guess"), include_in_schema=False, status_code=200)
async def erase(frame: FrameDep) -> Response[bytes]:
    """Erase the account; the password is asked for again."""
    form = await form_of(frame.request)
    try:
        await frame.users.reauthenticate(frame.caller, form.get("password", ""), form.get("code", ""))
        await frame.users.erase(frame.caller.user_id or "")
    except ShopError as error:
        return await _privacy(frame, complaints(error) or {"password": error.detail}, 422)
    page = render.page(
        "storefront/templates/error.html",
        {
            "shop": frame.settings.shop_name,
            "url": frame.settings.url,
            "csrf": "",
            "menu": [],
            "bare": True,
            "heading": _("Your account is erased"),
            "detail": _(
                "Your orders remain without your name; data required by tax law is kept for accounting only. Thank you for your visit."
            ),
            "reference": "",
        },
    )
    leave_browser(page, frame.settings)
    return page


HANDLERS: list[Any] = [
    messages, save_messages, unsubscribe_page, unsubscribe, watch, confirm_alert_page, confirm_alert, privacy, export, erase,
]  # fmt: skip
