"""Bookkeeping: books the difference between what an order amounts to and what is booked; also stock and gift cards."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import AlreadyDone, ServiceDatabase, Transaction
from shopwright.kit.days import day_of
from shopwright.kit.errors import Missing, Unavailable
from shopwright.kit.money import write
from shopwright.kit.translation import gettext as _
from shopwright.services.books import goods, issuing, model, statement_store, store
from shopwright.services.books.contract import EntryKind, Posting
from shopwright.services.books.issuing import DocumentIssuer
from shopwright.services.giftcards.contract import GiftCardIssued
from shopwright.services.inventory.contract import StockValued
from shopwright.services.orders.contract import Order, Orders
from shopwright.services.payments.contract import Payment, Payments

BEFORE = "orders of before"
AT_ONCE = 100
TRIES = 20
OVERLAP = timedelta(days=1)
ENDED = "ended"


class ConcurrentBooking(Exception):
    """Another process has booked this order since it was read."""


class Bookkeeping:
    """Writes entries for events."""

    def __init__(self, work: ServiceDatabase, orders: Orders, payments: Payments, documents: DocumentIssuer) -> None:
        self._work = work
        self._orders = orders
        self._payments = payments
        self._documents = documents

    async def follow(self, order_id: str, at: datetime, once: str | None = None) -> bool:
        """Book what is missing for an order. `at`: when the event happened. Returns whether anything was written."""
        for _unused in range(TRIES):
            turn = await store.turn_of(self._work, order_id)
            try:
                order = await self._orders.get(order_id)
            except Missing:  # a payment that a restored shop took in
                return False
            if model.is_unread(order):
                raise Unavailable(
                    _("The receipt of order {number} is still to be read for its taxes.", number=order.number)
                )
            payments = await self._payments.of_order(order.id)
            try:
                written = await self._book(order, payments, turn, at, once)
            except ConcurrentBooking:
                continue
            except AlreadyDone:
                written = False
            await self._documents.issue(order)
            return written
        raise Unavailable(_("Another process is booking this order. It is tried again."))

    async def _book(self, order: Order, payments: Sequence[Payment], turn: int, at: datetime, once: str | None) -> bool:
        """Write the missing entries. Returns whether there were any. Raises WrittenMeanwhile."""
        async with self._work.begin(dedup_key=once) as tx:
            booked = await store.booked(tx, order.id)
            wanted: list[tuple[EntryKind, tuple[Posting, ...], datetime]] = [
                (kind, postings, _moment(order, kind, postings) or at)
                for kind, sums in model.targets(order, payments).items()
                if kind != "correction" and (postings := sums.less(booked.get(kind, {})))
            ]
            sold = model.is_sold(order, payments)
            for postings, day in model.uncorrected(order, booked.get("correction", {})) if sold else ():
                wanted.append(("correction", postings, day))
            if not wanted:
                return False
            if not await store.take_turn(tx, order.id, turn):
                raise ConcurrentBooking
            began = await issuing.began(tx)
            for kind, postings, when in wanted:
                known = (model.paid_at(order) or when) if kind == "correction" else when
                await self._write(tx, order, kind, postings, when, paper=kind != "payment" and known >= began)
        return True

    async def _write(
        self,
        tx: Transaction,
        order: Order,
        kind: EntryKind,
        postings: tuple[Posting, ...],
        at: datetime,
        *,
        paper: bool,
    ) -> None:
        receivable = model.total(postings, "receivables", order.currency)
        text = {
            "sale": _("Order {number}", number=order.number),
            "return": _("Order {number}: {amount} refunded", number=order.number, amount=write(-receivable)),
            "payment": _("Order {number}: {amount} received", number=order.number, amount=write(-receivable)),
            "correction": _("Order {number}: tax of the day of supply", number=order.number),
        }[kind]
        await store.write(
            tx,
            store.NewEntry(
                kind=kind,
                text=text,
                order_id=order.id,
                number=order.number,
                day=day_of(at, self._work.zone),
                postings=postings,
                paper=paper and (kind == "correction" or bool(receivable.amount)),
            ),
        )

    async def take_in(self) -> None:
        """Scheduled job: book orders older than the books, newest first, and issue documents that wait for a seller."""
        await self._documents.issue_waiting()
        where = await statement_store.place(self._work, BEFORE)
        if where == ENDED:
            return
        found = await self._orders.search(after=where or "", limit=AT_ONCE)
        # All orders are checked again for a day, as processes of the previous version emit no events for the books.
        async with self._work.begin() as tx:
            over = await issuing.began(tx) + OVERLAP < tx.now
        known = await store.followed(self._work, [one.id for one in found]) if over else set()
        for one in found:
            if one.id not in known:
                with self._work.aside.guard("order", one.id):
                    await self.follow(one.id, one.placed_at)
        place = found[-1].id if len(found) == AT_ONCE else ENDED if over else ""
        if place != (where or ""):
            async with self._work.begin() as tx:
                await statement_store.come_to(tx, BEFORE, place)

    async def on_gift_card(self, delivery: Delivery) -> None:
        """Handle GiftCardIssued: book its balance as a liability."""
        event: GiftCardIssued = delivery.event
        if not (postings := model.issued(event)):
            return
        with suppress(AlreadyDone):
            async with self._work.begin(dedup_key=delivery.key) as tx:
                text = _("Gift card ••••{last4} for {amount} issued", last4=event.last4, amount=write(event.amount))
                day = day_of(delivery.stored.time, self._work.zone)
                await store.write(tx, store.NewEntry(kind="payment", text=text, day=day, postings=postings))

    async def on_stock(self, delivery: Delivery) -> None:
        """Handle StockValued: book stock and its contra account."""
        valued: StockValued = delivery.event
        number = ""
        if valued.order_id:
            with suppress(Missing):  # goods reserved for an order that was never placed
                number = (await self._orders.get(valued.order_id)).number
        with suppress(AlreadyDone):
            async with self._work.begin(dedup_key=delivery.key) as tx:
                await store.write(
                    tx,
                    store.NewEntry(
                        kind="stock",
                        text=goods.text(valued, number),
                        order_id=valued.order_id,
                        number=number,
                        day=day_of(delivery.stored.time, self._work.zone),
                        postings=goods.postings(valued),
                    ),
                )


def _moment(order: Order, kind: EntryKind, postings: Sequence[Posting]) -> datetime | None:
    """When the booked event happened according to the order, or None."""
    back = kind == "return" or (kind == "payment" and model.total(postings, "receivables", order.currency).amount > 0)
    return model.given_back_at(order) if back else model.paid_at(order)
