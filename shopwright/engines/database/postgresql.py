"""PostgreSQL through asyncpg: a schema per service, a connection pool per process."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg

from shopwright.engines.database import postgresql_listener
from shopwright.engines.database.parameters import positional
from shopwright.engines.database.postgresql_errors import translated
from shopwright.engines.database.postgresql_migrating import Migrator
from shopwright.engines.database.postgresql_moving import PostgresMoving
from shopwright.engines.database.postgresql_pool import Pool
from shopwright.engines.database.postgresql_replica import Replica
from shopwright.engines.database.postgresql_url import read_url
from shopwright.kit.data.database import MigrationStep, Params, Row
from shopwright.kit.data.unit_of_work import VersionStore
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Unavailable
from shopwright.kit.observability.health import Health
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop

# Reads, and the progress of deliveries and jobs.
UNSEEN = re.compile(r"\s*(SELECT|(INSERT INTO|UPDATE|DELETE FROM) (timers|deliveries|facts|inbox|idempotency))\b")
BATCH = 1000
MIGRATED = "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'migrations'"
CHECKSUMS = (
    "SELECT datname AS name, checksum_failures AS failures FROM pg_stat_database"
    " WHERE datname = current_database() AND checksum_failures > 0"
)
HOLD_TRIES = 50
ROLE_TRIES = 5
CONNECT_S = 10
GRACE_S = 5  # the server ends a statement first, and says why
OLDEST = 130_000
# Settings that lose acknowledged data, and what they cost.
RISKS = {
    "fsync": gettext_noop("a crash of the machine may destroy the database"),
    "full_page_writes": gettext_noop("a crash of the machine may leave half-written pages"),
    "synchronous_commit": gettext_noop("a crash of the server loses the last orders it acknowledged"),
    "autovacuum": gettext_noop("tables grow without end and queries slow down"),
}


async def _rows(connection: Any, sql: str, params: Params) -> Sequence[Row]:
    text, names = positional(sql)
    rows: Sequence[Row] = await connection.fetch(text, *[params[name] for name in names])
    return rows


class PostgresSession:
    """Statements of an open transaction on a pooled connection."""

    def __init__(self, connection: Any, schema: str) -> None:
        self._connection = connection
        self._schema = schema
        self.changed = False

    def _note(self, sql: str) -> None:
        """Note whether anything visible from outside changed."""
        self.changed = self.changed or not UNSEEN.match(sql)

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        self._note(sql)
        with translated(self._schema):
            return await _rows(self._connection, sql, params)

    async def run(self, sql: str, params: Params) -> int:
        self._note(sql)
        text, names = positional(sql)
        with translated(self._schema):
            status: str = await self._connection.execute(text, *(params[name] for name in names))
        count = status.rpartition(" ")[2]
        return int(count) if is_number(count) else 0

    async def run_many(self, sql: str, rows: Sequence[Params]) -> None:
        self._note(sql)
        text, names = positional(sql)
        with translated(self._schema):
            await self._connection.executemany(text, [tuple(row[name] for name in names) for row in rows])


class PostgresSnapshot:
    """A repeatable-read transaction."""

    def __init__(self, connection: Any, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        return await PostgresSession(self._connection, self._schema).fetch(sql, params)

    async def tables(self) -> list[str]:
        rows = await self._connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename", self._schema
        )
        return [row["tablename"] for row in rows]

    async def rows(self, table: str) -> AsyncIterator[Sequence[dict[str, Any]]]:
        with translated(self._schema):
            cursor = await self._connection.cursor(f"SELECT * FROM {table}")
            while batch := await cursor.fetch(BATCH):
                yield [dict(row) for row in batch]


class PostgresDatabase:
    """One schema for one service."""

    def __init__(self, url: str, schema: str, versions: VersionStore | None = None) -> None:
        self._versions = versions
        self._url = read_url(url)
        self._schema = schema
        self._damaged = ""
        become = None if self._url.pooled else self._become
        self._pool = Pool(self._url, schema, self._how(), become)
        self._replica = Replica(self._url, schema, self._how(), self._become) if self._url.replica else None

    def _how(self) -> dict[str, Any]:
        """Connection options. Those PgBouncer would reject are set in each transaction instead."""
        url = self._url
        how: dict[str, Any] = {"timeout": CONNECT_S, "command_timeout": url.statement_seconds + GRACE_S}
        if url.pooled:
            return how | {"statement_cache_size": 0}
        settings = {
            "search_path": self._schema,
            "application_name": f"shopwright {self._schema}",
            "statement_timeout": f"{url.statement_seconds}s",
            "idle_in_transaction_session_timeout": f"{url.statement_seconds + GRACE_S}s",
        }
        return how | {"server_settings": settings}

    async def _become(self, connection: Any) -> None:
        """Switch to the service's role, which may access its own schema only."""
        if self._url.roles:
            try:
                await connection.execute(f"SET ROLE {self._role}")
            except asyncpg.exceptions.InvalidParameterValueError:
                raise Unavailable(
                    _("The role {role} is not there yet: run `shopwright migrate`.", role=self._role)
                ) from None

    @property
    def _role(self) -> str:
        return f"{self._url.roles}_{self._schema}"

    @asynccontextmanager
    async def _transaction(self, connection: Any, **how: Any) -> AsyncIterator[None]:
        async with connection.transaction(**how):
            await self._settle_in(connection)
            yield

    async def _settle_in(self, connection: Any) -> None:
        """Set up a transaction on a shared connection as on one of our own."""
        if self._url.pooled:
            role = f"; SET LOCAL ROLE {self._role}" if self._url.roles else ""
            await connection.execute(
                f"SET LOCAL search_path = {self._schema};"
                f" SET LOCAL statement_timeout = '{self._url.statement_seconds}s'{role}"
            )

    def connections(self) -> tuple[int, int]:
        return self._url.connections, self._pool.used

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        async with self._pool.taken() as connection:
            if self._url.pooled:
                async with self._transaction(connection):
                    return await _rows(connection, sql, params)
            return await _rows(connection, sql, params)

    @asynccontextmanager
    async def pinned(self) -> AsyncIterator[PostgresSession]:
        async with self._pool.taken() as connection:
            session = PostgresSession(connection, self._schema)
            if not self._url.pooled:
                yield session
                return
            async with self._transaction(connection):
                yield session

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresSession]:
        async with self._pool.taken() as connection:
            session = PostgresSession(connection, self._schema)
            async with self._transaction(connection):
                yield session
                token = await self._before(session)
            await self._after(session, token)

    async def _before(self, session: PostgresSession) -> str:
        """Mark the change just before the commit."""
        return await self._versions.before(self._schema) if self._versions is not None and session.changed else ""

    async def _after(self, session: PostgresSession, token: str) -> None:
        """Mark the change after the commit."""
        if self._replica is not None:
            self._replica.wrote()
        if self._versions is not None and session.changed:
            await self._versions.after(self._schema, token)

    async def fetch_late(self, sql: str, params: Params) -> Sequence[Row]:
        if self._replica is None:
            return await self.fetch(sql, params)
        text, names = positional(sql)
        rows = await self._replica.fetch(text, [params[name] for name in names], self._wal_position)
        return await self.fetch(sql, params) if rows is None else rows

    async def _wal_position(self) -> str:
        (row,) = await self.fetch("SELECT pg_current_wal_lsn()::text AS lsn", {})
        return str(row["lsn"])

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[PostgresSession]:
        async with self._pool.taken() as connection:
            tables = await PostgresSnapshot(connection, self._schema).tables()
            for patience in range(HOLD_TRIES, -1, -1):
                transaction = connection.transaction()
                await transaction.start()
                try:
                    await self._settle_in(connection)
                    await self._lock(connection, tables)
                    break
                except (asyncpg.exceptions.LockNotAvailableError, asyncpg.exceptions.DeadlockDetectedError):
                    await transaction.rollback()
                    if not patience:
                        raise Unavailable(
                            _("{schema} is too busy to be held still. Try again later.", schema=self._schema)
                        ) from None
            session = PostgresSession(connection, self._schema)
            try:
                yield session
                token = await self._before(session)
            except BaseException:
                await transaction.rollback()
                raise
            await transaction.commit()
            await self._after(session, token)

    @staticmethod
    async def _lock(connection: Any, tables: Sequence[str]) -> None:
        # We give up before PostgreSQL detects deadlocks (after 1 s), so that checkouts never lose.
        await connection.execute("SET LOCAL lock_timeout = '400ms'")
        if tables:  # a part that this version brings has none yet
            await connection.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[PostgresSnapshot]:
        async with (
            self._pool.taken() as connection,
            self._transaction(connection, isolation="repeatable_read", readonly=True),
        ):
            # Reading everything may take hours, with waits for other services.
            await connection.execute(
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            await connection.fetch("SELECT count(*) FROM pg_tables")  # from here on it sees this moment
            yield PostgresSnapshot(connection, self._schema)

    @property
    def movable(self) -> PostgresMoving:
        return PostgresMoving(self._as_owner, self._schema, self._role if self._url.roles else "")

    @asynccontextmanager
    async def _owner(self) -> AsyncIterator[Any]:
        """A separate connection as the owner."""
        with translated(self._schema):
            connection = await asyncpg.connect(self._url.address, **self._how())
            try:
                yield connection
            finally:
                await connection.close()

    async def _settle_in_as_owner(self, connection: Any) -> None:
        await self._settle_in(connection)
        if self._url.pooled and self._url.roles:
            await connection.execute("SET LOCAL ROLE NONE")

    @asynccontextmanager
    async def _as_owner(self) -> AsyncIterator[Any]:
        """A transaction of the owner."""
        async with self._owner() as connection, connection.transaction():
            await self._settle_in_as_owner(connection)
            yield connection

    async def exists(self) -> bool:
        # Checked as the login user, as the service's role is created by the first migration.
        async with self._owner() as connection:
            return bool(await connection.fetch(MIGRATED, self._schema))

    async def migrate(self, folders: Sequence[Path]) -> list[str]:
        if self._url.roles:
            async with self._owner() as connection:
                await self._make_role(connection)
        with translated(self._schema):
            return await self._migrator.run(folders)

    async def plan(self, folders: Sequence[Path]) -> list[MigrationStep]:
        with translated(self._schema):
            return await self._migrator.plan(folders)

    @property
    def _migrator(self) -> Migrator:
        role = self._role if self._url.roles else ""
        return Migrator(self._owner, self._settle_in_as_owner, self._schema, role, pooled=self._url.pooled)

    async def _make_role(self, connection: Any) -> None:
        """Create the role, which other processes may create at the same moment, as roles are server-wide."""
        for _try in range(ROLE_TRIES):
            if await connection.fetch("SELECT 1 FROM pg_roles WHERE rolname = $1", self._role):
                return
            with suppress(asyncpg.exceptions.DuplicateObjectError, asyncpg.exceptions.UniqueViolationError):
                async with connection.transaction():
                    await connection.execute(f"CREATE ROLE {self._role} NOLOGIN")
                    await connection.execute(f"GRANT {self._role} TO CURRENT_USER")

    async def announce(self) -> None:
        # After the commit and on its own, as a NOTIFY inside would serialise all commits of the server.
        await self.fetch("SELECT pg_notify(:channel, '')", {"channel": postgresql_listener.CHANNEL})

    async def listen(self, wake: Callable[[], None]) -> None:
        if self._url.pooled:  # PgBouncer hands no announcements on
            await asyncio.Event().wait()
        await postgresql_listener.listen(self._url.address, self._how(), wake)

    def version(self) -> int | None:
        return None

    async def examine(self) -> Health:
        rows = await self.fetch("SELECT name, setting FROM pg_settings", {})
        set_to = {row["name"]: row["setting"] for row in rows}
        wrong = [
            _("{name} is off: {cost}. Set {name} = on in postgresql.conf.", name=name, cost=_(cost))
            for name, cost in RISKS.items()
            if set_to.get(name) == "off"
        ]
        if int(set_to["server_version_num"]) < OLDEST:
            wrong.append(
                _("PostgreSQL {version} is too old; the shop is tested with 15.", version=set_to["server_version"])
            )
        await self.look_for_damage()
        wrong += [self._damaged] if self._damaged else []
        return Health(f"PostgreSQL {set_to['server_version']}", tuple(wrong))

    @property
    def damaged(self) -> str:
        return self._damaged

    async def look_for_damage(self, within_s: float | None = None) -> bool:  # noqa: ARG002 -- the server counts by itself
        rows = await self.fetch(CHECKSUMS, {})
        self._damaged = " ".join(
            _(
                "PostgreSQL has met {failures} pages of the database {name} whose checksums are wrong. Stop the shop, look"
                " into the server's log for the files, and restore the database from its backup.",
                failures=row["failures"],
                name=row["name"],
            )
            for row in rows
        )
        return True

    async def rebuild_indexes(self) -> bool:
        return False  # by who runs the server: it takes rights the shop has not

    async def check(self) -> None:
        await self.fetch("SELECT count(*) FROM migrations", {})

    async def reclaim(self) -> None:
        """Autovacuum does this."""

    async def close(self) -> None:
        await self._pool.close()
        if self._replica is not None:
            await self._replica.close()
