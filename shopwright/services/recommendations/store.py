"""SQL for co-purchases, sales and features."""

from collections.abc import Sequence

from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction

NEAREST = 60


async def pairs(source: Reader, product_id: str) -> list[tuple[str, int, int, int]]:
    """Return products bought with this one, with the counts of both together and of each."""
    rows = await source.fetch(
        "SELECT p.other_id, p.count AS together,"
        " (SELECT CAST(coalesce(sum(orders), 0) AS BIGINT) FROM sold s WHERE s.product_id = p.product_id) AS own,"
        " (SELECT CAST(coalesce(sum(orders), 0) AS BIGINT) FROM sold s WHERE s.product_id = p.other_id) AS others"
        " FROM pairs p WHERE p.product_id = :product_id ORDER BY p.count DESC, p.other_id LIMIT 50",
        product_id=product_id,
    )
    return [(row["other_id"], row["together"], row["own"], row["others"]) for row in rows]


async def sharing(source: Reader, product_id: str) -> list[tuple[str, str, int]]:
    """Return products that share a feature, with the feature and how many products have it.

    Of a common feature only the nearest products by id are read: a fixed number, whatever the size of the shop.
    """
    rows = await source.fetch(
        "SELECT f.feature, c.having_it FROM features f JOIN feature_counts c ON c.feature = f.feature"
        " WHERE f.product_id = :product_id ORDER BY c.having_it, f.feature LIMIT 12",
        product_id=product_id,
    )
    found = []
    for row in rows:
        for comparison, order in ((">", "ASC"), ("<", "DESC")):
            near = await source.fetch(
                f"SELECT product_id FROM features WHERE feature = :feature AND product_id {comparison} :product_id"
                f" ORDER BY product_id {order} LIMIT :nearest",
                feature=row["feature"],
                product_id=product_id,
                nearest=NEAREST,
            )
            found += [(one["product_id"], row["feature"], row["having_it"]) for one in near]
    return found


async def trending(source: Reader, since_day: int, limit: int) -> list[str]:
    """Return the products in most orders since then."""
    rows = await source.fetch(
        "SELECT product_id FROM sold WHERE day >= :since GROUP BY product_id ORDER BY sum(orders) DESC, product_id LIMIT :limit",
        since=since_day,
        limit=limit,
    )
    return [row["product_id"] for row in rows]


async def bought_by(source: ServiceDatabase, user_id: str, limit: int) -> list[str]:
    """Return a customer's purchases, newest first."""
    rows = await source.fetch(
        "SELECT product_id FROM bought WHERE user_id = :user_id ORDER BY time DESC LIMIT :limit",
        user_id=user_id,
        limit=limit,
    )
    return [row["product_id"] for row in rows]


async def count_pair(tx: Transaction, product_id: str, other_id: str) -> None:
    """Count a co-purchase."""
    await tx.run(
        "INSERT INTO pairs (product_id, other_id, count) VALUES (:product_id, :other_id, 1)"
        " ON CONFLICT (product_id, other_id) DO UPDATE SET count = pairs.count + 1",
        product_id=product_id,
        other_id=other_id,
    )


async def count_sold(tx: Transaction, product_id: str, day: int) -> None:
    """Count an order with this product."""
    await tx.run(
        "INSERT INTO sold (product_id, day, orders) VALUES (:product_id, :day, 1)"
        " ON CONFLICT (product_id, day) DO UPDATE SET orders = sold.orders + 1",
        product_id=product_id,
        day=day,
    )


async def add_bought(tx: Transaction, user_id: str, product_id: str, time: int) -> None:
    """Record a purchase."""
    await tx.run(
        "INSERT INTO bought (user_id, product_id, time) VALUES (:user_id, :product_id, :time)"
        " ON CONFLICT (user_id, product_id) DO UPDATE SET time = excluded.time",
        user_id=user_id,
        product_id=product_id,
        time=time,
    )


async def set_features(tx: Transaction, product_id: str, features: Sequence[str]) -> None:
    """Replace the features of a product."""
    rows = await tx.fetch(
        "DELETE FROM features WHERE product_id = :product_id RETURNING feature", product_id=product_id
    )
    before, now = {row["feature"] for row in rows}, set(features)
    await tx.run_many(
        "INSERT INTO features (product_id, feature) VALUES (:product_id, :feature)",
        [{"product_id": product_id, "feature": feature} for feature in sorted(now)],
    )
    # In the same order everywhere, so that products that change at once cannot deadlock.
    await tx.run_many(
        "INSERT INTO feature_counts (feature, having_it) VALUES (:feature, :step)"
        " ON CONFLICT (feature) DO UPDATE SET having_it = feature_counts.having_it + excluded.having_it",
        [{"feature": feature, "step": 1 if feature in now else -1} for feature in sorted(before ^ now)],
    )


async def forget(tx: Transaction, user_id: str) -> None:
    """Delete a customer's purchases."""
    await tx.run("DELETE FROM bought WHERE user_id = :user_id", user_id=user_id)
