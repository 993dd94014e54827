"""REST routes of the books, for accounting; customers may read the documents of their orders."""

from datetime import date
from typing import Annotated, Any

from litestar import Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from shopwright.kit.auth import Caller, signed_in, staff
from shopwright.kit.countries import check_country
from shopwright.kit.days import parse_day
from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.files import file_answer
from shopwright.kit.http.pagination import AfterPlace, Limit, Page, after_id, page
from shopwright.kit.http.routes import Routes
from shopwright.kit.translation import gettext as _
from shopwright.services.books.contract import (
    Account,
    Balance,
    Books,
    Correction,
    Entry,
    ExportForm,
    Payout,
    Period,
    TaxStatement,
)
from shopwright.services.books.contract.documents import Document, InvoiceCorrection, require_reader
from shopwright.services.books.contract.forms import FORMS, form_named

Service = Dependency[Books]
READ, WRITE = allow(staff("books.read")), allow(staff("books.write"))
FILES = allow(staff("books.read"), "document")
DAY = "a day, 2026-11-27"
MONTH = "a month, 2026-11"
FromDay = Annotated[str, QueryParameter(name="from", description=DAY)]
ToDay = Annotated[str, QueryParameter(name="to", description=f"{DAY}; it is included")]
FromMonth = Annotated[str, QueryParameter(name="from", description=MONTH)]
ToMonth = Annotated[str, QueryParameter(name="to", description=f"{MONTH}; it is included")]
DocumentCursor = Annotated[str, after_id("doc")]


def _day(text: str, pointer: str) -> date | None:
    return parse_day(text, pointer) if text else None


@get("/v1/ledger", opt=READ, tags=["books"], operation_id="list_ledger_entries")
async def list_ledger_entries(
    books: Service,
    start: FromDay = "",
    end: ToDay = "",
    account: FromQuery[Account | None] = None,
    after: AfterPlace = "",
    limit: Limit = 100,
) -> Page[Entry]:
    """List ledger entries by day of their event."""
    first, last = _day(start, "/from"), _day(end, "/to")
    if first and last and last < first:
        raise Invalid.at("/to", _("`to` is not before `from`."))
    found = await books.ledger(start=first, end=last, account=account or "", after=after, limit=limit + 1)
    return page(found, limit, lambda one: one.place)


@get("/v1/trial-balance", opt=READ, tags=["books"], operation_id="get_trial_balance")
async def get_trial_balance(books: Service, start: FromMonth, end: ToMonth) -> list[Balance]:
    """Get opening balance, movements and closing balance of each account for a range of months."""
    return await books.trial_balance(start, end)


@get("/v1/tax-statement", opt=READ, tags=["books"], operation_id="get_tax_statement")
async def get_tax_statement(
    books: Service, start: FromMonth, end: ToMonth, country: FromQuery[str] = ""
) -> TaxStatement:
    """Get taxes by month, country and rate; US states; and the EU threshold."""
    return await books.tax_statement(start, end, check_country(country) if country else "")


@get("/v1/ledger-export", opt=FILES, tags=["books"], operation_id="export_ledger", response_class=Response)
async def export_ledger(
    books: Service, start: FromMonth, end: ToMonth, form: FromQuery[ExportForm] = "csv"
) -> Response[bytes]:
    """Export the ledger of these months as a file."""
    found = await books.export(form, start, end)
    return file_answer(found.content, found.name, found.media_type)


@get("/v1/account-numbers", opt=READ, tags=["books"], operation_id="get_account_numbers")
async def get_account_numbers(books: Service) -> dict[str, str]:
    """Get the account numbers set here; others default to SKR 03 (DATEV) and the PCG (FEC)."""
    return await books.account_numbers()


@patch("/v1/account-numbers", opt=WRITE, tags=["books"], operation_id="set_account_numbers")
async def set_account_numbers(books: Service, data: JSONBody[dict[str, str]]) -> dict[str, str]:
    """Set account numbers: `revenue/DE/190000`, `clearing/pretend`, `datev/consultant`; "" removes one."""
    return await books.set_account_numbers(data)


@get("/v1/book-periods", opt=READ, tags=["books"], operation_id="list_book_periods")
async def list_book_periods(books: Service) -> list[Period]:
    """List the months of the books, newest first."""
    return await books.periods()


