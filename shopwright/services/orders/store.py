"""SQL for orders."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.spans import Span
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.digits import is_number
from shopwright.kit.money import Money
from shopwright.services.orders import list_store, taxes, whole_store
from shopwright.services.orders.contract import Order, OrderSummary, Shipment, Status
from shopwright.services.orders.sale_store import SaleOfOrder

# Numbers of up to this many digits fit the column.
LONGEST_NUMBER = 15
LARGEST_NUMBER = 2**63 - 1


class OrderHead(msgspec.Struct, frozen=True, kw_only=True):
    """The row of an order, for decisions."""

    id: str
    number: int
    status: Status
    cart_id: str
    cart_version: int
    payment_id: str | None
    attempts: int
    total: Money
    email: str
    expires_at: int
    sale_id: int | None = None
    tax_id: str | None = None
    to_pay: Money


def to_json(value: object) -> str:
    """Encode a value for its column."""
    return msgspec.json.encode(value).decode()


def _head(row: Row) -> OrderHead:
    return OrderHead(
        id=row["id"],
        number=row["number"],
        status=row["status"],
        cart_id=row["cart_id"],
        cart_version=row["cart_version"],
        payment_id=row["payment_id"],
        attempts=row["attempts"],
        total=Money(row["total"], row["currency"]),
        email=row["email"],
        expires_at=row["expires_at"],
        sale_id=row["sale_id"],
        tax_id=row["tax_id"],
        to_pay=Money(row["total"] - row["gift_cards"], row["currency"]),
    )


async def next_number(tx: Transaction) -> int:
    """Return the next order number; counted in the order's transaction, so there are no gaps."""
    rows = await tx.fetch("UPDATE counters SET value = value + 1 WHERE name = 'order_number' RETURNING value")
    return int(rows[0]["value"])


async def set_counter(tx: Transaction, name: str, value: int) -> None:
    """Set a number kept by name: a gap in the order numbers, or how far a job has come."""
    await tx.run(
        "INSERT INTO counters (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name=name,
        value=value,
    )


async def insert(
    tx: Transaction, order: Order, expires_at: int, cart_version: int, personal_terms: str, sale: SaleOfOrder
) -> None:
    """Insert a new order. Raises UniqueViolation if its id or its cart already has one."""
    body = whole_store.body_of(order)
    await tx.run(
        "INSERT INTO orders (id, number, status, cart_id, cart_version, customer_id, email, name, currency, total, items, body,"
        " placed_at, expires_at, personal_terms, taxes, sale_id, tax_id, gift_cards) VALUES (:id, :number, :status, :cart_id, :cart_version, :customer_id, :email,"
        " :name, :currency, :total, :items, :body, :placed_at, :expires_at, :personal_terms, :taxes, :sale_id, :tax_id, :gift_cards)",
        id=order.id,
        number=int(order.number),
        status=order.status,
        cart_id=order.cart_id,
        cart_version=cart_version,
        customer_id=order.customer_id,
        email=order.email,
        name=order.shipping_address.name,
        currency=order.currency,
        total=order.totals.total.amount,
        gift_cards=(order.totals.total - order.to_pay).amount,
        items=sum(line.quantity for line in order.lines),
        body=to_json(body),
        placed_at=to_micros(order.placed_at),
        expires_at=expires_at,
        personal_terms=personal_terms,
        sale_id=sale.number,
        tax_id=sale.tax_id,
        taxes=to_json(taxes.kept([line.tax_parts for line in order.lines], order.shipping.tax_parts))
        if order.shipping and all(line.tax_parts for line in order.lines)
        else None,
    )
    await tx.run_many(
        "INSERT INTO order_lines (id, order_id, position, product_id, quantity, cancelled, body)"
        " VALUES (:id, :order_id, :position, :product_id, :quantity, 0, :body)",
        [
            {
                "id": line.id,
                "order_id": order.id,
                "position": position,
                "product_id": line.product_id,
                "quantity": line.quantity,
                "body": to_json(msgspec.convert(line, whole_store.LineBody, from_attributes=True)),
            }
            for position, line in enumerate(order.lines)
        ],
    )


async def living_of_cart(source: ServiceDatabase | Transaction, cart_id: str) -> OrderHead | None:
    """Return the open order of a cart."""
    row = await source.one(
        "SELECT * FROM orders WHERE cart_id = :cart_id AND status NOT IN ('cancelled', 'expired')", cart_id=cart_id
    )
    return _head(row) if row else None


async def head(source: ServiceDatabase | Transaction, order_id: str) -> OrderHead | None:
    """Return the row of an order."""
    row = await source.one("SELECT * FROM orders WHERE id = :id", id=order_id)
    return _head(row) if row else None


async def lock(tx: Transaction, order_id: str) -> OrderHead | None:
    """Increase an order's version and lock its row until the transaction ends."""
    rows = await tx.fetch("UPDATE orders SET version = version + 1 WHERE id = :id RETURNING *", id=order_id)
    return _head(rows[0]) if rows else None


async def held(tx: Transaction, order_id: str) -> Order | None:
    """Lock an order until the transaction ends and return all of it."""
    return None if await lock(tx, order_id) is None else await read(tx, order_id)


async def move(tx: Transaction, order_id: str, status: Status) -> None:
    """Write the new status, after the state table has been checked."""
    await tx.run("UPDATE orders SET status = :status WHERE id = :id", id=order_id, status=status)


async def set_payment(tx: Transaction, order_id: str, payment_id: str) -> None:
    """Set the order's payment."""
    await tx.run("UPDATE orders SET payment_id = :payment_id WHERE id = :id", id=order_id, payment_id=payment_id)


