"""Disagreements between services: wrong, or to be resolved by a pending event."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.data.events import PendingEvents
from shopwright.operations.findings import Finding, Sentences


class OpenQuestion(msgspec.Struct, frozen=True):
    """A disagreement about an order, and the subjects of events that would resolve it once `hearer` handles them."""

    sentence: str
    order_id: str
    subjects: frozenset[str]
    hearer: str = "orders"


class OpenQuestions:
    """The disagreements of one check."""

    def __init__(self, check: str, under_way: Sequence[PendingEvents]) -> None:
        self._check = check
        self._under_way = under_way
        self._wrong, self._on_its_way = Sentences(), Sentences()
        self._orders: set[str] = set()

    def say(self, *found: OpenQuestion) -> None:
        """Add disagreements."""
        for one in found:
            if self._mends(one):
                self._on_its_way.say(one.sentence)
            else:
                self._wrong.say(one.sentence)
                self._orders |= {one.order_id} if not self._wrong.is_full else set()

    def finding(self) -> Finding:
        """Return the finding."""
        return Finding(self._check, self._wrong.whole(), self._on_its_way.whole(), orders=frozenset(self._orders))

    def _mends(self, found: OpenQuestion) -> bool:
        return any(
            one.hearer.startswith(f"{found.hearer}.") and (one.subjects is None or one.subjects & found.subjects)
            for one in self._under_way
        )
