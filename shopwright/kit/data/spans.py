"""Spans of orders, by range or by ids, so that services read their data of many orders page by page."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader

THESE = "{these}"


class Span(msgspec.Struct, frozen=True):
    """Orders by id: after one ("": from the first) and up to another (None: the last); or just `ids`."""

    after: str = ""
    upto: str | None = None
    ids: tuple[str, ...] = ()

    async def fetch(self, source: Reader, sql: str, column: str = "order_id") -> Sequence[Row]:
        """Run a query with `{these}` in place of the condition; `column` names the order id there."""
        if self.ids:
            return await source.fetch_in(sql.replace(THESE, f"{column} IN (:each)"), self.ids)
        first = f"{column} > :after" if self.after else f"{column} >= :after"
        if self.upto is None:
            return await source.fetch(sql.replace(THESE, first), after=self.after)
        return await source.fetch(
            sql.replace(THESE, f"{first} AND {column} <= :upto"), after=self.after, upto=self.upto
        )


async def pages(source: Reader, sql: str, last: str, begin: object, many: int) -> AsyncIterator[Sequence[Row]]:
    """Iterate over a query in pages; it is ordered by a unique column, starts after `:last` and takes `:many`."""
    place = begin
    while rows := await source.fetch(sql, last=place, many=many):
        yield rows
        place = rows[-1][last]
