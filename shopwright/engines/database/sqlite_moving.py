"""Triggers for moving a SQLite file."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from shopwright.kit.data.database import Database, DatabaseSession, Row

NOTE, FENCE = "moving_note", "moving_fence"
UNWATCHED = frozenset({"migrations", "moved_rows"})
UNFENCED = UNWATCHED | {"document_moves"}  # where a backup says that it reads
ACTIONS: Mapping[str, tuple[str, ...]] = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}


class Readable(Protocol):
    """Something that can be queried."""

    async def fetch(self, sql: str, params: Mapping[str, Any]) -> Sequence[Row]: ...


class SqliteMoving:
    """See `Movable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keys(self) -> Mapping[str, tuple[str, ...]]:
        return await self._keys(self._database)

    @staticmethod
    async def _keys(reader: Readable) -> dict[str, tuple[str, ...]]:
        rows = await reader.fetch(
            "SELECT m.name AS place, i.name AS part FROM sqlite_master m, pragma_table_info(m.name) i"
            " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND i.pk > 0 ORDER BY m.name, i.pk",
            {},
        )
        found: dict[str, tuple[str, ...]] = {}
        for row in rows:
            found[row["place"]] = (*found.get(row["place"], ()), row["part"])
        return found

    async def watch(self) -> None:
        async with self._database.begin() as session:
            await session.run(
                "CREATE TABLE IF NOT EXISTS moved_rows (n INTEGER PRIMARY KEY, place TEXT NOT NULL, key TEXT NOT NULL)",
                {},
            )
            for place, key in (await self._keys(session)).items():
                for action, sides in ACTIONS.items():
                    if place in UNWATCHED:
                        continue
                    notes = " ".join(
                        f"INSERT INTO moved_rows (place, key) VALUES ('{place}',"
                        f" json_array({', '.join(f'{side}.{part}' for part in key)}));"
                        for side in sides
                    )
                    await session.run(
                        f"CREATE TRIGGER IF NOT EXISTS {NOTE}_{place}_{action} AFTER {action} ON {place} BEGIN {notes} END",
                        {},
                    )

    async def unwatch(self) -> None:
        async with self._database.begin() as session:
            await self._drop(session, NOTE)
            await session.run("DROP TABLE IF EXISTS moved_rows", {})

    async def fence(self, words: str) -> None:
        message = words.replace("'", "’")
        async with self._database.begin() as session:
            for place in await self._keys(session):
                for action in ACTIONS:
                    if place in UNFENCED:
                        continue
                    await session.run(
                        f"CREATE TRIGGER IF NOT EXISTS {FENCE}_{place}_{action} BEFORE {action} ON {place}"
                        f" BEGIN SELECT RAISE(ABORT, '{message}'); END",
                        {},
                    )

    async def unfence(self) -> None:
        async with self._database.begin() as session:
            await self._drop(session, FENCE)

    @staticmethod
    async def _drop(session: DatabaseSession, kind: str) -> None:
        rows = await session.fetch(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, :length) = :kind",
            {"kind": kind, "length": len(kind)},
        )
        for row in rows:
            await session.run(f"DROP TRIGGER {row['name']}", {})
