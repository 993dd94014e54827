"""The books follow what orders and payments tell: whatever they hear, they book what the order should come to and does not yet."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from shopwright.kit.days import day_of
from shopwright.kit.errors import Conflict, Missing, Unavailable
from shopwright.kit.facts import Heard
from shopwright.kit.money import write
from shopwright.kit.work import AlreadyDone, Transaction, Work
from shopwright.services.books import goods, issuing, model, papers, statement_store, store
from shopwright.services.books.contract import EntryKind, Posting
from shopwright.services.books.contract.documents import Document, InvoiceCorrection
from shopwright.services.books.issuing import Issuing
from shopwright.services.books.statements import Statements
from shopwright.services.giftcards.contract import GiftCardIssued
from shopwright.services.inventory.contract import StockValued
from shopwright.services.orders.contract import Order, Orders
from shopwright.services.orders.contract.facts import OrderErased
from shopwright.services.payments.contract import Payment, Payments

BEFORE = "orders of before"
AT_ONCE = 100
TRIES = 20
OVERLAP = timedelta(days=1)
ENDED = "ended"
RATES_OF_SUPPLY = "tax of the day of supply"


class Again(Exception):
    """Somebody else has written for this order since it was looked at."""


class Bookkeeper(Statements):
    """The verbs of `contract.Books`."""

    def __init__(self, work: Work, *, orders: Orders, payments: Payments, documents: Issuing, currency: str) -> None:
        super().__init__(work, documents, currency)
        self._orders = orders
        self._payments = payments

    async def hear(self, heard: Heard) -> None:
        """Anything that changes what an order has come to."""
        if heard.event.order_id:
            await self.follow(heard.event.order_id, heard.fact.time, once=heard.key)

    async def hear_gift_card(self, heard: Heard) -> None:
        """GiftCardIssued: its balance is owed."""
        event: GiftCardIssued = heard.event
        if not (postings := model.issued(event)):
            return
        with suppress(AlreadyDone):
            async with self._work.begin(once=heard.key) as tx:
                text = f"Gift card ••••{event.last4} over {write(event.amount)} issued"
                day = day_of(heard.fact.time, self._work.zone)
                await store.write(tx, store.NewEntry(kind="payment", text=text, day=day, postings=postings))

    async def hear_erased(self, heard: Heard) -> None:
        """OrderErased: its documents are shut off."""
        told: OrderErased = heard.event
        await self._documents.seal(told.order_id, once=heard.key)

    async def hear_stock(self, heard: Heard) -> None:
        """StockValued: stock and what stands against it."""
        told: StockValued = heard.event
        number = ""
        if told.order_id:
            with suppress(Missing):  # goods that were set aside for what became no order
                number = (await self._orders.get(told.order_id)).number
        with suppress(AlreadyDone):
            async with self._work.begin(once=heard.key) as tx:
                await store.write(
                    tx,
                    store.NewEntry(
                        kind="stock",
                        text=goods.text(told, number),
                        order_id=told.order_id,
                        number=number,
                        day=day_of(heard.fact.time, self._work.zone),
                        postings=goods.postings(told),
                    ),
                )

    async def follow(self, order_id: str, at: datetime, once: str | None = None) -> bool:
        """Book what is not booked of an order. `at`: when what was heard came about. True where anything was written."""
        for _ in range(TRIES):
            turn = await store.turn_of(self._work, order_id)
            try:
                order = await self._orders.get(order_id)
            except Missing:  # a payment that a restored shop took in
                return False
            if model.is_unread(order):
                raise Unavailable(f"The receipt of order {order.number} is still to be read for its taxes.")
            payments = await self._payments.of_order(order.id)
            try:
                written = await self._book(order, payments, turn, at, once)
            except Again:
                continue
            except AlreadyDone:
                written = False
            await self._documents.issue(order)
            return written
        raise Unavailable("The books of this order are being written by others. They are tried again.")

    async def issued_for(self, order_id: str) -> list[Document]:
        await self.follow(order_id, self._work.now())
        return await self.documents(order_id=order_id)

    async def correct_invoice(self, document_id: str, correction: InvoiceCorrection) -> Document:
        document = await self.document(document_id)
        if document.kind != "invoice":
            raise Conflict("Only an invoice is corrected; what replaced it is named by it.")
        return await self._documents.correct(await self._orders.get(document.order_id), document_id, correction)

    async def delivery_note(self, order_id: str, shipment_id: str) -> Document:
        order = await self._orders.get(order_id)
        parcel = next((one for one in order.shipments if one.id == shipment_id), None)
        if parcel is None:
            raise Missing("This order has no such parcel.")
        body = papers.delivery_note(order, parcel, await self._documents.seller_of(order), self._work.zone)
        return await self._documents.issue_once(order, "delivery_note", body, parcel.id)

    async def pro_forma(self, order_id: str) -> Document:
        order = await self._orders.get(order_id)
        if order.status != "placed":
            raise Conflict(
                "A pro forma invoice is for an order that waits for its payment; what is paid has an invoice."
            )
        body = papers.pro_forma(order, await self._documents.seller_of(order), self._work.zone)
        return await self._documents.issue_once(order, "pro_forma", body)

    async def _book(self, order: Order, payments: Sequence[Payment], turn: int, at: datetime, once: str | None) -> bool:
        """Whether anything was written. Raises Again."""
        async with self._work.begin(once=once) as tx:
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
                raise Again
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
        told = model.total(postings, "receivables", order.currency)
        text = {
            "sale": f"Order {order.number}",
            "return": f"Order {order.number}: {write(-told)} given back",
            "payment": f"Order {order.number}: {write(-told)} received",
            "correction": f"Order {order.number}: {RATES_OF_SUPPLY}",
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
                paper=paper and (kind == "correction" or bool(told.amount)),
            ),
        )

    async def take_in(self) -> None:
        """A timer: orders that were sold before there were books, the newest first; and documents that wait for a seller."""
        await self._documents.issue_waiting()
        where = await statement_store.place(self._work, BEFORE)
        if where == ENDED:
            return
        found = await self._orders.search(after=where or "", limit=AT_ONCE)
        # For a day all is looked through again: what processes of the version before sell and refund tells the books nothing.
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

    async def drop_documents(self) -> None:
        """A timer: documents whose time is over lose their body."""
        await self._documents.drop_old()

    async def protect(self, *, anew: bool) -> int:
        """Documents that are shut off are encrypted; `anew`: with the newest key. Answers how many."""
        return await self._documents.protect(anew=anew)


def _moment(order: Order, kind: EntryKind, postings: Sequence[Posting]) -> datetime | None:
    """When what is booked came about, as the order tells; None where it does not."""
    back = kind == "return" or (kind == "payment" and model.total(postings, "receivables", order.currency).amount > 0)
    return model.given_back_at(order) if back else model.paid_at(order)
