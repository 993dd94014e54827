"""Salvage: copies all readable rows of a damaged SQLite file into a new one, and lists what is missing.

Rows come from the pages of their table and, if pages on the way are bad, from orphaned pages that fit a table with bad
pages. Rows named by indexes but found in no table are lost; what the indexes say of them is reported.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from shopwright.engines.database.damage import damaged_wal_of, wal_of
from shopwright.engines.database.sqlite_pages import LEAF_TABLE, Cell, SqlitePages

SCHEMA = frozenset({"table", "index", "trigger", "view"})
OWN = frozenset({"migrations"})  # of the new file
FITS = 0.5  # of the rows of a page that nothing leads to


class SalvagedTable(msgspec.Struct, frozen=True, kw_only=True):
    """The result for one table. `lost`: index values of lost rows; `unreadable`: bad rows and pages."""

    table: str
    rows: int
    lost: tuple[Mapping[str, Any], ...] = ()
    unreadable: int = 0


class Salvage(msgspec.Struct, frozen=True, kw_only=True):
    """`homeless`: rows that fit no table, or several."""

    tables: tuple[SalvagedTable, ...]
    homeless: int = 0


class Columns(msgspec.Struct, frozen=True):
    """The column names and declared types of a table."""

    names: tuple[str, ...]
    types: tuple[str, ...]

    def fit(self, values: Sequence[Any]) -> bool:
        """Whether this can be a row of the table; rows older than a column are shorter."""
        return 0 < len(values) <= len(self.names) and all(
            _fits(kind, value) for kind, value in zip(self.types, values, strict=False)
        )


def _fits(kind: str, value: Any) -> bool:
    if value is None:
        return True
    if kind.startswith("JSON"):
        return isinstance(value, str) and _is_json(value)
    if kind == "TEXT":
        return isinstance(value, str)
    return isinstance(value, int | float) if "INT" in kind else True


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def salvage(damaged: Path, new: Path) -> Salvage:
    """Copy what is readable of a file and its logs into `new`, which has the tables. Both must be closed."""
    pages = SqlitePages(damaged, (wal_of(damaged), damaged_wal_of(damaged)))
    with closing(sqlite3.connect(new, isolation_level=None)) as target:
        target.execute("PRAGMA foreign_keys=OFF")
        target.execute("BEGIN")
        found = _Salvage(pages, target).run()
        target.execute("COMMIT")
    return found


def applied_migrations(damaged: Path) -> set[str]:
    """The migrations recorded in the file, as far as readable."""
    pages = SqlitePages(damaged, (wal_of(damaged), damaged_wal_of(damaged)))
    roots = _roots(_schema(pages), "table")
    leaves = pages.tree(roots["migrations"]).leaves if "migrations" in roots else []
    return {str(one.values[0]) for leaf in leaves for one in pages.cells(leaf) if one is not None}


def _is_schema(cell: Cell | None) -> bool:
    return (
        cell is not None
        and len(cell.values) == 5  # noqa: PLR2004 -- type, name, table, root page, SQL
        and cell.values[0] in SCHEMA
        and isinstance(cell.values[3], int)
    )


def _schema(pages: SqlitePages) -> list[Cell]:
    """The schema entries found anywhere in the file."""
    free = pages.free()
    leaves = [number for number in range(1, pages.count + 1) if pages.kind(number) == LEAF_TABLE and number not in free]
    return [cell for leaf in leaves for cell in pages.cells(leaf) if cell is not None and _is_schema(cell)]


def _roots(schema: Iterable[Cell], kind: str) -> dict[str, int]:
    return {cell.values[1]: cell.values[3] for cell in schema if cell.values[0] == kind}


class _Salvage:
    def __init__(self, pages: SqlitePages, target: sqlite3.Connection) -> None:
        self._pages = pages
        self._target = target
        self._schema = _schema(pages)
        tables = target.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        self._columns = {name: self._columns_of(name) for (name,) in tables if not name.startswith("sqlite_")}
        self._rows: Counter[str] = Counter()
        self._unreadable: Counter[str] = Counter()
        self._rowids: dict[str, set[int]] = {name: set() for name in self._columns}

    def _columns_of(self, table: str) -> Columns:
        rows = self._target.execute(f"PRAGMA table_info({table})").fetchall()
        return Columns(tuple(row[1] for row in rows), tuple(row[2].upper() for row in rows))

    def run(self) -> Salvage:
        roots = _roots(self._schema, "table")
        reached: set[int] = set(self._pages.tree(1).leaves)
        broken: list[str] = []
        for table in self._columns:
            tree = self._pages.tree(roots[table]) if table in roots else None
            if tree is None or tree.unreadable:
                broken.append(table)
                self._unreadable[table] += tree.unreadable if tree is not None else 1
            for leaf in tree.leaves if tree is not None else ():
                reached.add(leaf)
                self._take(table, leaf, "REPLACE")
        homeless = self._take_homeless(reached, broken)
        tables = [self._saved(table) for table in self._columns if table not in OWN]
        return Salvage(tables=tuple(tables), homeless=homeless)

    def _take(self, table: str, leaf: int, conflict: str) -> None:
        columns = self._columns[table]
        for cell in self._pages.cells(leaf):
            if cell is None or not columns.fit(cell.values):
                self._unreadable[table] += 1
                continue
            names = columns.names[: len(cell.values)]
            placeholders = ", ".join("?" * len(names))
            try:
                done = 1
                if table not in OWN:
                    sql = f"INSERT OR {conflict} INTO {table} ({', '.join(names)}) VALUES ({placeholders})"
                    done = self._target.execute(sql, cell.values).rowcount
            except sqlite3.Error:  # a value that cannot be
                self._unreadable[table] += 1
                continue
            self._rowids[table].add(cell.rowid)
            self._rows[table] += max(done, 0)

    def _take_homeless(self, reached: set[int], broken: Sequence[str]) -> int:
        """Copy rows of orphaned pages. Returns how many fit no table, or several."""
        left, pages = 0, self._pages
        free = pages.free()
        for leaf in range(2, pages.count + 1):
            if leaf in reached or leaf in free or pages.kind(leaf) != LEAF_TABLE or not broken:
                continue
            cells = [cell for cell in pages.cells(leaf) if cell is not None]
            if not cells or any(_is_schema(cell) for cell in cells):
                continue
            fit = {table: sum(self._columns[table].fit(cell.values) for cell in cells) for table in broken}
            most = max(fit.values())
            best = [table for table, count in fit.items() if count == most and most >= FITS * len(cells)]
            if len(best) > 1:
                longest = max(len(cell.values) for cell in cells)
                best = [table for table in best if len(self._columns[table].names) == longest]
            if len(best) != 1:
                left += len(cells)
            else:
                self._take(best[0], leaf, "IGNORE")
        return left

    def _saved(self, table: str) -> SalvagedTable:
        lost: dict[int, dict[str, Any]] = {}
        for index, root in _roots(self._schema, "index").items():
            names = [row[2] for row in self._target.execute(f"PRAGMA index_info({index})").fetchall()]
            owner = next((cell.values[2] for cell in self._schema if cell.values[1] == index), "")
            if owner != table or not names:
                continue
            for leaf in self._pages.tree(root).leaves:
                for cell in self._pages.cells(leaf):
                    if cell is None or len(cell.values) != len(names) + 1 or not isinstance(cell.values[-1], int):
                        continue
                    if cell.values[-1] not in self._rowids[table]:
                        # An index expression (`lower(email)`) is no column, and has no name.
                        values = {
                            name: value for name, value in zip(names, cell.values, strict=False) if name is not None
                        }
                        lost.setdefault(cell.values[-1], {}).update(values)
        return SalvagedTable(
            table=table, rows=self._rows[table], lost=tuple(lost.values()), unreadable=self._unreadable[table]
        )
