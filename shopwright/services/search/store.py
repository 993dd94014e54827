"""SQL for the data the index is built from."""

from collections.abc import Mapping, Sequence

import msgspec

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.money import Money
from shopwright.kit.text import like_literal
from shopwright.services.search.contract import Rating
from shopwright.services.search.model import IndexEntry, IndexOffer


class ChangedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product whose current form is not indexed."""

    product_id: str
    entry: IndexEntry | None
    rating: Rating
    sold: int
    changed: int
    offers: tuple[IndexOffer, ...]


async def write_entry(tx: Transaction, known: IndexEntry, variant_ids: Sequence[str]) -> None:
    """Write a visible product."""
    await tx.run(
        "INSERT INTO entries (product_id, body, visible) VALUES (:id, :body, 1) ON CONFLICT (product_id) DO UPDATE"
        " SET body = excluded.body, visible = 1, changed = entries.changed + 1",
        id=known.id,
        body=msgspec.json.encode(known).decode(),
    )
    await tx.run("UPDATE offers SET product_id = '' WHERE product_id = :id", id=known.id)
    await tx.run_many(
        "INSERT INTO offers (variant_id, product_id) VALUES (:variant_id, :id)"
        " ON CONFLICT (variant_id) DO UPDATE SET product_id = excluded.product_id",
        [{"variant_id": variant_id, "id": known.id} for variant_id in variant_ids],
    )


async def hide(tx: Transaction, product_id: str) -> None:
    """Mark a product as hidden."""
    await tx.run("UPDATE entries SET visible = 0, changed = changed + 1 WHERE product_id = :id", id=product_id)


async def set_price(tx: Transaction, variant_id: str, price: Money, compare_at: Money | None) -> None:
    """Write the price of a variant."""
    await tx.run(
        "INSERT INTO offers (variant_id, amount, compare_at, currency) VALUES (:id, :amount, :compare_at, :currency)"
        " ON CONFLICT (variant_id) DO UPDATE SET amount = excluded.amount, compare_at = excluded.compare_at,"
        " currency = excluded.currency",
        id=variant_id,
        amount=price.amount,
        compare_at=compare_at.amount if compare_at else None,
        currency=price.currency,
    )
    await _touch_by_variant(tx, variant_id)


async def set_available(tx: Transaction, variant_id: str, available: int) -> None:
    """Write the availability of a variant."""
    await tx.run(
        "INSERT INTO offers (variant_id, available) VALUES (:id, :available)"
        " ON CONFLICT (variant_id) DO UPDATE SET available = excluded.available",
        id=variant_id,
        available=available,
    )
    await _touch_by_variant(tx, variant_id)


async def _touch_by_variant(tx: Transaction, variant_id: str) -> None:
    await tx.run(
        "UPDATE entries SET changed = changed + 1 WHERE product_id = (SELECT product_id FROM offers WHERE variant_id = :id)",
        id=variant_id,
    )


async def set_rating(tx: Transaction, product_id: str, rating_sum: int, rating_count: int) -> None:
    """Write the rating of a product."""
    await tx.run(
        "INSERT INTO entries (product_id, rating_sum, rating_count) VALUES (:id, :sum, :count) ON CONFLICT (product_id)"
        " DO UPDATE SET rating_sum = excluded.rating_sum, rating_count = excluded.rating_count, changed = entries.changed + 1",
        id=product_id,
        sum=rating_sum,
        count=rating_count,
    )


async def add_sold(tx: Transaction, product_id: str, quantity: int) -> None:
    """Add to the units sold."""
    await tx.run(
        "INSERT INTO entries (product_id, sold) VALUES (:id, :quantity) ON CONFLICT (product_id)"
        " DO UPDATE SET sold = entries.sold + excluded.sold, changed = entries.changed + 1",
        id=product_id,
        quantity=quantity,
    )


def _rating(row: Row) -> Rating:
    count = row["rating_count"]
    return Rating(round(row["rating_sum"] / count, 2) if count else 0.0, count)


async def changed(source: ServiceDatabase, limit: int) -> list[ChangedProduct]:
    """Return products whose changes are not indexed."""
    rows = await source.fetch(
        "SELECT * FROM entries WHERE changed <> indexed ORDER BY changed LIMIT :limit", limit=limit
    )
    return await _with_offers(source, rows)


async def after(source: ServiceDatabase, product_id: str, limit: int) -> list[ChangedProduct]:
    """Return all products after this id, in batches."""
    rows = await source.fetch(
        "SELECT * FROM entries WHERE product_id > :id ORDER BY product_id LIMIT :limit", id=product_id, limit=limit
    )
    return await _with_offers(source, rows)


async def some(source: ServiceDatabase, product_ids: Sequence[str]) -> list[ChangedProduct]:
    """Return visible products in this order."""
    rows = await source.fetch_in("SELECT * FROM entries WHERE visible = 1 AND product_id IN (:each)", product_ids)
    found = {one.product_id: one for one in await _with_offers(source, rows)}
    return [found[product_id] for product_id in product_ids if product_id in found]


async def known(
    source: ServiceDatabase, tokens: Sequence[str], words: Sequence[str], offset: int, limit: int
) -> tuple[list[ChangedProduct], int]:
    """Return products with these tokens and words, best-selling first, and their number; scans all products."""
    within = [msgspec.json.encode(token).decode() for token in tokens]
    like = {f"like{n}": f"%{like_literal(part.casefold())}%" for n, part in enumerate((*within, *words))}
    where = "visible = 1 AND body <> ''" + "".join(f" AND lower(body) LIKE :{name} ESCAPE '!'" for name in like)
    count = await source.one(f"SELECT count(*) AS n FROM entries WHERE {where}", **like)
    rows = await source.fetch(
        f"SELECT * FROM entries WHERE {where} ORDER BY sold DESC, product_id LIMIT :limit OFFSET :offset",
        **like,
        limit=limit,
        offset=offset,
    )
    return await _with_offers(source, rows), count["n"] if count else 0


async def _with_offers(source: ServiceDatabase, rows: Sequence[Row]) -> list[ChangedProduct]:
    offers: dict[str, list[IndexOffer]] = {row["product_id"]: [] for row in rows}
    for row in await source.fetch_in("SELECT * FROM offers WHERE product_id IN (:each)", offers):
        price = None if row["amount"] is None else Money(row["amount"], row["currency"])
        compare_at = None if row["compare_at"] is None else Money(row["compare_at"], row["currency"])
        offers[row["product_id"]].append(IndexOffer(price=price, compare_at=compare_at, available=row["available"]))

    def read(row: Row) -> ChangedProduct:
        return ChangedProduct(
            product_id=row["product_id"],
            entry=decode_tolerant(row["body"], IndexEntry) if row["visible"] and row["body"] else None,
            rating=_rating(row),
            sold=row["sold"],
            changed=row["changed"],
            offers=tuple(offers[row["product_id"]]),
        )

    return source.aside.readable("entry", rows, lambda row: str(row["product_id"]), read)


async def generation(source: ServiceDatabase) -> int:
    """Return the number of the index, which grows with each swap."""
    row = await source.one("SELECT number FROM generations WHERE name = 'index'")
    return row["number"] if row else 0


async def new_generation(tx: Transaction) -> int:
    """Increase the index number and mark nothing as indexed."""
    rows = await tx.fetch(
        "INSERT INTO generations (name, number) VALUES ('index', 1)"
        " ON CONFLICT (name) DO UPDATE SET number = generations.number + 1 RETURNING number"
    )
    await tx.run("UPDATE entries SET indexed = 0")
    return int(rows[0]["number"])


async def mark_indexed(tx: Transaction, done: Mapping[str, int], generation: int) -> None:
    """Mark products as indexed in the state of `changed`, if this is still the current index."""
    # Lock first, then read: a statement that waits for a row being replaced would read the former number.
    rows = await tx.fetch(
        "INSERT INTO generations (name, number) VALUES ('index', 0)"
        " ON CONFLICT (name) DO UPDATE SET number = generations.number RETURNING number"
    )
    if rows[0]["number"] == generation:
        await tx.run_many(
            "UPDATE entries SET indexed = :changed WHERE product_id = :id",
            [{"id": product_id, "changed": changed} for product_id, changed in done.items()],
        )


async def visible_and_indexed(source: ServiceDatabase) -> int:
    """Count the products the index should contain."""
    row = await source.one("SELECT count(*) AS n FROM entries WHERE visible = 1 AND body <> '' AND indexed > 0")
    return row["n"] if row else 0


async def rating(source: ServiceDatabase, product_id: str) -> Rating:
    """Return the rating of a product."""
    row = await source.one("SELECT rating_sum, rating_count FROM entries WHERE product_id = :id", id=product_id)
    return _rating(row) if row else Rating(0.0, 0)
