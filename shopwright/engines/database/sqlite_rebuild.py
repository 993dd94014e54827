"""A SQLite file whose indexes are damaged is made anew from its tables, in its place, while others have it open.

`REINDEX` mends an index whose entries are wrong. Where a page of one is none any more it fails, as do `DROP INDEX` and
`VACUUM`, for they read the old index. So the rows of all tables, read without any index, go into a new file, which is
then written over the old one as one transaction of its own (sqlite.org/backup.html).
"""

import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from shopwright.engines.database.damage import damaged_wal_of, forget_damage, known_damage, note_damage

CHECK, WHOLE = "PRAGMA integrity_check(1)", ["ok"]
SCHEMA = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
KEPT = ("page_size", "auto_vacuum")  # of the file
WRITE_WAIT_S = 15.0


def rebuild_indexes(path: Path) -> bool:
    """Make indexes anew where they are not as their tables are; True where something was damaged and nothing is now.

    The note that the file is damaged goes once all of it was read and is whole. Raises Damaged where tables are, too.
    """
    with closing(sqlite3.connect(path, isolation_level=None, timeout=WRITE_WAIT_S)) as connection:
        known = known_damage(path)
        found = _found(connection)
        if found != WHOLE:
            with suppress(sqlite3.Error):  # a page of an index is none: see below
                connection.execute("REINDEX")
            if (left := _found(connection)) != WHOLE:
                note = note_damage(path, left[0])  # from here on nobody writes it
                if not _rewrite(connection, path):
                    raise note
        if damaged_wal_of(path).exists():
            return False
        forget_damage(path)
        return bool(known) or found != WHOLE


def _found(connection: sqlite3.Connection) -> list[str]:
    try:
        return [row[0] for row in connection.execute(CHECK)]
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise
        return [str(error)]


def _rewrite(connection: sqlite3.Connection, path: Path) -> bool:
    """Write the file anew from its tables; False where these cannot be read either, and nothing was changed."""
    connection.execute("BEGIN IMMEDIATE")  # who wrote when the file was noted as damaged is done now
    connection.execute("ROLLBACK")
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent.absolute()) as folder:
        file = Path(folder) / path.name
        try:
            before = _data_version(connection)
            _copy(path, file)
            with closing(sqlite3.connect(file)) as new:
                if _found(new) != WHOLE or _data_version(connection) != before:
                    return False
                new.backup(connection)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_FULL")):
                raise
            return False
    return _found(connection) == WHOLE


def _data_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _copy(path: Path, new: Path) -> None:
    """All rows of all tables, in the order of their numbers, into a new file; then its indexes are made of them."""
    with closing(sqlite3.connect(new.as_uri(), uri=True, isolation_level=None)) as target:
        target.execute("ATTACH ? AS old", (f"{path.absolute().as_uri()}?mode=ro",))
        for pragma in KEPT:
            value = target.execute(f"PRAGMA old.{pragma}").fetchone()[0]
            target.execute(f"PRAGMA main.{pragma}={value}")
        target.execute("BEGIN")
        schema = target.execute(SCHEMA.replace("sqlite_master", "old.sqlite_master")).fetchall()
        for _, name, sql in (one for one in schema if one[0] == "table"):
            target.execute(sql)
            # With an order SQLite goes from row to row, and does not copy the tree of the index of a primary key.
            target.execute(f"INSERT INTO main.{name} SELECT * FROM old.{name} NOT INDEXED ORDER BY rowid")
        for _, _, sql in (one for one in schema if one[0] != "table"):
            target.execute(sql)
        target.execute("COMMIT")
