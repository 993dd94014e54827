"""Walking through all orders page by page, with their payments and bookings, so that each check sees each order once."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from shopwright.kit.data.database import Row
from shopwright.kit.data.spans import Span
from shopwright.kit.errors import ShopError
from shopwright.kit.translation import gettext_noop
from shopwright.operations.collecting import page_done
from shopwright.operations.findings import Finding, unchecked
from shopwright.operations.shop_snapshot import ShopSnapshot
from shopwright.services.books import store as books_store
from shopwright.services.orders import whole_store
from shopwright.services.orders.contract import Order
from shopwright.services.payments import store as payments_store
from shopwright.services.payments.contract import Payment

MANY = 500  # orders of a page
NO_PAYMENT = gettext_noop("There is no such payment.")
ENDED = frozenset({"cancelled", "expired"})  # such an order may have had none
T = TypeVar("T")


class FoundOrder(msgspec.Struct, frozen=True):
    """An order's row and the whole order, or None if unreadable. `problem`: what could not be read."""

    row: Row
    order: Order | None
    problem: str = ""


class OrderPage(msgspec.Struct, frozen=True):
    """Orders by id, with the payments and bookings of all ids in their range."""

    orders: Sequence[FoundOrder]
    known_payments: dict[str, list[Payment]] | ShopError
    known_booked: dict[str, books_store.Booked] | ShopError

    @property
    def payments(self) -> dict[str, list[Payment]]:
        """Payments by order, including missing orders. Raises ShopError if unreadable."""
        return _given(self.known_payments)

    @property
    def booked(self) -> dict[str, books_store.Booked]:
        """Bookings by order. Raises ShopError if unreadable."""
        return _given(self.known_booked)


def _given(found: T | ShopError) -> T:
    if isinstance(found, ShopError):
        raise found
    return found


class OrderCheck(Protocol):
    """A check of each order."""

    name: str

    async def look(self, page: OrderPage) -> None:
        """Check a page."""
        ...

    def finding(self) -> Finding:
        """Return the finding over all pages."""
        ...


async def walk(
    snapshot: ShopSnapshot,
    checks: Sequence[OrderCheck],
    ids: Sequence[str] = (),
    timed: Callable[[str, float], None] = lambda _check, _seconds: None,
) -> list[Finding]:
    """Run the checks on all orders, or these; a failing check stops no other."""
    failed: dict[str, Finding] = {}
    seconds = dict.fromkeys(["orders are read", *(one.name for one in checks)], 0.0)
    began = time.perf_counter()
    try:
        async for page in pages(snapshot, ids):
            seconds["orders are read"] += time.perf_counter() - began
            for check in checks:
                began = time.perf_counter()
                if check.name not in failed:
                    try:
                        await check.look(page)
                    except Exception as error:  # noqa: BLE001 -- the other checks go on
                        failed[check.name] = Finding(check.name, [unchecked(error)])
                seconds[check.name] += time.perf_counter() - began
            del page
            await page_done()
            began = time.perf_counter()
    except Exception as error:  # noqa: BLE001 -- the checks of other things go on
        failed = {one.name: Finding(one.name, [unchecked(error)]) for one in checks} | failed
    for name, one in seconds.items():
        timed(name, one)
    return [failed.get(one.name) or one.finding() for one in checks]


async def pages(snapshot: ShopSnapshot, ids: Sequence[str] = ()) -> AsyncIterator[OrderPage]:
    """Iterate over pages; the last one includes data of orders beyond the last order."""
    source = snapshot.of("orders")
    if ids:
        for start in range(0, len(ids), MANY):
            some = tuple(ids[start : start + MANY])
            yield await _page(snapshot, await whole_store.some(source, some), Span(ids=some))
        return
    last = ""
    while rows := await whole_store.page(source, last, MANY):
        upto = rows[-1][0]["id"]
        yield await _page(snapshot, rows, Span(last, upto))
        last = upto
    yield await _page(snapshot, [], Span(last))


async def _page(snapshot: ShopSnapshot, rows: Sequence[tuple[Row, whole_store.ReadOrder]], span: Span) -> OrderPage:
    payments: dict[str, list[Payment]] | ShopError
    booked: dict[str, books_store.Booked] | ShopError
    try:
        payments = await payments_store.of_orders(snapshot.of("payments"), span)
        payments_by_id = {one.id: one for some in payments.values() for one in some}
        others = [row["payment_id"] for row, _ in rows if row["payment_id"] and row["payment_id"] not in payments_by_id]
        payments_by_id |= {one.id: one for one in await payments_store.named(snapshot.of("payments"), others)}
    except ShopError as error:
        payments, payments_by_id = error, None
    try:
        booked = await books_store.booked_of(snapshot.of("books"), span)
    except ShopError as error:
        booked = error
    return OrderPage([_found(row, read, payments_by_id) for row, read in rows], payments, booked)


def _found(row: Row, read: whole_store.ReadOrder, payments_by_id: dict[str, Payment] | None) -> FoundOrder:
    try:
        order = read()
    except (msgspec.MsgspecError, ShopError, LookupError, ValueError) as error:
        return FoundOrder(row, None, f"{type(error).__name__}: {error}")
    if payments_by_id is None or not row["payment_id"]:
        return FoundOrder(row, order)
    payment = payments_by_id.get(row["payment_id"])
    if payment is None:
        return FoundOrder(row, order, "" if order.status in ENDED else NO_PAYMENT)
    return FoundOrder(row, msgspec.structs.replace(order, payment=payment))
