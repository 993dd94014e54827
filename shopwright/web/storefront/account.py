"""Accounts: sign-in, registration, orders, and order tracking for guests."""

import secrets
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import anyone
from shopwright.kit.errors import Conflict, Missing, ShopError
from shopwright.kit.http.access import allow, audited, sensitive
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.orders.contract import GuestProof, Order
from shopwright.services.users.contract import SecondFactorNeeded
from shopwright.web import render
from shopwright.web.bought_cards import bought_of
from shopwright.web.documents import BooksDep, file_of, of_order, papers_of
from shopwright.web.order_state import shown_state
from shopwright.web.storefront.page_context import (
    FrameDep,
    PageContext,
    SettingsDep,
    UsersDep,
    Web,
    cart_id,
    client_of,
    complaints,
    cookie,
    cookie_name,
    form_of,
    in_order,
    leave_browser,
    needed,
    visible_order,
)
from shopwright.web.storefront.wishlist import keep_wishes

SESSION_S = 30 * 86_400
DEVICE_LENGTH = 64
REGISTERED = gettext_noop(
    "Thank you. Your account is ready: sign in with the password you chose. If you had an account with this address before,"
    " nothing has changed, and we have sent you an e-mail."
)
CANCELLABLE = frozenset({"placed", "paid"})
PAYABLE = frozenset({"failed", "cancelled", "requires_action"})


def may_pay(order: Order) -> bool:
    """Whether the order awaits a payment that is neither authorised nor pending."""
    return order.status == "placed" and (order.payment is None or order.payment.status in PAYABLE)


def next_of(form: dict[str, str]) -> str:
    """The page after signing in, within this shop."""
    target = form.get("next", "")
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/account"


@get("/sign-in", opt=allow(anyone), include_in_schema=False)
async def sign_in_page(frame: FrameDep) -> Response[bytes]:
    """Show the sign-in and registration forms."""
    request = frame.request
    return await frame.show(
        "sign_in.html", {"next": request.query_params.get("next", ""), "fields": {}, "errors": {}, "mode": "sign_in"}
    )


@post("/sign-in", opt=sensitive(anyone), include_in_schema=False, status_code=200)
async def sign_in(frame: FrameDep) -> Response[bytes] | Redirect:
    """Sign in; the guest's cart is kept."""
    form = await form_of(frame.request)
    device = device_of(frame)
    if errors := needed(form, {"email": gettext_noop("E-mail"), "password": gettext_noop("Password")}):
        context = {"next": form.get("next", ""), "fields": form, "errors": errors, "mode": "sign_in"}
        return await frame.show("sign_in.html", context, status=422)
    try:
        secret = await frame.users.open_session(
            form.get("email", ""), form.get("password", ""), client_of(frame.request), device
        )
    except SecondFactorNeeded as error:
        context = {"ticket": error.data["ticket"], "next": form.get("next", ""), "errors": {}}
        return await frame.show("sign_in_code.html", context)
    except ShopError as error:
        context = {"next": form.get("next", ""), "fields": form, "errors": {"": error.detail}, "mode": "sign_in"}
        return await frame.show("sign_in.html", context, status=422)
    return await welcome(frame, secret, next_of(form), device)


