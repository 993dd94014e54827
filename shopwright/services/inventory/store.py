"""SQL for stock. Each change is one conditional statement, the same on every database, so it cannot oversell."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.clock import from_micros
from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.inventory.backorder_store import rules
from shopwright.services.inventory.contract import MAIN, Movement, Stock, VariantQuantity

OPEN, TAKEN, RELEASED, EXPIRED = "open", "taken", "released", "expired"
ON_BACKORDER = ""  # the location of backordered reservations


async def read(source: ServiceDatabase | Transaction, variant_ids: Sequence[str]) -> dict[str, Stock]:
    """Return stock summed over locations."""
    async with source.pinned() as reader:
        rows = await reader.fetch_in(
            "SELECT variant_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved FROM stock"
            " WHERE variant_id IN (:each) GROUP BY variant_id",
            variant_ids,
        )
        ruled = await rules(reader, variant_ids)
    found = {row["variant_id"]: Stock(row["variant_id"], int(row["on_hand"]), int(row["reserved"])) for row in rows}
    found = {variant_id: found.get(variant_id, Stock(variant_id, 0, 0)) for variant_id in variant_ids}
    for variant_id, (rule, promised) in ruled.items():
        found[variant_id] = msgspec.structs.replace(
            found[variant_id], backorder=max(0, rule.backorder - promised), low_at=rule.low_at
        )
    return found


async def counts(source: Reader, variant_ids: Sequence[str]) -> dict[str, int]:
    """Return units on hand, summed over locations."""
    rows = await source.fetch_in(
        "SELECT variant_id, sum(on_hand) AS on_hand FROM stock WHERE variant_id IN (:each) GROUP BY variant_id",
        variant_ids,
    )
    return {row["variant_id"]: int(row["on_hand"]) for row in rows}


async def by_location(source: ServiceDatabase | Transaction, variant_id: str) -> dict[str, Stock]:
    """Return stock at each location in the order they are taken from."""
    rows = await source.fetch(
        "SELECT s.* FROM stock s JOIN locations l ON l.id = s.location WHERE s.variant_id = :variant_id"
        " ORDER BY l.position, l.id",
        variant_id=variant_id,
    )
    return {row["location"]: Stock(variant_id, row["on_hand"], row["reserved"]) for row in rows}


async def free(tx: Transaction, variant_id: str) -> dict[str, int]:
    """Return unreserved units by location, locked until the transaction ends."""
    await hold(tx, [variant_id])
    return {location: stock.on_shelf for location, stock in (await by_location(tx, variant_id)).items()}


async def hold(tx: Transaction, variant_ids: Sequence[str]) -> None:
    """Lock all stock of these variants until the transaction ends.

    Rows are locked in the same order everywhere, and all rows of a variant at once, so that transactions cannot
    deadlock.
    """
    rows = await tx.fetch_in("SELECT variant_id, location FROM stock WHERE variant_id IN (:each)", variant_ids)
    await tx.run_many(
        "UPDATE stock SET reserved = reserved WHERE variant_id = :variant_id AND location = :location",
        [
            {"variant_id": variant_id, "location": location}
            for variant_id, location in sorted((row["variant_id"], row["location"]) for row in rows)
        ],
    )


async def spread(tx: Transaction, variant_ids: Sequence[str]) -> dict[str, int]:
    """Return at how many locations these variants ever had stock; those that never had any are missing."""
    rows = await tx.fetch_in(
        "SELECT variant_id, count(*) AS count FROM stock WHERE variant_id IN (:each) GROUP BY variant_id", variant_ids
    )
    return {row["variant_id"]: int(row["count"]) for row in rows}


async def stocked(source: Transaction, variant_ids: Sequence[str]) -> set[str]:
    """Return which of these variants ever had stock."""
    rows = await source.fetch_in("SELECT DISTINCT variant_id FROM stock WHERE variant_id IN (:each)", variant_ids)
    return {row["variant_id"] for row in rows}


async def put_first(tx: Transaction, lines: Sequence[VariantQuantity]) -> list[VariantQuantity]:
    """Insert stock of variants without any. Returns those inserted."""
    rows = await tx.fetch_rows(
        "INSERT INTO stock (variant_id, on_hand, location, reserved) VALUES (:each, :location, 0)"
        " ON CONFLICT (variant_id, location) DO NOTHING RETURNING variant_id",
        [(line.variant_id, line.quantity) for line in lines],
        location=MAIN,
    )
    put = {row["variant_id"] for row in rows}
    return [line for line in lines if line.variant_id in put and line.quantity]


async def on_hand(source: ServiceDatabase | Transaction, variant_id: str, location: str) -> int:
    """Return units on hand at a location."""
    row = await source.one(
        "SELECT on_hand FROM stock WHERE variant_id = :variant_id AND location = :location",
        variant_id=variant_id,
        location=location,
    )
    return row["on_hand"] if row else 0


async def move(tx: Transaction, variant_id: str, location: str, delta: int) -> bool:
    """Change units on hand. Returns False if fewer than zero, or than reserved, would remain."""
    if delta >= 0:
        return bool(
            await tx.run(
                "INSERT INTO stock (variant_id, location, on_hand, reserved) VALUES (:variant_id, :location, :delta, 0)"
                " ON CONFLICT (variant_id, location) DO UPDATE SET on_hand = stock.on_hand + :delta",
                variant_id=variant_id,
                location=location,
                delta=delta,
            )
        )
    return bool(
        await tx.run(
            "UPDATE stock SET on_hand = on_hand + :delta"
            " WHERE variant_id = :variant_id AND location = :location AND on_hand + :delta >= reserved",
            variant_id=variant_id,
            location=location,
            delta=delta,
        )
    )


async def reserve(tx: Transaction, order_id: str, wanted: VariantQuantity, location: str = "") -> bool:
    """Reserve a line at this location, or the first with enough. Returns False if there is none."""
    rows = await tx.fetch(
        "UPDATE stock SET reserved = reserved + :quantity WHERE variant_id = :variant_id AND location = ("
        " SELECT s.location FROM stock s JOIN locations l ON l.id = s.location"
        "  WHERE s.variant_id = :variant_id AND s.on_hand - s.reserved >= :quantity AND :location IN ('', s.location)"
        " ORDER BY l.position, l.id LIMIT 1) AND on_hand - reserved >= :quantity RETURNING location",
        variant_id=wanted.variant_id,
        quantity=wanted.quantity,
        location=location,
    )
    if not rows:
        return False
    await keep_line(tx, order_id, wanted, rows[0]["location"])
    return True


async def keep_line(tx: Transaction, order_id: str, wanted: VariantQuantity, location: str) -> None:
    """Record what is reserved for an order, and where."""
    await tx.run(
        "INSERT INTO reservation_lines (order_id, variant_id, location, quantity)"
        " VALUES (:order_id, :variant_id, :location, :quantity)",
        order_id=order_id,
        variant_id=wanted.variant_id,
        location=location,
        quantity=wanted.quantity,
    )


async def open_reservation(tx: Transaction, order_id: str, expires_at: int) -> bool:
    """Insert a reservation, or reopen an expired one. Returns False if the order has one."""
    return bool(
        await tx.run(
            "INSERT INTO reservations (order_id, state, expires_at) VALUES (:order_id, 'open', :expires_at)"
            " ON CONFLICT (order_id) DO UPDATE SET state = 'open', expires_at = :expires_at"
            " WHERE reservations.state IN ('expired', 'released')",
            order_id=order_id,
            expires_at=expires_at,
        )
    )


async def keep_until(tx: Transaction, order_id: str, expires_at: int) -> None:
    """Extend an open reservation."""
    await tx.run(
        "UPDATE reservations SET expires_at = :expires_at"
        " WHERE order_id = :order_id AND state = 'open' AND expires_at < :expires_at",
        order_id=order_id,
        expires_at=expires_at,
    )


async def close_reservation(tx: Transaction, order_id: str, state: str) -> bool:
    """Close an open reservation with this state. Returns False if it is not open."""
    return bool(
        await tx.run(
            "UPDATE reservations SET state = :state WHERE order_id = :order_id AND state = 'open'",
            order_id=order_id,
            state=state,
        )
    )


async def reservation_state(source: ServiceDatabase | Transaction, order_id: str) -> str | None:
    """Return the state of an order's reservation."""
    row = await source.one("SELECT state FROM reservations WHERE order_id = :order_id", order_id=order_id)
    return row["state"] if row else None


