"""A shop that is served without one of its caches: `python bench/without.py PORT PART [SERVICE …]`.

Each is replaced by another class; nothing of the shop is changed. `PORTS` (JSON) contains the ports of other services.
"""

import copy
import dataclasses
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

sys.path.insert(0, str(Path(__file__).parents[1]))
from shopwright.app import Shop
from shopwright.cli.serving import set_up_logging
from shopwright.engines.database.postgresql import PostgresDatabase
from shopwright.engines.database.postgresql_pool import Pool
from shopwright.engines.database.sqlite import SqliteDatabase
from shopwright.kit.caching.cached_counter import CachedCounter
from shopwright.kit.data.database import Database
from shopwright.kit.data.unit_of_work import ServiceDatabase, VersionStore
from shopwright.kit.rpc.transport import HttpTransport
from shopwright.kit.settings import read
from shopwright.open_engines import EngineDecorator
from shopwright.registry import ServiceRegistry, serving
from shopwright.settings import Settings, complete
from shopwright.web.application import build

NOTHING = "nothing"


class PragmaDatabase(SqliteDatabase):
    """Its version is read from SQLite each time."""

    def version(self) -> int | None:
        return int(self._read("PRAGMA data_version", {})[0]["data_version"])


class PlainPool(Pool):
    """The pool of asyncpg unchanged."""

    async def take(self) -> Any:
        pool = self._opened or await self._open()
        connection = await pool.acquire(timeout=self._url.wait_seconds)
        self.used += 1
        return connection

    async def _open(self) -> Any:
        async with self._opening:
            if self._opened is None:
                self._opened = await asyncpg.create_pool(
                    self._url.address, min_size=0, max_size=self._url.connections, init=self._become, **self._how
                )
        return self._opened


class PlainPostgres(PostgresDatabase):
    """Its connections are in such a pool."""

    def __init__(self, url: str, schema: str, versions: VersionStore | None) -> None:
        super().__init__(url, schema, versions)
        self._pool = PlainPool(self._url, schema, self._how(), None if self._url.pooled else self._become)


class OtherDatabases(EngineDecorator):
    """Databases without one of their caches."""

    def __init__(self, part: str, url: str) -> None:
        self._part, self._url = part, url

    def database(self, name: str, database: Database) -> Database:
        if self._part == "wal index" and isinstance(database, SqliteDatabase):
            return PragmaDatabase(database._path)  # noqa: SLF001 -- as this one was opened
        if self._part == "pool" and isinstance(database, PostgresDatabase):
            return PlainPostgres(self._url, name, database._versions)  # noqa: SLF001 -- as this one was opened
        return database


class Unversioned:
    """A database without versions."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner

    def version(self) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def unversioned(work: ServiceDatabase) -> ServiceDatabase:
    found = copy.copy(work)
    found.database, found.versions = Unversioned(work.database), None  # type: ignore[assignment]
    return found


class ShopWithout(Shop):
    """A shop that is built without `part`; “again”: with all of them, to measure the noise."""

    def __init__(self, part: str, settings: Settings, **how: Any) -> None:
        self._part = part
        super().__init__(settings, around=OtherDatabases(part, settings.database), **how)
        if part == "page cache":
            self.databases = {name: unversioned(work) for name, work in self.databases.items()}
            self.versions = None

    def _open_engines(self, send_webhook: Any) -> None:
        super()._open_engines(send_webhook)
        engines = self.engines
        if self._part == "cart count":
            engines.cart_counts, self.registry.cart_counts = CachedCounter(None, "cart"), None
        if self._part in {"joined reads", "redis line"} and engines.versions is not None:
            for cache in (engines.cache._inner, engines.versions._cache):  # type: ignore[attr-defined]  # noqa: SLF001
                setattr(cache, "_reads" if self._part == "joined reads" else "_line", None)  # as for a Cluster

    def _context(self, *arguments: Any) -> Any:
        context = super()._context(*arguments)
        left_out = self._part in {"memo", f"memo of {context.work.name}"}
        return dataclasses.replace(context, work=unversioned(context.work)) if left_out else context


class WaysWithout(ServiceRegistry):
    """To services at the ports in `PORTS`."""

    def __init__(self, part: str, settings: Settings, here: frozenset[str]) -> None:
        self._part = part
        super().__init__(settings, here, _connect if "PORTS" in os.environ else None)

    def to(self, service: str, contract: Any) -> Any:
        versions = self.versions
        self.versions = None if self._part == "rpc cache" else versions
        try:
            return super().to(service, contract)
        finally:
            self.versions = versions


def _connect(base: str) -> HttpTransport:
    name, _, rest = base.removeprefix("http://").partition("/")
    return HttpTransport(f"http://127.0.0.1:{json.loads(os.environ['PORTS'])[name]}/{rest}")


async def serve(port: int, part: str, services: list[str]) -> None:
    settings = complete(read(Settings, os.environ)[0])
    set_up_logging(settings.data, settings.log, quiet=True)
    shop = ShopWithout(part, settings, here=services, ways=WaysWithout(part, settings, serving(services)))
    app = build(shop)
    gc.collect()
    gc.freeze()
    await Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False).serve()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
