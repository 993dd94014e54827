"""REST routes of orders."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody

from shopwright.kit.auth import Caller, anyone, signed_in, staff
from shopwright.kit.bounds import Reason, Token
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access import allow, audited, sensitive
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.idempotency import RepeatHeader, read_key
from shopwright.kit.http.pagination import Limit, Page, after_id, page
from shopwright.kit.http.routes import Routes
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards.contract import BoughtGiftCard
from shopwright.services.orders.contract import (
    GuestProof,
    LineQuantity,
    NewRefund,
    NewShipment,
    Order,
    OrderFilter,
    Orders,
    OrderSource,
    OrderSummary,
    PaymentChoice,
    PlaceOrder,
    RetainedBuyer,
)
from shopwright.services.orders.views import OrderView, shown

Service = Dependency[Orders]
Asked = Request[Any, Any, Any]
OrderCursor = Annotated[str, after_id("ord")]
KeyHeader = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key", description="required: a UUID of your own for each order, payment or refund"
    ),
]


class Capture(msgspec.Struct, forbid_unknown_fields=True):
    """A capture of the authorised amount; `amount` (minor units or money), if given, must equal it."""

    amount: int | Money | None = None


class Cancellation(msgspec.Struct, forbid_unknown_fields=True):
    """Reason of a cancellation.

    Guests prove that the order is theirs by its cart id, or the `key` of our e-mail's link.
    """

    reason: Reason = ""
    cart_id: str = ""
    key: Token = ""


class Proof(msgspec.Struct, forbid_unknown_fields=True):
    """Guests prove that the order is theirs by its cart id, or the `key` of our e-mail's link."""

    cart_id: str = ""
    key: Token = ""


class NotPaid(msgspec.Struct, forbid_unknown_fields=True):
    """Why a refund is cancelled, for staff."""

    reason: Reason


class Parcel(msgspec.Struct, forbid_unknown_fields=True):
    """A parcel to ship; without `lines`: everything still to be shipped."""

    carrier: str
    tracking_number: str = ""
    lines: tuple[LineQuantity, ...] | None = None


def _key(given: str | None) -> str:
    if given is None:
        raise Invalid.at(
            "/headers/Idempotency-Key",
            _("Send an Idempotency-Key (a UUID), so that a repeated request is not done twice."),
        )
    return read_key(given)


async def theirs(
    orders: Orders, order_id: str, request: Asked, caller: Caller, proof: GuestProof, *, change: bool = False
) -> Order:
    """Return the order if the caller may see it: staff, its customer, or a guest with proof.

    Raises Missing, RateLimited.
    """
    if caller.may("orders.read") or caller.user_id is not None:
        order = await orders.get(order_id)
        if caller.may("orders.read") or order.customer_id == caller.user_id:
            return order
    address = request.client.host if request.client else ""
    return await orders.for_guest(order_id, proof, address, change=change)


@post("/v1/orders", opt=allow(anyone), tags=["orders"], operation_id="place_order")
async def place_order(
    orders: Service, caller: CurrentCaller, data: JSONBody[PlaceOrder], idempotency_key: KeyHeader = None
) -> OrderView:
    """Place the order of a cart and open its payment."""
    return shown(await orders.place(data, _key(idempotency_key), caller), caller)


@post("/v1/orders/{order_id:str}/payments", opt=sensitive(anyone), tags=["orders"], operation_id="pay_order")
async def pay_order(
    orders: Service,
    caller: CurrentCaller,
    request: Asked,
    order_id: FromPath[str],
    data: JSONBody[PaymentChoice],
    email: FromQuery[str] = "",
    idempotency_key: KeyHeader = None,
) -> OrderView:
    """Retry the payment of a placed order; guests add ?email= of the order."""
    _key(idempotency_key)
    order = await theirs(orders, order_id, request, caller, GuestProof(email=email))
    return shown(await orders.pay(order.id, data, caller), caller)


