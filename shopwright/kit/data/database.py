"""The port to a relational database: plain portable SQL with `:name` parameters, rows read by column name.

The engines behind it (`engines/database`) pass one contract suite. Services do not use this directly but through
`kit.work`, which adds facts, once-only and time to a transaction.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from shopwright.kit.observability.health import Health

Params = Mapping[str, Any]


class Row(Protocol):
    """One row: `row["title"]`."""

    def __getitem__(self, key: str) -> Any: ...

    def keys(self) -> Iterable[str]: ...


class UniqueViolation(Exception):
    """A row with this key is already there."""


class Reads(Protocol):
    """What can be asked."""

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]: ...


class DatabaseSession(Reads, Protocol):
    """What can be asked and done inside one transaction."""

    async def run(self, sql: str, params: Params) -> int:
        """Do it; answers how many rows it touched. Raises UniqueViolation."""
        ...

    async def run_many(self, sql: str, rows: Sequence[Params]) -> None: ...


class Snapshot(Reads, Protocol):
    """Everything as it was at one moment, however long the reading takes."""

    async def tables(self) -> list[str]:
        """The tables there are, by name."""
        ...

    def rows(self, table: str) -> AsyncIterator[Sequence[dict[str, Any]]]:
        """All rows of a table, some at a time."""
        ...


class MigrationStep(msgspec.Struct, frozen=True):
    """A statement of a migration. `lock`: who has to wait for it, in words."""

    migration: str
    sql: str
    lock: str


class Movable(Protocol):
    """What it takes to bring a living database somewhere else. All of it can be done again without harm."""

    async def keys(self) -> Mapping[str, tuple[str, ...]]:
        """The tables there are, each with the columns of its primary key."""
        ...

    async def watch(self) -> None:
        """From now on `moved_rows` says which rows are written by anyone: `n` (a number), `place` (a table), `key` (JSON)."""
        ...

    async def unwatch(self) -> None:
        """No longer, and `moved_rows` is gone."""
        ...

    async def fence(self, words: str) -> None:
        """From now on nothing can be written but `moved_rows`, by anyone: Unavailable, in these words."""
        ...

    async def unfence(self) -> None:
        """It can be written again."""
        ...


class Database(Protocol):
    """One service's database. Nobody else's tables can be seen through it."""

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        """Read what is committed, outside of any transaction."""
        ...

    def in_a_row(self) -> AbstractAsyncContextManager[Reads]:
        """Several reads one after the other, each of what is committed when it is asked: a connection is taken once."""
        ...

    async def fetch_late(self, sql: str, params: Params) -> Sequence[Row]:
        """The same, but what other processes have committed a moment ago may not be there yet: a replica may answer."""
        ...

    def begin(self) -> AbstractAsyncContextManager[DatabaseSession]:
        """A transaction: committed to disk when the block ends, undone when it raises."""
        ...

    def hold(self) -> AbstractAsyncContextManager[DatabaseSession]:
        """A transaction beside which nobody writes anything here."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Read everything as it is now, while others go on writing."""
        ...

    @property
    def movable(self) -> Movable:
        """The way out of here."""
        ...

    async def exists(self) -> bool:
        """Has it ever been migrated? Nothing is made by asking. Raises Unavailable."""
        ...

    async def migrate(self, folders: Sequence[Path]) -> list[str]:
        """Apply what is new in the numbered .sql files of `folders`, once; answers the names of those applied."""
        ...

    async def plan(self, folders: Sequence[Path]) -> list[MigrationStep]:
        """What `migrate` would do now; nothing is changed."""
        ...

    def version(self) -> int | None:
        """A number that changes whenever anything was committed here, by any process; None where that costs as much as asking."""
        ...

    async def announce(self) -> None:
        """Wake who listens, in any process. Raises Unavailable."""
        ...

    async def listen(self, wake: Callable[[], None]) -> None:
        """Until cancelled: `wake` after each announcement; never where there is no such way, so look yourself now and then."""
        ...

    @property
    def damaged(self) -> str:
        """What was found damaged here, for who runs the shop: it is read as far as it can be. Empty where nothing was."""
        ...

    async def look_for_damage(self, within_s: float | None = None) -> bool:
        """Read the structure of all of it, without holding anyone up; what is found is `damaged` from then on.

        False: the time was not enough. Raises Unavailable.
        """
        ...

    async def rebuild_indexes(self) -> bool:
        """Read all of it, make indexes anew that are not as their tables are; True where it was `damaged` and is whole now."""
        ...

    def connections(self) -> tuple[int, int]:
        """How many this process may have, and how many of them are in use; (0, 0) where that is not counted."""
        ...

    async def check(self) -> None:
        """Really ask the server. Raises Unavailable."""
        ...

    async def examine(self) -> Health:
        """How it is set up. Raises Unavailable."""
        ...

    async def reclaim(self) -> None:
        """Give space that deleted rows have left back to the disk, a little at a time, where it is much. Readers go on."""
        ...

    async def close(self) -> None: ...
