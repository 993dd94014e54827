"""Documents as JSON in the service's relational database, in the same transaction as its events."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from shopwright.kit.data.database import DatabaseSession, Row, UniqueViolation
from shopwright.kit.data.events import ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Unavailable, VersionConflict
from shopwright.kit.observability.health import Health
from shopwright.kit.ports import DocumentCollection, StoredDocument, Write
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop

ENCODER = msgspec.json.Encoder()
EXTERNAL_BODY = "null"  # stands for a body that another engine keeps
CHANGED = gettext_noop("This was changed by someone else meanwhile. Read it again and repeat your change.")


class DatabaseDocuments:
    """Three tables for all collections: bodies, index values, unique values."""

    async def get(
        self, source: ServiceDatabase | Transaction, collection: DocumentCollection, ids: Sequence[str]
    ) -> list[StoredDocument]:
        rows = await source.fetch_in(
            "SELECT id, version, body FROM documents WHERE collection = :collection AND id IN (:each)",
            ids,
            collection=collection.name,
        )
        found = {one.id: one for one in await self._whole(source, collection, rows)}
        return [found[one] for one in ids if one in found]

    async def find(
        self,
        source: ServiceDatabase | Transaction,
        collection: DocumentCollection,
        where: Mapping[str, str],
        *,
        after: str = "",
        limit: int = 100,
    ) -> list[StoredDocument]:
        joins: list[str] = []
        values: dict[str, str] = {}
        for number, (field, value) in enumerate(where.items()):
            table = "document_unique" if field in collection.unique else "document_index"
            if table == "document_index" and field not in collection.indexed:
                raise LookupError(f"{collection.name} has no index on {field}")
            joins.append(
                f" JOIN {table} i{number} ON i{number}.collection = d.collection AND i{number}.id = d.id"
                f" AND i{number}.field = :field{number} AND i{number}.value = :value{number}"
            )
            values |= {f"field{number}": field, f"value{number}": value}
        rows = await source.fetch(
            f"SELECT d.id, d.version, d.body FROM documents d{''.join(joins)}"
            " WHERE d.collection = :collection AND d.id > :after ORDER BY d.id LIMIT :limit",
            collection=collection.name,
            after=after,
            limit=limit,
            **values,
        )
        return await self._whole(source, collection, rows)

    async def find_any(
        self, source: ServiceDatabase | Transaction, collection: DocumentCollection, field: str, values: Sequence[str]
    ) -> list[StoredDocument]:
        if field not in collection.unique:
            raise LookupError(f"{collection.name} has no unique {field}")
        rows = await source.fetch_in(
            "SELECT d.id, d.version, d.body FROM document_unique u"
            " JOIN documents d ON d.collection = u.collection AND d.id = u.id"
            " WHERE u.collection = :collection AND u.field = :field AND u.value IN (:each)",
            values,
            collection=collection.name,
            field=field,
        )
        return await self._whole(source, collection, rows)

    async def put(
        self, tx: Transaction, collection: DocumentCollection, document_id: str, body: Mapping[str, Any], version: int
    ) -> int:
        return (await self.put_many(tx, collection, [Write(document_id, body, version)]))[0]

    async def put_many(
        self,
        tx: Transaction,
        collection: DocumentCollection,
        writes: Sequence[Write],
        changed: Sequence[str] | None = None,
    ) -> list[int]:
        await self._hold(tx, collection, writes)
        rows = [
            {
                "collection": collection.name,
                "id": one.id,
                "version": one.version + 1,
                "body": ENCODER.encode(one.body).decode(),
            }
            for one in writes
        ]
        try:
            await tx.run_many(
                "INSERT INTO documents (collection, id, version, body) VALUES (:collection, :id, :version, :body)",
                [row for row, one in zip(rows, writes, strict=True) if not one.version],
            )
        except UniqueViolation:
            raise VersionConflict(_(CHANGED)) from None
        await tx.run_many(
            "UPDATE documents SET version = :version, body = :body WHERE collection = :collection AND id = :id",
            [row for row, one in zip(rows, writes, strict=True) if one.version],
        )
        for table, fields in (("document_unique", collection.unique), ("document_index", collection.indexed)):
            touched = [field for field in fields if changed is None or field in changed]
            await self._index(tx, table, touched, collection.name, writes)
        return [one.version + 1 for one in writes]

    @staticmethod
    async def _hold(tx: Transaction, collection: DocumentCollection, writes: Sequence[Write]) -> None:
        """Lock these documents. Raises VersionConflict if they changed since they were read."""
        if len({one.id for one in writes}) < len(writes):
            raise LookupError("a document is written twice at once")
        old = {one.id: one.version for one in writes if one.version}
        held = await tx.fetch_in(
            "UPDATE documents SET version = version WHERE collection = :collection AND id IN (:each)"
            " RETURNING id, version",
            old,
            collection=collection.name,
        )
        if {row["id"]: row["version"] for row in held} != old:
            raise VersionConflict(_(CHANGED))

    @staticmethod
    async def _index(
        tx: Transaction, table: str, fields: Sequence[str], collection: str, writes: Sequence[Write]
    ) -> None:
        """Update the indexed values that changed."""
        if not fields:
            return
        now = dict.fromkeys(
            (one.id, field, value) for one in writes for field in fields for value in _members(one.body.get(field))
        )
        rows = await tx.fetch_in(
            f"SELECT id, field, value FROM {table} WHERE collection = :collection AND id IN (:each)",
            [one.id for one in writes if one.version],
            collection=collection,
        )
        before = {(row["id"], row["field"], row["value"]) for row in rows if row["field"] in fields}
        for sql, keys in (
            (
                f"DELETE FROM {table} WHERE collection = :collection AND field = :field AND value = :value AND id = :id",
                sorted(before - now.keys()),
            ),
            (
                f"INSERT INTO {table} (collection, field, value, id) VALUES (:collection, :field, :value, :id)",
                [key for key in now if key not in before] if before else now,
            ),
        ):
            await tx.run_many(
                sql,
                [
                    {"collection": collection, "field": field, "value": value, "id": document_id}
                    for document_id, field, value in keys
                ],
            )

    async def _whole(
        self, _source: ServiceDatabase | Transaction, _collection: DocumentCollection, rows: Sequence[Row]
    ) -> list[StoredDocument]:
        """The documents in these rows."""
        found = [StoredDocument(row["id"], row["version"], row["body"]) for row in rows]
        if any(one.body == EXTERNAL_BODY for one in found):
            raise Unavailable(
                _(
                    "Documents of this shop are in another engine: set SHOPWRIGHT_DOCUMENTS to it as before, or bring them here with `shopwright move`."
                )
            )
        return found

    async def delete(self, tx: Transaction, collection: DocumentCollection, document_id: str) -> None:
        await self._forget_index(tx, collection, document_id)
        await tx.run(
            "DELETE FROM documents WHERE collection = :collection AND id = :id",
            collection=collection.name,
            id=document_id,
        )

    async def fill(self, _work: ServiceDatabase, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        """The rows are complete."""
        return rows

    @asynccontextmanager
    async def steady(self, _work: ServiceDatabase) -> AsyncIterator[None]:
        """No-op: a database snapshot suffices."""
        yield

    async def clear(self, _work: ServiceDatabase) -> None:
        """No-op: no documents are outside the database."""

    async def arrived(self, session: DatabaseSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """No-op: the rows are the documents."""

    async def leaving(self, session: DatabaseSession, keys: Sequence[Sequence[Any]]) -> None:
        """No-op: no other storage refers to them."""

    async def claim_pending(self, _work: ServiceDatabase) -> int:
        """No-op: documents are in the database already."""
        return 0

    async def return_pending(self, _work: ServiceDatabase) -> int:
        """No-op: documents are in the database already."""
        return 0

    async def settle(self, work: ServiceDatabase) -> None:
        """No-op: writes are never pending."""

    def timers(self, _works: Sequence[ServiceDatabase]) -> list[ScheduledJob]:
        """Return no jobs."""
        return []

    async def examine(self) -> Health:
        return Health(_("in the database"))

    async def close(self) -> None:
        """No-op: there are no connections."""

    @staticmethod
    async def _forget_index(tx: Transaction, collection: DocumentCollection, document_id: str) -> None:
        for table in ("document_index", "document_unique"):
            await tx.run(
                f"DELETE FROM {table} WHERE collection = :collection AND id = :id",
                collection=collection.name,
                id=document_id,
            )


def _members(value: Any) -> list[str]:
    if type(value) is str:
        return [value] if value else []
    if isinstance(value, list | tuple):
        return [one for member in value for one in _members(member)]
    return [] if value is None or value == "" else [str(value)]
