"""Messages for documents sent on their own: corrected and pro forma invoices, and late attachments."""

from collections.abc import Mapping

from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.books.contract.documents import Document, DocumentKind
from shopwright.services.books.contract.events import DocumentIssued
from shopwright.services.notifications.outgoing_message import OutgoingMessage, order_link
from shopwright.services.orders.contract import Order

# These are sent when issued.
ALONE: frozenset[DocumentKind] = frozenset({"correction", "pro_forma"})

# Of each kind: subject and heading.
HEADINGS: Mapping[DocumentKind, tuple[str, str]] = {
    "invoice": (gettext_noop("Your invoice {name} for order {number}"), gettext_noop("Your invoice")),
    "credit_note": (gettext_noop("Your credit note {name} for order {number}"), gettext_noop("Your credit note")),
    "correction": (
        gettext_noop("Your corrected invoice {name} for order {number}"),
        gettext_noop("Your corrected invoice"),
    ),
    "delivery_note": (
        gettext_noop("Your delivery note {name} for order {number}"),
        gettext_noop("Your delivery note"),
    ),
    "pro_forma": (
        gettext_noop("Your pro forma invoice {name} for order {number}"),
        gettext_noop("Your pro forma invoice"),
    ),
}


def issued(event: DocumentIssued) -> OutgoingMessage:
    """The message for an issued document."""
    path, secret = order_link(event)
    subject, heading = HEADINGS[event.kind]
    return OutgoingMessage(
        topic="orders",
        recipient=event.email,
        account=event.customer_id or "",
        order_id=event.order_id,
        subject=_(subject, name=event.name, number=event.number),
        heading=_(heading),
        lines=(_attached(event),),
        path=path,
        secret=secret,
        action=_("See your order"),
        documents=event.document_id,
    )


def _attached(event: DocumentIssued) -> str:
    if event.kind == "correction":
        return _(
            "{name} for order {number} is attached as a PDF. It replaces the one you had. You also find it with your order.",
            name=event.name,
            number=event.number,
        )
    return _(
        "{name} for order {number} is attached as a PDF. You also find it with your order.",
        name=event.name,
        number=event.number,
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
