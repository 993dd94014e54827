"""The books follow the events of orders and payments. Each operation is one line; the parts do the work.

issuing ← bookkeeping, order_documents, statements, ledger_export          periods ← manual_entries
"""

from collections.abc import Mapping
from datetime import date, datetime

from shopwright.kit.auth import Caller
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.services.books.bookkeeping import Bookkeeping
from shopwright.services.books.contract import (
    Balance,
    Books,
    Correction,
    Entry,
    ExportedFile,
    ExportForm,
    Payout,
    Period,
    SalesDay,
    TaxStatement,
)
from shopwright.services.books.contract.documents import Document, DocumentForm, InvoiceCorrection
from shopwright.services.books.issuing import DocumentIssuer
from shopwright.services.books.ledger_export import LedgerExport
from shopwright.services.books.manual_entries import ManualEntries
from shopwright.services.books.order_documents import OrderDocuments
from shopwright.services.books.periods import Periods
from shopwright.services.books.statements import Statements
from shopwright.services.orders.contract import Orders
from shopwright.services.orders.contract.events import OrderErased
from shopwright.services.payments.contract import Payments


class BookService(Books):
    """Operations and event handlers of the books."""

    def __init__(
        self, work: ServiceDatabase, *, orders: Orders, payments: Payments, documents: DocumentIssuer, currency: str
    ) -> None:
        self._work = work
        self._documents = documents
        self._bookkeeping = Bookkeeping(work, orders, payments, documents)
        self._order_documents = OrderDocuments(work, orders, documents)
        self._statements = Statements(work, documents, currency)
        self._periods = Periods(work)
        self._manual = ManualEntries(work, payments)
        self._files = LedgerExport(work, documents)

    async def ledger(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        account: str = "",
        after: str = "",
        limit: int = 100,
    ) -> list[Entry]:
        return await self._statements.ledger(start=start, end=end, account=account, after=after, limit=limit)

    async def trial_balance(self, start: str, end: str) -> list[Balance]:
        return await self._statements.trial_balance(start, end)

    async def tax_statement(self, start: str, end: str, country: str = "") -> TaxStatement:
        return await self._statements.tax_statement(start, end, country)

    async def sales_days(self, count: int = 30) -> list[SalesDay]:
        return await self._statements.sales_days(count)

    async def periods(self) -> list[Period]:
        return await self._periods.all()

    async def close_period(self, period: str, who: Caller) -> Period:
        return await self._periods.close(period, who)

    async def add_payout(self, payout: Payout, who: Caller, key: str = "") -> Entry:
        return await self._manual.add_payout(payout, who, key)

    async def correct(self, correction: Correction, who: Caller) -> Entry:
        return await self._manual.correct(correction, who)

    async def export(self, form: ExportForm, start: str, end: str) -> ExportedFile:
        return await self._files.export(form, start, end)

    async def account_numbers(self) -> dict[str, str]:
        return await self._files.account_numbers()

    async def set_account_numbers(self, numbers: Mapping[str, str]) -> dict[str, str]:
        return await self._files.set_account_numbers(numbers)

    async def documents(self, *, order_id: str = "", after: str = "", limit: int = 100) -> list[Document]:
        return await self._documents.listed(order_id=order_id, after=after, limit=limit)

    async def issued_for(self, order_id: str) -> list[Document]:
        await self._bookkeeping.follow(order_id, self._work.now())
        return await self.documents(order_id=order_id)

    async def document(self, document_id: str) -> Document:
        return await self._documents.get(document_id)

    async def correct_invoice(self, document_id: str, correction: InvoiceCorrection) -> Document:
        return await self._order_documents.correct(document_id, correction)

    async def delivery_note(self, order_id: str, shipment_id: str) -> Document:
        return await self._order_documents.delivery_note(order_id, shipment_id)

    async def pro_forma(self, order_id: str) -> Document:
        return await self._order_documents.pro_forma(order_id)

    async def rendered(self, document_id: str, form: DocumentForm) -> bytes:
        return await self._documents.rendered(document_id, form)

    # --- event handlers and jobs

    async def follow(self, order_id: str, at: datetime, once: str | None = None) -> bool:
        """Book what is missing for an order. `at`: when the event happened. Returns whether anything was written."""
        return await self._bookkeeping.follow(order_id, at, once)

    async def on_event(self, delivery: Delivery) -> None:
        """Handle any event that changes what an order amounts to."""
        if delivery.event.order_id:
            await self.follow(delivery.event.order_id, delivery.stored.time, once=delivery.key)

    async def on_erased(self, delivery: Delivery) -> None:
        """Handle OrderErased: seal its documents."""
        erased: OrderErased = delivery.event
        await self._documents.seal(erased.order_id, once=delivery.key)

    async def on_gift_card(self, delivery: Delivery) -> None:
        await self._bookkeeping.on_gift_card(delivery)

    async def on_stock(self, delivery: Delivery) -> None:
        await self._bookkeeping.on_stock(delivery)

    async def take_in(self) -> None:
        await self._bookkeeping.take_in()

    async def drop_documents(self) -> None:
        """Scheduled job: delete the content of documents past their retention."""
        await self._documents.drop_old()

    async def protect(self, *, anew: bool) -> int:
        """Encrypt sealed documents; `anew`: with the newest key. Returns how many."""
        return await self._documents.protect(anew=anew)
