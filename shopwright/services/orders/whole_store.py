"""SQL for whole orders in bulk: each table is queried once for many orders."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.clock import from_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.spans import Span
from shopwright.kit.data.unit_of_work import Reader
from shopwright.kit.money import Money, add_up
from shopwright.kit.working_days import Arrival
from shopwright.services.carts.contract import BuyerNotes
from shopwright.services.giftcards.contract import GiftCardShare
from shopwright.services.orders import refund_store, taxes
from shopwright.services.orders.contract import HistoryEntry, Order, OrderLine, Shipment, ShippingCharge, TaxCorrection
from shopwright.services.pricing.contract import LineDiscount, Step, TaxPart, Totals

LINES = "SELECT * FROM order_lines WHERE {these} ORDER BY order_id, position"
SHIPMENTS = "SELECT order_id, status, body FROM shipments WHERE {these} ORDER BY order_id, id"
MOMENTS = "SELECT order_id, time, what, who FROM timeline WHERE {these} ORDER BY order_id, id"


class OrderBody(BuyerNotes, frozen=True, kw_only=True):
    """Data of an order that never changes and is never filtered by."""

    totals: Totals
    receipt: tuple[Step, ...]
    coupons: tuple[str, ...]
    shipping_address: Address
    billing_address: Address
    shipping_title: str
    arrives: Arrival | None = None
    gift_cards: tuple[GiftCardShare, ...] = ()


class LineBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Data of a line that never changes and is never filtered by."""

    slug: str
    variant_id: str
    sku: str
    title: str
    variant_title: str
    image: str
    unit_price: Money
    total: Money
    discount: Money
    tax: Money
    discounts: tuple[LineDiscount, ...] = ()


def body_of(order: Order) -> OrderBody:
    """The part of an order that its row stores as JSON."""
    return OrderBody(**{name: getattr(order, name) for name in OrderBody.__struct_fields__})


Parts = Mapping[str, Sequence[Row]]  # rows by the order they belong to
ReadOrder = Callable[[], Order]  # raises MsgspecError where it cannot be understood


async def page(source: Reader, after: str, limit: int) -> list[tuple[Row, ReadOrder]]:
    """Return the orders after this id: each row with a function that builds the whole order."""
    rows = await source.fetch(
        "SELECT * FROM orders WHERE id > :after ORDER BY id LIMIT :limit", after=after, limit=limit
    )
    return await _together(source, rows, Span(after, rows[-1]["id"])) if rows else []


async def some(source: Reader, ids: Sequence[str]) -> list[tuple[Row, ReadOrder]]:
    """Return the orders with these ids in the same form."""
    rows = await source.fetch_in("SELECT * FROM orders WHERE id IN (:each) ORDER BY id", ids)
    return await _together(source, rows, Span(ids=tuple(row["id"] for row in rows))) if rows else []


async def _together(source: Reader, rows: Sequence[Row], span: Span) -> list[tuple[Row, ReadOrder]]:
    return list(zip(rows, await read_all(source, rows, span), strict=True))


async def read_all(source: Reader, rows: Sequence[Row], span: Span) -> list[ReadOrder]:
    """Return functions that build whole orders, without payments, from the rows of a span."""
    lines, shipments, moments, refunds = [
        _by_order(await span.fetch(source, sql)) for sql in (LINES, SHIPMENTS, MOMENTS, refund_store.REFUNDS)
    ]
    return [partial(_order, row, lines, shipments, moments, refunds) for row in rows]


def _by_order(rows: Sequence[Row]) -> Parts:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["order_id"], []).append(row)
    return found


def _order(row: Row, lines: Parts, shipments: Parts, moments: Parts, refunds: Parts) -> Order:
    body = decode_tolerant(row["body"], OrderBody)
    order_id = row["id"]
    counted, refused = refund_store.counted(refunds.get(order_id, ()))
    found = decode_tolerant(row["taxes"], taxes.CurrentTaxes) if row["taxes"] else taxes.CurrentTaxes()
    read = taxes.TaxDecoder(found, row["currency"])
    rows = lines.get(order_id, ())
    corrections = read.corrections([one["id"] for one in rows]) if found.corrections else ()
    return Order(
        id=order_id,
        number=str(row["number"]),
        status=row["status"],
        email=row["email"],
        customer_id=row["customer_id"],
        currency=row["currency"],
        lines=tuple(_line(line, read.line(number)) for number, line in enumerate(rows)),
        shipping=ShippingCharge(title=body.shipping_title, price=body.totals.shipping, tax_parts=read.shipping),
        tax_parts=read.whole,
        taxes_unknown=found.unknown,
        payment=None,
        shipments=tuple(
            msgspec.structs.replace(decode_tolerant(one["body"], Shipment), status=one["status"])
            for one in shipments.get(order_id, ())
        ),
        refunds=counted,
        refused=refused,
        timeline=tuple(
            HistoryEntry(from_micros(one["time"]), one["what"], one["who"]) for one in moments.get(order_id, ())
        ),
        cart_id=row["cart_id"],
        placed_at=from_micros(row["placed_at"]),
        version=row["version"],
        imported_from=row["source"],
        tax_corrections=corrections,
        **{name: getattr(body, name) for name in body.__struct_fields__}
        | (_as_corrected(body, corrections) if corrections else {}),
    )


def _as_corrected(body: OrderBody, corrections: Sequence[TaxCorrection]) -> dict[str, Any]:
    """The totals and receipt with taxes as corrected."""
    currency = body.totals.total.currency
    more = [Step("tax", f"Day of supply: {one.description}", Money(one.tax, currency)) for one in corrections]
    contained = body.totals.included_tax + add_up((one.amount for one in more), currency)
    return {
        "totals": msgspec.structs.replace(body.totals, included_tax=contained),
        "receipt": (*body.receipt, *more),
    }


def _line(row: Row, tax_parts: tuple[TaxPart, ...]) -> OrderLine:
    body = decode_tolerant(row["body"], LineBody)
    return OrderLine(
        id=row["id"],
        product_id=row["product_id"],
        quantity=row["quantity"],
        shipped=row["shipped"],
        refunded=row["refunded"],
        cancelled=min(row["refunded"], row["quantity"] - row["shipped"])
        if row["cancelled"] is None
        else row["cancelled"],
        tax_parts=tax_parts,
        **{name: getattr(body, name) for name in body.__struct_fields__},
    )
