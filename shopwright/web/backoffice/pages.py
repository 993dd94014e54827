"""All routes of the back office, and its order pages."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import Provide
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit import money
from shopwright.kit.auth import Caller, staff
from shopwright.kit.errors import Invalid, ShopError
from shopwright.kit.http.access import allow, audited
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.http.routes import Pages
from shopwright.kit.personal import ERASED
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop, translated_values
from shopwright.services.orders.contract import PAID, LineQuantity, NewRefund, NewShipment, Order, OrderFilter
from shopwright.web import render
from shopwright.web.backoffice import (
    attributes,
    audit,
    books,
    collections,
    documents,
    gift_cards,
    home,
    messages,
    payments,
    people,
    personal_data,
    pricing,
    product_create,
    product_form,
    products,
    receiving,
    reviews,
    seller,
    stock,
    system,
)
from shopwright.web.backoffice.office_context import OfficeDep, provide_office
from shopwright.web.backoffice.rule_forms import count_of
from shopwright.web.backoffice.tax_forms import SCHEMES
from shopwright.web.bought_cards import bought_of
from shopwright.web.documents import BooksDep, file_of, of_order, papers_of
from shopwright.web.order_state import shown_state
from shopwright.web.storefront.page_context import OrdersDep, Web, form_of
from shopwright.web.trail.gather import searches, trail_of

PAGE = 50
NOTHING: Mapping[str, str] = {}
# The filters of the list, in the words used in it.
FILTERS: tuple[tuple[OrderFilter, str], ...] = (
    ("to_ship", gettext_noop("To ship")),
    ("authorised", gettext_noop("Payment authorised")),
    ("unpaid", gettext_noop("Payment pending")),
    ("paid", gettext_noop("Unfulfilled")),
    ("part_shipped", gettext_noop("Partially shipped")),
    ("shipped", gettext_noop("Shipped")),
    ("delivered", gettext_noop("Delivered")),
    ("cancelled", gettext_noop("Cancelled")),
    ("expired", gettext_noop("Not paid in time")),
)


@get("/office/orders", opt=allow(staff("orders.read")), include_in_schema=False)
async def order_list(
    office: OfficeDep,
    orders: OrdersDep,
    q: FromQuery[str] = "",
    status: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[bytes]:
    """Show all orders, newest first."""
    found = await orders.search(text=q, status=status, after=after, limit=PAGE + 1)
    return office.show(
        "orders.html",
        {
            "orders": [{**render.plain(one), "state": shown_state(one)} for one in found[:PAGE]],
            "q": q,
            "status": status,
            "statuses": [{"name": name, "title": _(title)} for name, title in FILTERS],
            "next": found[PAGE - 1].id if len(found) > PAGE else "",
        },
    )


@get("/office/orders/{order_id:str}", opt=allow(staff("orders.read")), include_in_schema=False)
async def order_page(office: OfficeDep, orders: OrdersDep, order_id: FromPath[str]) -> Response[bytes]:
    """Show an order: lines, shipments, payments and history."""
    return await _order(office, await orders.get(order_id))


@get("/office/orders/{order_id:str}/buyer", opt=audited(allow(staff("books.read"))), include_in_schema=False)
async def kept_buyer(office: OfficeDep, orders: OrdersDep, order_id: FromPath[str]) -> Response[bytes]:
    """Show the retained buyer of an erased account, to accounting."""
    return office.show("order_buyer.html", {"buyer": render.plain(await orders.retained_buyer(order_id))})


@get("/office/orders/{order_id:str}/source", opt=audited(allow(staff("orders.read"))), include_in_schema=False)
async def order_source(office: OfficeDep, orders: OrdersDep, order_id: FromPath[str]) -> Response[bytes]:
    """Show the file rows an order was imported from."""
    order, source = await orders.get(order_id), await orders.source(order_id)
    return office.show("order_source.html", {"order": render.plain(order), "source": render.plain(source)})


async def _order(
    office: OfficeDep, order: Order, problem: str = "", action: str = "", typed: Mapping[str, str] = NOTHING
) -> Response[bytes]:
    context = {
        "action": action,
        "typed": typed,
        "order": render.plain(order),
        "shown": shown_state(order),
        "problem": problem,
        "forgotten": order.shipping_address.name == ERASED,
        "to_ship": {line.id: line.to_ship for line in order.lines},
        **await bought_of(current_app().shop.orders, order),
        "left_to_ship": sum(line.to_ship for line in order.lines),
        "key": current_app().shop.ids.secret(16),
        "repayments": repayments(order),
        "paid": order.status in PAID,
        "trail": render.plain(
            await trail_of(current_app().shop, order.id, messages=office.caller.may("messages.read"))
        ),
        "searches": searches(order.id),
        "kept_days": office.settings.events_kept,
        "messages_days": office.settings.messages_kept,
        "schemes": translated_values(SCHEMES),
        **_papers(order, await papers_of(order, office.caller, sealed=True)),
    }
    return office.show("order.html", context, 422 if problem else 200)


def _papers(order: Order, known: list[dict[str, Any]]) -> dict[str, Any]:
    """The documents of an order, and those that can be issued; none if the buyer was erased."""
    if order.shipping_address.name == ERASED or any(one["sealed"] for one in known):
        return {"papers": known, "issuable": [], "shut_off": bool(known)}
    noted = {one["refers_to"] for one in known if one["kind"] == "delivery_note"}
    found = [
        {"parcel": one.id, "title": _("Issue delivery note"), "of": f"{one.carrier} {one.tracking_number}".rstrip()}
        for one in order.shipments
        if one.id not in noted
    ]
    if order.status == "placed" and all(one["kind"] != "pro_forma" for one in known):
        found.append({"parcel": "", "title": _("Issue pro forma invoice"), "of": ""})
    return {"papers": known, "issuable": found, "shut_off": False}


def repayments(order: Order) -> list[dict[str, Any]]:
    """Refunds of the order's payment that were not requested as refunds of the order."""
    known = {one.id for one in (*order.refunds, *order.refused)}
    found = order.payment.refunds if order.payment is not None and order.owed is not None else ()
    return [render.plain(one) for one in found if one.key not in known]