async def variants_of(source: ServiceDatabase | Transaction, order_id: str) -> list[str]:
    """Return the reserved variants of an order."""
    rows = await source.fetch(
        "SELECT DISTINCT variant_id FROM reservation_lines WHERE order_id = :order_id ORDER BY variant_id",
        order_id=order_id,
    )
    return [row["variant_id"] for row in rows]


async def delete_lines(tx: Transaction, order_id: str, *, leaves_shelf: bool) -> list[tuple[VariantQuantity, str]]:
    """Release reserved lines; `leaves_shelf`: take the goods, too. Returns lines and locations."""
    rows = await tx.fetch(
        "DELETE FROM reservation_lines WHERE order_id = :order_id RETURNING variant_id, location, quantity",
        order_id=order_id,
    )
    lines = sorted((row["variant_id"], row["location"], row["quantity"]) for row in rows)
    if any(location == ON_BACKORDER for _, location, _ in lines):
        await hold(tx, sorted({variant_id for variant_id, _, _ in lines}))
    for variant_id, location, quantity in lines:
        await tx.run(
            "UPDATE stock SET reserved = reserved - :quantity, on_hand = on_hand - :leaving"
            " WHERE variant_id = :variant_id AND location = :location",
            quantity=quantity,
            leaving=quantity if leaves_shelf else 0,
            variant_id=variant_id,
            location=location,
        )
    return [(VariantQuantity(variant_id, quantity), location) for variant_id, location, quantity in lines]


