"""Taxes of orders whose rates change when a parcel ships."""

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.operations.doctor import examine
from shopwright.services.books.contract.documents import DocumentBody
from shopwright.services.orders.contract import NewRefund, Order
from tests.builders.documents import documents
from tests.builders.orders import keys


async def back(shop: Shop, order: Order, **more) -> list[tuple[int, int, int]]:
    """Refund an order; returns amount, rate and tax of each part."""
    refund = (await shop.orders.refund(order.id, NewRefund(reason="x", **more), f"back-{next(keys)}", SYSTEM)).refund
    assert refund is not None
    return [(part.amount.amount, one.rate_ppm, one.tax.amount) for part in refund.parts for one in part.tax_parts]


def taxed(parts) -> list[tuple[int, int, int]]:
    """Rate, amount and tax of each part."""
    return [(one.rate_ppm, one.gross.amount, one.tax.amount) for one in parts]


async def statement(shop: Shop, month: str = "2026-03") -> dict[int, tuple[int, int, int]]:
    """Net, tax and sales by rate."""
    await shop.bus.settle()
    lines = (await shop.books.tax_statement(month, month)).lines
    return {one.kind.rate_ppm: (one.base.amount, one.tax.amount, one.sales) for one in lines}


async def wrong(shop: Shop) -> list[str]:
    await shop.bus.settle()
    return [sentence for one in await examine(shop) for sentence in one.wrong]


async def bodies(shop: Shop) -> list[tuple[str, DocumentBody]]:
    """Documents and their contents, the oldest first."""
    found = [(one.name, one.body) for one in await documents(shop)]
    return [(name, body) for name, body in found if body is not None]
