"""Findings of doctor about one order, in words."""

from collections.abc import Iterable, Sequence

from shopwright.kit.translation import gettext as _
from shopwright.services.orders.contract import LineQuantity, Order
from shopwright.services.pricing.contract import TaxPart
from shopwright.services.pricing.contract.taxes import by_kind


class OrderSentences:
    """Sentences with the number of an order."""

    def __init__(self, order: Order) -> None:
        self._number = order.number
        self.found: list[str] = []

    def say(self, sentence: str, **values: object) -> None:
        """Add a sentence of the catalogue."""
        self.found.append(_(sentence, number=self._number, **values))


def total_of(parts: Sequence[TaxPart]) -> int:
    """The total of parts of one thing."""
    return sum(kind[0].net.amount + sum(part.tax.amount for part in kind) for kind in by_kind(parts))


def units_by_line(parts: Iterable[Sequence[LineQuantity]]) -> dict[str, int]:
    """Units by line."""
    found: dict[str, int] = {}
    for lines in parts:
        for one in lines:
            found[one.line_id] = found.get(one.line_id, 0) + one.quantity
    return found
