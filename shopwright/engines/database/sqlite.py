"""SQLite, called on the event loop: a statement takes microseconds, less than a thread switch.

One locked writer connection, separate readers (WAL). `synchronous=FULL`: commits are on disk. Waiting for another
process's write lock does not block the loop.
"""

import asyncio
import logging
import random
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, nullcontext, suppress
from pathlib import Path
from typing import Any, NoReturn

from shopwright.engines.database import damage, migrations
from shopwright.engines.database.parameters import in_order, positional
from shopwright.engines.database.sqlite_moving import SqliteMoving
from shopwright.engines.database.sqlite_rebuild import rebuild_indexes
from shopwright.engines.database.walindex import WalIndex
from shopwright.kit.data.database import MigrationStep, Params, Queryable, Row, UniqueViolation
from shopwright.kit.errors import Damaged, Unavailable
from shopwright.kit.observability.health import Health, room
from shopwright.kit.private import make_file, make_folder
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright.engines")
WRITE_WAIT_S = 15.0
OPEN_WAIT_S = 5.0
BATCH = 1000
# Pages (4 KiB) returned to the disk in one step, and how many may stay free.
RECLAIMED, LEAST_FREE = 512, 2048
MIGRATED = "SELECT name FROM sqlite_master WHERE name = 'migrations'"
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
NOT_OPENED = "The shop's database cannot be opened just now."
# A file created without it reuses free pages, and returns none.
OF_A_NEW_FILE = "PRAGMA auto_vacuum=INCREMENTAL"
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA journal_size_limit=16777216",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-4096",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA secure_delete=ON",  # as Debian builds it: what was erased is not left in free pages
)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=OPEN_WAIT_S, cached_statements=512)
    connection.row_factory = sqlite3.Row
    pragmas = PRAGMAS if path.stat().st_size else (OF_A_NEW_FILE, *PRAGMAS)
    try:
        for pragma in pragmas:
            _prepare(connection, pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, pragma: str) -> None:
    """Set a pragma, with retries: of several processes switching a new file to WAL, all but one fail at once."""
    deadline = time.monotonic() + OPEN_WAIT_S
    while True:
        try:
            connection.execute(pragma)
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.0005, 0.002))  # noqa: S311 -- jitter, not a secret
        else:
            return


def _unavailable(path: Path, error: Exception, sentence: str) -> Unavailable:
    """Log file and cause; the error's sentence may be shown to anyone."""
    log.error("%s: %s", path, error)
    return Unavailable(sentence)


def _translate(error: sqlite3.Error, path: Path) -> NoReturn:
    if damage.is_damage(error):
        raise damage.note_damage(path, error) from error
    code = getattr(error, "sqlite_errorname", "")
    if code in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}:
        raise UniqueViolation(str(error)) from None
    if code == "SQLITE_CONSTRAINT_TRIGGER":  # the fence of a database that was brought somewhere else
        raise Unavailable(str(error)) from None
    if code == "SQLITE_FULL":
        raise _unavailable(path, error, _("The shop's disk is full; nothing was changed. Try again later.")) from None
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")):
        sentence = _("The shop's database cannot be used just now; nothing was changed. Try again in a little while.")
        raise _unavailable(path, error, sentence) from error
    raise error


class SqliteSession:
    """Statements of an open transaction on the writer connection."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            _translate(error, self._path)

    async def run(self, sql: str, params: Params) -> int:
        try:
            return self._connection.execute(sql, params).rowcount
        except sqlite3.Error as error:
            _translate(error, self._path)

    async def run_many(self, sql: str, rows: Sequence[Params]) -> None:
        try:
            text, names = positional(sql, "?")  # by place, as looking up names takes a quarter of the time of a row
            self._connection.executemany(text, map(in_order(names), rows))
        except sqlite3.Error as error:
            _translate(error, self._path)


class SqliteSnapshot:
    """A read transaction on its own connection, preserved by WAL."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            _translate(error, self._path)

    async def tables(self) -> list[str]:
        return [row["name"] for row in await self.fetch(TABLES, {})]

    async def rows(self, table: str) -> AsyncIterator[Sequence[dict[str, Any]]]:
        try:
            cursor = self._connection.execute(f"SELECT * FROM {table}")
            while batch := cursor.fetchmany(BATCH):
                yield [dict(row) for row in batch]
                await asyncio.sleep(0)
        except sqlite3.Error as error:
            _translate(error, self._path)


