"""Grouping the rows of a file on disk: a table may exceed memory, and rows of a product may be anywhere.

A temporary database that contains nothing of the shop.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from shopwright.importers.draft import ImportIssue, Outcome, Row, RowGroup

TOGETHER, READ_TOGETHER = 2_000, 100
# Of two results of a row the higher one counts; 0 is a row without one.
RANKS: dict[Outcome, int] = {"unchanged": 1, "taken": 2, "changed": 2, "refused": 3}


class ImportDatabase:
    """The database of one import."""

    def __init__(self, *schema: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="shopwright-import-")
        self.db = sqlite3.connect(Path(self._folder.name) / "rows.db", isolation_level=None, check_same_thread=False)
        for line in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-8000", *schema):
            self.db.execute(line)
        self.db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.db.close()
        self._folder.cleanup()


class Spool(ImportDatabase):
    """The rows of one table by product."""

    def __init__(self) -> None:
        super().__init__(
            "CREATE TABLE rows (number INTEGER PRIMARY KEY, grp TEXT NOT NULL, part INTEGER NOT NULL, body BLOB NOT NULL)",
            "CREATE TABLE names (name TEXT PRIMARY KEY, grp TEXT NOT NULL) WITHOUT ROWID",
            "CREATE TABLE taken (name TEXT PRIMARY KEY) WITHOUT ROWID",
        )

    def fill(self, placed: Iterable[tuple[Row, RowGroup]]) -> None:
        """Store the rows."""
        rows: list[tuple[int, str, bool, bytes]] = []
        for (number, row), place in placed:
            rows.append((number, place.group, place.part, msgspec.msgpack.encode(row)))
            if place.names:
                self.db.executemany(
                    "INSERT OR IGNORE INTO names VALUES (?, ?)", [(one, place.group) for one in place.names]
                )
            if place.takes:
                self.db.executemany("INSERT OR IGNORE INTO taken VALUES (?)", [(one,) for one in place.takes])
            if len(rows) == TOGETHER:
                self.db.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", rows)
                rows = []
        self.db.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", rows)
        self.db.execute("CREATE INDEX by_group ON rows (grp, part, number)")

    def groups(self) -> Iterator[list[Row]]:
        """Iterate over the rows of each product, in order of first rows."""
        begun = self.db.execute(
            "SELECT grp FROM rows WHERE part = 0 AND grp NOT IN (SELECT name FROM taken) GROUP BY grp ORDER BY MIN(number)"
        )
        while groups := [group for (group,) in begun.fetchmany(READ_TOGETHER)]:
            found: dict[str, list[Row]] = {group: [] for group in groups}
            rows = self.db.execute(
                f"SELECT grp, number, body FROM rows WHERE part = 0 AND grp IN ({', '.join('?' * len(groups))}) ORDER BY number",
                groups,
            )
            for group, number, body in rows:
                found[group].append((number, msgspec.msgpack.decode(body)))
            yield from found.values()

    def named(self, name: str) -> list[Row]:
        found = self.db.execute("SELECT grp FROM names WHERE name = ?", (name,)).fetchone()
        return self._rows(found[0], part=False) if found else []

    def below(self, names: Iterable[str]) -> list[Row]:
        """Return the rows that belong to one of these, in file order."""
        found = {number: row for name in names for number, row in self._rows(name, part=True)}
        return sorted(found.items())

    def orphans(self) -> Iterator[Row]:
        """Iterate over rows whose product is missing."""
        found = self.db.execute(
            "SELECT number, body FROM rows WHERE part = 1 AND grp NOT IN (SELECT name FROM names) ORDER BY number"
        )
        for number, body in found:
            yield number, msgspec.msgpack.decode(body)

    def _rows(self, group: str, *, part: bool) -> list[Row]:
        found = self.db.execute(
            "SELECT number, body FROM rows WHERE grp = ? AND part = ? ORDER BY number", (group, part)
        )
        return [(number, msgspec.msgpack.decode(body)) for number, body in found]


class AccountStore(ImportDatabase):
    """The results of all rows of all tables, with issues."""

    def __init__(self) -> None:
        super().__init__(
            "CREATE TABLE read (tab INTEGER, row INTEGER, outcome INTEGER NOT NULL, PRIMARY KEY (tab, row)) WITHOUT ROWID",
            "CREATE TABLE remarks (id INTEGER PRIMARY KEY, tab INTEGER, row INTEGER, name TEXT, outcome TEXT, detail TEXT)",
            "CREATE TABLE products (source TEXT PRIMARY KEY, outcome TEXT, rank INTEGER) WITHOUT ROWID",
        )
        self._waiting: list[tuple[int, ImportIssue]] = []  # to be written together

    def add_rows(self, tab: int, rows: Iterable[int]) -> None:
        self.db.executemany("INSERT OR IGNORE INTO read VALUES (?, ?, 0)", ((tab, row) for row in rows))

    def add(self, tab: int, issue: ImportIssue) -> None:
        self._waiting.append((tab, issue))
        if len(self._waiting) == TOGETHER:
            self._write()

    def _write(self) -> None:
        ranked = [(tab, one, RANKS[one.outcome]) for tab, one in self._waiting if one.outcome != "noted"]
        self.db.executemany(
            "INSERT INTO read VALUES (?, ?, ?) ON CONFLICT (tab, row) DO UPDATE SET outcome = MAX(outcome, excluded.outcome)",
            [(tab, one.row, rank) for tab, one, rank in ranked],
        )
        self.db.executemany(
            "INSERT INTO products VALUES (?, ?, ?) ON CONFLICT (source) DO UPDATE SET"
            " outcome = CASE WHEN excluded.rank > rank THEN excluded.outcome ELSE outcome END, rank = MAX(rank, excluded.rank)",
            [
                (one.source, one.outcome, -rank if one.outcome == "refused" else rank)
                for _, one, rank in ranked
                if one.source
            ],
        )
        self.db.executemany(
            "INSERT INTO remarks (tab, row, name, outcome, detail) VALUES (?, ?, ?, ?, ?)",
            [(tab, one.row, one.name, one.outcome, one.detail) for tab, one in self._waiting],
        )
        self._waiting = []

    def unsettled(self, tab: int) -> list[int]:
        self._write()
        found = self.db.execute("SELECT row FROM read WHERE tab = ? AND outcome = 0 ORDER BY row", (tab,))
        return [row for (row,) in found]

    def rows(self) -> dict[int, int]:
        """Count rows by result."""
        self._write()
        return dict(self.db.execute("SELECT outcome, COUNT(*) FROM read GROUP BY outcome"))

    def products(self) -> dict[str, int]:
        self._write()
        return dict(self.db.execute("SELECT outcome, COUNT(*) FROM products GROUP BY outcome"))

    def issues(self, most: int) -> tuple[list[ImportIssue], int]:
        """Return the first issues with details, refusals first, and their number."""
        self._write()
        (count,) = self.db.execute("SELECT COUNT(*) FROM remarks WHERE detail <> ''").fetchone()
        found = self.db.execute(
            "SELECT row, name, outcome, detail FROM remarks WHERE detail <> ''"
            " ORDER BY outcome <> 'refused', tab, row, id LIMIT ?",
            (most,),
        )
        return [ImportIssue(*one) for one in found], count

    def everything(self) -> Iterator[tuple[int, str, str, str]]:
        """Iterate over all issues in file order, for the report."""
        self._write()
        yield from self.db.execute("SELECT row, name, outcome, detail FROM remarks ORDER BY tab, row, id")
