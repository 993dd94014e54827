"""Invoices and credit notes on pages of both faces."""

from typing import Any

from litestar import Response

from shopwright.faces import render
from shopwright.kit.errors import Missing
from shopwright.kit.web.behind import behind
from shopwright.kit.web.given import Given
from shopwright.services.books.contract import Books
from shopwright.services.books.contract.documents import PAPER, Document

BooksDep = Given[Books]


async def papers_of(order_id: str) -> list[dict[str, Any]]:
    """Documents of an order that can be read, the oldest first."""
    found = await behind().shop.for_pages("books").documents(order_id=order_id)
    return [render.plain(one) for one in reversed(found) if not one.sealed]


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