class SqliteDatabase:
    """One file for one service."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self._wal: WalIndex | None = None
        self._gone = ""

    def _open(self) -> sqlite3.Connection:
        try:
            logged = damage.has_log(self._path)  # first: another process may be making the file, and then its log
            gone = damage.missing_file(self._path)
            if gone and (self._gone or logged):  # SQLite would drop the log
                raise Damaged(gone, data={"place": str(self._path)})
            make_folder(self._path.parent)
            make_file(self._path)  # its log and index get the same mode from SQLite
        except OSError as error:
            raise _unavailable(self._path, error, NOT_OPENED) from error
        commits = damage.commits_in(damage.wal_of(self._path)) if self._writer is self._reader is None else []
        try:
            connection = _connect(self._path)
            connection.execute(damage.EMPTY).fetchone()
        except sqlite3.Error as error:
            if damage.is_damage(error):
                raise damage.note_damage(self._path, error) from error
            raise _unavailable(self._path, error, NOT_OPENED) from error
        if commits and self._wal is None:  # kept open: closing any descriptor of it drops the locks of this process
            self._wal = WalIndex.of(self._path)
        try:
            damage.require_complete_wal(self._path, commits)
        except Damaged:
            connection.close()
            self._close_index()
            raise
        return connection

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        return self._read(sql, params)

    def pinned(self) -> AbstractAsyncContextManager[Queryable]:
        return nullcontext(self)

    async def fetch_late(self, sql: str, params: Params) -> Sequence[Row]:
        return self._read(sql, params)

    def _read(self, sql: str, params: Params) -> Sequence[Row]:
        if self._reader is None:
            self._reader = self._open()
        try:
            return self._reader.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            _translate(error, self._path)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqliteSession]:
        if known := self.damaged:
            raise Damaged(known, data={"place": str(self._path)})
        async with self._lock:
            if self._writer is None:
                self._writer = self._open()
                self._writer.execute("PRAGMA busy_timeout=0")
            await self._take_write_lock(self._writer)
            try:
                yield SqliteSession(self._writer, self._path)
                try:
                    self._writer.execute("COMMIT")
                except sqlite3.Error as error:
                    _translate(error, self._path)
            finally:
                if self._writer.in_transaction:
                    with suppress(sqlite3.Error):
                        self._writer.execute("ROLLBACK")

    async def _take_write_lock(self, writer: sqlite3.Connection) -> None:
        """BEGIN IMMEDIATE, retried after short random pauses while another process writes."""
        deadline = time.monotonic() + WRITE_WAIT_S
        pause = 0.0002
        while True:
            try:
                writer.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                code = getattr(error, "sqlite_errorname", "")
                if not code.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                    _translate(error, self._path)
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter, not a secret
                pause = min(pause * 1.5, 0.01)
            else:
                return

    def hold(self) -> AbstractAsyncContextManager[SqliteSession]:
        return self.begin()  # there is one writer at a time anyway

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[SqliteSnapshot]:
        self._read(damage.EMPTY, {})  # the connection of this snapshot is not the one that stays
        connection = self._open()
        try:
            snapshot = SqliteSnapshot(connection, self._path)
            await snapshot.fetch("BEGIN", {})
            await snapshot.fetch(damage.EMPTY, {})  # from here on it sees this moment
            yield snapshot
        finally:
            connection.close()

    @property
    def movable(self) -> SqliteMoving:
        return SqliteMoving(self)

    async def exists(self) -> bool:
        try:
            if not self._path.is_file() or not self._path.stat().st_size:
                return False
            self._require_allowed()
        except OSError as error:
            raise Unavailable(_("{path} cannot be opened: {why}.", path=self._path, why=error.strerror)) from error
        return await asyncio.to_thread(self._is_migrated)

    def _require_allowed(self) -> None:
        """Raise Unavailable if this user may not use the file, in words for operators."""
        if why := damage.forbidden_file(self._path):
            raise Unavailable(why)

    def _is_migrated(self) -> bool:
        """Check without changes, as it may be a foreign database."""
        try:
            with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                found = connection.execute(MIGRATED).fetchone() is not None
                listed = connection.execute(damage.EMPTY).fetchone()[0]
        except sqlite3.Error as error:
            if damage.is_damage(error):
                raise Damaged(damage.sentence_for(self._path, error), data={"place": str(self._path)}) from error
            raise Unavailable(_("{path} cannot be opened: {why}.", path=self._path, why=error)) from error
        if not found and not listed and self._path.stat().st_size > damage.PAGE:
            raise Damaged(damage.sentence_for(self._path, _(damage.NO_TABLES)), data={"place": str(self._path)})
        return found

    async def migrate(self, folders: Sequence[Path]) -> list[str]:
        if self.damaged and not await self.plan(folders):
            return []  # it can be looked at
        async with self.begin() as session:
            await session.run(migrations.TABLE, {})
            rows = await session.fetch("SELECT name, hash FROM migrations", {})
            todo = migrations.pending(folders, {row["name"]: row["hash"] for row in rows}, str(self._path))
            for migration in todo:
                for statement in migration.statements():
                    await session.run(statement, {})
                await session.run(
                    "INSERT INTO migrations (name, hash) VALUES (:name, :hash)",
                    {"name": migration.name, "hash": migration.hash},
                )
        return [migration.name for migration in todo]

    async def plan(self, folders: Sequence[Path]) -> list[MigrationStep]:
        known = await self.fetch(MIGRATED, {})
        rows = await self.fetch("SELECT name, hash FROM migrations", {}) if known else ()
        todo = migrations.pending(folders, {row["name"]: row["hash"] for row in rows}, str(self._path))
        impact = "whoever writes waits until all of this is done; readers do not"
        return [
            MigrationStep(migration.name, statement, impact)
            for migration in todo
            for statement in migration.statements()
        ]

    def version(self) -> int | None:
        if self._wal is not None and (version := self._wal.version()) is not None:
            return version
        # SQLite counts commits by other connections; our reader never writes.
        counted = int(self._read("PRAGMA data_version", {})[0]["data_version"])
        if self._wal is None:
            self._wal = WalIndex.of(self._path)
        return counted

    async def announce(self) -> None:
        """Not supported; processes poll."""

    async def listen(self, _wake: Callable[[], None]) -> None:
        await asyncio.Event().wait()

    async def examine(self) -> Health:
        await self.look_for_damage()
        wrong = [known] if (known := self.damaged) else []
        return Health(f"SQLite {sqlite3.sqlite_version}", (*wrong, *room(self._path.parent)))

    @property
    def damaged(self) -> str:
        return self._gone or damage.known_damage(self._path)

    async def look_for_damage(self, within_s: float | None = None) -> bool:
        stop = threading.Event()
        try:
            self._gone = damage.missing_file(self._path)
            if self._gone:
                return True
            self._require_allowed()
            found = await asyncio.to_thread(damage.quick_check, self._path, within_s, stop)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(_("{path} cannot be read: {error}.", path=self._path, error=error)) from error
        finally:
            stop.set()  # also where this was cancelled: the process would wait for the thread
        if found:
            damage.note_damage(self._path, found)
        return found is not None

    async def rebuild_indexes(self) -> bool:
        if gone := damage.missing_file(self._path):  # SQLite would make an empty one
            raise Damaged(gone, data={"place": str(self._path)})
        self._require_allowed()
        try:
            return await asyncio.to_thread(rebuild_indexes, self._path)
        except sqlite3.Error as error:
            _translate(error, self._path)

    def connections(self) -> tuple[int, int]:
        return 0, 0

    async def reclaim(self) -> None:
        free = 0
        while (now_free := await self._much_free()) and now_free != free:
            free = now_free
            async with self.begin() as session:
                await session.fetch(f"PRAGMA incremental_vacuum({RECLAIMED})", {})
            await asyncio.sleep(0)

    async def _much_free(self) -> int:
        """The number of free pages, if that is a quarter of the file and some megabytes; else 0."""
        free = int((await self.fetch("PRAGMA freelist_count", {}))[0]["freelist_count"])
        pages = int((await self.fetch("PRAGMA page_count", {}))[0]["page_count"])
        return free if free > max(LEAST_FREE, pages // 4) else 0

    async def check(self) -> None:
        await self.fetch("SELECT count(*) FROM migrations", {})

    async def close(self) -> None:
        for connection in filter(None, (self._reader, self._writer)):
            connection.close()
        self._reader = self._writer = None
        self._gone = ""
        self._close_index()

    def _close_index(self) -> None:
        if self._wal is not None:
            self._wal.close()
            self._wal = None
