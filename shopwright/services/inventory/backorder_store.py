"""SQL for backorders and locations."""

from collections.abc import Mapping, Sequence

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction
from shopwright.kit.translation import gettext as _
from shopwright.services.inventory.contract import MAIN, Location, StockRule, VariantQuantity


async def promise(tx: Transaction, variant_id: str, quantity: int) -> bool:
    """Promise more units. Returns False beyond the limit."""
    return bool(
        await tx.run(
            "UPDATE stock_rules SET promised = promised + :quantity"
            " WHERE variant_id = :variant_id AND promised + :quantity <= backorder",
            variant_id=variant_id,
            quantity=quantity,
        )
    )


async def unpromise(tx: Transaction, variant_id: str, quantity: int) -> None:
    """Release promised units, as they were cancelled or delivered."""
    await tx.run(
        "UPDATE stock_rules SET promised = promised - :quantity WHERE variant_id = :variant_id",
        variant_id=variant_id,
        quantity=quantity,
    )


async def owe(tx: Transaction, order_id: str, wanted: VariantQuantity) -> None:
    """Record units a paid order waits for; they stay promised."""
    await tx.run(
        "INSERT INTO owed (order_id, variant_id, quantity, since) VALUES (:order_id, :variant_id, :quantity, :since)",
        order_id=order_id,
        variant_id=wanted.variant_id,
        quantity=wanted.quantity,
        since=to_micros(tx.now),
    )


async def backordered(source: ServiceDatabase | Transaction, order_id: str) -> dict[str, int]:
    """Return the units an order waits for, by variant."""
    rows = await source.fetch("SELECT variant_id, quantity FROM owed WHERE order_id = :order_id", order_id=order_id)
    return {row["variant_id"]: row["quantity"] for row in rows}


async def waiting(tx: Transaction, variant_id: str) -> list[tuple[str, int]]:
    """Return the orders waiting for a variant with their quantities, longest waiting first."""
    rows = await tx.fetch(
        "SELECT order_id, quantity FROM owed WHERE variant_id = :variant_id ORDER BY since, order_id",
        variant_id=variant_id,
    )
    return [(row["order_id"], row["quantity"]) for row in rows]


async def settle(tx: Transaction, order_id: str, variant_id: str, quantity: int) -> None:
    """Reduce the units an order waits for, which are no longer promised."""
    deleted = await tx.run(
        "DELETE FROM owed WHERE order_id = :order_id AND variant_id = :variant_id AND quantity = :quantity",
        order_id=order_id,
        variant_id=variant_id,
        quantity=quantity,
    )
    if not deleted:
        await tx.run(
            "UPDATE owed SET quantity = quantity - :quantity WHERE order_id = :order_id AND variant_id = :variant_id",
            order_id=order_id,
            variant_id=variant_id,
            quantity=quantity,
        )
    await unpromise(tx, variant_id, quantity)


async def rules(source: Reader, variant_ids: Sequence[str]) -> dict[str, tuple[StockRule, int]]:
    """Return stock rules and promised units of variants that have a rule."""
    rows = await source.fetch_in("SELECT * FROM stock_rules WHERE variant_id IN (:each)", variant_ids)
    return {
        row["variant_id"]: (StockRule(backorder=row["backorder"], low_at=row["low_at"]), row["promised"])
        for row in rows
    }


async def put_rules(tx: Transaction, rules: Mapping[str, StockRule]) -> None:
    """Write rules; promised units stay."""
    await tx.run_many(
        "INSERT INTO stock_rules (variant_id, backorder, low_at) VALUES (:variant_id, :backorder, :low_at)"
        " ON CONFLICT (variant_id) DO UPDATE SET backorder = excluded.backorder, low_at = excluded.low_at",
        [
            {"variant_id": variant_id, "backorder": rule.backorder, "low_at": rule.low_at}
            for variant_id, rule in sorted(rules.items())
        ],
    )


async def check_consistency(source: ServiceDatabase) -> list[str]:
    """Describe for `doctor` where promised units differ from reserved and backordered ones."""
    return [
        _(
            "{variant_id} has {promised} promised, but orders wait for {held}.",
            variant_id=row["variant_id"],
            promised=row["promised"],
            held=row["held"],
        )
        for row in await source.fetch(
            "SELECT variant_id, CAST(sum(promised) AS BIGINT) AS promised, CAST(sum(held) AS BIGINT) AS held FROM ("
            "  SELECT variant_id, promised, 0 AS held FROM stock_rules"
            "  UNION ALL SELECT variant_id, 0, quantity FROM owed"
            "  UNION ALL SELECT l.variant_id, 0, l.quantity FROM reservation_lines l"
            "   JOIN reservations o ON o.order_id = l.order_id WHERE o.state = 'open' AND l.location = '') every"
            " GROUP BY variant_id HAVING sum(promised) <> sum(held)"
        )
    ]


# --- locations


async def locations(source: ServiceDatabase | Transaction) -> list[Location]:
    """Return locations in the order they are taken from."""
    rows = await source.fetch("SELECT * FROM locations ORDER BY position, id")
    return [Location(row["id"], row["title"], row["position"]) for row in rows]


async def put_location(tx: Transaction, location: Location) -> None:
    """Write a location."""
    await tx.run(
        "INSERT INTO locations (id, title, position) VALUES (:id, :title, :position)"
        " ON CONFLICT (id) DO UPDATE SET title = excluded.title, position = excluded.position",
        id=location.id,
        title=location.title,
        position=location.position,
    )


async def delete_location(tx: Transaction, location_id: str) -> bool:
    """Delete an empty location. Returns False if it holds stock."""
    await tx.run("DELETE FROM stock WHERE location = :id AND on_hand = 0", id=location_id)
    return bool(
        await tx.run(
            "DELETE FROM locations WHERE id = :id AND id <> :main"
            " AND NOT EXISTS (SELECT 1 FROM stock WHERE location = :id)",
            id=location_id,
            main=MAIN,
        )
    )
