"""Stock value and cost of goods in the books. Pure functions."""

from collections.abc import Mapping

from shopwright.services.books.contract import Account, Posting
from shopwright.services.inventory.contract import StockValued, ValueCause

# Contra account and text for each cause.
AGAINST: Mapping[ValueCause, tuple[Account, str]] = {
    "received": ("payables", "Goods received"),
    "opened": ("opening", "Cost of goods in stock"),
    "sold": ("cost_of_goods", "cost of goods"),
    "returned": ("cost_of_goods", "goods back in stock"),
    "counted": ("stock_differences", "Stock counted"),
}


def postings(told: StockValued) -> tuple[Posting, ...]:
    """The postings for goods received, sold or counted."""
    account, _ = AGAINST[told.cause]
    return Posting(account="stock", amount=told.value), Posting(account=account, amount=-told.value)


def text(told: StockValued, number: str) -> str:
    """The text of the entry; `number`: of the order."""
    _, words = AGAINST[told.cause]
    if told.order_id:
        return f"Order {number or told.order_id}: {words}"
    return f"{words}: {told.reference}" if told.reference else words
