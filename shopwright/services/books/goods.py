"""Stock value and cost of goods in the books. Pure functions."""

from collections.abc import Mapping

from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.books.contract import Account, Posting
from shopwright.services.inventory.contract import StockValued, ValueCause

# Contra account and text for each cause.
AGAINST: Mapping[ValueCause, tuple[Account, str]] = {
    "received": ("payables", gettext_noop("Goods received")),
    "opened": ("opening", gettext_noop("Cost of goods in stock")),
    "sold": ("cost_of_goods", gettext_noop("cost of goods")),
    "returned": ("cost_of_goods", gettext_noop("goods back in stock")),
    "counted": ("stock_differences", gettext_noop("Stock counted")),
}


def postings(valued: StockValued) -> tuple[Posting, ...]:
    """The postings for goods received, sold or counted."""
    account, _ = AGAINST[valued.cause]
    return Posting(account="stock", amount=valued.value), Posting(account=account, amount=-valued.value)


def text(valued: StockValued, number: str) -> str:
    """The text of the entry; `number`: of the order."""
    words = _(AGAINST[valued.cause][1])
    if valued.order_id:
        return _("Order {number}: {words}", number=number or valued.order_id, words=words)
    return f"{words}: {valued.reference}" if valued.reference else words
