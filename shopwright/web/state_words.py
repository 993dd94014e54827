"""States and kinds, which code names by one word, and stored texts in the words of pages."""

from collections.abc import Mapping

from shopwright.kit.stored_texts import StoredTexts
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.orders.contract.history_texts import HISTORY
from shopwright.services.orders.contract.tax_texts import TAX_TEXTS
from shopwright.services.pricing.contract.receipt_texts import RECEIPT

WORDS: Mapping[str, str] = {
    # Products and reviews
    "draft": gettext_noop("Draft"), "scheduled": gettext_noop("Scheduled"), "published": gettext_noop("Published"),
    "retired": gettext_noop("Retired"), "pending": gettext_noop("Pending"), "rejected": gettext_noop("Rejected"),
    "holds a link": gettext_noop("Holds a link"), "holds an e-mail address": gettext_noop("Holds an e-mail address"),
    "holds a long number": gettext_noop("Holds a long number"),
    "repeats one character": gettext_noop("Repeats one character"), "is shouted": gettext_noop("Is shouted"),
    "was rejected before": gettext_noop("Was rejected before"),
    # Attributes and conditions
    "text": gettext_noop("Text"), "number": gettext_noop("Number"), "boolean": gettext_noop("Yes or no"),
    "date": gettext_noop("Date"), "choice": gettext_noop("Choice"), "colour": gettext_noop("Colour"),
    "measurement": gettext_noop("Measurement"), "title": gettext_noop("Title"), "brand": gettext_noop("Brand"),
    "tag": gettext_noop("Tag"), "category": gettext_noop("Category"), "type": gettext_noop("Type"),
    "attribute": gettext_noop("Attribute"), "is": gettext_noop("is"), "is_not": gettext_noop("is not"),
    "contains": gettext_noop("contains"), "at_least": gettext_noop("at least"), "at_most": gettext_noop("at most"),
    # Lines of price breakdowns
    "list": gettext_noop("List price"), "promotion": gettext_noop("Promotion"), "not combined": gettext_noop("Not combined"),
    "shipping": gettext_noop("Shipping"), "discount": gettext_noop("Discount"), "tax": gettext_noop("Tax"),
    "rounding": gettext_noop("Rounding"), "total": gettext_noop("Total"),
    # Payments
    "requires_action": gettext_noop("The buyer has to act"), "authorized": gettext_noop("Authorised, not captured yet"),
    "captured": gettext_noop("Captured"), "failed": gettext_noop("Failed"), "cancelled": gettext_noop("Cancelled"),
    "part_refunded": gettext_noop("Partly refunded"), "refunded": gettext_noop("Refunded"),
    # Channels of messages
    "email": gettext_noop("E-mail"), "sms": gettext_noop("Text message"), "push": gettext_noop("Push message"),
    # Roles of staff
    "owner": gettext_noop("Owner"), "catalog": gettext_noop("Catalogue"), "orders": gettext_noop("Orders"),
    "support": gettext_noop("Support"), "marketing": gettext_noop("Marketing"),
    "accounting": gettext_noop("Accounting"), "read-only": gettext_noop("Read only"),
}  # fmt: skip


MOVEMENTS = (
    gettext_noop("order {order_id}"),
    gettext_noop("order {order_id}, on backorder"),
    gettext_noop("order {order_id}, once more"),
    gettext_noop("returned from {order_id}"),
    gettext_noop("received"),
    gettext_noop("received {reference}"),
    gettext_noop("received {reference} ({who})"),
    gettext_noop("cost set ({who})"),
    gettext_noop("set by {who}"),
    gettext_noop("counted by {who}"),
    gettext_noop("taken back, {reason}"),
)
STORED = StoredTexts((*HISTORY.messages, *RECEIPT.messages, *MOVEMENTS, *TAX_TEXTS))


def stored_text(text: str) -> str:
    """An entry of a history, a reason, or a line of a price breakdown in the current language."""
    return STORED.shown(text)


def state_word(code: str) -> str:
    """The word for a state or kind; a code without one is shown as it is."""
    return _(WORDS[code]) if code in WORDS else code