@get("/v1/orders", opt=allow(signed_in), tags=["orders"], operation_id="list_orders")
async def list_orders(
    orders: Service,
    caller: CurrentCaller,
    status: FromQuery[OrderFilter | None] = None,
    q: FromQuery[str] = "",
    after: OrderCursor = "",
    limit: Limit = 24,
) -> Page[OrderSummary]:
    """List one's own orders, newest first; staff see all orders and may search."""
    everyone = caller.may("orders.read")
    found = await orders.search(
        customer_id="" if everyone else caller.user_id or "",
        status=status or "",
        text=q if everyone else "",
        after=after,
        limit=limit + 1,
    )
    return page(found, limit, lambda order: order.id)


@get("/v1/orders/{order_id:str}", opt=allow(anyone), tags=["orders"], operation_id="get_order")
async def get_order(
    orders: Service,
    caller: CurrentCaller,
    request: Asked,
    order_id: FromPath[str],
    email: FromQuery[str] = "",
    key: FromQuery[str] = "",
) -> OrderView:
    """Get an order by id; staff also by number. Guests add ?email= of the order, or ?key= from our e-mail's link."""
    return shown(await theirs(orders, order_id, request, caller, GuestProof(email=email, key=key)), caller)


@get(
    "/v1/orders/{order_id:str}/buyer",
    opt=audited(allow(staff("books.read"))),
    tags=["orders"],
    operation_id="get_kept_buyer",
)
async def get_kept_buyer(orders: Service, order_id: FromPath[str]) -> RetainedBuyer:
    """Get name and addresses of a buyer whose account was erased, retained for the books until `until`."""
    return await orders.retained_buyer(order_id)


@get(
    "/v1/orders/{order_id:str}/source",
    opt=audited(allow(staff("orders.read"))),
    tags=["orders"],
    operation_id="get_order_source",
)
async def get_order_source(orders: Service, order_id: FromPath[str]) -> OrderSource:
    """Get the rows of the file an order was imported from; they are deleted when its buyer is erased."""
    return await orders.source(order_id)


@post(
    "/v1/orders/{order_id:str}/cancel",
    opt=audited(allow(anyone)),
    tags=["orders"],
    operation_id="cancel_order",
    status_code=200,
)
async def cancel_order(
    orders: Service,
    caller: CurrentCaller,
    request: Asked,
    order_id: FromPath[str],
    data: JSONBody[Cancellation | None] = None,
) -> OrderView:
    """Cancel an order before anything is shipped; payments are refunded. Guests need a proof: see `Cancellation`."""
    cancellation = data or Cancellation()
    proof = GuestProof(cart_id=cancellation.cart_id, key=cancellation.key)
    order = await theirs(orders, order_id, request, caller, proof, change=True)
    return shown(await orders.cancel(order.id, cancellation.reason, caller), caller)


@post(
    "/v1/orders/{order_id:str}/capture",
    opt=allow(staff("orders.write")),
    tags=["orders"],
    operation_id="capture_order",
    status_code=200,
)
async def capture_order(
    orders: Service,
    caller: CurrentCaller,
    order_id: FromPath[str],
    data: JSONBody[Capture | None] = None,
    idempotency_key: RepeatHeader = None,
) -> OrderView:
    """Capture the authorised payment (`SHOPWRIGHT_CAPTURE=manual`): all of it, once."""
    if idempotency_key is not None:
        read_key(idempotency_key)
    if data is not None and data.amount is not None:
        total = (await orders.get(order_id)).totals.total
        if data.amount not in {total, total.amount}:
            raise Invalid.at(
                "/amount",
                _(
                    "Only the full authorised amount can be captured, {amount} {currency}.",
                    amount=total.amount,
                    currency=total.currency,
                ),
            )
    return shown(await orders.capture(order_id, caller), caller)


