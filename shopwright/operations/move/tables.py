"""Moving the tables of one service between databases."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from shopwright.kit.data.database import DatabaseSession, Snapshot, UniqueViolation
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Conflict

BATCH = 1_000
AT_ONCE = 200  # keys in one statement
RETRIES = 20
Row = Mapping[str, Any]
Key = tuple[Any, ...]


class RowTransfer(msgspec.Struct, frozen=True):
    """How the rows of a table are handled on the way."""

    unpack: Callable[[Sequence[Row]], Awaitable[Sequence[Row]]]
    """They as they are at the source, with all that belongs to them."""
    arrived: Callable[[DatabaseSession, Sequence[Row]], Awaitable[None]]
    leaving: Callable[[DatabaseSession, Sequence[Key]], Awaitable[None]]


class Tables:
    """The tables to move from `source` to `target`. `keys`: their primary keys."""

    def __init__(
        self,
        source: ServiceDatabase,
        target: ServiceDatabase,
        keys: Mapping[str, tuple[str, ...]],
        cargo: Mapping[str, RowTransfer],
    ) -> None:
        self.source = source
        self.target = target
        self.keys = keys
        self._cargo = cargo

    # --- full copy

    async def empty(self) -> None:
        """Empty the target."""
        for table in self.keys:
            async with self.target.database.begin() as session:
                await session.run(f"DELETE FROM {table}", {})

    async def copy(self, table: str, after: Key | None) -> Key | None:
        """Copy the next rows by key; returns the last key, or None at the end."""
        for _ in range(RETRIES):
            rows = await self._unpacked(table, await self._after(table, after))
            if not rows:
                return None
            try:
                async with self.target.database.begin() as session:
                    await self._put(session, table, rows)
            except UniqueViolation:
                await self.catch_up()  # something that is there has changed since it was brought
                continue
            return tuple(rows[-1][part] for part in self.keys[table])
        raise Conflict(
            _(
                "{name}.{table} changes too quickly to be copied. Try again at a quieter hour.",
                name=self.source.name,
                table=table,
            )
        )

    async def _after(self, table: str, after: Key | None) -> Sequence[Row]:
        key = self.keys[table]
        named = ", ".join(key)
        behind = f" WHERE ({named}) > ({', '.join(f':{part}' for part in key)})" if after is not None else ""
        sql = f"SELECT * FROM {table}{behind} ORDER BY {named} LIMIT :most"
        rows = await self.source.database.fetch(sql, {**dict(zip(key, after or (), strict=False)), "most": BATCH})
        return [dict(row) for row in rows]  # every engine's rows are mappings

    async def _unpacked(self, table: str, rows: Sequence[Row]) -> Sequence[Row]:
        cargo = self._cargo.get(table)
        return await cargo.unpack(rows) if cargo and rows else rows

    async def _put(self, session: DatabaseSession, table: str, rows: Sequence[Row]) -> None:
        if not rows:
            return
        columns = list(rows[0])
        rest = [column for column in columns if column not in self.keys[table]]
        same = ", ".join(f"{column} = excluded.{column}" for column in rest)
        await session.run_many(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f':{column}' for column in columns)})"
            f" ON CONFLICT ({', '.join(self.keys[table])}) DO {f'UPDATE SET {same}' if rest else 'NOTHING'}",
            [dict(row) for row in rows],
        )
        if cargo := self._cargo.get(table):
            await cargo.arrived(session, rows)

    # --- changes

    async def catch_up(self, session: DatabaseSession | None = None) -> int:
        """Copy changed rows; returns how many. `session`: while the source is paused."""
        async with self.source.database.snapshot() as moment:
            noted = await moment.fetch("SELECT n, place, key FROM moved_rows ORDER BY n", {})
            changed: dict[str, dict[Key, None]] = {}
            for row in noted:
                if row["place"] in self.keys:
                    changed.setdefault(row["place"], {})[tuple(msgspec.json.decode(row["key"]))] = None
            # All are deleted first, then current ones inserted, so that unique keys cannot conflict.
            for table, keys in changed.items():
                for some in _portions(keys):
                    async with self.target.database.begin() as there:
                        await self._take_away(there, table, some)
            for table, keys in changed.items():
                for some in _portions(keys):
                    await self._copy_rows(moment, table, some)
        await self._forget([row["n"] for row in noted], session)
        return sum(map(len, changed.values()))

    async def _take_away(self, session: DatabaseSession, table: str, keys: Sequence[Key]) -> None:
        if cargo := self._cargo.get(table):
            await cargo.leaving(session, keys)
        where = " AND ".join(f"{part} = :{part}" for part in self.keys[table])
        await session.run_many(
            f"DELETE FROM {table} WHERE {where}", [dict(zip(self.keys[table], key, strict=True)) for key in keys]
        )

    async def _copy_rows(self, moment: Snapshot, table: str, keys: Sequence[Key]) -> None:
        sql, values = self._some(table, keys)
        rows = await self._unpacked(table, [dict(row) for row in await moment.fetch(sql, values)])
        async with self.target.database.begin() as session:
            await self._put(session, table, rows)

    def _some(self, table: str, keys: Sequence[Key]) -> tuple[str, dict[str, Any]]:
        key = self.keys[table]
        values = {f"{part}{n}": value for n, one in enumerate(keys) for part, value in zip(key, one, strict=True)}
        each = (" AND ".join(f"{part} = :{part}{n}" for part in key) for n in range(len(keys)))
        return f"SELECT * FROM {table} WHERE {' OR '.join(f'({one})' for one in each)}", values

    async def _forget(self, noted: Sequence[int], session: DatabaseSession | None) -> None:
        sql, rows = "DELETE FROM moved_rows WHERE n = :n", [{"n": n} for n in noted]
        if not rows:
            return
        if session is not None:
            await session.run_many(sql, rows)
            return
        async with self.source.database.begin() as own:
            await own.run_many(sql, rows)

    # --- comparison

    async def counts(self) -> dict[str, tuple[int, int]]:
        """Count rows on both sides by table."""
        found: dict[str, tuple[int, int]] = {}
        for table in self.keys:
            sql = f"SELECT count(*) AS n FROM {table}"
            here = await self.source.database.fetch(sql, {})
            there = await self.target.database.fetch(sql, {})
            found[table] = (here[0]["n"], there[0]["n"])
        return found


def _portions(keys: Iterable[Key]) -> Iterator[Sequence[Key]]:
    every = list(keys)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]
