"""Messages for documents sent on their own: corrected and pro forma invoices, and late attachments."""

from shopwright.kit.translation import gettext as _
from shopwright.services.books.contract.documents import TITLES, Document, DocumentKind
from shopwright.services.books.contract.events import DocumentIssued
from shopwright.services.notifications.outgoing_message import OutgoingMessage, order_link
from shopwright.services.orders.contract import Order

# These are sent when issued.
ALONE: frozenset[DocumentKind] = frozenset({"correction", "pro_forma"})


def issued(event: DocumentIssued) -> OutgoingMessage:
    """The message for an issued document."""
    path, secret = order_link(event)
    title = TITLES[event.kind].lower()
    replaced = " It replaces the one you had." if event.kind == "correction" else ""
    return OutgoingMessage(
        topic="orders",
        recipient=event.email,
        account=event.customer_id or "",
        order_id=event.order_id,
        subject=_("Your {title} {name} for order {number}", title=title, name=event.name, number=event.number),
        heading=_("Your {title}", title=title),
        lines=(
            _(
                "The {title} {name} for order {number} is attached as a PDF.{replaced} You also find it with your order.",
                title=title,
                name=event.name,
                number=event.number,
                replaced=replaced,
            ),
        ),
        path=path,
        secret=secret,
        action=_("See your order"),
        documents=event.document_id,
    )


def late(order: Order, document: Document) -> OutgoingMessage:
    """The message for a document that was unavailable before."""
    return issued(
        DocumentIssued(
            order_id=order.id,
            number=order.number,
            email=order.email,
            customer_id=order.customer_id,
            document_id=document.id,
            name=document.name,
            kind=document.kind,
        )
    )
