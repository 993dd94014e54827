"""Gift cards of shoppers: payment and balance. Codes are posted, so they appear in no URL."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from shopwright.kit.auth import anyone
from shopwright.kit.errors import ShopError
from shopwright.kit.http.access import allow, sensitive
from shopwright.kit.http.problems import status_of
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.giftcards.contract import GiftCard
from shopwright.web import render
from shopwright.web.storefront.cart import answer_with
from shopwright.web.storefront.page_context import FrameDep, PageContext, form_of, needed, own_cart

NO_ERRORS: Mapping[str, str] = {}
STATES = {
    "active": "",
    "spent": gettext_noop("This gift card is used up."),
    "expired": gettext_noop("This gift card has expired."),
    "disabled": gettext_noop("This gift card is disabled. Contact us if you did not expect this."),
}


@post("/cart/gift-cards", opt=sensitive(anyone), include_in_schema=False, status_code=200)
async def use(frame: FrameDep) -> Response[bytes] | Redirect:
    """Apply or remove a gift card."""
    request, settings, carts, caller = frame.request, frame.settings, frame.carts, frame.caller
    form = await form_of(request)
    cart = await own_cart(request, settings, carts, caller)
    if cart is None:
        return Redirect("/cart", status_code=303)
    problem, code = "", form.get("code", "").strip()
    try:
        if "remove" in form:
            await carts.remove_gift_card(cart.id, form["remove"])
        else:
            await carts.add_gift_card(cart.id, code, caller.address)
    except ShopError as error:
        problem = error.detail
    cart = await carts.get(cart.id)
    return await answer_with(frame, request, cart, problem=problem, gift_card=bool(problem), back=form.get("back", ""))


@get("/gift-card", opt=allow(anyone), include_in_schema=False)
async def ask(frame: FrameDep) -> Response[bytes]:
    """Show the form for a code."""
    return await _page(frame)


@post("/gift-card", opt=sensitive(anyone), include_in_schema=False, status_code=200)
async def answer(frame: FrameDep) -> Response[bytes]:
    """Show the balance of a card."""
    form = await form_of(frame.request)
    if errors := needed(form, {"code": gettext_noop("Code")}):
        return await _page(frame, errors=errors, status=422)
    try:
        return await _page(frame, card=await frame.giftcards.find(form["code"], frame.caller.address))
    except ShopError as error:
        return await _page(frame, errors={"code": error.detail}, status=status_of(error)[0])


async def _page(
    frame: PageContext, *, card: GiftCard | None = None, errors: Mapping[str, str] = NO_ERRORS, status: int = 200
) -> Response[bytes]:
    balance = None
    if card is not None:
        balance = {
            "last4": card.last4,
            "balance": render.plain(card.available),
            "held": render.plain(card.held),
            "expires_on": render.plain(card.expires_on),
            "why_not": STATES[card.state] and _(STATES[card.state]),
        }
    page = await frame.show("gift_card.html", {"card": balance, "errors": dict(errors)}, status)
    page.headers["cache-control"] = "private, no-store"
    return page


HANDLERS: list[Any] = [use, ask, answer]