@post(
    "/v1/book-periods/{period:str}/close", opt=WRITE, tags=["books"], operation_id="close_book_period", status_code=200
)
async def close_book_period(books: Service, caller: CurrentCaller, period: FromPath[str]) -> Period:
    """Close a month; nothing is written into it any more."""
    return await books.close_period(period, caller)


@post("/v1/payouts", opt=WRITE, tags=["books"], operation_id="add_payout")
async def add_payout(books: Service, caller: CurrentCaller, data: JSONBody[Payout]) -> Entry:
    """Record a provider's payout and its fee."""
    return await books.add_payout(data, caller)


@post("/v1/ledger", opt=WRITE, tags=["books"], operation_id="add_ledger_entry")
async def add_ledger_entry(books: Service, caller: CurrentCaller, data: JSONBody[Correction]) -> Entry:
    """Write a manual entry."""
    return await books.correct(data, caller)


# --- documents


@get("/v1/documents", opt=READ, tags=["books"], operation_id="list_documents")
async def list_documents(
    books: Service, order_id: FromQuery[str] = "", after: DocumentCursor = "", limit: Limit = 24
) -> Page[Document]:
    """List documents without their content, newest first; `order_id`: of one order."""
    found = await books.documents(order_id=order_id, after=after, limit=limit + 1)
    return page(found, limit, lambda one: one.id)


@get("/v1/documents/{document_id:str}", opt=allow(signed_in), tags=["books"], operation_id="get_document")
async def get_document(books: Service, caller: CurrentCaller, document_id: FromPath[str]) -> Document:
    """Get a document: for accounting, its customer and, for sales documents, staff who read orders."""
    return theirs(await books.document(document_id), caller)


@post("/v1/documents/{document_id:str}/corrections", opt=WRITE, tags=["books"], operation_id="correct_invoice")
async def correct_invoice(books: Service, document_id: FromPath[str], data: JSONBody[InvoiceCorrection]) -> Document:
    """Issue a corrected invoice with another buyer that replaces this one; lines, sums and taxes stay."""
    return await books.correct_invoice(document_id, data)


@get(
    "/v1/documents/{document_id:str}/{form:str}",
    opt=allow(signed_in, "document"),
    tags=["books"],
    operation_id="download_document",
)
async def download_document(
    books: Service, caller: CurrentCaller, document_id: FromPath[str], form: FromPath[str]
) -> Response[bytes]:
    """Download a document as `pdf` with an embedded e-invoice (Factur-X), or the e-invoice alone (EN 16931).

    `xml` is Cross Industry Invoice, `ubl` UBL 2.1; `xrechnung` (CII) and `peppol` (UBL) follow those profiles, and are
    refused with a list of what the document lacks.
    """
    chosen = form_named(form)
    document = theirs(await books.document(document_id), caller)
    content = await books.rendered(document.id, chosen)
    return file_answer(content, FORMS[chosen].file_of(document.name), FORMS[chosen].media_type)


@post(
    "/v1/orders/{order_id:str}/shipments/{shipment_id:str}/delivery-note",
    opt=allow(staff("orders.write")),
    tags=["books"],
    operation_id="issue_delivery_note",
)
async def issue_delivery_note(books: Service, order_id: FromPath[str], shipment_id: FromPath[str]) -> Document:
    """Issue the delivery note of a parcel, without prices; later requests return the same one."""
    return await books.delivery_note(order_id, shipment_id)


@post(
    "/v1/orders/{order_id:str}/pro-forma",
    opt=allow(staff("orders.write")),
    tags=["books"],
    operation_id="issue_pro_forma",
)
async def issue_pro_forma(books: Service, order_id: FromPath[str]) -> Document:
    """Issue and e-mail the pro forma invoice of an unpaid order; later requests return the same one."""
    return await books.pro_forma(order_id)


def theirs(document: Document, caller: Caller) -> Document:
    """Return the document if the caller may read it. Raises Missing, Denied."""
    require_reader(caller, document)
    if caller.is_staff:
        return document
    if not caller.user_id or document.customer_id != caller.user_id:
        raise Missing(_("There is no such document."))
    return document


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [
        list_ledger_entries,
        add_ledger_entry,
        get_trial_balance,
        get_tax_statement,
        export_ledger,
        get_account_numbers,
        set_account_numbers,
        list_book_periods,
        close_book_period,
        add_payout,
        list_documents,
        get_document,
        correct_invoice,
        issue_delivery_note,
        issue_pro_forma,
        download_document,
    ]
    return Routes("/", route_handlers=handlers)
