"""REST routes of carts. A guest's cart id grants access; a customer's cart is the customer's alone."""

from typing import Any

import msgspec
from litestar import delete, get, patch, post, put
from litestar.params import FromPath, JSONBody

from shopwright.kit.auth import anyone, signed_in, staff
from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.http.access import allow, sensitive
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.routes import Routes
from shopwright.kit.translation import gettext as _
from shopwright.services.carts.contract import Cart, CartChange, Carts, WaitingRoom, Wish
from shopwright.services.pricing.contract import ShippingOption

Service = Dependency[Carts]


class NewLine(msgspec.Struct, forbid_unknown_fields=True):
    """The item to add, by variant or SKU."""

    quantity: int = 1
    variant_id: str = ""
    sku: str = ""


class LineChange(msgspec.Struct, forbid_unknown_fields=True):
    """The new quantity (0 removes), or whether the line is saved for later."""

    quantity: int | None = None
    saved: bool | None = None


class NewWish(msgspec.Struct, forbid_unknown_fields=True):
    """The product to add, by id or slug."""

    product_id: str


class AdmissionPace(msgspec.Struct, forbid_unknown_fields=True):
    """How many shoppers are admitted per minute."""

    per_minute: int


class GiftCardCode(msgspec.Struct, forbid_unknown_fields=True):
    """The code of a gift card."""

    code: str


class Codes(msgspec.Struct, forbid_unknown_fields=True):
    """Coupon codes."""

    codes: tuple[str, ...]


@post("/v1/carts", opt=allow(anyone), tags=["carts"], operation_id="create_cart")
async def create_cart(carts: Service, caller: CurrentCaller) -> Cart:
    """Create a cart: the customer's, or a guest's with an unguessable id. No body needed."""
    return await carts.create(caller.user_id)


@get("/v1/carts/{cart_id:str}", opt=allow(anyone), tags=["carts"], operation_id="get_cart")
async def get_cart(carts: Service, caller: CurrentCaller, cart_id: FromPath[str]) -> Cart:
    """Get the cart at today's prices and stock."""
    await carts.check(cart_id, caller.user_id)
    return await carts.get(cart_id)


@post("/v1/carts/{cart_id:str}/lines", opt=allow(anyone), tags=["carts"], operation_id="add_line")
async def add_line(carts: Service, caller: CurrentCaller, cart_id: FromPath[str], data: JSONBody[NewLine]) -> Cart:
    """Add an item."""
    await carts.check(cart_id, caller.user_id)
    if bool(data.variant_id) == bool(data.sku):
        raise Invalid.at("/variant_id", _("Name what to add either by variant_id or by sku."))
    return await carts.add(cart_id, data.variant_id or data.sku, data.quantity)


@patch("/v1/carts/{cart_id:str}/lines/{line_id:str}", opt=allow(anyone), tags=["carts"], operation_id="change_line")
async def change_line(
    carts: Service, caller: CurrentCaller, cart_id: FromPath[str], line_id: FromPath[str], data: JSONBody[LineChange]
) -> Cart:
    """Change the quantity, or save for later."""
    await carts.check(cart_id, caller.user_id)
    if data.quantity is not None:
        cart = await carts.set_quantity(cart_id, line_id, data.quantity)
        if data.saved is None:
            return cart
    if data.saved is None:
        raise Invalid.at("/quantity", _("Give a quantity, or whether the line is saved for later."))
    return await carts.save_for_later(cart_id, line_id, saved=data.saved)


@delete(
    "/v1/carts/{cart_id:str}/lines/{line_id:str}",
    opt=allow(anyone),
    tags=["carts"],
    operation_id="remove_line",
    status_code=200,
)
async def remove_line(carts: Service, caller: CurrentCaller, cart_id: FromPath[str], line_id: FromPath[str]) -> Cart:
    """Remove a line."""
    await carts.check(cart_id, caller.user_id)
    return await carts.set_quantity(cart_id, line_id, 0)


@patch("/v1/carts/{cart_id:str}", opt=allow(anyone), tags=["carts"], operation_id="change_cart")
async def change_cart(
    carts: Service, caller: CurrentCaller, cart_id: FromPath[str], data: JSONBody[CartChange]
) -> Cart:
    """Set e-mail, addresses and shipping option."""
    await carts.check(cart_id, caller.user_id)
    return await carts.change(cart_id, data)