def _quantities(form: Mapping[str, str], prefix: str) -> tuple[LineQuantity, ...]:
    """The quantities of lines in the form, without zeros."""
    found = {name.removeprefix(prefix): count_of(form, name) for name in form if name.startswith(prefix)}
    return tuple(LineQuantity(line_id, quantity) for line_id, quantity in found.items() if quantity)


@post(
    "/office/orders/{order_id:str}/{action:str}",
    opt=allow(staff("orders.write")),
    include_in_schema=False,
    status_code=200,
)
async def order_action(
    office: OfficeDep,
    request: Web,
    orders: OrdersDep,
    caller: CurrentCaller,
    order_id: FromPath[str],
    action: FromPath[str],
) -> Response[bytes] | Redirect:
    """Capture, ship, deliver, send a gift card again, cancel, refund, or cancel a refund."""
    form = await form_of(request)
    try:
        await _act(orders, order_id, action, form, caller)
    except ShopError as error:
        return await _order(office, await orders.get(order_id), error.detail, action, form)
    return Redirect(f"/office/orders/{order_id}", status_code=303)


@post(
    "/office/orders/{order_id:str}/documents",
    opt=allow(staff("orders.write")),
    include_in_schema=False,
    status_code=200,
)
async def issue_document(
    office: OfficeDep, request: Web, orders: OrdersDep, books: BooksDep, order_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Issue a parcel's delivery note, or the order's pro forma invoice."""
    parcel = (await form_of(request)).get("parcel", "")
    try:
        found = await (books.delivery_note(order_id, parcel) if parcel else books.pro_forma(order_id))
    except ShopError as error:
        return await _order(office, await orders.get(order_id), error.detail)
    return Redirect(f"/office/orders/{order_id}/documents/{found.id}", status_code=303)


@get(
    "/office/orders/{order_id:str}/documents/{document_id:str}",
    opt=audited(allow(staff("orders.read"))),
    include_in_schema=False,
)
async def sale_document(
    books: BooksDep, caller: CurrentCaller, order_id: FromPath[str], document_id: FromPath[str]
) -> Response[bytes]:
    """Download a delivery note or pro forma invoice."""
    return await file_of(books, of_order(await books.document(document_id), order_id, caller), "pdf")


async def _act(orders: OrdersDep, order_id: str, action: str, form: Mapping[str, str], caller: Caller) -> None:
    if action == "ship":
        lines = _quantities(form, "ship-")
        if not lines and any(name.startswith("ship-") for name in form):
            raise Invalid.at("/lines", _("Enter how many units are shipped: every quantity is 0."))
        parcel = NewShipment(
            carrier=form.get("carrier", ""), tracking_number=form.get("tracking_number", ""), lines=lines
        )
        await orders.ship(order_id, parcel, caller)
    elif action == "capture":
        await orders.capture(order_id, caller)
    elif action == "send-card":
        await orders.send_gift_card(order_id, form.get("card", ""), caller)
    elif action == "deliver":
        await orders.deliver(order_id, caller)
    elif action == "cancel":
        await orders.cancel(order_id, form.get("reason", ""), caller)
    elif action == "refund":
        order = await orders.get(order_id)
        amount = money.parse(form["amount"], order.currency, "/amount") if form.get("amount", "").strip() else None
        refund = NewRefund(
            reason=form.get("reason", ""),
            lines=_quantities(form, "refund-"),
            amount=amount,
            shipping="shipping" in form,
            deduction=form.get("deduction", ""),
            restock="restock" in form,
            returned="returned" in form,
            to="gift_card" if "to_gift_card" in form else msgspec.UNSET,
        )
        await orders.refund(order_id, refund, form.get("key", order_id), caller)
    elif action == "cancel-refund":
        await orders.cancel_refund(order_id, form.get("refund", ""), form.get("why", ""), caller)
    else:
        raise Invalid.at("/action", _("An order has no such action."))


def routes() -> Pages:
    """Return all back office pages."""
    handlers: list[Any] = [
        *home.HANDLERS,
        *books.HANDLERS,
        *documents.HANDLERS,
        *gift_cards.HANDLERS,
        order_list,
        order_page,
        kept_buyer,
        order_source,
        order_action,
        issue_document,
        sale_document,
        *messages.HANDLERS,
        *products.HANDLERS,
        *product_form.HANDLERS,
        *product_create.HANDLERS,
        *collections.HANDLERS,
        *attributes.HANDLERS,
        *audit.HANDLERS,
        *personal_data.HANDLERS,
        *people.HANDLERS,
        *reviews.HANDLERS,
        *pricing.HANDLERS,
        *seller.HANDLERS,
        *payments.HANDLERS,
        *stock.HANDLERS,
        *receiving.HANDLERS,
        *system.HANDLERS,
    ]
    return Pages("/", route_handlers=handlers, dependencies={"office": Provide(provide_office)})
