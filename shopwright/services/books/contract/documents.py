"""Documents in the contract: invoices, credit notes, delivery notes and others as issued."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.auth import Caller
from shopwright.kit.bounds import Reason
from shopwright.kit.errors import Denied, Missing
from shopwright.kit.money import Money
from shopwright.kit.personal import Personal
from shopwright.kit.rpc.operations import idempotent
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.pricing.contract import TaxId, TaxPart

DocumentKind = Literal["invoice", "credit_note", "correction", "delivery_note", "pro_forma"]
# They belong to the sale, not the books: nothing is booked by them, and staff who read orders read them.
OF_SALES: frozenset[DocumentKind] = frozenset({"delivery_note", "pro_forma"})
TITLES: Mapping[DocumentKind, str] = {
    "invoice": gettext_noop("Invoice"),
    "credit_note": gettext_noop("Credit note"),
    "correction": gettext_noop("Corrected invoice"),
    "delivery_note": gettext_noop("Delivery note"),
    "pro_forma": gettext_noop("Pro forma invoice"),
}
DocumentForm = Literal["pdf", "xml", "ubl", "xrechnung", "peppol"]


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Seller or buyer as named in the document; `contact`, `phone`: the seller's contact."""

    name: Personal[str]
    address: Address
    tax_ids: tuple[TaxId, ...] = ()
    email: Personal[str] = ""
    contact: Personal[str] = ""
    phone: Personal[str] = ""
    register: Personal[str] = ""
    bank: Personal[str] = ""


class DocumentLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of goods or, without `sku`, of shipping or goodwill. `net` is after discounts."""

    title: str
    sku: str = ""
    quantity: int
    net: Money
    gross: Money
    tax_parts: tuple[TaxPart, ...]


class DocumentBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of a document; amounts of credit notes are positive, too. `rates`: taxes summed by rate.

    `supplied`: when the last part was shipped, if everything had been; `paid_on`: the payment date of an invoice issued
    before the supply. `notes`: legally required sentences, such as why no tax applies. `refers_to`: number and date of
    the invoice that is credited or replaced. `scheme`, `reference`: as in `SaleContext`. `parcel`: carrier and number
    of a delivery note, which states no amounts (all are 0).
    """

    seller: Party
    buyer: Party
    ship_to: Address
    order_number: str
    ordered: date
    currency: str
    lines: tuple[DocumentLine, ...]
    rates: tuple[TaxPart, ...]
    net: Money
    tax: Money
    gross: Money
    paid: Money
    supplied: date | None = None
    paid_on: date | None = None
    notes: tuple[str, ...] = ()
    refers_to: str = ""
    refers_to_day: date | None = None
    reason: Personal[str] = ""
    reference: Personal[str] = ""
    parcel: str = ""
    scheme: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document, never changed. `name`: its printed number. `body`: None in lists and after its retention.

    `refers_to`: the id of the invoice it corrects or replaces, or of its shipment. `replaced_by`: the id of the
    corrected invoice that replaces it, or "".
    """

    id: str
    name: str
    series: str
    number: int
    kind: DocumentKind
    order_id: str
    customer_id: str = ""
    refers_to: str = ""
    issued: datetime
    keep_until: datetime
    sha256: str
    before: str
    sealed: bool = False
    replaced_by: str = ""
    body: DocumentBody | None = None


class InvoiceCorrection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The correct buyer (name, address, tax id and reference, "" for none) and the reason."""

    buyer: Address
    tax_id: str = ""
    reference: str = ""
    reason: Reason


def may_read(caller: Caller, kind: DocumentKind) -> bool:
    """Whether this caller, who may see the order, may read its documents.

    Of staff, accounting reads those of the books.
    """
    return caller.may("books.read") or not caller.is_staff or (kind in OF_SALES and caller.may("orders.read"))


def require_reader(caller: Caller, document: Document) -> None:
    """Raise Denied for staff without accounting, Missing for everyone else if the document is sealed."""
    if not may_read(caller, document.kind):
        raise Denied(_("Only accounting may read documents."))
    if document.sealed and not caller.may("books.read"):
        raise Missing(_("There is no such document."))


class Documents(Protocol):
    """Operations for documents."""

    @idempotent
    async def documents(self, *, order_id: str = "", after: str = "", limit: int = 100) -> list[Document]:
        """List documents without bodies, of one order or all, newest first."""
        ...

    @idempotent
    async def issued_for(self, order_id: str) -> list[Document]:
        """Return the documents of an order, newest first, after issuing any that are due.

        Raises Unavailable if that is impossible for now.
        """
        ...

    @idempotent
    async def document(self, document_id: str) -> Document:
        """Return a document. Raises Missing."""
        ...

    async def correct_invoice(self, document_id: str, correction: InvoiceCorrection) -> Document:
        """Issue a corrected invoice that replaces this one, or its latest replacement, with another buyer.

        Lines, sums and taxes stay. Raises Missing, Invalid; Conflict if it is no invoice, is sealed, or nothing would
        change.
        """
        ...

    @idempotent
    async def delivery_note(self, order_id: str, shipment_id: str) -> Document:
        """Return the delivery note of a parcel, without prices; issued on first use.

        Raises Missing; Conflict if no seller is set or the buyer was erased.
        """
        ...

    @idempotent
    async def pro_forma(self, order_id: str) -> Document:
        """Return the pro forma invoice of an unpaid order; issued on first use.

        Raises Missing; Conflict if no payment is due, no seller is set, or the buyer was erased.
        """
        ...

    @idempotent
    async def rendered(self, document_id: str, form: DocumentForm) -> bytes:
        """Return a document as a file in one of the forms: PDF with embedded e-invoice, or the e-invoice (EN 16931).

        Raises Missing; Conflict if its content was deleted or does not fit the form.
        """
        ...
