"""Documents as JSON in the service's own relational database, in the same transaction as its facts."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from shopwright.kit.database import Row, Session
from shopwright.kit.errors import Unavailable, VersionConflict
from shopwright.kit.facts import Timer
from shopwright.kit.health import Health
from shopwright.kit.ports import Collection, Document
from shopwright.kit.work import Transaction, Work

ELSEWHERE = "null"  # stands for a body that another engine keeps


class DatabaseDocuments:
    """Three tables for all collections: bodies, index values, unique values."""

    async def get(self, source: Work | Transaction, collection: Collection, ids: Sequence[str]) -> list[Document]:
        rows = await source.fetch_in(
            "SELECT id, version, body FROM documents WHERE collection = :collection AND id IN (:each)",
            ids,
            collection=collection.name,
        )
        found = {one.id: one for one in await self._whole(source, collection, rows)}
        return [found[one] for one in ids if one in found]

    async def find(
        self,
        source: Work | Transaction,
        collection: Collection,
        where: Mapping[str, str],
        *,
        after: str = "",
        limit: int = 100,
    ) -> list[Document]:
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
        self, source: Work | Transaction, collection: Collection, field: str, values: Sequence[str]
    ) -> list[Document]:
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
        self, tx: Transaction, collection: Collection, document_id: str, body: Mapping[str, Any], version: int
    ) -> int:
        values = {
            "collection": collection.name,
            "id": document_id,
            "body": msgspec.json.encode(body).decode(),
            "version": version,
        }
        if version == 0:
            touched = await tx.run(
                "INSERT INTO documents (collection, id, version, body) VALUES (:collection, :id, :version + 1, :body)"
                " ON CONFLICT (collection, id) DO NOTHING",
                **values,
            )
        else:
            touched = await tx.run(
                "UPDATE documents SET version = version + 1, body = :body"
                " WHERE collection = :collection AND id = :id AND version = :version",
                **values,
            )
        if not touched:
            raise VersionConflict("This was changed by someone else meanwhile. Read it again and repeat your change.")
        if version:
            await self._forget_index(tx, collection, document_id)
        for table, fields in (("document_unique", collection.unique), ("document_index", collection.indexed)):
            await tx.run_many(
                f"INSERT INTO {table} (collection, field, value, id) VALUES (:collection, :field, :value, :id)",
                [
                    {"collection": collection.name, "field": field, "value": value, "id": document_id}
                    for field in fields
                    for value in dict.fromkeys(_members(body.get(field)))
                ],
            )
        return version + 1

    async def _whole(self, _source: Work | Transaction, _collection: Collection, rows: Sequence[Row]) -> list[Document]:
        """What stands in these rows of `documents`."""
        found = [Document(row["id"], row["version"], row["body"]) for row in rows]
        if any(one.body == ELSEWHERE for one in found):
            raise Unavailable(
                "Documents of this shop are in another engine: set SHOPWRIGHT_DOCUMENTS to it as before,"
                " or bring them here with `shopwright move`."
            )
        return found

    async def delete(self, tx: Transaction, collection: Collection, document_id: str) -> None:
        await self._forget_index(tx, collection, document_id)
        await tx.run(
            "DELETE FROM documents WHERE collection = :collection AND id = :id",
            collection=collection.name,
            id=document_id,
        )

    async def fill(self, _work: Work, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        """They are whole."""
        return rows

    @asynccontextmanager
    async def steady(self, _work: Work) -> AsyncIterator[None]:
        """A snapshot of the database is all there is."""
        yield

    async def clear(self, _work: Work) -> None:
        """Nothing is."""

    async def arrived(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """They are where they belong."""

    async def leaving(self, session: Session, keys: Sequence[Sequence[Any]]) -> None:
        """Nothing else is known of them."""

    async def adopt(self, _work: Work) -> int:
        """It has them."""
        return 0

    async def give_back(self, _work: Work) -> int:
        """They are there."""
        return 0

    async def settle(self, work: Work) -> None:
        """Nothing waits."""

    def timers(self, _works: Sequence[Work]) -> list[Timer]:
        """None is needed."""
        return []

    async def examine(self) -> Health:
        return Health("in the database")

    async def close(self) -> None:
        """Nothing is held."""

    @staticmethod
    async def _forget_index(tx: Transaction, collection: Collection, document_id: str) -> None:
        for table in ("document_index", "document_unique"):
            await tx.run(
                f"DELETE FROM {table} WHERE collection = :collection AND id = :id",
                collection=collection.name,
                id=document_id,
            )


def _members(value: Any) -> Iterator[str]:
    if value is None or value == "":
        return
    if isinstance(value, list | tuple):
        for member in value:
            yield from _members(member)
    else:
        yield str(value)