async def movements(source: ServiceDatabase, variant_id: str, limit: int) -> list[Movement]:
    """Return the newest movements of a variant."""
    rows = await source.fetch(
        "SELECT * FROM movements WHERE variant_id = :variant_id ORDER BY id DESC LIMIT :limit",
        variant_id=variant_id,
        limit=limit,
    )
    return [
        Movement(
            row["id"],
            row["variant_id"],
            row["location"],
            row["delta"],
            row["reason"],
            from_micros(row["time"]),
            Money(row["value"], row["currency"]) if row["valued"] else None,
        )
        for row in rows
    ]


async def with_old_movements(source: ServiceDatabase, before: str) -> list[str]:
    """Return variants with several movements before this id at one location."""
    rows = await source.fetch(
        "SELECT variant_id FROM movements WHERE id < :before GROUP BY variant_id, location HAVING count(*) > 1",
        before=before,
    )
    return sorted({row["variant_id"] for row in rows})


async def carry_forward(tx: Transaction, variant_id: str, before: str) -> None:
    """Merge movements before this id into one per location."""
    old = "variant_id = :variant_id AND id < :before"
    rows = await tx.fetch(
        f"SELECT location, max(id) AS id, CAST(sum(delta) AS BIGINT) AS delta, max(currency) AS currency,"
        f" CAST(sum(valued) AS BIGINT) AS valued, CAST(sum(value) AS BIGINT) AS value FROM movements WHERE {old}"
        " GROUP BY location HAVING count(*) > 1",
        variant_id=variant_id,
        before=before,
    )
    for row in rows:
        await tx.run(
            f"DELETE FROM movements WHERE {old} AND location = :location AND id <> :id",
            variant_id=variant_id,
            before=before,
            location=row["location"],
            id=row["id"],
        )
        await tx.run(
            "UPDATE movements SET delta = :delta, valued = :valued, value = :value, currency = :currency,"
            " reason = 'carried forward' WHERE id = :id",
            **row,
        )


async def expired(source: ServiceDatabase, now: int, limit: int) -> list[str]:
    """Return orders with expired reservations."""
    rows = await source.fetch(
        "SELECT order_id FROM reservations WHERE state = 'open' AND expires_at <= :now ORDER BY expires_at LIMIT :limit",
        now=now,
        limit=limit,
    )
    return [row["order_id"] for row in rows]


async def metrics(source: ServiceDatabase, now: int) -> dict[str, float]:
    """Count open reservations and overdue ones."""
    row = await source.one(
        "SELECT count(*) AS n, COALESCE(SUM(CASE WHEN expires_at <= :now THEN 1 ELSE 0 END), 0) AS over"
        " FROM reservations WHERE state = 'open'",
        now=now,
    )
    return {"reservations": row["n"], "reservations overdue": row["over"]} if row else {}


async def check_consistency(source: ServiceDatabase) -> list[str]:
    """Describe for `doctor` where stock differs from its movements, or reserved units from reservations."""
    wrong = [
        _(
            "{variant_id} at {location} has {on_hand} on hand, but its movements add up to {moved}.",
            variant_id=row["variant_id"],
            location=row["location"],
            on_hand=row["on_hand"],
            moved=row["moved"],
        )
        for row in await source.fetch(
            "SELECT s.variant_id, s.location, s.on_hand, CAST(coalesce(sum(m.delta), 0) AS BIGINT) AS moved FROM stock s"
            " LEFT JOIN movements m ON m.variant_id = s.variant_id AND m.location = s.location"
            " GROUP BY s.variant_id, s.location, s.on_hand HAVING s.on_hand <> coalesce(sum(m.delta), 0)"
        )
    ]
    return wrong + [
        _(
            "{variant_id} at {location} has {reserved} reserved, but open reservations hold {held}.",
            variant_id=row["variant_id"],
            location=row["location"],
            reserved=row["reserved"],
            held=row["held"],
        )
        for row in await source.fetch(
            "SELECT s.variant_id, s.location, s.reserved, CAST(coalesce(sum(l.quantity), 0) AS BIGINT) AS held FROM stock s"
            " LEFT JOIN (SELECT r.* FROM reservation_lines r JOIN reservations o ON o.order_id = r.order_id"
            "  WHERE o.state = 'open') l ON l.variant_id = s.variant_id AND l.location = s.location"
            " GROUP BY s.variant_id, s.location, s.reserved HAVING s.reserved <> coalesce(sum(l.quantity), 0)"
        )
    ]
