"""Carts in SQL."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.addresses import Address, email_key
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction
from shopwright.kit.personal import Personal
from shopwright.services.carts.contract import Wish
from shopwright.services.carts.model import MOST_CODES
from shopwright.services.pricing.contract import TaxIdCheck


class StoredLine(msgspec.Struct, frozen=True, kw_only=True):
    """A stored line; `seen_amount` is the unit price the shopper was last shown."""

    id: str
    product_id: str
    variant_id: str
    quantity: int
    seen_amount: int
    saved: bool = False


class Business(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A buyer's tax id: the country whose rules it follows, and the member state of the EU that gave it."""

    tax_id: Personal[str]
    country: str
    member: str = ""
    check: TaxIdCheck


class StoredCart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart as it is stored: no prices, no stock."""

    id: str
    customer_id: str | None
    currency: str
    email: str
    shipping_address: Address | None
    billing_address: Address | None
    shipping_option_id: str | None
    coupons: tuple[str, ...]
    closed: bool
    next_id: str
    version: int
    lines: tuple[StoredLine, ...]
    saved: tuple[StoredLine, ...] = ()
    business: Business | None = None
    reference: str = ""
    gift_cards: tuple[str, ...] = ()


async def insert(tx: Transaction, cart_id: str, customer_id: str | None, currency: str) -> None:
    """A new, empty cart."""
    await tx.run(
        "INSERT INTO carts (id, customer_id, currency, updated_at) VALUES (:id, :customer_id, :currency, :now)",
        id=cart_id,
        customer_id=customer_id,
        currency=currency,
        now=to_micros(tx.now),
    )


async def read(source: ServiceDatabase | Transaction, cart_id: str) -> StoredCart | None:
    """A cart with its lines, in the order they were added."""
    async with source.in_a_row() as asked:
        row = await asked.one("SELECT * FROM carts WHERE id = :id", id=cart_id)
        if row is None:
            return None
        lines = await asked.fetch("SELECT * FROM cart_lines WHERE cart_id = :id ORDER BY id", id=cart_id)
    return _stored(row, tuple(_line(line) for line in lines))


def _line(row: Row) -> StoredLine:
    return StoredLine(
        id=row["id"],
        product_id=row["product_id"],
        variant_id=row["variant_id"],
        quantity=row["quantity"],
        seen_amount=row["seen_amount"],
        saved=bool(row["saved"]),
    )


def _stored(row: Row, lines: tuple[StoredLine, ...]) -> StoredCart:
    return StoredCart(
        id=row["id"],
        customer_id=row["customer_id"],
        currency=row["currency"],
        email=row["email"],
        shipping_address=decode_tolerant(row["shipping_address"], Address | None),
        billing_address=decode_tolerant(row["billing_address"], Address | None),
        shipping_option_id=row["shipping_option_id"],
        coupons=tuple(row["coupons"].split()),
        closed=bool(row["closed"]),
        next_id=row["next_id"],
        version=row["version"],
        lines=tuple(line for line in lines if not line.saved),
        saved=tuple(line for line in lines if line.saved),
        business=decode_tolerant(row["business"], Business) if row["business"] else None,
        reference=row["reference"],
        gift_cards=tuple(row["gift_cards"].split()),
    )


async def touch(tx: Transaction, cart_id: str) -> Row | None:
    """A new version of an open or closed cart, held until the transaction ends."""
    rows = await tx.fetch(
        "UPDATE carts SET version = version + 1, updated_at = :now WHERE id = :id RETURNING id, closed",
        id=cart_id,
        now=to_micros(tx.now),
    )
    return rows[0] if rows else None


async def may_use(source: ServiceDatabase, cart_id: str, user_id: str | None) -> bool:
    """Is there such a cart, and is it nobody's or this customer's?"""
    row = await source.one("SELECT customer_id FROM carts WHERE id = :id", id=cart_id)
    return row is not None and row["customer_id"] in {None, user_id}


async def count(source: ServiceDatabase, cart_id: str) -> int:
    """How many things are in an open cart, or in the one in which a closed one of the same shopper goes on."""
    row = await source.one(
        "SELECT CAST(coalesce(sum(l.quantity), 0) AS BIGINT) AS n FROM cart_lines l JOIN carts c ON c.id = l.cart_id"
        " WHERE l.cart_id = coalesce((SELECT n.id FROM carts o JOIN carts n ON n.id = o.next_id WHERE o.id = :id AND o.closed = 1"
        " AND coalesce(n.customer_id, '') = coalesce(o.customer_id, '')), :id) AND l.saved = 0 AND c.closed = 0",
        id=cart_id,
    )
    return row["n"] if row else 0


async def add_line(tx: Transaction, cart_id: str, line: StoredLine) -> int:
    """Add a line or more of it; answers the quantity there is now."""
    rows = await tx.fetch(
        "INSERT INTO cart_lines (id, cart_id, product_id, variant_id, quantity, seen_amount)"
        " VALUES (:id, :cart_id, :product_id, :variant_id, :quantity, :seen_amount)"
        " ON CONFLICT (cart_id, variant_id) DO UPDATE SET"
        " quantity = CASE cart_lines.saved WHEN 1 THEN 0 ELSE cart_lines.quantity END + excluded.quantity,"
        " saved = 0, seen_amount = excluded.seen_amount RETURNING quantity",
        cart_id=cart_id,
        id=line.id,
        product_id=line.product_id,
        variant_id=line.variant_id,
        quantity=line.quantity,
        seen_amount=line.seen_amount,
    )
    return int(rows[0]["quantity"])


async def cap_line(tx: Transaction, cart_id: str, variant_id: str, most: int) -> None:
    """No more than so many of it."""
    await tx.run(
        "UPDATE cart_lines SET quantity = :most WHERE cart_id = :cart_id AND variant_id = :variant_id",
        most=most,
        cart_id=cart_id,
        variant_id=variant_id,
    )


async def set_quantity(tx: Transaction, cart_id: str, line_id: str, quantity: int) -> bool:
    """Change or (0) remove a line; False where there is none."""
    if quantity == 0:
        return bool(
            await tx.run("DELETE FROM cart_lines WHERE id = :id AND cart_id = :cart_id", id=line_id, cart_id=cart_id)
        )
    return bool(
        await tx.run(
            "UPDATE cart_lines SET quantity = :quantity WHERE id = :id AND cart_id = :cart_id",
            id=line_id,
            cart_id=cart_id,
            quantity=quantity,
        )
    )


async def set_seen(tx: Transaction, line_id: str, amount: int) -> None:
    """The shopper was shown this unit price."""
    await tx.run("UPDATE cart_lines SET seen_amount = :amount WHERE id = :id", id=line_id, amount=amount)


def joined(own: StoredCart, guest: StoredCart) -> StoredCart:
    """A customer's cart with what they typed as a guest, which is newer: codes, address and all that goes with them."""
    return msgspec.structs.replace(
        own,
        coupons=tuple(dict.fromkeys((*guest.coupons, *own.coupons)))[:MOST_CODES],
        email=guest.email or own.email,
        shipping_address=guest.shipping_address or own.shipping_address,
        billing_address=guest.billing_address or own.billing_address,
        shipping_option_id=guest.shipping_option_id or own.shipping_option_id,
        business=guest.business or own.business,
        reference=guest.reference or own.reference,
        gift_cards=tuple(dict.fromkeys((*guest.gift_cards, *own.gift_cards)))[:MOST_CODES],
    )


