"""A document of the books that goes out by itself: a corrected or pro forma invoice, or the message it would go with had left without it."""

from shopwright.services.books.contract.documents import TITLES, DocumentKind
from shopwright.services.books.contract.facts import DocumentIssued
from shopwright.services.notifications.letter import Letter, order_link

# They are sent when they are issued.
ALONE: frozenset[DocumentKind] = frozenset({"correction", "pro_forma"})


def issued(event: DocumentIssued) -> Letter:
    """It is attached."""
    path, secret = order_link(event)
    title = TITLES[event.kind].lower()
    replaced = " It replaces the one you had." if event.kind == "correction" else ""
    return Letter(
        topic="orders",
        recipient=event.email,
        account=event.customer_id or "",
        order_id=event.order_id,
        subject=f"Your {title} {event.name} for order {event.number}",
        heading=f"Your {title}",
        lines=(
            f"The {title} {event.name} for order {event.number} is attached as a PDF.{replaced} It is with your order, too.",
        ),
        path=path,
        secret=secret,
        action="See your order",
        documents=event.document_id,
    )
