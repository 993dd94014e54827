"""State machines as data. Illegal transitions raise."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from shopwright.kit.errors import Conflict
from shopwright.kit.translation import gettext as _

S = TypeVar("S", bound=str)


class IllegalMove(Conflict):
    """The transition is not allowed in the current state."""

    code = "illegal_move"


class States(Generic[S]):
    """The allowed transitions: `States("order", {"placed": {"paid", "cancelled"}, "paid": set()})`."""

    def __init__(self, subject: str, table: Mapping[S, frozenset[S]]) -> None:
        self.subject = subject
        self.table = table
        unknown = {after for afters in table.values() for after in afters} - set(table)
        if unknown:
            raise ValueError(f"{subject} can become {sorted(unknown)}, which the table does not describe")

    def may(self, before: S, after: S) -> bool:
        return after in self.table[before]

    def move(self, before: S, after: S) -> S:
        """Return `after` if it may follow `before`. Raises IllegalMove."""
        if not self.may(before, after):
            allowed = ", ".join(sorted(self.table[before])) or "nothing: it is over"
            raise IllegalMove(
                _(
                    "A {thing} that is {before} cannot become {after}; it can become {allowed}.",
                    thing=self.subject,
                    before=before,
                    after=after,
                    allowed=allowed,
                )
            )
        return after

    def is_final(self, state: S) -> bool:
        return not self.table[state]
