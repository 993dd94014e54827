"""A table of the tests, and counts of its reads."""

from pathlib import Path
from typing import Any

from shopwright.kit.data.database import Database
from shopwright.kit.data.unit_of_work import VersionStore
from shopwright.open_engines import EngineDecorator


def folder(tmp_path: Path) -> Path:
    """The folder of migrations of the table."""
    found = tmp_path / "things" / "migrations"
    found.mkdir(parents=True, exist_ok=True)
    return found


async def prepare(made: Database, tmp_path: Path) -> None:
    """Create the table by a migration."""
    sql = "-- things\nCREATE TABLE things (id TEXT PRIMARY KEY, n BIGINT NOT NULL, body JSONB);\nCREATE INDEX things_n ON things (n);\n"
    (folder(tmp_path) / "0001_things.sql").write_text(sql)
    assert await made.migrate([folder(tmp_path)]) == ["things/0001_things.sql"]


async def put(made: Database, row_id: str, n: int = 1) -> int:
    """Insert a row unless it exists; returns how many were inserted."""
    async with made.begin() as session:
        return await session.run(
            "INSERT INTO things (id, n) VALUES (:id, :n) ON CONFLICT (id) DO NOTHING", {"id": row_id, "n": n}
        )


async def change(versions: VersionStore, name: str) -> None:
    """Advance a version, as a transaction that changes data does."""
    await versions.after(name, await versions.before(name))


class Counting(EngineDecorator):
    """Counts how often databases are read."""

    def __init__(self) -> None:
        self.reads = 0

    def database(self, _name: str, database: Database) -> Database:
        fetch = database.fetch

        async def counted(sql: str, params: Any) -> Any:
            self.reads += 1
            return await fetch(sql, params)

        database.fetch = counted  # type: ignore[method-assign]  # only to be seen
        return database
