"""Invoices, credit notes, delivery notes and others on pages of the shop and of the office."""

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
    """A document as pages show it: with what it is called, and whether it is for who sells, too."""
    return {**render.plain(document), "title": TITLES[document.kind], "of_sale": document.kind in OF_SALES}


def forms_of(document: Document) -> list[dict[str, str]]:
    """The forms a document can be had in, and why in the others not."""
    return [{"form": name, "title": form.title, "refusal": refusal(document, name)} for name, form in FORMS.items()]


async def papers_of(order: Order, caller: Caller, *, sealed: bool = False) -> list[dict[str, Any]]:
    """Documents of an order that they can read who see it, the oldest first; those of a business in all forms there are.

    `sealed`: also those that are shut off, to be named and not opened.
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
    """The forms of a document for programs; none while the books are away."""
    try:
        document = await books.document(document_id)
    except ShopError:
        return []
    return [one for one in forms_of(document) if not one["refusal"] and one["form"] != "pdf"]


def of_order(document: Document, order_id: str, caller: Caller) -> Document:
    """The same, for whoever may see the order. Raises Denied, Missing."""
    require_reader(caller, document)
    if document.order_id != order_id or document.sealed:
        raise Missing(_("There is no such document."))
    return document


async def file_of(books: Books, document: Document, form: str) -> Response[bytes]:
    """A document to be shown or saved; nobody between keeps it. Raises Missing for a form there is not, Conflict."""
    chosen = form_named(form)
    content = await books.rendered(document.id, chosen)
    name = FORMS[chosen].file_of(document.name)
    return file_answer(content, name, FORMS[chosen].media_type, shown=True, private=True)