@post(
    "/v1/orders/{order_id:str}/shipments", opt=allow(staff("orders.write")), tags=["orders"], operation_id="ship_order"
)
async def ship_order(
    orders: Service, caller: CurrentCaller, order_id: FromPath[str], data: JSONBody[Parcel]
) -> OrderView:
    """Record a shipment."""
    if data.lines is not None and not data.lines:
        raise Invalid.at(
            "/lines",
            _("Give the shipped lines with their quantities; without “lines”, all remaining units are shipped."),
        )
    parcel = NewShipment(carrier=data.carrier, tracking_number=data.tracking_number, lines=data.lines or ())
    return shown(await orders.ship(order_id, parcel, caller), caller)


@post(
    "/v1/orders/{order_id:str}/delivery",
    opt=allow(staff("orders.write")),
    tags=["orders"],
    operation_id="deliver_order",
    status_code=200,
)
async def deliver_order(orders: Service, caller: CurrentCaller, order_id: FromPath[str]) -> OrderView:
    """Mark all parcels as delivered."""
    return shown(await orders.deliver(order_id, caller), caller)


@post(
    "/v1/orders/{order_id:str}/refunds", opt=allow(staff("orders.write")), tags=["orders"], operation_id="refund_order"
)
async def refund_order(
    orders: Service,
    caller: CurrentCaller,
    order_id: FromPath[str],
    data: JSONBody[NewRefund],
    idempotency_key: KeyHeader = None,
) -> OrderView:
    """Refund lines or an amount; `refund` of the response says whether it is settled or pending."""
    return shown(await orders.refund(order_id, data, _key(idempotency_key), caller), caller)


@post(
    "/v1/orders/{order_id:str}/refunds/{refund_id:str}/cancel",
    opt=allow(staff("orders.write")),
    tags=["orders"],
    operation_id="cancel_refund",
    status_code=200,
)
async def cancel_refund(
    orders: Service, caller: CurrentCaller, order_id: FromPath[str], refund_id: FromPath[str], data: JSONBody[NotPaid]
) -> OrderView:
    """Cancel a pending refund; its amount and units can then be refunded again.

    The provider is asked first: a refund it accepted, or may have accepted, cannot be cancelled.
    """
    return shown(await orders.cancel_refund(order_id, refund_id, data.reason, caller), caller)


@get("/v1/orders/{order_id:str}/gift-cards", opt=allow(anyone), tags=["orders"], operation_id="list_bought_gift_cards")
async def bought_gift_cards(
    orders: Service, caller: CurrentCaller, request: Asked, order_id: FromPath[str], email: FromQuery[str] = ""
) -> dict[str, list[BoughtGiftCard]]:
    """List the gift cards bought with an order; guests add ?email= of the order."""
    order = await theirs(orders, order_id, request, caller, GuestProof(email=email))
    return {"items": await orders.bought_gift_cards(order.id)}


@post(
    "/v1/orders/{order_id:str}/gift-cards/{card_id:str}/send",
    opt=audited(allow(anyone)),
    tags=["orders"],
    operation_id="send_bought_gift_card",
    status_code=200,
)
async def send_gift_card(
    orders: Service,
    caller: CurrentCaller,
    request: Asked,
    order_id: FromPath[str],
    card_id: FromPath[str],
    data: JSONBody[Proof],
) -> dict[str, list[BoughtGiftCard]]:
    """E-mail the code of a bought gift card again, to the same recipient."""
    proof = GuestProof(cart_id=data.cart_id, key=data.key)
    order = await theirs(orders, order_id, request, caller, proof, change=True)
    return {"items": await orders.send_gift_card(order.id, card_id, caller)}


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [
        place_order, pay_order, list_orders, get_order, get_kept_buyer, get_order_source, cancel_order, capture_order, ship_order, deliver_order, refund_order,
        cancel_refund, bought_gift_cards, send_gift_card,
    ]  # fmt: skip
    return Routes("/", route_handlers=handlers)
