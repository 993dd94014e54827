"""SQL for erasing buyers from orders."""

from collections.abc import Sequence

from shopwright.kit.addresses import email_key
from shopwright.kit.data.retention import erase_bodies
from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction
from shopwright.kit.personal import ERASED
from shopwright.services.orders.model import without_reason
from shopwright.services.orders.retention import RETENTION

LOOKED_AT = 5_000


async def orders_of(source: ServiceDatabase, customer_id: str) -> list[str]:
    """Return the ids of all orders of a customer."""
    rows = await source.fetch(
        "SELECT id FROM orders WHERE customer_id = :customer_id ORDER BY id", customer_id=customer_id
    )
    return [row["id"] for row in rows]


async def orders_of_guest(source: Reader, email: str) -> list[str]:
    """Return the ids of orders placed with this address, in any spelling, and without an account."""
    if email.isascii():
        rows = await source.fetch(
            "SELECT id FROM orders WHERE lower(email) = :email AND email <> '' AND customer_id IS NULL ORDER BY id",
            email=email.lower(),
        )
        return [row["id"] for row in rows]
    # SQLite's lower() handles ASCII only, so other addresses, which are few, are searched among those of all guests.
    found, after = [], ""
    sql = (
        "SELECT id, email FROM orders WHERE id > :after AND email <> '' AND customer_id IS NULL ORDER BY id LIMIT :most"
    )
    while rows := await source.fetch(sql, after=after, most=LOOKED_AT):
        found += [row["id"] for row in rows if email_key(row["email"]) == email_key(email)]
        after = rows[-1]["id"]
    return found


async def old_guests(source: ServiceDatabase, since: int, before: int, most: int) -> list[tuple[str, int]]:
    """Return id and time of guest orders placed from `since` until `before` (microseconds), oldest first."""
    rows = await source.fetch(
        "SELECT id, placed_at FROM orders WHERE customer_id IS NULL AND erasing = 0"
        " AND placed_at >= :since AND placed_at < :before ORDER BY placed_at LIMIT :most",
        since=since,
        before=before,
        most=most,
    )
    return [(row["id"], row["placed_at"]) for row in rows]


async def forget_customer(tx: Transaction, order_id: str, names: Sequence[str]) -> None:
    """Detach the order from its customer; its address is kept until the parcel is shipped (`to_be_cleared`)."""
    await tx.run(
        "UPDATE orders SET customer_id = NULL, email = '', name = :erased, erasing = 1 WHERE id = :id",
        id=order_id,
        erased=ERASED,
    )
    for name in names:
        await tx.run(
            "UPDATE timeline SET who = :erased WHERE order_id = :id AND who = :name",
            id=order_id,
            name=name,
            erased=ERASED,
        )


async def to_be_cleared(source: ServiceDatabase, after: str, most: int) -> list[str]:
    """Return erased buyers' orders that no longer need an address, at most `most` after this id."""
    rows = await source.fetch(
        "SELECT id FROM orders WHERE erasing = 1 AND id > :after AND status NOT IN ('placed', 'paid', 'part_shipped')"
        " ORDER BY id LIMIT :most",
        after=after,
        most=most,
    )
    return [row["id"] for row in rows]


async def clear_addresses(tx: Transaction, order_id: str) -> None:
    """Erase personal data of an order; country and region of its addresses stay."""
    await erase_bodies(tx, RETENTION, order_id)
    for row in await tx.fetch("SELECT id, what FROM timeline WHERE order_id = :id", id=order_id):
        if (clean := without_reason(row["what"])) != row["what"]:
            await tx.run("UPDATE timeline SET what = :what WHERE id = :id", id=row["id"], what=clean)
    await tx.run("UPDATE orders SET erasing = 2, tax_id = NULL WHERE id = :id", id=order_id)
