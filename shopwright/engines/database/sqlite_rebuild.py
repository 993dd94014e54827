"""Rebuilding a SQLite file with damaged indexes from its tables, in place, while others have it open.

`REINDEX` repairs wrong index entries. If an index page is malformed it fails, as do `DROP INDEX` and `VACUUM`, since
they read the old index. So all rows, read without indexes, go into a new file, which then replaces the old content as
one transaction (sqlite.org/backup.html).
"""

import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from shopwright.engines.database.damage import damaged_wal_of, forget_damage, known_damage, note_damage

CHECK, INTACT = "PRAGMA integrity_check(1)", ["ok"]
SCHEMA = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
KEPT = ("page_size", "auto_vacuum")  # of the file
WRITE_WAIT_S = 15.0


def rebuild_indexes(path: Path) -> bool:
    """Rebuild indexes that disagree with their tables. Returns True if damage was repaired.

    The damage mark is deleted once everything was read intact. Raises Damaged if tables are damaged, too.
    """
    with closing(sqlite3.connect(path, isolation_level=None, timeout=WRITE_WAIT_S)) as connection:
        known = known_damage(path)
        found = _found(connection)
        if found != INTACT:
            with suppress(sqlite3.Error):  # a page of an index is none: see below
                connection.execute("REINDEX")
            if (left := _found(connection)) != INTACT:
                note = note_damage(path, left[0])  # from here on no process writes to it
                if not _rewrite(connection, path):
                    raise note
        if damaged_wal_of(path).exists():
            return False
        forget_damage(path)
        return bool(known) or found != INTACT


def _found(connection: sqlite3.Connection) -> list[str]:
    try:
        return [row[0] for row in connection.execute(CHECK)]
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise
        return [str(error)]


def _rewrite(connection: sqlite3.Connection, path: Path) -> bool:
    """Rewrite the file from its tables. Returns False, changing nothing, if they are unreadable."""
    connection.execute("BEGIN IMMEDIATE")  # who wrote when the file was noted as damaged is done now
    connection.execute("ROLLBACK")
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent.absolute()) as folder:
        file = Path(folder) / path.name
        try:
            before = _data_version(connection)
            _copy(path, file)
            with closing(sqlite3.connect(file)) as new:
                if _found(new) != INTACT or _data_version(connection) != before:
                    return False
                new.backup(connection)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_FULL")):
                raise
            return False
    return _found(connection) == INTACT


def _data_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _copy(path: Path, new: Path) -> None:
    """Copy all rows by row id into a new file, then build its indexes."""
    with closing(sqlite3.connect(new.as_uri(), uri=True, isolation_level=None)) as target:
        target.execute("ATTACH ? AS old", (f"{path.absolute().as_uri()}?mode=ro",))
        for pragma in KEPT:
            value = target.execute(f"PRAGMA old.{pragma}").fetchone()[0]
            target.execute(f"PRAGMA main.{pragma}={value}")
        target.execute("BEGIN")
        schema = target.execute(SCHEMA.replace("sqlite_master", "old.sqlite_master")).fetchall()
        for _, name, sql in (one for one in schema if one[0] == "table"):
            target.execute(sql)
            # With an order SQLite reads row by row, and does not copy the primary key's index tree.
            target.execute(f"INSERT INTO main.{name} SELECT * FROM old.{name} NOT INDEXED ORDER BY rowid")
        for _, _, sql in (one for one in schema if one[0] != "table"):
            target.execute(sql)
        target.execute("COMMIT")
