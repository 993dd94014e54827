"""Checkout in three steps: details, delivery, payment. Guests are welcome; typed text is never lost."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import anyone
from shopwright.kit.days import parse_day
from shopwright.kit.errors import Conflict, Invalid, RateLimited, ShopError
from shopwright.kit.http.access import allow, sensitive
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.content_policy import content_policy
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.http.problems import status_of
from shopwright.kit.http.strict import filling_in
from shopwright.kit.translation import gettext as _
from shopwright.kit.typed import digits_or
from shopwright.services.carts.contract import BuyerNotes, Cart, CartChange
from shopwright.services.giftcards.contract import GiftCardRefused, GiftDelivery
from shopwright.services.orders.contract import CartNotReady, Order, PaymentChoice, PlaceOrder
from shopwright.services.payments.contract import PRETEND
from shopwright.web import render
from shopwright.web.storefront.addresses import address_of, errors_of, form_for, odd_fields
from shopwright.web.storefront.page_context import (
    CartsDep,
    FrameDep,
    OrdersDep,
    PageContext,
    SettingsDep,
    Web,
    complaints,
    form_of,
    own_cart,
    visible_order,
    wants_fragment,
)
from shopwright.web.storefront.seen import changed, shown, up_to_date


@get("/checkout", opt=allow(anyone), include_in_schema=False)
async def details(frame: FrameDep, country: FromQuery[str] = "") -> Response[bytes] | Redirect:
    """Show step 1: e-mail and address, in the form of its country."""
    request, settings, carts, users, caller = frame.request, frame.settings, frame.carts, frame.users, frame.caller
    cart = await own_cart(request, settings, carts, caller)
    if cart is None or not cart.lines:
        return Redirect("/cart")
    known = cart.shipping_address
    if known is None and caller.user_id:
        saved = await users.addresses(caller.user_id)
        known = saved[0].address if saved else None
    fields: dict[str, str] = msgspec.to_builtins(known) if known else {"name": caller.name}
    fields["email"] = cart.email or caller.email
    fields["tax_id"], fields["reference"] = cart.tax_id, cart.reference
    fields |= {name: value or "" for name, value in cart.buyer_notes.items()}
    fields |= msgspec.to_builtins(cart.gift_delivery or GiftDelivery())
    fields["region_of"] = fields.get("country", "")
    fields["country"] = country or fields.get("country", settings.country)
    return await _details(frame, cart, fields, odd_fields(known) if known and not country else {})


async def _details(
    frame: PageContext, cart: Cart, fields: dict[str, str], errors: dict[str, str], status: int = 200
) -> Response[bytes]:
    cart, notice = await up_to_date(frame, cart)
    context = {
        "cart": render.plain(cart),
        "notice": notice,
        "errors": errors,
        "step": 1,
        "payable": not (cart.to_pay or cart.totals.total).amount or bool((await frame.payments.setup()).providers),
        **form_for(fields, frame.settings.country),
    }
    return shown(frame, cart, await frame.show("checkout_details.html", context, status))


@post("/checkout", opt=allow(anyone) | filling_in(BuyerNotes), include_in_schema=False, status_code=200)
async def save_details(frame: FrameDep) -> Response[bytes] | Redirect:
    """Save step 1."""
    request, settings, carts, users, caller = frame.request, frame.settings, frame.carts, frame.users, frame.caller
    fields = await form_of(request)
    cart = await own_cart(request, settings, carts, caller)
    if cart is None or not cart.lines:
        return Redirect("/cart", status_code=303)
    if "change_country" in fields:
        return await _details(frame, cart, fields, {})
    if errors := errors_of(fields, email=True):
        return await _details(frame, cart, fields, errors, status=422)
    address, before = address_of(fields), changed(frame, cart)
    notes: dict[str, Any] = {name: fields[name] for name in BuyerNotes.__struct_fields__ if name in fields}
    try:
        change = CartChange(
            email=fields["email"],
            shipping_address=address,
            tax_id=fields.get("tax_id", msgspec.UNSET),
            reference=fields.get("reference", msgspec.UNSET),
            gift_delivery=_gift_delivery(fields),
            **notes,
        )
        await carts.change(cart.id, change)
    except Invalid as error:
        return await _details(frame, cart, fields, complaints(error) or {"": error.detail}, status=422)
    if caller.user_id and not await users.addresses(caller.user_id):
        await users.save_address(caller.user_id, address)
    return Redirect(f"/checkout/delivery{before}", status_code=303)


def _gift_delivery(fields: Mapping[str, str]) -> GiftDelivery | msgspec.UnsetType:
    """The recipient of the bought gift cards; UNSET if none are bought. Raises Invalid."""
    if "recipient" not in fields:
        return msgspec.UNSET
    day = fields.get("send_on", "").strip()
    return GiftDelivery(
        recipient=fields["recipient"],
        message=fields.get("message", ""),
        send_on=parse_day(day, "/gift_delivery/send_on") if day else None,
    )


@get("/checkout/delivery", opt=allow(anyone), include_in_schema=False)
async def delivery(frame: FrameDep, before: FromQuery[str] = "") -> Response[bytes] | Redirect:
    """Show step 2: shipping options with dates and prices. `before`: the total shown last."""
    request, settings, carts, caller = frame.request, frame.settings, frame.carts, frame.caller
    cart = await own_cart(request, settings, carts, caller)
    if cart is None or not cart.lines:
        return Redirect("/cart")
    if cart.shipping_address is None or not cart.email:
        return Redirect("/checkout")
    return await _delivery(frame, carts, cart, "", before=before)


async def _delivery(
    frame: PageContext, carts: CartsDep, cart: Cart, problem: str, status: int = 200, before: str = ""
) -> Response[bytes]:
    offered = await carts.shipping_options(cart.id)
    if offered and cart.shipping_option_id is None:
        cart = await carts.change(cart.id, CartChange(shipping_option_id=offered[0].id))
    cart, notice = await up_to_date(frame, cart, before)
    page = await frame.show(
        "checkout_delivery.html",
        {"cart": render.plain(cart), "notice": notice, "options": render.plain(offered), "problem": problem, "step": 2},
        status,
    )
    return shown(frame, cart, page)


@post("/checkout/delivery", opt=allow(anyone), include_in_schema=False, status_code=200)
async def save_delivery(frame: FrameDep) -> Response[bytes] | Redirect:
    """Save step 2."""
    request, settings, carts, caller = frame.request, frame.settings, frame.carts, frame.caller
    form = await form_of(request)
    cart = await own_cart(request, settings, carts, caller)
    if cart is None:
        return Redirect("/cart", status_code=303)
    if not form.get("option"):
        return await _delivery(frame, carts, cart, _("Choose how we should send it."), 422)
    before = changed(frame, cart)
    try:
        await carts.change(cart.id, CartChange(shipping_option_id=form["option"]))
    except Invalid as error:
        return await _delivery(frame, carts, cart, error.detail, 422)
    if wants_fragment(request):
        cart = await carts.get(cart.id)
        return shown(
            frame, cart, render.page("storefront/templates/checkout_summary.html", {"cart": render.plain(cart)})
        )
    step = "delivery" if "stay" in form else "payment"
    return Redirect(f"/checkout/{step}{before}", status_code=303)


@get("/checkout/payment", opt=allow(anyone), include_in_schema=False)
async def payment(
    frame: FrameDep, order: FromQuery[str] = "", before: FromQuery[str] = ""
) -> Response[bytes] | Redirect:
    """Show step 3: review and payment. With `order`: retry its payment."""
    request, settings, carts, orders, caller = frame.request, frame.settings, frame.carts, frame.orders, frame.caller
    if order:
        placed = await visible_order(order, request, settings, orders, caller)
        if placed.status != "placed":
            return Redirect(f"/checkout/done/{placed.id}{key_of(request)}")
        failed = placed.payment if placed.payment and placed.payment.status == "failed" else None
        return await _payment(
            frame,
            None,
            placed,
            _("{reason} Nothing was charged. Try another card.", reason=failed.reason).strip() if failed else "",
        )
    cart = await own_cart(request, settings, carts, caller)
    if cart is None or not cart.lines:
        return Redirect("/cart")
    if cart.shipping_option_id is None:
        return Redirect("/checkout/delivery" if cart.shipping_address else "/checkout")
    return await _payment(frame, cart, None, "", before=before)


async def _payment(
    frame: PageContext, cart: Cart | None, order: Order | None, problem: str, status: int = 200, before: str = ""
) -> Response[bytes]:
    cart, notice = await up_to_date(frame, cart, before) if cart else (None, "")
    totals = order.totals if order else cart.totals if cart else None
    to_pay = order.to_pay if order else cart.to_pay if cart else None
    costs = to_pay is None or bool(to_pay.amount)
    setup = await frame.payments.setup()
    methods = setup.methods if costs else ()
    page = await frame.show(
        "checkout_payment.html",
        {
            "cart": render.plain(cart) if cart else None,
            "order": render.plain(order) if order else None,
            "notice": notice,
            "totals": render.plain(totals),
            "to_pay": render.plain(to_pay),
            "payable": not costs or bool(methods),
            "key": current_app().shop.ids.secret(16),
            "link": key_of(frame.request),
            "methods": render.plain(methods),
            "pretended": any(one.provider == PRETEND for one in methods),
            "problem": problem,
            "step": 3,
        },
        status,
    )
    # A form may redirect to the page of a provider, which its policy has to allow.
    page.headers["Content-Security-Policy"] = content_policy({"form-action": setup.origins})
    return shown(frame, cart, page)


async def _choice(frame: PageContext, form: Mapping[str, str], return_url: str) -> PaymentChoice:
    """The payment that the form chose; of nothing if there was nothing to choose. Raises Invalid."""
    if "method" not in form:
        return PaymentChoice(provider="", return_url=return_url)
    for one in (await frame.payments.setup()).methods:
        if one.id == form["method"]:
            return PaymentChoice(provider=one.provider, token=one.token, return_url=return_url)
    raise Invalid.at("/method", _("This way to pay is not offered any more; please choose another."))


@post("/checkout/payment", opt=sensitive(anyone), include_in_schema=False, status_code=200)
async def pay(frame: FrameDep) -> Response[bytes] | Redirect:
    """Place the order, once for each form, and pay."""
    request, settings, carts, orders, caller = frame.request, frame.settings, frame.carts, frame.orders, frame.caller
    form = await form_of(request)
    key = key_of(request)
    return_url = f"{settings.url}/checkout/return/{{order_id}}{key}"
    if form.get("order"):
        placed = await visible_order(form["order"], request, settings, orders, caller)
        try:
            return _after(await orders.pay(placed.id, await _choice(frame, form, return_url), caller), key)
        except (Conflict, Invalid, RateLimited, GiftCardRefused) as error:
            return await _payment(frame, None, await orders.get(placed.id), error.detail, status_of(error)[0])
    cart = await own_cart(request, settings, carts, caller)
    if cart is None:
        return Redirect("/cart", status_code=303)
    expected = form.get("expected", "")
    try:
        request_ = PlaceOrder(
            cart_id=cart.id,
            expected_total=digits_or(expected, -1),
            expected_to_pay=digits_or(form["to_pay"], -1) if "to_pay" in form else msgspec.UNSET,
            payment=await _choice(frame, form, return_url),
        )
        placed = await orders.place(request_, form.get("key", "")[:64] or cart.id, caller)
    except ShopError as error:
        # Problems of the cart are shown above, each with a way to fix it there.
        detail = "" if isinstance(error, CartNotReady) and "problems" in error.data else error.detail
        return await _payment(frame, await carts.get(cart.id), None, detail, status_of(error)[0])
    return _after(placed)


def key_of(request: Web) -> str:
    """The key of our e-mail's link for the next URL, as guests have no other proof."""
    key = request.query_params.get("key", "")
    return f"?{urlencode({'key': key})}" if key else ""


