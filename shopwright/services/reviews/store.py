"""Reviews as documents; purchases, ratings and votes in SQL."""

import msgspec

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.ports import DocumentCollection, DocumentStore, StoredDocument
from shopwright.services.reviews.contract import Histogram, Review

MOST, PART = 5_000, 500
REVIEWS = DocumentCollection("reviews", unique=("one_each",), indexed=("shown_for", "status"), kind=Review)


class ReviewStore:
    """Reads and writes documents."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    async def get(self, source: ServiceDatabase | Transaction, review_id: str) -> tuple[Review, int] | None:
        found = await self._documents.get(source, REVIEWS, [review_id])
        return (_review(found[0]), found[0].version) if found else None

    async def by(
        self, source: ServiceDatabase | Transaction, product_id: str, user_id: str
    ) -> tuple[Review, int] | None:
        found = await self._documents.find(source, REVIEWS, {"one_each": f"{product_id}/{user_id}"}, limit=1)
        return (_review(found[0]), found[0].version) if found else None

    async def write(self, tx: Transaction, review: Review, version: int) -> None:
        body = msgspec.to_builtins(review)
        body["one_each"] = f"{review.product_id}/{review.user_id}"
        body["shown_for"] = review.product_id if review.status == "published" else ""
        await self._documents.put(tx, REVIEWS, review.id, body, version)

    async def shown_for(self, source: ServiceDatabase, product_id: str, after: str, limit: int) -> list[Review]:
        found = await self._documents.find(source, REVIEWS, {"shown_for": product_id}, after=after, limit=limit)
        return [_review(one) for one in found]

    async def all_shown_for(self, source: ServiceDatabase, product_id: str) -> list[Review]:
        """Return all reviews of a product (the first 5,000), read in batches."""
        found: list[Review] = []
        while len(found) < MOST and (
            more := await self.shown_for(source, product_id, found[-1].id if found else "", PART)
        ):
            found += more
        return found

    async def with_status(self, source: ServiceDatabase, status: str, after: str, limit: int) -> list[Review]:
        found = await self._documents.find(source, REVIEWS, {"status": status}, after=after, limit=limit)
        return [_review(one) for one in found]


def _review(found: StoredDocument) -> Review:
    return decode_tolerant(found.body, Review)


async def add_purchase(tx: Transaction, user_id: str, product_id: str) -> None:
    """Record a purchase."""
    await tx.run(
        "INSERT INTO purchases (user_id, product_id) VALUES (:user_id, :product_id) ON CONFLICT (user_id, product_id) DO NOTHING",
        user_id=user_id,
        product_id=product_id,
    )


async def purchases(source: ServiceDatabase | Transaction, user_id: str) -> list[str]:
    """Return a customer's purchases."""
    rows = await source.fetch(
        "SELECT product_id FROM purchases WHERE user_id = :user_id ORDER BY product_id", user_id=user_id
    )
    return [row["product_id"] for row in rows]


async def forget(tx: Transaction, user_id: str) -> None:
    """Delete a customer's purchases and votes."""
    await tx.run("DELETE FROM purchases WHERE user_id = :user_id", user_id=user_id)
    await tx.run("DELETE FROM votes WHERE user_id = :user_id", user_id=user_id)


async def has_bought(source: ServiceDatabase | Transaction, user_id: str, product_id: str) -> bool:
    """Whether the customer bought the product."""
    row = await source.one(
        "SELECT 1 AS found FROM purchases WHERE user_id = :user_id AND product_id = :product_id",
        user_id=user_id,
        product_id=product_id,
    )
    return row is not None


async def count_star(tx: Transaction, product_id: str, rating: int, by: int) -> None:
    """Change the count of a rating."""
    await tx.run(
        "INSERT INTO stars (product_id, rating, count) VALUES (:product_id, :rating, :by)"
        " ON CONFLICT (product_id, rating) DO UPDATE SET count = stars.count + excluded.count",
        product_id=product_id,
        rating=rating,
        by=by,
    )


async def histogram(source: ServiceDatabase | Transaction, product_id: str) -> Histogram:
    """Return the numbers of ratings by stars."""
    rows = await source.fetch("SELECT rating, count FROM stars WHERE product_id = :product_id", product_id=product_id)
    found = {row["rating"]: row["count"] for row in rows}
    return Histogram((found.get(1, 0), found.get(2, 0), found.get(3, 0), found.get(4, 0), found.get(5, 0)))


async def add_vote(tx: Transaction, review_id: str, user_id: str) -> bool:
    """Insert a vote. Returns False if there is one."""
    return bool(
        await tx.run(
            "INSERT INTO votes (review_id, user_id) VALUES (:review_id, :user_id) ON CONFLICT (review_id, user_id) DO NOTHING",
            review_id=review_id,
            user_id=user_id,
        )
    )
