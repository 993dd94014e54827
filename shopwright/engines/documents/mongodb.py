"""Documents with bodies in MongoDB.

mongodb://user:password@host1,host2/shopwright?replicaSet=rs0&tls=true&tlsCAFile=/etc/ssl/mongo-ca.pem

Ids, versions and indexed values stay in the service's database, so that a document and its events are written
atomically. Its body is written there, too, moved to MongoDB after the commit, and replaced by `null`. While MongoDB is
away, documents can be written, and those this process has seen can be read, as bodies are cached by version, which is
never reused.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Container, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from shopwright.engines.documents.database import EXTERNAL_BODY, DatabaseDocuments
from shopwright.engines.documents.mongo_bodies import BodyMove, MongoBodies
from shopwright.engines.documents.mongo_moving import BATCH, PARTS, arrived_completely, pages
from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import DatabaseSession, Row
from shopwright.kit.data.events import ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Unavailable
from shopwright.kit.observability.health import Health
from shopwright.kit.ports import DocumentCollection, StoredDocument, Write
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright.documents")

KEPT_BYTES = 64_000_000
SETTLED_EVERY = timedelta(seconds=5)
# A row of `document_moves` that is no document: until when moving is paused.
STEADY = {"collection": "", "id": "steady"}
PAUSES_S = (1.5, 3, 6, 12)
STEADY_FOR = timedelta(hours=2)
MAY_GO = (
    f"NOT EXISTS (SELECT 1 FROM document_moves s WHERE s.collection = '{STEADY['collection']}'"
    f" AND s.id = '{STEADY['id']}' AND s.version > :now)"
)
MOVE = (
    "INSERT INTO document_moves (collection, id, version, done) VALUES (:collection, :id, :version, 0)"
    " ON CONFLICT (collection, id) DO UPDATE SET version = excluded.version, done = 0"
)
R = TypeVar("R", bound=Row)
Key = tuple[str, str, str, int]


class BodyCache:
    """Recently used bodies by version."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._bodies: OrderedDict[Key, str] = OrderedDict()
        self._bytes = 0
        self._most = most_bytes

    def get(self, key: Key) -> str | None:
        body = self._bodies.get(key)
        if body is not None:
            self._bodies.move_to_end(key)
        return body

    def put(self, key: Key, body: str) -> None:
        if key in self._bodies:
            return
        self._bodies[key] = body
        self._bytes += len(body)
        while self._bytes > self._most:
            self._bytes -= len(self._bodies.popitem(last=False)[1])


