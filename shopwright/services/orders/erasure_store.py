"""Orders of people who are forgotten, in SQL."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.facts import ERASED
from shopwright.kit.places import Address
from shopwright.kit.versions import understood
from shopwright.kit.work import Transaction, Work
from shopwright.services.orders.store import to_json
from shopwright.services.orders.whole_store import Body


async def orders_of(source: Work, customer_id: str) -> list[str]:
    """All of a customer's orders."""
    rows = await source.fetch(
        "SELECT id FROM orders WHERE customer_id = :customer_id ORDER BY id", customer_id=customer_id
    )
    return [row["id"] for row in rows]


async def orders_of_guest(source: Work, email: str) -> list[str]:
    """All that was ordered with this address and belongs to no account."""
    rows = await source.fetch(
        "SELECT id FROM orders WHERE lower(email) = :email AND email <> '' AND customer_id IS NULL ORDER BY id",
        email=email.lower(),
    )
    return [row["id"] for row in rows]


async def of_guests(source: Work, after: str, before: str, most: int) -> list[tuple[str, bool]]:
    """Orders between these ids, the oldest first; is it a guest's who is not forgotten?"""
    rows = await source.fetch(
        "SELECT id, customer_id, email FROM orders WHERE id > :after AND id < :before ORDER BY id LIMIT :most",
        after=after,
        before=before,
        most=most,
    )
    return [(row["id"], row["customer_id"] is None and row["email"] != "") for row in rows]


async def guests_reached(source: Work) -> int:
    """Up to when guests are forgotten, in microseconds; 0 before the first."""
    row = await source.one("SELECT time FROM shop_marks WHERE name = 'guests'")
    return int(row["time"]) if row else 0


async def reach_guests(tx: Transaction, until: int) -> None:
    """Up to here."""
    await tx.run(
        "INSERT INTO shop_marks (name, time) VALUES ('guests', :time) ON CONFLICT (name) DO UPDATE SET time = :time",
        time=until,
    )


async def forget_customer(tx: Transaction, order_id: str, names: Sequence[str]) -> None:
    """Nobody's order any more: its address goes when the parcel has left (`to_be_cleared`)."""
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


async def to_be_cleared(source: Work, after: str, most: int) -> list[str]:
    """Orders of the forgotten that need their address no longer; so many after this one."""
    rows = await source.fetch(
        "SELECT id FROM orders WHERE erasing = 1 AND id > :after AND status NOT IN ('placed', 'paid', 'part_shipped')"
        " ORDER BY id LIMIT :most",
        after=after,
        most=most,
    )
    return [row["id"] for row in rows]


async def clear_addresses(tx: Transaction, order_id: str) -> None:
    """Of the addresses, country and region stay: taxes depend on them. The tax id goes with them."""
    row = await tx.one("SELECT body FROM orders WHERE id = :id", id=order_id)
    if row is None:
        return
    body = understood(row["body"], Body)
    clean = msgspec.structs.replace(
        body, shipping_address=_cleared(body.shipping_address), billing_address=_cleared(body.billing_address)
    )
    await tx.run(
        "UPDATE orders SET body = :body, erasing = 2, tax_id = NULL WHERE id = :id", id=order_id, body=to_json(clean)
    )


def _cleared(address: Address) -> Address:
    return Address(name=ERASED, line1=ERASED, country=address.country, region=address.region)
