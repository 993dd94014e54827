"""A part of all orders: those after one and up to another, or some by name. What services keep of them is read with it, page by page."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader

THESE = "{these}"


class Span(msgspec.Struct, frozen=True):
    """Orders by id: after one ("": from the first on) and up to another (None: to the last); or `ids` alone."""

    after: str = ""
    upto: str | None = None
    ids: tuple[str, ...] = ()

    async def fetch(self, source: Reader, sql: str, column: str = "order_id") -> Sequence[Row]:
        """The rows of a statement that says `{these}` where it means these orders; `column` names them there."""
        if self.ids:
            return await source.fetch_in(sql.replace(THESE, f"{column} IN (:each)"), self.ids)
        first = f"{column} > :after" if self.after else f"{column} >= :after"
        if self.upto is None:
            return await source.fetch(sql.replace(THESE, first), after=self.after)
        return await source.fetch(
            sql.replace(THESE, f"{first} AND {column} <= :upto"), after=self.after, upto=self.upto
        )


async def pages(source: Reader, sql: str, last: str, begin: object, many: int) -> AsyncIterator[Sequence[Row]]:
    """All rows of a statement in pages: it is ordered by a unique column, starts after `:last` and takes `:many`."""
    place = begin
    while rows := await source.fetch(sql, last=place, many=many):
        yield rows
        place = rows[-1][last]
