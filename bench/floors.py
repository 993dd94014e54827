"""The floors: a bare ASGI app that answers the same bytes, and the same SQL directly on sqlite3."""

import re
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, nullcontext
from pathlib import Path
from typing import Any

from shopwright.app import Shop
from shopwright.engines.database.sqlite import PRAGMAS
from shopwright.kit.data.database import Database, Params, Row

ID = re.compile(r"\b(crt|cli|ord|oli|tml|evt|pay|pi|ntc|msg|mov|bench)_[0-9a-z]{20,}")
Call = tuple[str, str, str, Any]


class Recorder:
    """A database that records its statements."""

    def __init__(self, name: str, inner: Database, calls: list[Call]) -> None:
        self._name, self._inner, self._calls = name, inner, calls

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        self._calls.append((self._name, "read", sql, dict(params)))
        return await self._inner.fetch(sql, params)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        async with self._inner.begin() as session:
            self._calls.append((self._name, "write", "BEGIN IMMEDIATE", {}))
            yield RecordingSession(self._name, session, self._calls)
            self._calls.append((self._name, "write", "COMMIT", {}))

    def pinned(self) -> Any:
        return nullcontext(self)

    async def fetch_late(self, sql: str, params: Params) -> Sequence[Row]:
        return await self.fetch(sql, params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class RecordingSession:
    """Counts the statements of a transaction."""

    def __init__(self, name: str, inner: Any, calls: list[Call]) -> None:
        self._name, self._inner, self._calls = name, inner, calls

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        self._calls.append((self._name, "write", sql, dict(params)))
        rows: Sequence[Row] = await self._inner.fetch(sql, params)
        return rows

    async def run(self, sql: str, params: Params) -> int:
        self._calls.append((self._name, "write", sql, dict(params)))
        return int(await self._inner.run(sql, params))

    async def run_many(self, sql: str, rows: Sequence[Params]) -> None:
        self._calls += [(self._name, "write", sql, dict(row)) for row in rows]
        await self._inner.run_many(sql, rows)


def record(shop: Shop) -> list[Call]:
    """Record all statements of this shop from now on."""
    calls: list[Call] = []
    for name, work in shop.databases.items():
        work.database = Recorder(name, work.database, calls)  # type: ignore[assignment]  # it is not migrated through
    return calls


def _another(key: str, value: Any, number: int, first: int | None) -> Any:
    """A value for another flow: new ids, the next order number, later positions in the log."""
    if key == "seq":
        return value + 1_000_000 * number
    if isinstance(value, str):
        return ID.sub(lambda found: f"{found.group(1)}_{number:08x}{found.group()[len(found.group(1)) + 9 :]}", value)
    return first + number if first is not None and value == first else value


def retold(calls: list[Call], times: int) -> list[list[Call]]:
    """A flow repeated, each time with its own ids."""
    first = next((params["number"] for _, _, sql, params in calls if sql.startswith("INSERT INTO orders")), None)
    return [
        [
            (name, kind, sql, {key: _another(key, value, n + 1, first) for key, value in params.items()})
            for name, kind, sql, params in calls
        ]
        for n in range(times)
    ]


def replay(data: Path, calls: list[Call], times: int) -> float:
    """Flows per second when the same statements run directly on sqlite3, as durably, one after the other."""
    recordings = retold(calls, times)
    connections: dict[tuple[str, str], sqlite3.Connection] = {}
    for name in {name for name, *_ in calls}:
        for kind in ("read", "write"):
            connection = sqlite3.connect(data / f"{name}.db", isolation_level=None, cached_statements=512)
            for pragma in PRAGMAS:
                connection.execute(pragma)
            connections[name, kind] = connection
    started = time.perf_counter()
    for recorded in recordings:
        for name, kind, sql, params in recorded:
            connections[name, kind].execute(sql, params).fetchall()
    seconds = time.perf_counter() - started
    for connection in connections.values():
        with closing(connection):
            pass
    return times / seconds


def bare(body: bytes, content_type: bytes) -> Any:
    """An ASGI app that answers `body` to everything."""
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return app