async def next_attempt(tx: Transaction, order_id: str, seen: int, expires_at: int) -> bool:
    """Count a payment attempt, which extends the time to pay. Returns False if another attempt is running."""
    return bool(
        await tx.run(
            "UPDATE orders SET attempts = attempts + 1, expires_at = :expires_at WHERE id = :id AND attempts = :seen",
            id=order_id,
            seen=seen,
            expires_at=expires_at,
        )
    )


async def wait_until(tx: Transaction, order_id: str, expires_at: int) -> bool:
    """Extend the time to pay. Returns False if it is that long already."""
    return bool(
        await tx.run(
            "UPDATE orders SET expires_at = :expires_at WHERE id = :id AND expires_at < :expires_at",
            id=order_id,
            expires_at=expires_at,
        )
    )


async def wait_no_longer(tx: Transaction, order_id: str, expires_at: int) -> None:
    """Shorten the time to pay."""
    await tx.run(
        "UPDATE orders SET expires_at = :expires_at WHERE id = :id AND expires_at > :expires_at",
        id=order_id,
        expires_at=expires_at,
    )


async def insert_history(tx: Transaction, moment_id: str, order_id: str, what: str, who: str) -> None:
    """Insert a history entry."""
    await tx.run(
        "INSERT INTO timeline (id, order_id, time, what, who) VALUES (:id, :order_id, :time, :what, :who)",
        id=moment_id,
        order_id=order_id,
        time=to_micros(tx.now),
        what=what,
        who=who,
    )


async def read(source: ServiceDatabase | Transaction, order_id: str) -> Order | None:
    """Return an order without its payment, by id or number."""
    number = order_id.lstrip("#")
    by_number = is_number(number)
    async with source.pinned() as reader:
        row = await reader.one(
            f"SELECT * FROM orders WHERE {'number' if by_number else 'id'} = :id",
            id=int(number) if by_number else order_id,
        )
        if row is None:
            return None
        [found] = await whole_store.read_all(reader, [row], Span(ids=(row["id"],)))
    return found()


async def summaries(
    source: ServiceDatabase,
    where: Sequence[str],
    values: Mapping[str, Any],
    limit: int,
    *,
    tables: str = "orders",
    by: str = "orders.id",
) -> list[OrderSummary]:
    """List orders that meet all these conditions, newest first."""
    rows = await source.fetch(
        f"SELECT orders.*, {list_store.REFUNDED} AS refunded FROM {tables} WHERE {' AND '.join(where)}"
        f" ORDER BY {by} DESC LIMIT :limit",
        limit=limit,
        **values,
    )
    return [
        OrderSummary(
            id=row["id"],
            number=str(row["number"]),
            status=row["status"],
            email=row["email"],
            name=row["name"],
            total=Money(row["total"], row["currency"]),
            items=row["items"],
            placed_at=from_micros(row["placed_at"]),
            authorised=row["status"] == "placed" and bool(row["authorised"]),
            refunded=Money(row["refunded"], row["currency"]) if row["refunded"] else None,
        )
        for row in rows
    ]


async def insert_shipment(tx: Transaction, order_id: str, shipment: Shipment) -> None:
    """Insert a shipment."""
    await tx.run(
        "INSERT INTO shipments (id, order_id, status, body) VALUES (:id, :order_id, :status, :body)",
        id=shipment.id,
        order_id=order_id,
        status=shipment.status,
        body=to_json(shipment),
    )


async def write_counts(tx: Transaction, order: Order) -> None:
    """Write shipped, refunded and cancelled units of each line, and the resulting status; the order is locked."""
    await move(tx, order.id, order.status)
    written = ("id", "shipped", "refunded", "cancelled")
    await tx.run_many(
        "UPDATE order_lines SET shipped = :shipped, refunded = :refunded, cancelled = :cancelled WHERE id = :id",
        [{name: getattr(line, name) for name in written} for line in order.lines],
    )


async def deliver_shipments(tx: Transaction, order_id: str) -> None:
    """Mark all shipments as delivered."""
    await tx.run("UPDATE shipments SET status = 'delivered' WHERE order_id = :order_id", order_id=order_id)


async def overdue(source: ServiceDatabase, now: int) -> list[str]:
    """Return orders whose time to pay is over."""
    rows = await source.fetch(
        "SELECT id FROM orders WHERE status = 'placed' AND expires_at <= :now ORDER BY expires_at LIMIT 100", now=now
    )
    return [row["id"] for row in rows]


async def claim_guest_orders(tx: Transaction, cart_id: str, customer_id: str) -> list[str]:
    """Assign a guest's orders from a cart to a customer."""
    rows = await tx.fetch(
        "UPDATE orders SET customer_id = :customer_id WHERE cart_id = :cart_id AND customer_id IS NULL RETURNING id",
        cart_id=cart_id,
        customer_id=customer_id,
    )
    return [row["id"] for row in rows]


async def adopt_one(tx: Transaction, order_id: str, customer_id: str) -> None:
    """Assign a guest's order to the customer who verified its e-mail address."""
    await tx.run(
        "UPDATE orders SET customer_id = :customer_id WHERE id = :id AND customer_id IS NULL AND email <> ''",
        id=order_id,
        customer_id=customer_id,
    )


async def has_bought(source: ServiceDatabase, customer_id: str, product_id: str) -> bool:
    """Whether the customer has a paid order with this product."""
    row = await source.one(
        "SELECT 1 AS found FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.product_id = :product_id"
        " AND o.customer_id = :customer_id AND o.status IN ('paid', 'part_shipped', 'shipped', 'delivered') LIMIT 1",
        customer_id=customer_id,
        product_id=product_id,
    )
    return row is not None
