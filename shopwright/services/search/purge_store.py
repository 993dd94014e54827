"""What a cache in front of the shop has still to drop, and what it shows, in SQL."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction

NOTE = "ON CONFLICT (subject) DO UPDATE SET times = purges.times + 1"


class NotedPurge(msgspec.Struct, frozen=True):
    """`times`: how often by now."""

    subject: str
    times: int


class ListedProduct(msgspec.Struct, frozen=True):
    """By which slug a product is seen, and digests of where and how lists show it."""

    slug: str = ""
    digest: str = ""


async def note(tx: Transaction, subjects: Sequence[str]) -> None:
    """These are not as they were."""
    await tx.run_many(f"INSERT INTO purges (subject) VALUES (:id) {NOTE}", [{"id": one} for one in subjects])


async def note_variant(tx: Transaction, variant_id: str) -> None:
    """The product of this variant is not as it was."""
    await tx.run(
        f"INSERT INTO purges (subject) SELECT product_id FROM offers WHERE variant_id = :id AND product_id <> '' {NOTE}",
        id=variant_id,
    )


async def noted(source: ServiceDatabase, most: int) -> list[NotedPurge]:
    """Some of what was noted."""
    rows = await source.fetch("SELECT subject, times FROM purges LIMIT :most", most=most)
    return [NotedPurge(row["subject"], row["times"]) for row in rows]


async def told(tx: Transaction, done: Sequence[NotedPurge]) -> None:
    """These were told of; what was noted again meanwhile stays."""
    await tx.run_many(
        "DELETE FROM purges WHERE subject = :subject AND times = :times",
        [{"subject": one.subject, "times": one.times} for one in done],
    )


async def shown(source: Reader, subjects: Iterable[str]) -> dict[str, ListedProduct]:
    """What is seen of these."""
    rows = await source.fetch_in("SELECT * FROM purged WHERE subject IN (:each)", subjects)
    return {row["subject"]: ListedProduct(row["slug"], row["digest"]) for row in rows}


async def show(tx: Transaction, now: Mapping[str, ListedProduct]) -> None:
    """What is seen from now on; a product that is hidden keeps the slug it was seen by."""
    await tx.run_many(
        "INSERT INTO purged (subject, slug, digest) VALUES (:id, :slug, :digest) ON CONFLICT (subject) DO UPDATE SET"
        " slug = CASE WHEN excluded.slug = '' THEN purged.slug ELSE excluded.slug END, digest = excluded.digest",
        [{"id": subject, "slug": one.slug, "digest": one.digest} for subject, one in now.items()],
    )
