"""SQL for statistics."""

from collections.abc import AsyncIterator, Mapping

from shopwright.kit.data.events import StoredEvent
from shopwright.kit.data.unit_of_work import Reader, Transaction, read_event
from shopwright.kit.money import Money
from shopwright.services.insights import trim_store
from shopwright.services.insights.contract import TopProduct, TopSearch, TopView


async def count_step(tx: Transaction, day: int, step: str, count: int) -> None:
    """Add to the count of a funnel step."""
    await tx.run(
        "INSERT INTO funnel (day, step, count) VALUES (:day, :step, :count)"
        " ON CONFLICT (day, step) DO UPDATE SET count = funnel.count + excluded.count",
        day=day,
        step=step,
        count=count,
    )


async def count_searches(tx: Transaction, day: int, counts: Mapping[str, int]) -> None:
    """Add to the counts of search texts, up to a limit per day, as anyone can invent texts."""
    known = "UPDATE searches SET count = count + :count WHERE day = :day AND words = :words"
    new = (
        "INSERT INTO searches (day, words, count) VALUES (:day, :words, :count)"
        " ON CONFLICT (day, words) DO UPDATE SET count = searches.count + excluded.count"
    )
    await tx.run_many(
        known if await trim_store.is_full(tx, day) else new,
        [{"day": day, "words": words, "count": count} for words, count in sorted(counts.items())],
    )


async def count_views(tx: Transaction, day: int, counts: Mapping[str, int]) -> None:
    """Add to the counts of product views."""
    await tx.run_many(
        "INSERT INTO product_views (day, product_id, count) VALUES (:day, :product_id, :count)"
        " ON CONFLICT (day, product_id) DO UPDATE SET count = product_views.count + excluded.count",
        [{"day": day, "product_id": product_id, "count": count} for product_id, count in sorted(counts.items())],
    )


async def funnel(source: Reader, since: int) -> dict[str, int]:
    """Return counts by funnel step."""
    rows = await source.fetch(
        "SELECT step, CAST(sum(count) AS BIGINT) AS n FROM funnel WHERE day >= :since GROUP BY step", since=since
    )
    return {row["step"]: row["n"] for row in rows}


async def top_searches(source: Reader, since: int, limit: int) -> list[TopSearch]:
    """Return the most frequent searches."""
    rows = await source.fetch(
        "SELECT words, CAST(sum(count) AS BIGINT) AS n FROM searches WHERE day >= :since"
        " GROUP BY words ORDER BY n DESC, words LIMIT :limit",
        since=since,
        limit=limit,
    )
    return [TopSearch(row["words"], row["n"]) for row in rows]


async def top_views(source: Reader, since: int, limit: int) -> list[TopView]:
    """Return the most viewed products."""
    rows = await source.fetch(
        "SELECT product_id, CAST(sum(count) AS BIGINT) AS n FROM product_views WHERE day >= :since"
        " GROUP BY product_id ORDER BY n DESC, product_id LIMIT :limit",
        since=since,
        limit=limit,
    )
    return [TopView(row["product_id"], row["n"]) for row in rows]


async def days(source: Reader, since: int, currency: str) -> dict[int, tuple[int, Money]]:
    """Return orders and revenue by day."""
    rows = await source.fetch(
        "SELECT * FROM sales WHERE day >= :since AND currency = :currency", since=since, currency=currency
    )
    return {row["day"]: (row["orders"], Money(row["revenue"], currency)) for row in rows}


async def top_products(source: Reader, currency: str, limit: int) -> list[TopProduct]:
    """Return the best-selling products."""
    rows = await source.fetch(
        "SELECT * FROM products_sold WHERE currency = :currency AND quantity > 0 ORDER BY quantity DESC, product_id LIMIT :limit",
        currency=currency,
        limit=limit,
    )
    return [
        TopProduct(row["product_id"], row["title"], row["quantity"], Money(row["revenue"], currency)) for row in rows
    ]


async def forget_sums(tx: Transaction, since: int) -> None:
    """Reset sums to what events before day `since`, which left the log, contributed."""
    await tx.run("UPDATE sales SET orders = carried_orders, revenue = carried_revenue")
    await tx.run("UPDATE products_sold SET quantity = carried_quantity, revenue = carried_revenue")
    for table in ("funnel", "searches", "product_views"):
        await tx.run(f"DELETE FROM {table} WHERE day >= :since", since=since)
    await tx.run("DELETE FROM sales WHERE orders = 0 AND revenue = 0")
    await tx.run("DELETE FROM products_sold WHERE quantity = 0 AND revenue = 0")


async def events(tx: Transaction) -> AsyncIterator[StoredEvent]:
    """Iterate over the whole log in order."""
    seq = 0
    while rows := await tx.fetch("SELECT * FROM journal WHERE seq > :seq ORDER BY seq LIMIT 1000", seq=seq):
        for row in rows:
            yield read_event(row)
        seq = rows[-1]["seq"]