async def set_details(tx: Transaction, cart: StoredCart) -> None:
    """Write the checkout details."""
    await tx.run(
        "UPDATE carts SET email = :email, shipping_address = :shipping, billing_address = :billing,"
        " shipping_option_id = :option, coupons = :coupons, business = :business,"
        " reference = :reference, gift_cards = :gift_cards WHERE id = :id",
        id=cart.id,
        email=cart.email,
        shipping=msgspec.json.encode(cart.shipping_address).decode(),
        billing=msgspec.json.encode(cart.billing_address).decode(),
        option=cart.shipping_option_id,
        coupons=" ".join(cart.coupons),
        business=None if cart.business is None else msgspec.json.encode(cart.business).decode(),
        reference=cart.reference,
        gift_cards=" ".join(cart.gift_cards),
    )


async def of_customer(source: ServiceDatabase | Transaction, customer_id: str) -> str | None:
    """A customer's open cart."""
    row = await source.one(
        "SELECT id FROM carts WHERE customer_id = :customer_id AND closed = 0 ORDER BY updated_at DESC LIMIT 1",
        customer_id=customer_id,
    )
    return row["id"] if row else None


async def give_to(tx: Transaction, cart_id: str, customer_id: str) -> None:
    """A guest's cart becomes a customer's."""
    await tx.run("UPDATE carts SET customer_id = :customer_id WHERE id = :id", id=cart_id, customer_id=customer_id)


async def close(tx: Transaction, cart_id: str, next_id: str = "") -> None:
    """No more changes; `next_id`: where it goes on."""
    await tx.run("UPDATE carts SET closed = 1, next_id = :next_id WHERE id = :id", id=cart_id, next_id=next_id)


async def take_out(tx: Transaction, cart_id: str, variant_id: str, quantity: int) -> None:
    """So many less of a variant that is not saved for later; the line goes where nothing is left of it."""
    where = "cart_id = :cart_id AND variant_id = :variant_id AND saved = 0"
    given = {"cart_id": cart_id, "variant_id": variant_id, "quantity": quantity}
    await tx.run(f"DELETE FROM cart_lines WHERE {where} AND quantity <= :quantity", **given)
    await tx.run(f"UPDATE cart_lines SET quantity = quantity - :quantity WHERE {where}", **given)