def device_of(frame: PageContext) -> str:
    """The device id of this browser, kept after signing out, so that other people's failed sign-ins cannot lock it out."""
    known = frame.request.cookies.get(cookie_name(frame.settings, "device"), "")
    return known if known.isalnum() and len(known) == DEVICE_LENGTH else secrets.token_hex(DEVICE_LENGTH // 2)


async def welcome(frame: PageContext, secret: str, where: str, device: str = "") -> Redirect:
    """Complete a sign-in: the guest's cart and its orders move to the account."""
    caller = await frame.users.session(secret)
    answer = Redirect(where, status_code=303)
    if device:
        answer.set_cookie(cookie(frame.settings, "device", device))
    answer.set_cookie(cookie(frame.settings, "session", secret, SESSION_S))
    known = cart_id(frame.request, frame.settings)
    if caller is None or caller.user_id is None:
        return answer
    await keep_wishes(frame, caller.user_id, answer)
    for order in await frame.orders.claim_guest_orders(known, caller.user_id) if known else []:
        if not await frame.users.addresses(caller.user_id):
            await frame.users.save_address(caller.user_id, order.shipping_address, as_written=True)
    if joined := await frame.carts.merge(known or None, caller.user_id):
        answer.set_cookie(cookie(frame.settings, "cart", joined))
    return answer


@post("/register", opt=allow(anyone, "message"), include_in_schema=False, status_code=200)
async def register(frame: FrameDep) -> Response[bytes]:
    """Register. The response is the same if the account exists, and sign-in follows."""
    form = await form_of(frame.request)
    context: dict[str, Any] = {"next": form.get("next", ""), "fields": form, "errors": {}, "mode": "register"}
    try:
        await frame.users.sign_up(form.get("email", ""), form.get("password", ""), form.get("name", ""))
    except ShopError as error:
        errors = complaints(error) | needed(
            form, {"name": gettext_noop("Name"), "email": gettext_noop("E-mail"), "password": gettext_noop("Password")}
        )
        context["errors"] = in_order(errors or {"": error.detail}, ["name", "email", "password"])
        return await frame.show("sign_in.html", context, status=422)
    return await frame.show("sign_in.html", {**context, "mode": "sign_in", "notice": _(REGISTERED)})


@post("/sign-out", opt=allow(anyone), include_in_schema=False, status_code=200)
async def sign_out(request: Web, settings: SettingsDep, users: UsersDep) -> Redirect:
    """Sign out of this browser."""
    secret = request.cookies.get(cookie_name(settings, "session"), "")
    if secret:
        await users.close_session(secret)
    answer = Redirect("/", status_code=303)
    leave_browser(answer, settings)
    return answer


@get("/account", opt=allow(anyone), include_in_schema=False)
async def account(frame: FrameDep, after: FromQuery[str] = "") -> Response[bytes] | Redirect:
    """Show one's orders."""
    orders, caller = frame.orders, frame.caller
    if caller.user_id is None:
        return Redirect("/sign-in?next=/account")
    found = await orders.search(customer_id=caller.user_id, after=after, limit=21)
    return await frame.show(
        "account.html",
        {
            "orders": [{**render.plain(one), "state": shown_state(one)} for one in found[:20]],
            "next_page": f"?after={found[19].id}" if len(found) > 20 else "",  # noqa: PLR2004 -- a page
        },
    )


@get("/orders/{order_id:str}", opt=allow(anyone), include_in_schema=False)
async def order_page(frame: FrameDep, order_id: FromPath[str], key: FromQuery[str] = "") -> Response[bytes] | Redirect:
    """Show an order with its history; `key`: from our e-mail's link."""
    try:
        order = await visible_order(order_id, frame.request, frame.settings, frame.orders, frame.caller)
    except Missing:
        if frame.caller.user_id is None and not key:
            return Redirect(f"/sign-in?next=/orders/{quote(order_id)}", status_code=303)
        raise
    return await _order(frame, order, key)


async def _ordered_here(frame: PageContext, order: Order) -> bool:
    """Whether the order was placed in this browser; number and address alone allow reading only."""
    try:
        await visible_order(order.id, frame.request, frame.settings, frame.orders, frame.caller, change=True)
    except Missing:
        return False
    return True


async def _order(
    frame: PageContext,
    order: Order,
    key: str = "",
    *,
    may_cancel: bool = True,
    held: bool = True,
    card_problem: str = "",
) -> Response[bytes]:
    context = {
        "card_problem": card_problem,
        **await bought_of(frame.orders, order),
        "held": held,
        "order": render.plain(order),
        "shown": shown_state(order),
        "key": key,
        "may_cancel": may_cancel and order.status in CANCELLABLE,
        "unpaid": may_pay(order),
        "may_pay": held,
        "to_pay": render.plain(order.to_pay),
    }
    context["papers"] = await papers_of(order, frame.caller)
    page = await frame.show("order.html", context, 409 if card_problem else 200)
    page.headers["cache-control"] = "private, no-store"
    page.headers["referrer-policy"] = "no-referrer"
    return page


@get("/orders/{order_id:str}/documents/{document_id:str}", opt=audited(sensitive(anyone)), include_in_schema=False)
async def order_document(
    frame: FrameDep, books: BooksDep, order_id: FromPath[str], document_id: FromPath[str], form: FromQuery[str] = "pdf"
) -> Response[bytes]:
    """Download a document of a visible order; of staff, only accounting may read those of the books."""
    order = await visible_order(order_id, frame.request, frame.settings, frame.orders, frame.caller)
    return await file_of(books, of_order(await books.document(document_id), order.id, frame.caller), form)


@post("/orders/{order_id:str}/cancel", opt=sensitive(anyone), include_in_schema=False, status_code=200)
async def cancel_order(frame: FrameDep, order_id: FromPath[str], key: FromQuery[str] = "") -> Redirect:
    """Cancel an order before anything is shipped."""
    order = await visible_order(order_id, frame.request, frame.settings, frame.orders, frame.caller, change=True)
    await frame.orders.cancel(order.id, _("Cancelled by the buyer."), frame.caller)
    return Redirect(f"/orders/{order.id}" + (f"?key={quote(key)}" if key else ""), status_code=303)


@post(
    "/orders/{order_id:str}/gift-cards/{card_id:str}", opt=sensitive(anyone), include_in_schema=False, status_code=200
)
async def send_gift_card(
    frame: FrameDep, order_id: FromPath[str], card_id: FromPath[str], key: FromQuery[str] = ""
) -> Response[bytes] | Redirect:
    """E-mail the code of a bought gift card again."""
    order = await visible_order(order_id, frame.request, frame.settings, frame.orders, frame.caller, change=True)
    try:
        await frame.orders.send_gift_card(order.id, card_id, frame.caller)
    except Conflict as error:
        return await _order(frame, order, key, card_problem=error.detail)
    return Redirect(f"/orders/{order.id}" + (f"?key={quote(key)}" if key else ""), status_code=303)


@get("/track", opt=allow(anyone, "guess"), include_in_schema=False)
async def track(
    frame: FrameDep, number: FromQuery[str | None] = None, email: FromQuery[str | None] = None
) -> Response[bytes]:
    """Find an order by number and e-mail address."""
    fields = {"number": number or "", "email": email or ""}
    is_submitted = not (number is None and email is None)
    errors = (
        needed(fields, {"number": gettext_noop("Order number"), "email": gettext_noop("E-mail")})
        if is_submitted
        else {}
    )
    status = 422 if errors else 200
    if number and email and not errors:
        try:
            order = await frame.orders.for_guest(
                number.strip().lstrip("#"), GuestProof(email=email), client_of(frame.request), by_number=True
            )
            return await _order(frame, order, may_cancel=False, held=await _ordered_here(frame, order))
        except Missing:
            status = 404
            errors[""] = _(
                "We found no order with this number and e-mail address. Both are in the message we sent you. Orders of an account are shown when you sign in."
            )
    return await frame.show("track.html", {"fields": fields, "errors": errors}, status)


HANDLERS: list[Any] = [
    sign_in_page, sign_in, register, sign_out, account, order_page, order_document, cancel_order, send_gift_card, track,
]  # fmt: skip
