"""The cart page and drawer."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shopwright.kit.auth import anyone
from shopwright.kit.errors import ShopError
from shopwright.kit.http.access import allow, sensitive
from shopwright.kit.typed import digits_or, whole_number
from shopwright.services.carts.contract import Cart
from shopwright.web import render
from shopwright.web.storefront.page_context import (
    FrameDep,
    Web,
    cart_id,
    cookie,
    form_of,
    own_cart,
    wants_fragment,
    without_refused,
)
from shopwright.web.storefront.seen import shown, up_to_date

STEPS = frozenset({"/checkout", "/checkout/delivery", "/checkout/payment"})


@get("/cart", opt=allow(anyone), include_in_schema=False)
async def show(frame: FrameDep) -> Response[bytes]:
    """Show the cart page."""
    request, settings, carts, caller = frame.request, frame.settings, frame.carts, frame.caller
    cart = await own_cart(request, settings, carts, caller)
    cart, problem = await up_to_date(frame, cart) if cart else (None, "")
    page = await frame.show("cart.html", {"cart": render.plain(cart) if cart else None, "problem": problem})
    return shown(frame, cart, page)


@post("/cart/lines", opt=allow(anyone), include_in_schema=False, status_code=200)
async def add(frame: FrameDep) -> Response[bytes] | Redirect:
    """Add to the cart; returns the drawer to the script, else the cart page."""
    request, settings, carts, caller = frame.request, frame.settings, frame.carts, frame.caller
    form = await form_of(request)
    cart = await own_cart(request, settings, carts, caller)
    if cart is None:
        known = await carts.merge(None, caller.user_id) if caller.user_id else None
        cart = await carts.get(known) if known else await carts.create(caller.user_id, after=cart_id(request, settings))
    problem = ""
    try:
        cart = await carts.add(
            cart.id,
            form.get("variant", ""),
            whole_number(form.get("quantity", "1"), "/quantity", "A quantity", least=1, most=999),
        )
    except ShopError as error:
        problem = error.detail
    answer = await answer_with(frame, request, cart, form.get("variant", ""), problem)
    answer.set_cookie(cookie(settings, "cart", cart.id))
    return answer


async def answer_with(
    frame: FrameDep,
    request: Web,
    cart: Cart,
    variant: str = "",
    problem: str = "",
    code: str = "",
    back: str = "",
    *,
    gift_card: bool = False,
) -> Response[bytes] | Redirect:
    """The response to a cart change: the next page, or the cart with the error. `gift_card`: of a gift card."""
    if not problem and not wants_fragment(request):
        return Redirect(back if back in STEPS and cart.lines else "/cart", status_code=303)
    cart, notice = await without_refused(frame.carts, cart)
    context = {
        "cart": render.plain(cart),
        "added": variant,
        "problem": " ".join(one for one in (problem, notice) if one),
        "csrf": render.csrf_token(request),
        "code": code,
        "gift_card": gift_card,
    }
    if wants_fragment(request):
        context["cart_count"] = sum(line.quantity for line in cart.lines)
        drawer = render.page("storefront/templates/drawer.html", context)
        frame.set_badge(drawer, context["cart_count"])
        return shown(frame, cart, drawer)
    return await frame.show("cart.html", context, status=409)


@post("/cart/lines/{line_id:str}", opt=allow(anyone), include_in_schema=False, status_code=200)
async def change(frame: FrameDep, line_id: FromPath[str]) -> Response[bytes] | Redirect:
    """Change the quantity, remove, or save for later."""
    request, settings, carts, caller = frame.request, frame.settings, frame.carts, frame.caller
    form = await form_of(request)
    cart = await own_cart(request, settings, carts, caller)
    if cart is None:
        return Redirect("/cart", status_code=303)
    problem = ""
    try:
        if "save" in form:
            cart = await carts.save_for_later(cart.id, line_id, saved=form["save"] == "1")
        else:
            quantity = 0 if "remove" in form else digits_or(form.get("quantity", ""), -1)
            cart = await carts.set_quantity(cart.id, line_id, quantity)
    except ShopError as error:
        problem = error.detail
    return await answer_with(frame, request, cart, problem=problem, back=form.get("back", ""))


@post("/cart/coupons", opt=sensitive(anyone), include_in_schema=False, status_code=200)
async def coupons(frame: FrameDep) -> Response[bytes] | Redirect:
    """Apply or remove a coupon code."""
    request, settings, carts, caller = frame.request, frame.settings, frame.carts, frame.caller
    form = await form_of(request)
    cart = await own_cart(request, settings, carts, caller)
    if cart is None:
        return Redirect("/cart", status_code=303)
    problem = ""
    codes = tuple(code for code in cart.coupons if code != form.get("remove"))
    code = form.get("code", "").strip()
    try:
        cart = await carts.set_coupons(cart.id, (*codes, code))
        problem = " ".join(one.detail for one in cart.problems if one.coupon)
    except ShopError as error:
        problem = error.detail
    return await answer_with(frame, request, await carts.get(cart.id), problem=problem, code=code if problem else "")


@post("/cart/prices", opt=allow(anyone), include_in_schema=False, status_code=200)
async def accept_prices(frame: FrameDep) -> Response[bytes] | Redirect:
    """Accept today's prices."""
    request, settings, carts, caller = frame.request, frame.settings, frame.carts, frame.caller
    cart = await own_cart(request, settings, carts, caller)
    if cart is not None:
        cart = await carts.accept_prices(cart.id)
        return await answer_with(frame, request, cart, back=(await form_of(request)).get("back", ""))
    return Redirect("/cart", status_code=303)


HANDLERS: list[Any] = [show, add, change, coupons, accept_prices]