def _after(order: Order, key: str = "") -> Redirect:
    paid = order.payment
    if paid is not None and paid.next_action is not None:
        return Redirect(paid.next_action.url, status_code=303)
    if paid is not None and paid.status == "failed":
        return Redirect(f"/checkout/payment?order={order.id}" + key.replace("?", "&"), status_code=303)
    return Redirect(f"/checkout/done/{order.id}{key}", status_code=303)


@get("/checkout/return/{order_id:str}", opt=allow(anyone), include_in_schema=False)
async def returned(
    request: Web, settings: SettingsDep, orders: OrdersDep, caller: CurrentCaller, order_id: FromPath[str]
) -> Redirect:
    """Handle the browser's return from the provider."""
    order = await visible_order(order_id, request, settings, orders, caller)
    return _after(await orders.payment_returned(order.id), key_of(request))


@get("/checkout/done/{order_id:str}", opt=allow(anyone), include_in_schema=False)
async def done(frame: FrameDep, order_id: FromPath[str]) -> Response[bytes]:
    """Show the confirmation with the order number and next steps."""
    request, settings, orders, caller = frame.request, frame.settings, frame.orders, frame.caller
    order = await visible_order(order_id, request, settings, orders, caller)
    if order.status == "placed":
        order = await orders.payment_returned(order.id)
    return await frame.show(
        "done.html",
        {
            "order": render.plain(order),
            "link": key_of(request),
            "emailed": all(line.is_gift_card for line in order.lines),
        },
    )


HANDLERS: list[Any] = [details, save_details, delivery, save_delivery, payment, pay, returned, done]