class MongoDocuments(DatabaseDocuments):
    """Document heads in the service's database, bodies in MongoDB."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._bodies = MongoBodies(url)
        self._kept = BodyCache()
        self._settling: dict[str, asyncio.Lock] = {}

    # --- reading

    async def _whole(
        self, source: ServiceDatabase | Transaction, collection: DocumentCollection, rows: Sequence[Row]
    ) -> list[StoredDocument]:
        found, away = self._here(source.name, collection.name, rows)
        if away:
            there = await self._fetch(source.name, collection.name, away)
            found |= {
                one: there[one] for one, version in away.items() if one in there and there[one].version >= version
            }
        if behind := [one for one in away if one not in found]:
            found |= await self._look_again(source, collection, behind)
        return [found[row["id"]] for row in rows if row["id"] in found]

    async def _look_again(
        self, source: ServiceDatabase | Transaction, collection: DocumentCollection, ids: Sequence[str]
    ) -> dict[str, StoredDocument]:
        """Read documents that changed since; unchanged ones are missing."""
        sql = "SELECT id, version, body FROM documents WHERE collection = :collection AND id IN (:each)"
        found, away = self._here(
            source.name, collection.name, await source.fetch_in(sql, ids, collection=collection.name)
        )
        there = await self._fetch(source.name, collection.name, away) if away else {}
        for one, version in away.items():
            if one not in there or there[one].version < version:
                raise Unavailable(
                    _(
                        "MongoDB has not got version {version} of {one} ({name}).",
                        version=version,
                        one=one,
                        name=_name(source.name, collection.name),
                    )
                )
        return found | there

    def _here(
        self, service: str, collection: str, rows: Iterable[Row | Mapping[str, Any]]
    ) -> tuple[dict[str, StoredDocument], dict[str, int]]:
        """Documents with bodies in the database or cache, and versions of those to fetch."""
        found: dict[str, StoredDocument] = {}
        away: dict[str, int] = {}
        for row in rows:
            body = row["body"]
            if body == EXTERNAL_BODY:
                body = self._kept.get((service, collection, row["id"], row["version"]))
            if body is None:
                away[row["id"]] = row["version"]
            else:
                found[row["id"]] = StoredDocument(row["id"], row["version"], body)
        return found, away

    async def _fetch(self, service: str, collection: str, ids: Mapping[str, int]) -> dict[str, StoredDocument]:
        found = await self._bodies.read(_name(service, collection), list(ids))
        for one in found:
            self._kept.put((service, collection, one.id, one.version), one.body)
        return {one.id: one for one in found}

    # --- writing

    async def put_many(
        self,
        tx: Transaction,
        collection: DocumentCollection,
        writes: Sequence[Write],
        changed: Sequence[str] | None = None,
    ) -> list[int]:
        versions = await super().put_many(tx, collection, writes, changed)
        written = [
            version if one.version else await self._count_on(tx, collection.name, one.id)
            for one, version in zip(writes, versions, strict=True)
        ]
        for one, version in zip(writes, written, strict=True):
            await self._moves(tx, collection.name, one.id, version)
        return written

    @staticmethod
    async def _count_on(tx: Transaction, collection: str, document_id: str) -> int:
        """Continue the version of a deleted document that is created again."""
        rows = await tx.fetch(
            "UPDATE documents SET version = 1 + coalesce((SELECT m.version FROM document_moves m"
            " WHERE m.collection = :collection AND m.id = :id), 0)"
            " WHERE collection = :collection AND id = :id RETURNING version",
            collection=collection,
            id=document_id,
        )
        return int(rows[0]["version"])

    async def delete(self, tx: Transaction, collection: DocumentCollection, document_id: str) -> None:
        rows = await tx.fetch(
            "SELECT version FROM documents WHERE collection = :collection AND id = :id",
            collection=collection.name,
            id=document_id,
        )
        await super().delete(tx, collection, document_id)
        if rows:
            await self._moves(tx, collection.name, document_id, rows[0]["version"] + 1)

    async def _moves(self, tx: Transaction, collection: str, document_id: str, version: int) -> None:
        await tx.run(MOVE, collection=collection, id=document_id, version=version)
        tx.on_commit(self._move_bodies_at_once)

    # --- moving bodies to MongoDB

    async def _move_bodies_at_once(self, work: ServiceDatabase) -> None:
        """Move bodies at once; if that fails, the job does it later."""
        try:
            await self.settle(work)
        except Unavailable as error:
            log.info("documents of %s remain in the database for now: %s", work.name, error.detail)

    async def settle(self, work: ServiceDatabase) -> None:
        async with self._settling.setdefault(work.name, asyncio.Lock()):
            while await self._move_bodies(work):
                continue

    async def _move_bodies(self, work: ServiceDatabase) -> bool:
        """Move some pending bodies. Returns whether there may be more."""
        rows = await work.fetch(
            "SELECT m.collection, m.id, coalesce(d.version, m.version) AS version, d.body FROM document_moves m"
            " LEFT JOIN documents d ON d.collection = m.collection AND d.id = m.id AND d.version >= m.version"
            f" WHERE m.done = 0 AND {MAY_GO} ORDER BY m.collection, m.id LIMIT :batch",
            now=to_micros(work.now()),
            batch=BATCH,
        )
        for collection, ones in _by_collection(rows).items():
            moves = await self._moves_of(work, collection, ones)
            name = _name(work.name, collection)
            refused = await self._bodies.write(name, [one for one in moves if one.body != EXTERNAL_BODY])
            for one, why in refused.items():
                log.warning("%s of %s remains in the database: MongoDB refuses it (%s)", one, name, why)
            await self._remove_moved(work, collection, moves, refused)
        return len(rows) == BATCH

    async def _moves_of(self, work: ServiceDatabase, collection: str, rows: Sequence[Row]) -> list[BodyMove]:
        found_by = await self._found_by(work, collection, [row["id"] for row in rows])
        return [BodyMove(row["id"], row["version"], row["body"], found_by.get(row["id"], {})) for row in rows]

    @staticmethod
    async def _found_by(work: ServiceDatabase, collection: str, ids: Sequence[str]) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {}
        for table in ("document_index", "document_unique"):
            sql = f"SELECT id, field, value FROM {table} WHERE collection = :collection AND id IN (:each)"
            for row in await work.fetch_in(sql, ids, collection=collection):
                found.setdefault(row["id"], {}).setdefault(row["field"], []).append(row["value"])
        return found

    async def _remove_moved(
        self, work: ServiceDatabase, collection: str, moves: Sequence[BodyMove], refused: Container[str]
    ) -> None:
        """Remove moved bodies from the database."""
        there = [one for one in moves if one.id not in refused]
        for one in there:
            if one.body not in {None, EXTERNAL_BODY}:
                self._kept.put((work.name, collection, one.id, one.version), str(one.body))
        async with work.begin() as tx:
            now = to_micros(tx.now)

            def rows(ones: Iterable[BodyMove]) -> list[dict[str, Any]]:
                return [{"collection": collection, "id": one.id, "version": one.version, "now": now} for one in ones]

            this = "collection = :collection AND id = :id"
            known = f"{this} AND version <= :version AND {MAY_GO}"  # less where it waited before MongoDB was in use
            await tx.run_many(
                f"UPDATE documents SET body = '{EXTERNAL_BODY}' WHERE {this} AND version = :version AND {MAY_GO}",
                rows(there),
            )
            await tx.run_many(
                f"DELETE FROM document_moves WHERE {known}", rows(one for one in there if one.body is not None)
            )
            stay = [one for one in moves if one.body is None or one.id in refused]
            await tx.run_many(f"UPDATE document_moves SET done = 1, version = :version WHERE {known}", rows(stay))

    # --- snapshots

    async def fill(self, work: ServiceDatabase, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        bodies: dict[tuple[str, str], str] = {}
        for collection, ones in _by_collection(rows).items():
            found, away = self._here(work.name, collection, ones)
            found |= await self._patiently(work.name, collection, away) if away else {}
            if lost := away.keys() - found.keys():
                raise Unavailable(
                    _("MongoDB has not got {lost} of {name}.", lost=min(lost), name=_name(work.name, collection))
                )
            bodies |= {(collection, one): document.body for one, document in found.items()}
        return [{**row, "body": bodies[row["collection"], row["id"]]} for row in rows]

    async def _patiently(self, service: str, collection: str, ids: Mapping[str, int]) -> dict[str, StoredDocument]:
        """Read with retries, as a long read should not fail for one slow answer."""
        for pause_s in PAUSES_S:
            try:
                return await self._fetch(service, collection, ids)
            except Unavailable:
                await asyncio.sleep(pause_s)
        return await self._fetch(service, collection, ids)

    async def clear(self, work: ServiceDatabase) -> None:
        await self._bodies.drop(f"{work.name}_")
        async with work.begin() as tx:
            await tx.run("DELETE FROM document_moves")
        self._kept = BodyCache()

    async def arrived(self, session: DatabaseSession, rows: Sequence[Mapping[str, Any]]) -> None:
        await session.run_many(MOVE, [{name: row[name] for name in ("collection", "id", "version")} for row in rows])

    async def leaving(self, session: DatabaseSession, keys: Sequence[Sequence[Any]]) -> None:
        await session.run_many(
            "INSERT INTO document_moves (collection, id, version, done)"
            " SELECT collection, id, version + 1, 0 FROM documents WHERE collection = :collection AND id = :id"
            " ON CONFLICT (collection, id) DO UPDATE SET version = excluded.version, done = 0",
            [{"collection": collection, "id": document_id} for collection, document_id in keys],
        )

    @asynccontextmanager
    async def steady(self, work: ServiceDatabase) -> AsyncIterator[None]:
        until = await self._hold_still(work)
        try:
            yield
        finally:
            async with work.begin() as tx:  # unless another process holds it longer
                await tx.run(
                    "UPDATE document_moves SET version = 0"
                    " WHERE collection = :collection AND id = :id AND version = :until",
                    **STEADY,
                    until=until,
                )

    @staticmethod
    async def _hold_still(work: ServiceDatabase) -> int:
        """Stop moving bodies for a time, and return its end."""
        until = to_micros(work.now() + STEADY_FOR)
        async with work.begin() as tx:
            await tx.run(
                "INSERT INTO document_moves (collection, id, version, done) VALUES (:collection, :id, :until, 1)"
                " ON CONFLICT (collection, id) DO UPDATE SET version = excluded.version"
                " WHERE document_moves.version < excluded.version",
                **STEADY,
                until=until,
            )
        return until

    # --- moving documents while the database stays

    async def claim_pending(self, work: ServiceDatabase) -> int:
        adopted = 0
        async for rows in pages(work, f"body <> '{EXTERNAL_BODY}'"):
            for collection, ones in _by_collection(rows).items():
                moves, name = await self._moves_of(work, collection, ones), _name(work.name, collection)
                refused = await self._bodies.write(name, moves)
                there = [move for move in moves if move.id not in refused]
                await arrived_completely(self._bodies, work, name, there)
                async with work.begin() as tx:
                    await self.arrived(
                        tx.session, [{"collection": collection, "id": one.id, "version": one.version} for one in there]
                    )
                adopted += len(there)
        return adopted

    async def return_pending(self, work: ServiceDatabase) -> int:
        await self._hold_still(work)
        given = 0
        left = True
        while left:
            async for rows in pages(work, f"body = '{EXTERNAL_BODY}'"):
                complete = await self.fill(work, [{name: row[name] for name in PARTS} for row in rows])
                async with work.begin() as tx:
                    await tx.run_many(
                        "UPDATE documents SET body = :body WHERE collection = :collection AND id = :id"
                        f" AND version = :version AND body = '{EXTERNAL_BODY}'",
                        complete,
                    )
                given += len(complete)
            async with work.database.hold() as held:  # deletions in progress have finished now
                left = bool(
                    await held.fetch(f"SELECT 1 AS one FROM documents WHERE body = '{EXTERNAL_BODY}' LIMIT 1", {})
                )
        return given

    def timers(self, works: Sequence[ServiceDatabase]) -> list[ScheduledJob]:
        return [ScheduledJob(f"{work.name}.documents", SETTLED_EVERY, partial(self.settle, work)) for work in works]

    async def examine(self) -> Health:
        return await self._bodies.examine()

    async def close(self) -> None:
        await self._bodies.close()


def _by_collection(rows: Sequence[R]) -> dict[str, list[R]]:
    found: dict[str, list[R]] = {}
    for row in rows:
        found.setdefault(row["collection"], []).append(row)
    return found


def _name(service: str, collection: str) -> str:
    return f"{service}_{collection}"