async def delete_of(tx: Transaction, customer_id: str) -> list[str]:
    """All carts of a customer, and what they wish for; answers the ids of the carts."""
    rows = await tx.fetch("SELECT id FROM carts WHERE customer_id = :customer_id", customer_id=customer_id)
    ids = [row["id"] for row in rows]
    await delete(tx, ids)
    await tx.run("DELETE FROM wishes WHERE user_id = :customer_id", customer_id=customer_id)
    return ids


async def of_guest(source: Reader, email: str) -> list[str]:
    """All carts under this address, however it is spelt, that are no customer's."""
    # SQLite's lower() knows ASCII alone; other addresses are few, and so are carts of guests, which end.
    same, given = (" AND lower(email) = :email", {"email": email.lower()}) if email.isascii() else ("", {})
    rows = await source.fetch(f"SELECT id, email FROM carts WHERE email <> '' AND customer_id IS NULL{same}", **given)
    return [row["id"] for row in rows if email_key(row["email"]) == email_key(email)]


async def delete(tx: Transaction, ids: Sequence[str]) -> None:
    """These, with their lines."""
    for table, column in (("cart_lines", "cart_id"), ("carts", "id")):
        await tx.run_many(f"DELETE FROM {table} WHERE {column} = :id", [{"id": one} for one in ids])


async def left_alone(source: ServiceDatabase, since: int, until: int) -> list[tuple[str, str]]:
    """Open carts of customers with something in them that were last touched in between, not told of before."""
    rows = await source.fetch(
        "SELECT id, customer_id FROM carts c WHERE closed = 0 AND reminded = 0 AND updated_at BETWEEN :since AND :until"
        " AND customer_id IS NOT NULL AND EXISTS (SELECT 1 FROM cart_lines l WHERE l.cart_id = c.id AND l.saved = 0)"
        " ORDER BY updated_at LIMIT 200",
        since=since,
        until=until,
    )
    return [(row["id"], row["customer_id"]) for row in rows]


async def mark_reminded(tx: Transaction, cart_id: str) -> bool:
    """Told of, once; False where it was."""
    return bool(await tx.run("UPDATE carts SET reminded = 1 WHERE id = :id AND reminded = 0", id=cart_id))


async def set_saved(tx: Transaction, cart_id: str, line_id: str, *, saved: bool) -> bool:
    """For later, or for now; False where there is no such line."""
    return bool(
        await tx.run(
            "UPDATE cart_lines SET saved = :saved WHERE id = :id AND cart_id = :cart_id",
            id=line_id,
            cart_id=cart_id,
            saved=int(saved),
        )
    )


async def bring_saved(tx: Transaction, cart_id: str, customer_id: str | None, before: str) -> None:
    """What was saved for later in closed carts of this customer, or in the one before, comes along."""
    await tx.run(
        "UPDATE cart_lines SET cart_id = :cart_id WHERE saved = 1 AND id IN ("
        " SELECT max(l.id) FROM cart_lines l JOIN carts c ON c.id = l.cart_id"
        " WHERE c.closed = 1 AND l.saved = 1 AND (c.customer_id = :customer_id OR (c.id = :before AND c.customer_id IS NULL)) GROUP BY l.variant_id)",
        cart_id=cart_id,
        customer_id=customer_id,
        before=before,
    )


async def join_saved(tx: Transaction, guest_cart_id: str, cart_id: str) -> None:
    """What a guest saved for later joins a customer's cart, unless the same is there."""
    await tx.run(
        "UPDATE cart_lines SET cart_id = :cart_id WHERE cart_id = :guest AND saved = 1 AND NOT EXISTS ("
        " SELECT 1 FROM cart_lines o WHERE o.cart_id = :cart_id AND o.variant_id = cart_lines.variant_id)",
        cart_id=cart_id,
        guest=guest_cart_id,
    )


async def wishes(source: ServiceDatabase, user_id: str) -> list[Wish]:
    """What someone would like to have, newest first."""
    rows = await source.fetch(
        "SELECT product_id, added_at FROM wishes WHERE user_id = :user_id ORDER BY added_at DESC, product_id",
        user_id=user_id,
    )
    return [Wish(product_id=row["product_id"], added_at=from_micros(row["added_at"])) for row in rows]


async def add_wish(tx: Transaction, user_id: str, product_id: str) -> int:
    """One more; answers how many there are."""
    await tx.run(
        "INSERT INTO wishes (user_id, product_id, added_at) VALUES (:user_id, :product_id, :now)"
        " ON CONFLICT (user_id, product_id) DO NOTHING",
        user_id=user_id,
        product_id=product_id,
        now=to_micros(tx.now),
    )
    row = await tx.one("SELECT count(*) AS n FROM wishes WHERE user_id = :user_id", user_id=user_id)
    return row["n"] if row else 0


async def remove_wish(tx: Transaction, user_id: str, product_id: str) -> None:
    """Not any more."""
    await tx.run(
        "DELETE FROM wishes WHERE user_id = :user_id AND product_id = :product_id",
        user_id=user_id,
        product_id=product_id,
    )
