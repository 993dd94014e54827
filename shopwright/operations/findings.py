"""What the doctor says: a check, and sentences of what it found."""

import logging

import msgspec

from shopwright.kit.errors import Damaged, ShopError

MOST = 1_000  # sentences of one check; how many there are beyond is said
log = logging.getLogger("shopwright")


class Finding(msgspec.Struct, frozen=True):
    """A check, what it found wrong (nothing: all is well), what is on its way, and what else may be of interest.

    `orders`: those whose services do not agree, which they may do by now.
    """

    check: str
    wrong: list[str]
    under_way: list[str] = []
    notes: list[str] = []
    orders: frozenset[str] = frozenset()


class Sentences(list[str]):
    """What one check finds wrong: of very much, some, and how much there is."""

    def __init__(self) -> None:
        super().__init__()
        self._more = 0

    @property
    def is_full(self) -> bool:
        """Was there more than is said?"""
        return self._more > 0

    def say(self, *sentences: str) -> None:
        """Add these."""
        room = MOST - len(self)
        self += sentences[:room]
        self._more += len(sentences[room:])

    def whole(self) -> list[str]:
        """All that is to be said."""
        return [*self, f"… and {self._more:,} more like these."] if self._more else list(self)


def unchecked(error: Exception) -> str:
    """Why a check came to no end."""
    if isinstance(error, Damaged):
        return f"It cannot be checked: {error.data.get('place') or error.detail} is damaged."
    if isinstance(error, ShopError):
        return f"It cannot be checked: {error.detail}"
    log.error("a check came to no end", exc_info=error)
    return f"It cannot be checked: something that is kept cannot be understood ({type(error).__name__}: {error})."
