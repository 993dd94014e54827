"""Events of the books."""

from typing import ClassVar

from shopwright.services.books.contract.documents import DocumentKind
from shopwright.services.orders.contract.events import OrderEvent


class DocumentIssued(OrderEvent, frozen=True, kw_only=True):
    """A document was issued for a buyer who is not erased; `name`: its printed number."""

    LOGGED: ClassVar[tuple[str, ...]] = ("order_id", "number", "document_id")
    document_id: str
    name: str
    kind: DocumentKind
