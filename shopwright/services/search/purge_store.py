"""SQL for CDN invalidation."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction

NOTE = "ON CONFLICT (subject) DO UPDATE SET times = purges.times + 1"


class PendingPurge(msgspec.Struct, frozen=True):
    """A recorded change; `times`: how often it was recorded."""

    subject: str
    times: int


class ListedProduct(msgspec.Struct, frozen=True):
    """The slug of a product, and digests of its place and looks in lists."""

    slug: str = ""
    digest: str = ""


async def note(tx: Transaction, subjects: Sequence[str]) -> None:
    """Record changes of these products."""
    await tx.run_many(f"INSERT INTO purges (subject) VALUES (:id) {NOTE}", [{"id": one} for one in subjects])


async def note_variant(tx: Transaction, variant_id: str) -> None:
    """Record a change of this variant's product."""
    await tx.run(
        f"INSERT INTO purges (subject) SELECT product_id FROM offers WHERE variant_id = :id AND product_id <> '' {NOTE}",
        id=variant_id,
    )


async def noted(source: ServiceDatabase, most: int) -> list[PendingPurge]:
    """Return some recorded changes."""
    rows = await source.fetch("SELECT subject, times FROM purges LIMIT :most", most=most)
    return [PendingPurge(row["subject"], row["times"]) for row in rows]


async def delete_purges(tx: Transaction, done: Sequence[PendingPurge]) -> None:
    """Delete reported changes, except those recorded again since."""
    await tx.run_many(
        "DELETE FROM purges WHERE subject = :subject AND times = :times",
        [{"subject": one.subject, "times": one.times} for one in done],
    )


async def listed_before(source: Reader, subjects: Iterable[str]) -> dict[str, ListedProduct]:
    """Return what is shown of these products."""
    rows = await source.fetch_in("SELECT * FROM purged WHERE subject IN (:each)", subjects)
    return {row["subject"]: ListedProduct(row["slug"], row["digest"]) for row in rows}


async def show(tx: Transaction, now: Mapping[str, ListedProduct]) -> None:
    """Write what is shown; a hidden product keeps its last slug."""
    await tx.run_many(
        "INSERT INTO purged (subject, slug, digest) VALUES (:id, :slug, :digest) ON CONFLICT (subject) DO UPDATE SET"
        " slug = CASE WHEN excluded.slug = '' THEN purged.slug ELSE excluded.slug END, digest = excluded.digest",
        [{"id": subject, "slug": one.slug, "digest": one.digest} for subject, one in now.items()],
    )
