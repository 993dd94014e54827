"""The port to a relational database: portable SQL with `:name` parameters, rows by column name.

All engines (`engines/database`) pass one contract suite. Services use it through `kit.data.unit_of_work`, which adds
events, deduplication and time to transactions.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from shopwright.kit.observability.health import Health

Params = Mapping[str, Any]


class Row(Protocol):
    """A row: `row["title"]`."""

    def __getitem__(self, key: str) -> Any: ...

    def keys(self) -> Iterable[str]: ...


class UniqueViolation(Exception):
    """A row with this key exists."""


class Queryable(Protocol):
    """Queries."""

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]: ...


class DatabaseSession(Queryable, Protocol):
    """Queries and statements inside a transaction."""

    async def run(self, sql: str, params: Params) -> int:
        """Run a statement. Returns the number of rows. Raises UniqueViolation."""
        ...

    async def run_many(self, sql: str, rows: Sequence[Params]) -> None: ...


class Snapshot(Queryable, Protocol):
    """A consistent view of all data at one moment."""

    async def tables(self) -> list[str]:
        """Return the names of all tables."""
        ...

    def rows(self, table: str) -> AsyncIterator[Sequence[dict[str, Any]]]:
        """Iterate over all rows of a table in batches."""
        ...


class MigrationStep(msgspec.Struct, frozen=True):
    """A statement of a migration. `lock`: who must wait for it, in words."""

    migration: str
    sql: str
    lock: str


class Movable(Protocol):
    """Operations for moving a live database elsewhere, all safe to repeat."""

    async def keys(self) -> Mapping[str, tuple[str, ...]]:
        """Return all tables with the columns of their primary keys."""
        ...

    async def watch(self) -> None:
        """Record all written rows in the table `moved_rows` with a number `n`, the table as `place` and the `key` (JSON)."""
        ...

    async def unwatch(self) -> None:
        """Stop recording and drop `moved_rows`."""
        ...

    async def fence(self, words: str) -> None:
        """Reject all writes except to `moved_rows` with Unavailable, in these words."""
        ...

    async def unfence(self) -> None:
        """Allow writes again."""
        ...


class Database(Protocol):
    """The database of one service; other services' tables are invisible."""

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        """Read committed data outside any transaction."""
        ...

    def pinned(self) -> AbstractAsyncContextManager[Queryable]:
        """Several reads on one connection, each of what is committed at its time."""
        ...

    async def fetch_late(self, sql: str, params: Params) -> Sequence[Row]:
        """Read possibly from a replica, which may lag behind other processes' commits."""
        ...

    def begin(self) -> AbstractAsyncContextManager[DatabaseSession]:
        """A transaction: durable when the block ends, rolled back if it raises."""
        ...

    def hold(self) -> AbstractAsyncContextManager[DatabaseSession]:
        """A transaction that excludes all other writers."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Read everything as it is now, while others write."""
        ...

    @property
    def movable(self) -> Movable:
        """Return the operations for moving it."""
        ...

    async def exists(self) -> bool:
        """Whether it was ever migrated, without creating anything. Raises Unavailable."""
        ...

    async def migrate(self, folders: Sequence[Path]) -> list[str]:
        """Apply new numbered .sql files of `folders`, once each. Returns their names."""
        ...

    async def plan(self, folders: Sequence[Path]) -> list[MigrationStep]:
        """Return what `migrate` would do, without changing anything."""
        ...

    def version(self) -> int | None:
        """A number that changes with every commit by any process; None if it costs as much as a query."""
        ...

    async def announce(self) -> None:
        """Wake all listeners in all processes. Raises Unavailable."""
        ...

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each announcement, until cancelled; never if unsupported, so poll as well."""
        ...

    @property
    def damaged(self) -> str:
        """Describe detected damage, for operators; undamaged parts are still readable. "" if none."""
        ...

    async def look_for_damage(self, within_s: float | None = None) -> bool:
        """Check the structure without blocking anyone; findings are then in `damaged`.

        Returns False if time ran out. Raises Unavailable.
        """
        ...

    async def rebuild_indexes(self) -> bool:
        """Rebuild indexes that disagree with their tables. Returns True if that repaired the damage."""
        ...

    def connections(self) -> tuple[int, int]:
        """The connections this process may have, and those in use; (0, 0) if not counted."""
        ...

    async def check(self) -> None:
        """Query the server. Raises Unavailable."""
        ...

    async def examine(self) -> Health:
        """Check its configuration. Raises Unavailable."""
        ...

    async def reclaim(self) -> None:
        """Return much free space of deleted rows to the disk, in small steps while readers continue."""
        ...

    async def close(self) -> None: ...
