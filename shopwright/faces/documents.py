"""Invoices, credit notes and corrected invoices on pages of both faces."""

from collections.abc import Mapping
from typing import Any

from litestar import Response

from shopwright.faces import render
from shopwright.kit.auth import Caller
from shopwright.kit.errors import Missing
from shopwright.kit.web.behind import behind
from shopwright.kit.web.given import Given
from shopwright.services.books.contract import Books
from shopwright.services.books.contract.documents import PAPER, Document, DocumentKind, may_read, require_reader

BooksDep = Given[Books]


TITLES: Mapping[DocumentKind, str] = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "correction": "Corrected invoice",
}


def shown(document: Document) -> dict[str, Any]:
    """A document as pages show it: with what it is called."""
    return {**render.plain(document), "title": TITLES[document.kind]}


async def papers_of(order_id: str, caller: Caller) -> list[dict[str, Any]]:
    """Documents of an order that they can read who see it, the oldest first."""
    if not may_read(caller):
        return []
    found = await behind().shop.for_pages("books").documents(order_id=order_id)
    return [shown(one) for one in reversed(found) if not one.sealed]


def of_order(document: Document, order_id: str, caller: Caller) -> Document:
    """The same, for whoever may see the order. Raises Denied, Missing."""
    require_reader(caller)
    if document.order_id != order_id or document.sealed:
        raise Missing("There is no such document.")
    return document


async def file_of(books: Books, document: Document, form: str) -> Response[bytes]:
    """A document to be shown or saved; nobody between keeps it. Raises Missing for a form there is not, Conflict."""
    if form not in PAPER:
        raise Missing("A document can be had as pdf or as xml.")
    return Response(
        await books.rendered(document.id, "pdf" if form == "pdf" else "xml"),
        media_type=PAPER[form],
        headers={
            "Content-Disposition": f'inline; filename="{document.name}.{form}"',
            "cache-control": "private, no-store",
        },
    )
