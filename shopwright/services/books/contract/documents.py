"""What others may know of documents: invoices, credit notes, delivery notes and others as they were issued."""

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
from shopwright.services.pricing.contract import TaxId, TaxPart

DocumentKind = Literal["invoice", "credit_note", "correction", "delivery_note", "pro_forma"]
# Of the sale, not of the books: nothing is booked by them, and who reads orders reads them.
OF_SALES: frozenset[DocumentKind] = frozenset({"delivery_note", "pro_forma"})
TITLES: Mapping[DocumentKind, str] = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "correction": "Corrected invoice",
    "delivery_note": "Delivery note",
    "pro_forma": "Pro forma invoice",
}
DocumentForm = Literal["pdf", "xml", "ubl", "xrechnung", "peppol"]


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who sells or buys, as the document names them; `contact`, `phone`: whom to ask at the seller."""

    name: Personal[str]
    address: Address
    tax_ids: tuple[TaxId, ...] = ()
    email: Personal[str] = ""
    contact: Personal[str] = ""
    phone: Personal[str] = ""
    register: Personal[str] = ""
    bank: Personal[str] = ""


class DocumentLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line: goods, or without `sku` shipping and goodwill. `net` is after discounts; `tax_parts` say its taxes."""

    title: str
    sku: str = ""
    quantity: int
    net: Money
    gross: Money
    tax_parts: tuple[TaxPart, ...]


class DocumentBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands in a document; amounts of a credit note are above 0, too. `rates`: the taxes of all lines, by rate.

    `supplied`: the day the last of it was sent, where all of it had been by then; `paid_on`: the day of payment of an invoice that
    comes before the supply. `notes`: sentences the law asks for, such as why nothing is taxed. `refers_to`: the number
    and day of the invoice that a credit note takes off, or that a corrected one replaces. `scheme`, `reference`: as `SaleContext` calls them.
    `parcel`: carrier and number of what a delivery note goes with, whose amounts are 0, as it states none.
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
    """A document; it is never changed. `name`: its number as people read it. `body`: None in lists, and when its time is over.

    `refers_to`: the id of the invoice that it corrects or replaces, or of the parcel it goes with. `replaced_by`: the id of the
    corrected invoice that holds in its place, "" for none.
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
    """Who bought, as it is right: `buyer` with name and address, the tax id and reference ("" for none), and why it is corrected."""

    buyer: Address
    tax_id: str = ""
    reference: str = ""
    reason: Reason


def may_read(caller: Caller, kind: DocumentKind) -> bool:
    """Of whoever may see an order, who its documents? Of staff those of the books are for who keeps them alone."""
    return caller.may("books.read") or not caller.is_staff or (kind in OF_SALES and caller.may("orders.read"))


def require_reader(caller: Caller, document: Document) -> None:
    """Raises Denied for staff who do not keep the books, Missing for all others of what is shut off."""
    if not may_read(caller, document.kind):
        raise Denied(_("Documents are for who keeps the books."))
    if document.sealed and not caller.may("books.read"):
        raise Missing(_("There is no such document."))


class Documents(Protocol):
    """The verbs of documents."""

    @idempotent
    async def documents(self, *, order_id: str = "", after: str = "", limit: int = 100) -> list[Document]:
        """Without their bodies: of one order, or all, the newest first."""
        ...

    @idempotent
    async def issued_for(self, order_id: str) -> list[Document]:
        """Documents of an order as it stands now, the newest first: what should be there by now is issued first.

        Raises Unavailable while that cannot be.
        """
        ...

    @idempotent
    async def document(self, document_id: str) -> Document:
        """One, by its id. Raises Missing."""
        ...

    async def correct_invoice(self, document_id: str, correction: InvoiceCorrection) -> Document:
        """Issue a corrected invoice that replaces this one, or what has replaced it: with another buyer, and the same lines, sums and taxes.

        Raises Missing, Invalid, Conflict where it is no invoice, it is shut off, or nothing would differ.
        """
        ...

    @idempotent
    async def delivery_note(self, order_id: str, shipment_id: str) -> Document:
        """What goes with a parcel: what is in it, without prices; issued where there is none yet.

        Raises Missing; Conflict where nobody is named as seller, or the buyer was erased.
        """
        ...

    @idempotent
    async def pro_forma(self, order_id: str) -> Document:
        """What an order that waits for its payment comes to; issued where there is none yet.

        Raises Missing; Conflict where it waits for none, nobody is named as seller, or the buyer was erased.
        """
        ...

    @idempotent
    async def rendered(self, document_id: str, form: DocumentForm) -> bytes:
        """As a file: a PDF with its electronic invoice inside, or that alone (EN 16931), in one of `FORMS`.

        Raises Missing; Conflict where its text is gone, or it cannot be written so.
        """
        ...
