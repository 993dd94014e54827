"""Documents of the books: list, page, file, and corrected invoices."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import staff
from shopwright.kit.errors import ShopError
from shopwright.kit.http.access import allow, audited
from shopwright.services.books.contract.documents import Document, InvoiceCorrection
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.documents import BooksDep, file_of, forms_of, shown
from shopwright.web.storefront.addresses import FIELDS, address_of, countries
from shopwright.web.storefront.page_context import Web, form_of

PAGE = 50
READ, WRITE = allow(staff("books.read")), allow(staff("books.write"))
FILES = allow(staff("books.read"), "document")
CORRECTED = tuple(name for name in FIELDS if name != "phone")


@get("/office/books/documents", opt=READ, include_in_schema=False)
async def document_list(office: OfficeDep, books: BooksDep, after: FromQuery[str] = "") -> Response[bytes]:
    """Show documents of all kinds, newest first."""
    found = await books.documents(after=after, limit=PAGE + 1)
    context = {"papers": [shown(one) for one in found[:PAGE]], "next": found[PAGE - 1].id if len(found) > PAGE else ""}
    return office.show("documents.html", context)


@get("/office/books/documents/{document_id:str}", opt=audited(READ), include_in_schema=False)
async def document_page(office: OfficeDep, books: BooksDep, document_id: FromPath[str]) -> Response[bytes]:
    """Show a document as issued."""
    return _page(office, await books.document(document_id))


def _page(
    office: OfficeContext, document: Document, problem: str = "", typed: dict[str, str] | None = None
) -> Response[bytes]:
    buyer = document.body.buyer if document.body else None
    fields = {name: getattr(buyer.address, name) for name in CORRECTED} if buyer else {}
    fields["reference"] = document.body.reference if document.body else ""
    fields["tax_id"] = buyer.tax_ids[0].id if buyer and buyer.tax_ids else ""
    context = {
        "paper": shown(document),
        "forms": forms_of(document) if document.body else [],
        "correctable": document.kind == "invoice" and buyer is not None and not document.sealed,
        "countries": countries(),
        "typed": typed or fields,
        "problem": problem,
    }
    return office.show("document.html", context, 422 if problem else 200)


@get("/office/books/documents/{document_id:str}/{form:str}", opt=audited(FILES), include_in_schema=False)
async def document_file(books: BooksDep, document_id: FromPath[str], form: FromPath[str]) -> Response[bytes]:
    """Download a document."""
    return await file_of(books, await books.document(document_id), form)


@post("/office/books/documents/{document_id:str}/correct", opt=audited(WRITE), include_in_schema=False, status_code=200)
async def correct_invoice(
    office: OfficeDep, request: Web, books: BooksDep, document_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Issue a corrected invoice with the typed buyer."""
    form = await form_of(request)
    try:
        correction = InvoiceCorrection(
            buyer=address_of(form),
            **{name: form.get(name, "").strip() for name in ("tax_id", "reference", "reason")},
        )
        added = await books.correct_invoice(document_id, correction)
    except ShopError as error:
        return _page(office, await books.document(document_id), error.detail, form)
    return Redirect(f"/office/books/documents/{added.id}", status_code=303)


HANDLERS: list[Any] = [document_list, document_page, document_file, correct_invoice]
