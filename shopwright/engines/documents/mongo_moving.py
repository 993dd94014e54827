"""Moving documents to MongoDB while their database stays: copied, then verified."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from shopwright.engines.documents.mongo_bodies import BodyMove, MongoBodies
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Conflict
from shopwright.kit.ports import StoredDocument
from shopwright.kit.translation import gettext as _

PARTS = ("collection", "id", "version", "body")
BATCH = 200


async def pages(work: ServiceDatabase, where: str) -> AsyncIterator[Sequence[Row]]:
    """Iterate over matching rows of `documents` in batches."""
    collection = after = ""
    while rows := await work.fetch(
        f"SELECT {', '.join(PARTS)} FROM documents"
        f" WHERE (collection, id) > (:collection, :id) AND {where} ORDER BY collection, id LIMIT :batch",
        collection=collection,
        id=after,
        batch=BATCH,
    ):
        yield rows
        collection, after = rows[-1]["collection"], rows[-1]["id"]


async def arrived_completely(bodies: MongoBodies, work: ServiceDatabase, name: str, moves: Sequence[BodyMove]) -> None:
    """Verify what was written. Raises Conflict if it differs without a change meanwhile."""
    found = {one.id: one for one in await bodies.read(name, [one.id for one in moves])}
    odd = [one.id for one in moves if one.id not in found or not _same(one, found[one.id])]
    sql = "SELECT id, version FROM documents WHERE collection = :collection AND id IN (:each)"
    now = {row["id"]: row["version"] for row in await work.fetch_in(sql, odd, collection=name.partition("_")[2])}
    if wrong := [one.id for one in moves if now.get(one.id) == one.version]:
        raise Conflict(
            _(
                "MongoDB does not answer {wrong} of {name} as it was written. Choose an empty database.",
                wrong=wrong[0],
                name=name,
            )
        )


def _same(move: BodyMove, there: StoredDocument) -> bool:
    return there.version == move.version and msgspec.json.decode(there.body) == msgspec.json.decode(move.body or "")
