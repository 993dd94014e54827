"""Documents of the books on pages of storefront and back office."""

from typing import Any

from litestar import Response

from shopwright.kit.auth import Caller
from shopwright.kit.errors import Missing, ShopError
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.http.files import file_answer
from shopwright.kit.translation import gettext as _
from shopwright.services.books.contract import Books
from shopwright.services.books.contract.documents import OF_SALES, TITLES, Document, may_read, require_reader
from shopwright.services.books.contract.forms import FORMS, form_named, refusal
from shopwright.services.orders.contract import Order
from shopwright.web import render

BooksDep = Dependency[Books]


def shown(document: Document) -> dict[str, Any]:
    """A document for pages: with its title, and whether it belongs to the sale."""
    return {**render.plain(document), "title": _(TITLES[document.kind]), "of_sale": document.kind in OF_SALES}


def forms_of(document: Document) -> list[dict[str, str]]:
    """The forms of a document, and why others are unavailable."""
    return [{"form": name, "title": form.title, "refusal": refusal(document, name)} for name, form in FORMS.items()]


async def papers_of(order: Order, caller: Caller, *, sealed: bool = False) -> list[dict[str, Any]]:
    """Documents of an order that the caller may read, oldest first; business documents in all forms.

    `sealed`: also list sealed ones, which cannot be opened.
    """
    books: Books = current_app().shop.for_pages("books")
    known = reversed(await books.documents(order_id=order.id))
    found = [one for one in known if (sealed or not one.sealed) and may_read(caller, one.kind)]
    business = order.sale is not None and bool(order.sale.tax_id or order.sale.reference)
    return [
        {**shown(one), "forms": await _electronic(books, one.id) if business and not one.sealed else []}
        for one in found
    ]


async def _electronic(books: Books, document_id: str) -> list[dict[str, str]]:
    """The electronic forms of a document; none while the books are unavailable."""
    try:
        document = await books.document(document_id)
    except ShopError:
        return []
    return [one for one in forms_of(document) if not one["refusal"] and one["form"] != "pdf"]


def of_order(document: Document, order_id: str, caller: Caller) -> Document:
    """Return the document if it belongs to this order and the caller may read it. Raises Denied, Missing."""
    require_reader(caller, document)
    if document.order_id != order_id or document.sealed:
        raise Missing(_("There is no such document."))
    return document


async def file_of(books: Books, document: Document, form: str) -> Response[bytes]:
    """Return the document as an uncached file. Raises Missing for an unknown form, Conflict."""
    chosen = form_named(form)
    content = await books.rendered(document.id, chosen)
    name = FORMS[chosen].file_of(document.name)
    return file_answer(content, name, FORMS[chosen].media_type, shown=True, private=True)