@put("/v1/carts/{cart_id:str}/coupons", opt=sensitive(anyone), tags=["carts"], operation_id="set_coupons")
async def set_coupons(carts: Service, caller: CurrentCaller, cart_id: FromPath[str], data: JSONBody[Codes]) -> Cart:
    """Replace the coupon codes; those that do not apply become problems of the cart with the reason."""
    await carts.check(cart_id, caller.user_id)
    return await carts.set_coupons(cart_id, data.codes)


@post("/v1/carts/{cart_id:str}/gift-cards", opt=sensitive(anyone), tags=["carts"], operation_id="add_gift_card")
async def add_gift_card(
    carts: Service, caller: CurrentCaller, cart_id: FromPath[str], data: JSONBody[GiftCardCode]
) -> Cart:
    """Pay with a gift card, up to its balance; `to_pay` is what is left."""
    await carts.check(cart_id, caller.user_id)
    return await carts.add_gift_card(cart_id, data.code, caller.address)


@delete(
    "/v1/carts/{cart_id:str}/gift-cards/{card_id:str}",
    opt=allow(anyone),
    tags=["carts"],
    operation_id="remove_gift_card",
    status_code=200,
)
async def remove_gift_card(
    carts: Service, caller: CurrentCaller, cart_id: FromPath[str], card_id: FromPath[str]
) -> Cart:
    """Remove a gift card."""
    await carts.check(cart_id, caller.user_id)
    return await carts.remove_gift_card(cart_id, card_id)


@get("/v1/carts/{cart_id:str}/shipping-options", opt=allow(anyone), tags=["carts"], operation_id="shipping_options")
async def shipping_options(
    carts: Service, caller: CurrentCaller, cart_id: FromPath[str]
) -> dict[str, list[ShippingOption]]:
    """List the shipping options to the cart's address, cheapest first."""
    await carts.check(cart_id, caller.user_id)
    return {"items": await carts.shipping_options(cart_id)}


@get("/v1/me/wishlist", opt=allow(signed_in), tags=["carts"], operation_id="list_wishes")
async def list_wishes(carts: Service, caller: CurrentCaller) -> dict[str, list[Wish]]:
    """List one's wishlist, newest first."""
    return {"items": await carts.wishes(caller.user_id or "")}


@post("/v1/me/wishlist", opt=allow(signed_in), tags=["carts"], operation_id="add_wish")
async def add_wish(carts: Service, caller: CurrentCaller, data: JSONBody[NewWish]) -> dict[str, list[Wish]]:
    """Add a product to one's wishlist; returns the whole list."""
    await carts.add_wish(caller.user_id or "", data.product_id)
    return {"items": await carts.wishes(caller.user_id or "")}


@delete("/v1/me/wishlist/{product_id:str}", opt=allow(signed_in), tags=["carts"], operation_id="remove_wish")
async def remove_wish(carts: Service, caller: CurrentCaller, product_id: FromPath[str]) -> None:
    """Remove a product from one's wishlist."""
    await carts.remove_wish(caller.user_id or "", product_id)


@get("/v1/waiting-room", opt=allow(staff("system.operate")), tags=["carts"], operation_id="get_waiting_room")
async def get_waiting_room(carts: Service) -> WaitingRoom:
    """Get the open waiting room, or 404."""
    room = await carts.waiting_room()
    if room is None:
        raise Missing(_("No waiting room is open: all shoppers are admitted."))
    return room


@put("/v1/waiting-room", opt=allow(staff("system.operate")), tags=["carts"], operation_id="open_waiting_room")
async def open_waiting_room(carts: Service, data: JSONBody[AdmissionPace]) -> WaitingRoom:
    """Open the waiting room or change its pace; waiting shoppers keep their places."""
    return await carts.open_waiting_room(data.per_minute)


@delete("/v1/waiting-room", opt=allow(staff("system.operate")), tags=["carts"], operation_id="close_waiting_room")
async def close_waiting_room(carts: Service) -> None:
    """Close the waiting room and admit everyone."""
    await carts.close_waiting_room()


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [
        create_cart, get_cart, add_line, change_line, remove_line, change_cart, set_coupons, add_gift_card,
        remove_gift_card, shipping_options,
        list_wishes, add_wish, remove_wish, get_waiting_room, open_waiting_room, close_waiting_room,
    ]  # fmt: skip
    return Routes("/", route_handlers=handlers)
