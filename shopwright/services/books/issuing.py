"""Issuing documents: the number in its series is given in the transaction that writes the document."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.days import day_of, end_of_books
from shopwright.kit.errors import Conflict, Missing
from shopwright.kit.personal import ERASED
from shopwright.kit.translation import gettext as _
from shopwright.kit.vault import Vault, protect
from shopwright.services.books import document_store, model, papers, statement_store, store
from shopwright.services.books.contract.documents import (
    Document,
    DocumentBody,
    DocumentForm,
    DocumentKind,
    InvoiceCorrection,
)
from shopwright.services.books.contract.events import DocumentIssued
from shopwright.services.orders.contract import Order, Orders
from shopwright.services.pricing.contract import Pricing, Seller

PREFIXES: dict[DocumentKind, str] = {
    "invoice": "INV",
    "credit_note": "CN",
    "correction": "COR",
    "delivery_note": "DN",
    "pro_forma": "PF",
}
BEGAN, ISSUED, SERIES = "began", "documents", "series"
MOMENT = "%Y%m%d%H%M"  # of the restore from which on documents have series of their own
AT_ONCE = 200
GRACE = timedelta(minutes=1)  # an order that is paid when its shop is a second old was placed before
DIGITS = 6


class DocumentIssuer:
    """Issues, stores and seals documents."""

    def __init__(
        self,
        work: ServiceDatabase,
        vault: Vault,
        pricing: Pricing,
        orders: Orders,
        *,
        years: int,
        country: str,
        shop: str,
    ) -> None:
        self._work = work
        self._vault = vault
        self._pricing = pricing
        self._orders = orders
        self._years = years
        self._country = country
        self._shop = shop

    async def seller(self) -> Seller | None:
        """Return the current seller."""
        return await self._pricing.seller()

    def home_of(self, seller: Seller | None) -> str:
        """The seller's country, or the shop's if no seller is set."""
        return seller.address.country if seller else self._country

    # --- issuing

    async def issue(self, order: Order) -> None:
        """Issue the documents an order's entries still need, once a seller is set."""
        if not await document_store.undocumented(self._work, order.id):
            return
        seller = await self._seller_of(order)
        if seller is None:
            return
        order = await self._with_buyer(order)
        async with self._work.begin() as tx:
            await statement_store.hold(tx)  # who issues at the same time waits
            for seq in await document_store.undocumented(tx, order.id):
                await self._issue(tx, order, seq, seller)

    async def _with_buyer(self, order: Order) -> Order:
        """Restore a retained buyer into an order whose buyer was erased. Raises Unavailable."""
        if order.billing_address.name != ERASED:
            return order
        try:
            kept = await self._orders.retained_buyer(order.id)
        except Missing:
            return order
        return msgspec.structs.replace(
            order,
            shipping_address=kept.shipping_address,
            billing_address=kept.billing_address,
            sale=msgspec.structs.replace(order.sale, tax_id=kept.tax_id) if order.sale else None,
        )

    async def _issue(self, tx: Transaction, order: Order, seq: int, seller: Seller) -> None:
        entry = await store.entry(tx, seq)
        kind = papers.kind_for(entry)
        row = await document_store.invoice_of(tx, order.id)
        erased = await document_store.is_erased(tx, order.id)
        zone = self._work.zone
        last = await _newest(tx, row) if row else None
        newest = self._body(last) if last else None
        if kind == papers.CORRECTION and last is not None:
            order_then = model.as_of(order, await store.corrections_upto(tx, order.id, seq))
            paid_on = day_of(model.paid_at(order) or order.placed_at, zone)
            body = papers.rerated(
                order_then, seller, zone, paid_on, (last["name"], day_of(from_micros(last["issued"]), zone))
            )
        else:
            first = (row["name"], day_of(from_micros(row["issued"]), zone)) if row else None
            body = papers.body_for(order, entry, seller, zone, first)
        if newest is not None:
            body = msgspec.structs.replace(body, buyer=newest.buyer, reference=newest.reference)
            if erased:  # the order has no personal data now
                body = msgspec.structs.replace(body, ship_to=newest.ship_to)
        replaced = last if kind == papers.CORRECTION else row
        await self._add(tx, order, kind, body, refers_to=replaced["id"] if replaced else "", entry=seq, erased=erased)

    def _body(self, row: Row) -> DocumentBody | None:
        """Return the content of a document, or None if it was deleted."""
        known = document_store.body_of(row, self._vault)
        return msgspec.json.decode(known, type=DocumentBody) if known else None

    async def _add(
        self,
        tx: Transaction,
        order: Order,
        kind: DocumentKind,
        body: DocumentBody,
        *,
        refers_to: str,
        entry: int | None = None,
        erased: bool = False,
    ) -> str:
        """Number and store a document and emit its event. Returns its id."""
        series = await _series(tx, kind, str(day_of(tx.now, self._work.zone).year))
        number, before = await store.next_of(tx, series)
        text = msgspec.json.encode(body).decode()
        head: dict[str, Any] = {
            "id": self._work.ids.new("doc"),
            "series": series,
            "number": number,
            "name": f"{series}-{number:0{DIGITS}}",
            "kind": kind,
            "entry": entry,
            "refers_to": refers_to,
            "order_id": order.id,
            "customer_id": order.customer_id or "",
            "issued": to_micros(tx.now),
            "keep_until": to_micros(end_of_books(tx.now, self._years, self._work.zone)),
            "sealed": 0,
        }
        digest = document_hash(before, head, text)
        await document_store.insert(tx, {**head, "sha256": digest, "before": before, "body": text})
        await store.link(tx, series, digest)
        if erased:
            await document_store.seal(tx, head["id"], self._vault.close(text))
            return str(head["id"])
        await tx.emit(
            DocumentIssued(
                order_id=order.id,
                number=order.number,
                email=order.email,
                customer_id=order.customer_id,
                document_id=head["id"],
                name=head["name"],
                kind=kind,
            )
        )
        return str(head["id"])

    async def correct(self, order: Order, invoice_id: str, correction: InvoiceCorrection) -> Document:
        """Issue a corrected invoice. Raises Invalid, Conflict."""
        async with self._work.begin() as tx:
            await statement_store.hold(tx)
            row = await document_store.row_of(tx, invoice_id)
            if row is None or row["sealed"] or not row["body"]:
                raise Conflict(_("This invoice is sealed and can no longer be corrected."))
            last = await _newest(tx, row)
            newest = msgspec.json.decode(last["body"], type=DocumentBody)
            day = day_of(from_micros(last["issued"]), self._work.zone)
            body = papers.corrected(newest, correction, order, self._work.zone, (last["name"], day))
            if (body.buyer, body.reference) == (newest.buyer, newest.reference):
                raise Conflict(_("The invoice already names this buyer: nothing would change."))
            added = await self._add(tx, order, "correction", body, refers_to=last["id"])
        return await self.get(added)

    async def _seller_of(self, order: Order) -> Seller | None:
        """Return the seller of the order, else the current one."""
        return (order.sale.seller if order.sale else None) or await self.seller()

    async def seller_of(self, order: Order) -> Seller:
        """Return the seller of the order, else the current one. Raises Conflict if there is none."""
        seller = await self._seller_of(order)
        if seller is None:
            raise Conflict(_("Set up the seller first (Pricing, Seller): the document names them."))
        return seller

    async def issue_once(self, order: Order, kind: DocumentKind, body: DocumentBody, parcel: str = "") -> Document:
        """Return the document of this kind for an order or parcel, issuing it on first use. Raises Conflict."""
        async with self._work.begin() as tx:
            await statement_store.hold(tx)
            if await document_store.is_erased(tx, order.id):
                raise Conflict(
                    _("The buyer was erased: documents that name them are sealed, and no more can be issued.")
                )
            found = await document_store.of_order(tx, order.id, kind, parcel)
            found = found or await self._add(tx, order, kind, body, refers_to=parcel)
        return await self.get(found)

    async def issue_waiting(self) -> None:
        """Issue documents that waited for a seller, or that a crashed process left out."""
        position = int(await statement_store.place(self._work, ISSUED) or 0)
        found = await document_store.sold_after(self._work, position, AT_ONCE)
        if not found or await self.seller() is None:
            return
        for order_id in dict.fromkeys(order_id for _unused, order_id in found if order_id):
            with self._work.aside.guard("documents of order", order_id):
                await self.issue(await self._orders.get(order_id))
        async with self._work.begin() as tx:
            await statement_store.come_to(tx, ISSUED, str(found[-1][0]))

    # --- sealing

    async def seal(self, order_id: str, once: str) -> None:
        """Encrypt the documents of an erased buyer, for accounting only, until their retention ends."""
        async with self._work.begin(dedup_key=once) as tx:
            await statement_store.hold(tx)  # what is issued after this knows of it
            await document_store.note_erased(tx, order_id)
            await tx.redact(order_id)
            for row in await document_store.open_bodies(tx, order_id):
                await document_store.seal(tx, row["id"], self._vault.close(row["body"]) if row["body"] else "")

    async def protect(self, *, anew: bool) -> int:
        """Encrypt sealed documents that are still plain; `anew`: all, with the newest key. Returns how many."""
        async with self._work.begin() as tx:
            return await protect(tx, self._vault, (("sealed_documents", "id", "body"),), anew=anew)

    async def drop_old(self) -> None:
        """Scheduled job: delete the content of documents past their retention."""
        ended = AT_ONCE
        while ended == AT_ONCE:
            async with self._work.begin() as tx:
                found = await document_store.ended(tx, AT_ONCE)
                for document_id in found:
                    await document_store.drop_body(tx, document_id)
            ended = len(found)

    # --- reading

    async def listed(self, *, order_id: str, after: str, limit: int) -> list[Document]:
        return await document_store.listed(self._work, order_id=order_id, after=after, limit=limit)

    async def get(self, document_id: str) -> Document:
        row = await document_store.row_of(self._work, document_id)
        if row is None:
            raise Missing(_("There is no such document."))
        return document_store.document(row, self._vault)

    async def rendered(self, document_id: str, form: DocumentForm) -> bytes:
        """Return the document as a file. Raises Missing, Conflict."""
        from shopwright.services.books import einvoice, pdf, ubl  # noqa: PLC0415 -- few processes ever set a page, and the libraries are large

        document = await self.get(document_id)
        zone = self._work.zone
        if form == "pdf":
            return await asyncio.to_thread(pdf.write, document, self._shop, zone)
        write = ubl.write if form in ubl.PROFILES else einvoice.write
        return await asyncio.to_thread(write, document, zone, form)

    async def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return printed numbers by document id."""
        return await document_store.names(self._work, ids)


async def _newest(tx: Transaction, invoice: Row) -> Row:
    """Return the invoice or its latest replacement."""
    while (found := await document_store.correction_of(tx, invoice["id"])) is not None:
        invoice = found
    return invoice


async def _series(tx: Transaction, kind: DocumentKind, year: str) -> str:
    """INV-2026; after a restore in that year INV-2026-R11290908, as the shop before it went on with the first one."""
    restored = await statement_store.place(tx, SERIES) or ""
    return "-".join([PREFIXES[kind], year, *([f"R{restored[len(year) :]}"] if restored.startswith(year) else [])])


async def began(tx: Transaction) -> datetime:
    """When these books began; earlier sales have their documents elsewhere."""
    await statement_store.begin_at(tx, BEGAN, str(to_micros(tx.now - GRACE)))
    return from_micros(int(await statement_store.place(tx, BEGAN) or 0))


def document_hash(before: str, head: Row | Mapping[str, Any], body: str) -> str:
    """The hash over all fields of a document and the previous document's hash."""
    values = [
        head[name]
        for name in ("id", "series", "number", "name", "kind", "entry", "refers_to", "order_id", "issued", "keep_until")
    ]
    return store.hashed(before, values, body)
