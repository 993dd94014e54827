"""The contract of every relational database: SQLite always, PostgreSQL where it is available."""

import asyncio
import subprocess
import sys
import threading
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shopwright.engines.database import open_database
from shopwright.engines.database.parameters import positional
from shopwright.engines.database.postgresql import PostgresDatabase
from shopwright.kit.data.database import Database, UniqueViolation
from shopwright.kit.errors import Damaged, Invalid, Refused, Unavailable
from tests.builders.databases import folder, prepare, put
from tests.builders.environment import POSTGRES, need, postgres_do, server
from tests.builders.tcp_proxy import TcpProxy

OPTIONS = {"postgresql": "", "roles": "?roles=contract", "pgbouncer": "?pgbouncer=transaction&roles=contract"}


def address(name: str, mode: str) -> str:
    """The URL of a database on the server of the tests, directly or through PgBouncer."""
    base = server("PGBOUNCER") if mode == "pgbouncer" else POSTGRES
    return f"{base.rpartition('/')[0]}/{name}{OPTIONS[mode]}"


@pytest.fixture(params=["sqlite", "postgresql", "roles", "pgbouncer"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        made = open_database(f"sqlite://{tmp_path}", "things")
        await prepare(made, tmp_path)
        yield made
        await made.close()
        return
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    name = f"contract_{uuid.uuid4().hex[:12]}"
    await postgres_do(f"CREATE DATABASE {name}")
    made = open_database(address(name, request.param), "things")
    await prepare(made, tmp_path)
    yield made
    await made.close()
    await postgres_do(f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_database_describes_itself_and_names_settings_that_risk_data(database: Database) -> None:
    health = await database.examine()
    if health.engine.startswith("PostgreSQL"):  # the servers of the tests do not use fsync
        assert [sentence.partition(" ")[0] for sentence in health.wrong] == ["fsync", "full_page_writes", "autovacuum"]
    else:
        assert (health.engine.startswith("SQLite 3."), health.wrong) == (True, ())


async def test_a_commit_is_read_and_a_failure_is_rolled_back(database: Database) -> None:
    assert await put(database, "lamp", 3) == 1
    assert await put(database, "lamp", 4) == 0
    with pytest.raises(RuntimeError, match="changed my mind"):
        async with database.begin() as session:
            await session.run("UPDATE things SET n = 9 WHERE id = :id", {"id": "lamp"})
            rows = await session.fetch("SELECT n FROM things WHERE id = :id", {"id": "lamp"})
            assert rows[0]["n"] == 9
            raise RuntimeError("changed my mind")
    assert [row["n"] for row in await database.fetch("SELECT n FROM things", {})] == [3]


async def test_reads_on_one_connection_each_see_the_newest_commit(database: Database) -> None:
    async with database.pinned() as reader:
        for n in range(3):
            assert len(await reader.fetch("SELECT * FROM things", {})) == n
            assert database.connections()[1] == (1 if isinstance(database, PostgresDatabase) else 0)
            await put(database, f"thing {n}")
    with pytest.raises(ZeroDivisionError):
        async with database.pinned() as reader:
            await reader.fetch("SELECT * FROM things", {})
            raise ZeroDivisionError
    assert database.connections()[1] == 0


async def test_a_duplicate_key_is_an_error_of_its_own(database: Database) -> None:
    await put(database, "lamp")
    with pytest.raises(UniqueViolation):
        async with database.begin() as session:
            await session.run("INSERT INTO things (id, n) VALUES (:id, 1)", {"id": "lamp"})
    assert len(await database.fetch("SELECT id FROM things", {})) == 1


async def test_the_portable_subset_works(database: Database) -> None:
    async with database.begin() as session:
        await session.run_many(
            "INSERT INTO things (id, n, body) VALUES (:id, :n, :body)",
            [{"id": f"t{n}", "n": n, "body": f'{{"colour": "c{n}"}}'} for n in range(5)],
        )
        back = await session.fetch("UPDATE things SET n = n + 10 WHERE n >= :least RETURNING id, n", {"least": 3})
        assert sorted((row["id"], row["n"]) for row in back) == [("t3", 13), ("t4", 14)]
        counted = await session.run("DELETE FROM things WHERE n < :most", {"most": 2})
        assert counted == 2
    rows = await database.fetch(
        "SELECT id, body ->> 'colour' AS colour, row_number() OVER (ORDER BY n DESC) AS place FROM things ORDER BY place",
        {},
    )
    assert [(row["id"], row["colour"], row["place"]) for row in rows] == [
        ("t4", "c4", 1),
        ("t3", "c3", 2),
        ("t2", "c2", 3),
    ]


async def test_a_colon_in_a_string_is_no_parameter(database: Database) -> None:
    rows = await database.fetch("SELECT 'at 10:30 :sharp' AS told, CAST(:n AS BIGINT) AS n", {"n": 5})
    assert (rows[0]["told"], rows[0]["n"]) == ("at 10:30 :sharp", 5)


async def test_a_hundred_racers_count_to_a_hundred(database: Database) -> None:
    await put(database, "counter", 0)

    async def add() -> None:
        async with database.begin() as session:
            await session.run("UPDATE things SET n = n + 1 WHERE id = 'counter'", {})

    await asyncio.gather(*(add() for _ in range(100)))
    assert (await database.fetch("SELECT n FROM things", {}))[0]["n"] == 100


async def test_a_full_disk_is_reported_and_nothing_is_lost(tmp_path: Path) -> None:
    """The page limit of SQLite stands for a full disk: it answers the same."""
    made = open_database(f"sqlite://{tmp_path}", "things")
    await prepare(made, tmp_path)
    await put(made, "before", 1)
    async with made.begin() as session:
        await session.fetch("PRAGMA max_page_count = 20", {})
    with pytest.raises(Unavailable, match="is full; nothing was changed"):
        async with made.begin() as session:
            await session.run("UPDATE things SET n = 2 WHERE id = 'before'", {})
            for n in range(100):
                await session.run(
                    "INSERT INTO things (id, n, body) VALUES (:id, 1, :body)", {"id": f"{n}", "body": "x" * 4000}
                )
    assert [(row["id"], row["n"]) for row in await made.fetch("SELECT * FROM things", {})] == [("before", 1)]
    async with made.begin() as session:
        await session.fetch("PRAGMA max_page_count = 1000000", {})
    await put(made, "after", 1)
    assert len(await made.fetch("SELECT * FROM things", {})) == 2
    await made.close()


async def test_a_conditional_update_never_goes_below_zero(database: Database) -> None:
    await put(database, "last", 1)

    async def take() -> int:
        async with database.begin() as session:
            return await session.run("UPDATE things SET n = n - 1 WHERE id = 'last' AND n >= 1", {})

    assert sum(await asyncio.gather(*(take() for _ in range(50)))) == 1


async def test_migrations_are_applied_once_and_checked(database: Database, tmp_path: Path) -> None:
    assert await database.migrate([folder(tmp_path)]) == []
    (folder(tmp_path) / "0002_more.sql").write_text("ALTER TABLE things ADD COLUMN more TEXT;\n")
    assert await database.migrate([folder(tmp_path)]) == ["things/0002_more.sql"]
    (folder(tmp_path) / "0001_things.sql").write_text("CREATE TABLE other (id TEXT);\n")
    with pytest.raises(Refused, match="has changed since"):
        await database.migrate([folder(tmp_path)])
    (folder(tmp_path) / "0001_things.sql").unlink()
    with pytest.raises(Refused, match="newer Shopwright"):
        await database.migrate([folder(tmp_path)])


async def test_a_migration_that_fails_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    (folder(tmp_path) / "0002_bad.sql").write_text("CREATE TABLE half (id TEXT);\nCREATE TABLE things (id TEXT);\n")
    with pytest.raises(Exception, match="things"):
        await database.migrate([folder(tmp_path)])
    (folder(tmp_path) / "0002_bad.sql").write_text("CREATE TABLE half (id TEXT);\n")
    assert await database.migrate([folder(tmp_path)]) == ["things/0002_bad.sql"]


async def test_a_check_executes_a_statement(database: Database) -> None:
    await database.check()


async def test_a_notification_wakes_a_listener_in_another_process(database: Database) -> None:
    woken = asyncio.Event()
    listening = asyncio.create_task(database.listen(woken.set))
    try:
        await asyncio.sleep(0.3)
        await database.announce()
        if (
            isinstance(database, PostgresDatabase)
            and "pgbouncer" not in database._url.address
            and not database._url.pooled
        ):
            async with asyncio.timeout(5):
                await woken.wait()
    finally:
        listening.cancel()


async def test_lagging_reads_include_writes_of_this_process(database: Database) -> None:
    for n in range(5):
        await put(database, str(n))
        assert (await database.fetch_late("SELECT count(*) AS n FROM things", {}))[0]["n"] == n + 1


def test_parameters_become_numbers_for_postgresql() -> None:
    assert positional("SELECT :b, :a, :b::text FROM x WHERE t = ':c'") == (
        "SELECT $1, $2, $1::text FROM x WHERE t = ':c'",
        ("b", "a"),
    )
    assert positional("SELECT :b, :a, :b FROM x", "?") == ("SELECT ?1, ?2, ?1 FROM x", ("b", "a"))


async def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "orders.db").write_text("this is a shopping list, not a database" * 100)
    with pytest.raises(Damaged, match=f"{tmp_path / 'orders.db'} is damaged .file is not a database"):
        await open_database(f"sqlite://{tmp_path}", "orders").check()


def test_many_that_open_a_new_sqlite_file_at_once_all_succeed(tmp_path: Path) -> None:
    """As many processes do when a shop starts: each of these threads has a connection of its own."""
    together = threading.Barrier(8)

    def open_one(folder: Path) -> None:
        made = open_database(f"sqlite://{folder}", "things")
        together.wait()
        asyncio.run(made.fetch("SELECT 1", {}))
        asyncio.run(made.close())

    with ThreadPoolExecutor(8) as threads:
        for n in range(100):
            (tmp_path / str(n)).mkdir()
            for opened in [threads.submit(open_one, tmp_path / str(n)) for _ in range(8)]:
                opened.result()


async def test_two_processes_share_a_sqlite_file(tmp_path: Path) -> None:
    one, two = (open_database(f"sqlite://{tmp_path}", "things") for _ in range(2))
    await prepare(one, tmp_path)
    await put(one, "counter", 0)

    async def add(made: Database) -> None:
        for _ in range(25):
            async with made.begin() as session:
                await session.run("UPDATE things SET n = n + 1 WHERE id = 'counter'", {})
                await asyncio.sleep(0)

    await asyncio.gather(add(one), add(two))
    assert (await two.fetch("SELECT n FROM things", {}))[0]["n"] == 50
    await one.close()
    await two.close()


async def test_the_version_changes_with_every_commit_of_any_process(database: Database) -> None:
    if database.version() is None:
        pytest.skip("this engine has no cheap version")
    seen = {database.version()}
    for n in range(50):
        await put(database, f"thing {n}")
        seen.add(database.version())
    assert len(seen) == 51
    assert database.version() == database.version()


async def test_a_commit_of_another_process_changes_the_version_of_a_sqlite_file(tmp_path: Path) -> None:
    made = open_database(f"sqlite://{tmp_path}", "things")
    await prepare(made, tmp_path)
    made.version()
    for n in range(5):
        before = made.version()
        elsewhere(tmp_path, f"connection.execute('INSERT INTO things (id, n) VALUES (?, 1)', ['x{n}'])")
        assert made.version() != before
        assert await made.fetch("SELECT id FROM things WHERE id = :id", {"id": f"x{n}"})
    await made.close()


async def test_closing_a_version_keeps_the_locks_of_others_in_this_process(tmp_path: Path) -> None:
    """POSIX releases all locks of a process on a file when it closes any descriptor of it."""
    one, two = (open_database(f"sqlite://{tmp_path}", "things") for _ in range(2))
    await prepare(one, tmp_path)
    for made in (one, two):
        made.version()
        made.version()
    async with one.begin() as session:
        await session.run("INSERT INTO things (id, n) VALUES ('mine', 1)", {})
        await two.close()
        output = elsewhere(tmp_path, "connection.execute('BEGIN IMMEDIATE')")
        assert "database is locked" in output
    await one.close()


@pytest.mark.parametrize("first", ["read", "snapshot"])
async def test_a_file_opened_after_a_crash_is_locked_against_another_recovery(first: str, tmp_path: Path) -> None:
    made = open_database(f"sqlite://{tmp_path}", "things")
    await prepare(made, tmp_path)
    await made.close()
    crash = "for n in range(3): connection.execute('INSERT INTO things (id, n) VALUES (?, 1)', [f'x{n}'])\nimport os\nos._exit(9)"
    elsewhere(tmp_path, crash)
    assert (tmp_path / "things.db-wal").stat().st_size
    if first == "snapshot":
        async with made.snapshot():
            pass
    assert len(await made.fetch("SELECT id FROM things", {})) == 3
    # The holder of this lock considers itself the first to open the file, and truncates its index (SQLite's os_unix.c: DMS).
    lock = f"import fcntl\nfcntl.lockf(open({str(tmp_path / 'things.db-shm')!r}, 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)"
    assert "BlockingIOError" in elsewhere(tmp_path, lock)
    before = made.version()
    elsewhere(tmp_path, "connection.execute('DELETE FROM things')")
    assert made.version() != before
    await made.close()


def elsewhere(tmp_path: Path, statement: str) -> str:
    """Use the file in another process; returns its error output."""
    program = f"""
import sqlite3
connection = sqlite3.connect({str(tmp_path / "things.db")!r}, isolation_level=None, timeout=0)
{statement}
"""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("mode", ["roles", "pgbouncer"])
async def test_a_service_cannot_see_the_tables_of_another(mode: str, tmp_path: Path) -> None:
    import asyncpg

    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    name = f"contract_{uuid.uuid4().hex[:12]}"
    await postgres_do(f"CREATE DATABASE {name}")
    ours, others = (open_database(address(name, mode), service) for service in ("things", "secrets"))
    await prepare(ours, tmp_path)
    await others.migrate([folder(tmp_path)])
    for forbidden in ("SELECT * FROM secrets.things", "DROP TABLE things", "CREATE TABLE more (id TEXT)"):
        with pytest.raises(asyncpg.exceptions.InsufficientPrivilegeError):
            async with ours.begin() as session:
                await session.run(forbidden, {})
    assert await put(ours, "lamp") == 1
    await asyncio.gather(*(put(one, f"{n}") for n in range(20) for one in (ours, others)))
    assert len(await ours.fetch("SELECT id FROM things", {})) == 21
    assert len(await others.fetch("SELECT id FROM things", {})) == 20
    for one in (ours, others):
        await one.close()
    await postgres_do(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("mode", ["", "&pgbouncer=transaction"])
async def test_a_full_read_may_exceed_the_statement_timeout(mode: str, tmp_path: Path) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    base = server("PGBOUNCER") if mode else POSTGRES
    name = f"contract_{uuid.uuid4().hex[:12]}"
    await postgres_do(f"CREATE DATABASE {name}")
    patient = open_database(f"{base.rpartition('/')[0]}/{name}?statement_seconds=1{mode}", "things")
    await prepare(patient, tmp_path)
    await put(patient, "lamp")
    async with patient.snapshot() as moment:
        await asyncio.sleep(6.5)  # longer than a transaction may do nothing
        assert [row["id"] async for rows in moment.rows("things") for row in rows] == ["lamp"]
    await patient.close()
    await postgres_do(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("mode", ["", "&pgbouncer=transaction"])
async def test_a_slow_statement_and_a_wait_for_a_connection_time_out(mode: str) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    base = server("PGBOUNCER") if mode else POSTGRES
    slow = open_database(f"{base}?connections=1&statement_seconds=1&wait_seconds=1{mode}", "public")
    with pytest.raises(Unavailable, match="statement timeout"):
        await slow.fetch("SELECT pg_sleep(20)", {})
    async with slow.begin():
        with pytest.raises(Unavailable):
            await slow.fetch("SELECT 1", {})
    async with slow.pinned() as reader:
        with pytest.raises(Unavailable, match="statement timeout"):
            await reader.fetch("SELECT pg_sleep(20)", {})
    assert len(await slow.fetch("SELECT 1 AS one", {})) == 1
    await slow.close()


async def test_a_connection_terminated_by_the_server_is_unavailable() -> None:
    """Its last message has arrived, its end has not: the driver then considers itself broken."""
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    proxy = TcpProxy(POSTGRES)
    await proxy.open()
    database = open_database(f"{proxy.url}?connections=1", "things")
    (mine,) = await database.fetch("SELECT pg_backend_pid() AS pid", {})
    proxy.cling()
    await postgres_do(f"SELECT pg_terminate_backend({mine['pid']})")
    await asyncio.sleep(0.1)
    with pytest.raises(Unavailable):
        await database.fetch("SELECT 1 AS one", {})
    await proxy.open()
    assert [row["one"] for row in await database.fetch("SELECT 1 AS one", {})] == [1]
    await database.close()
    await proxy.cut()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("connections=many", "a number from 1 to 200"),
        ("wait_seconds=0", "a number from 1 to 600"),
        ("roles=Shop;", "how their names begin"),
        ("pgbouncer=yes", "pgbouncer=transaction"),
    ],
)
def test_an_invalid_database_option_is_refused_with_the_valid_ones(options: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        open_database(f"postgresql://localhost/shop?{options}", "orders")
