"""Findings of the doctor: a check and its sentences."""

import logging
from collections.abc import Mapping

import msgspec

from shopwright.kit.errors import Damaged, ShopError
from shopwright.kit.translation import gettext as _

MOST = 1_000  # sentences of one check; how many there are beyond is said
log = logging.getLogger("shopwright")


class Finding(msgspec.Struct, frozen=True):
    """A check with what is wrong (nothing: all is well), pending differences, and notes.

    `orders`: those whose services disagree, which may be temporary.
    """

    check: str
    wrong: list[str]
    under_way: list[str] = []
    notes: list[str] = []
    orders: frozenset[str] = frozenset()


class Sentences(list[str]):
    """The problems that a check finds, limited in number, with the total."""

    def __init__(self) -> None:
        super().__init__()
        self._more = 0

    @property
    def is_full(self) -> bool:
        """Whether there was more than is reported."""
        return self._more > 0

    def say(self, *sentences: str) -> None:
        """Add sentences."""
        room = MOST - len(self)
        self += sentences[:room]
        self._more += len(sentences[room:])

    def whole(self) -> list[str]:
        """Return all sentences."""
        return [*self, _("… and {count} more like these.", count=f"{self._more:,}")] if self._more else list(self)


def compared(
    check: str, sentence: str, ours: Mapping[str, int], booked: Mapping[str, int], *, under_way: bool
) -> Finding:
    """Compare two sums by currency; `sentence` is a message with {ours}, {currency} and {booked}."""
    found = [
        _(sentence, ours=ours.get(currency, 0), currency=currency, booked=booked.get(currency, 0))
        for currency in sorted(ours.keys() | booked.keys())
        if ours.get(currency, 0) != booked.get(currency, 0)
    ]
    return Finding(check, [], found) if under_way else Finding(check, found)


def unchecked(error: Exception) -> str:
    """Why a check could not complete."""
    if isinstance(error, Damaged):
        return _("It cannot be checked: {value} is damaged.", value=error.data.get("place") or error.detail)
    if isinstance(error, ShopError):
        return _("It cannot be checked: {detail}", detail=error.detail)
    log.error("a check did not finish", exc_info=error)
    return _(
        "It cannot be checked: stored data cannot be read ({kind}: {error}).",
        kind=type(error).__name__,
        error=error,
    )
