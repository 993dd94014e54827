"""SQL for carts."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.addresses import Address, email_key
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction
from shopwright.kit.personal import Personal
from shopwright.services.carts.contract import BuyerNotes, Wish
from shopwright.services.carts.model import MOST_CODES
from shopwright.services.giftcards.contract import GiftDelivery
from shopwright.services.pricing.contract import TaxIdCheck


class StoredLine(msgspec.Struct, frozen=True, kw_only=True):
    """A stored line; `seen_amount`: the unit price last shown to the shopper."""

    id: str
    product_id: str
    variant_id: str
    quantity: int
    seen_amount: int
    saved: bool = False


class Business(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A buyer's tax id, the country whose rules it follows, and the EU member state that issued it."""

    tax_id: Personal[str]
    country: str
    member: str = ""
    check: TaxIdCheck


class StoredCart(BuyerNotes, frozen=True, kw_only=True):
    """A cart as stored: no prices, no stock."""

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
    gift_delivery: GiftDelivery | None = None


async def insert(tx: Transaction, cart_id: str, customer_id: str | None, currency: str) -> None:
    """Insert an empty cart."""
    await tx.run(
        "INSERT INTO carts (id, customer_id, currency, updated_at) VALUES (:id, :customer_id, :currency, :now)",
        id=cart_id,
        customer_id=customer_id,
        currency=currency,
        now=to_micros(tx.now),
    )


async def read(source: ServiceDatabase | Transaction, cart_id: str) -> StoredCart | None:
    """Return a cart with its lines in the order they were added."""
    async with source.pinned() as reader:
        row = await reader.one("SELECT * FROM carts WHERE id = :id", id=cart_id)
        if row is None:
            return None
        lines = await reader.fetch("SELECT * FROM cart_lines WHERE cart_id = :id ORDER BY id", id=cart_id)
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
        gift_delivery=decode_tolerant(row["gift_delivery"], GiftDelivery) if row["gift_delivery"] else None,
        **(decode_tolerant(row["notes"], BuyerNotes).buyer_notes if row["notes"] else {}),
    )


async def touch(tx: Transaction, cart_id: str) -> Row | None:
    """Increase the version of a cart and lock it until the transaction ends."""
    rows = await tx.fetch(
        "UPDATE carts SET version = version + 1, updated_at = :now WHERE id = :id RETURNING id, closed",
        id=cart_id,
        now=to_micros(tx.now),
    )
    return rows[0] if rows else None


async def may_use(source: ServiceDatabase, cart_id: str, user_id: str | None) -> bool:
    """Whether the cart exists and is a guest's or this customer's."""
    row = await source.one("SELECT customer_id FROM carts WHERE id = :id", id=cart_id)
    return row is not None and row["customer_id"] in {None, user_id}


async def count(source: ServiceDatabase, cart_id: str) -> int:
    """Count the items of an open cart, or of the same shopper's cart that continues a closed one."""
    row = await source.one(
        "SELECT CAST(coalesce(sum(l.quantity), 0) AS BIGINT) AS n FROM cart_lines l JOIN carts c ON c.id = l.cart_id"
        " WHERE l.cart_id = coalesce((SELECT n.id FROM carts o JOIN carts n ON n.id = o.next_id WHERE o.id = :id AND o.closed = 1"
        " AND coalesce(n.customer_id, '') = coalesce(o.customer_id, '')), :id) AND l.saved = 0 AND c.closed = 0",
        id=cart_id,
    )
    return row["n"] if row else 0


async def add_line(tx: Transaction, cart_id: str, line: StoredLine) -> int:
    """Add a line or increase its quantity. Returns the new quantity."""
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
    """Limit the quantity of a variant."""
    await tx.run(
        "UPDATE cart_lines SET quantity = :most WHERE cart_id = :cart_id AND variant_id = :variant_id",
        most=most,
        cart_id=cart_id,
        variant_id=variant_id,
    )


async def set_quantity(tx: Transaction, cart_id: str, line_id: str, quantity: int) -> bool:
    """Change or (0) remove a line. Returns False if there is none."""
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
    """Record the unit price shown to the shopper."""
    await tx.run("UPDATE cart_lines SET seen_amount = :amount WHERE id = :id", id=line_id, amount=amount)


def joined(own: StoredCart, guest: StoredCart) -> StoredCart:
    """A customer's cart with the guest's newer details: codes, address and what belongs to them."""
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
        gift_delivery=guest.gift_delivery or own.gift_delivery,
        **{name: note or getattr(own, name) for name, note in guest.buyer_notes.items()},
    )


async def set_details(tx: Transaction, cart: StoredCart) -> None:
    """Write the checkout details."""
    await tx.run(
        "UPDATE carts SET email = :email, shipping_address = :shipping, billing_address = :billing,"
        " shipping_option_id = :option, coupons = :coupons, business = :business,"
        " reference = :reference, gift_cards = :gift_cards, notes = :notes,"
        " gift_delivery = :gift_delivery WHERE id = :id",
        id=cart.id,
        email=cart.email,
        shipping=msgspec.json.encode(cart.shipping_address).decode(),
        billing=msgspec.json.encode(cart.billing_address).decode(),
        option=cart.shipping_option_id,
        coupons=" ".join(cart.coupons),
        business=None if cart.business is None else msgspec.json.encode(cart.business).decode(),
        reference=cart.reference,
        gift_cards=" ".join(cart.gift_cards),
        notes=msgspec.json.encode(BuyerNotes(**cart.buyer_notes)).decode(),
        gift_delivery=None if cart.gift_delivery is None else msgspec.json.encode(cart.gift_delivery).decode(),
    )


async def of_customer(source: ServiceDatabase | Transaction, customer_id: str) -> str | None:
    """Return the id of a customer's open cart."""
    row = await source.one(
        "SELECT id FROM carts WHERE customer_id = :customer_id AND closed = 0 ORDER BY updated_at DESC LIMIT 1",
        customer_id=customer_id,
    )
    return row["id"] if row else None


async def give_to(tx: Transaction, cart_id: str, customer_id: str) -> None:
    """Assign a guest's cart to a customer."""
    await tx.run("UPDATE carts SET customer_id = :customer_id WHERE id = :id", id=cart_id, customer_id=customer_id)


async def close(tx: Transaction, cart_id: str, next_id: str = "") -> None:
    """Close a cart; `next_id`: the cart that continues it."""
    await tx.run("UPDATE carts SET closed = 1, next_id = :next_id WHERE id = :id", id=cart_id, next_id=next_id)


async def take_out(tx: Transaction, cart_id: str, variant_id: str, quantity: int) -> None:
    """Reduce the quantity of a variant that is not saved for later; an empty line is deleted."""
    where = "cart_id = :cart_id AND variant_id = :variant_id AND saved = 0"
    given = {"cart_id": cart_id, "variant_id": variant_id, "quantity": quantity}
    await tx.run(f"DELETE FROM cart_lines WHERE {where} AND quantity <= :quantity", **given)
    await tx.run(f"UPDATE cart_lines SET quantity = quantity - :quantity WHERE {where}", **given)


async def delete_of(tx: Transaction, customer_id: str) -> list[str]:
    """Delete all carts and wishes of a customer. Returns the ids of the carts."""
    rows = await tx.fetch("SELECT id FROM carts WHERE customer_id = :customer_id", customer_id=customer_id)
    ids = [row["id"] for row in rows]
    await delete(tx, ids)
    await tx.run("DELETE FROM wishes WHERE user_id = :customer_id", customer_id=customer_id)
    return ids


async def of_guest(source: Reader, email: str) -> list[str]:
    """Return guest carts with this address in any spelling."""
    # SQLite's lower() handles ASCII only; other addresses are few, and guest carts expire.
    same, given = (" AND lower(email) = :email", {"email": email.lower()}) if email.isascii() else ("", {})
    rows = await source.fetch(f"SELECT id, email FROM carts WHERE email <> '' AND customer_id IS NULL{same}", **given)
    return [row["id"] for row in rows if email_key(row["email"]) == email_key(email)]


async def delete(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete carts with their lines."""
    for table, column in (("cart_lines", "cart_id"), ("carts", "id")):
        await tx.run_many(f"DELETE FROM {table} WHERE {column} = :id", [{"id": one} for one in ids])


async def left_alone(source: ServiceDatabase, since: int, until: int) -> list[tuple[str, str]]:
    """Return customers' open carts with items, last changed in this period and not reported yet."""
    rows = await source.fetch(
        "SELECT id, customer_id FROM carts c WHERE closed = 0 AND reminded = 0 AND updated_at BETWEEN :since AND :until"
        " AND customer_id IS NOT NULL AND EXISTS (SELECT 1 FROM cart_lines l WHERE l.cart_id = c.id AND l.saved = 0)"
        " ORDER BY updated_at LIMIT 200",
        since=since,
        until=until,
    )
    return [(row["id"], row["customer_id"]) for row in rows]


async def mark_reminded(tx: Transaction, cart_id: str) -> bool:
    """Mark a cart as reported. Returns False if it was already."""
    return bool(await tx.run("UPDATE carts SET reminded = 1 WHERE id = :id AND reminded = 0", id=cart_id))


async def set_saved(tx: Transaction, cart_id: str, line_id: str, *, saved: bool) -> bool:
    """Set whether a line is saved for later. Returns False if there is none."""
    return bool(
        await tx.run(
            "UPDATE cart_lines SET saved = :saved WHERE id = :id AND cart_id = :cart_id",
            id=line_id,
            cart_id=cart_id,
            saved=int(saved),
        )
    )


async def bring_saved(tx: Transaction, cart_id: str, customer_id: str | None, before: str) -> None:
    """Move items saved for later from this customer's closed carts, or the previous cart."""
    await tx.run(
        "UPDATE cart_lines SET cart_id = :cart_id WHERE saved = 1 AND id IN ("
        " SELECT max(l.id) FROM cart_lines l JOIN carts c ON c.id = l.cart_id"
        " WHERE c.closed = 1 AND l.saved = 1 AND (c.customer_id = :customer_id OR (c.id = :before AND c.customer_id IS NULL)) GROUP BY l.variant_id)",
        cart_id=cart_id,
        customer_id=customer_id,
        before=before,
    )


async def join_saved(tx: Transaction, guest_cart_id: str, cart_id: str) -> None:
    """Move a guest's items saved for later to a customer's cart, without duplicates."""
    await tx.run(
        "UPDATE cart_lines SET cart_id = :cart_id WHERE cart_id = :guest AND saved = 1 AND NOT EXISTS ("
        " SELECT 1 FROM cart_lines o WHERE o.cart_id = :cart_id AND o.variant_id = cart_lines.variant_id)",
        cart_id=cart_id,
        guest=guest_cart_id,
    )


async def wishes(source: ServiceDatabase, user_id: str) -> list[Wish]:
    """Return a wishlist, newest first."""
    rows = await source.fetch(
        "SELECT product_id, added_at FROM wishes WHERE user_id = :user_id ORDER BY added_at DESC, product_id",
        user_id=user_id,
    )
    return [Wish(product_id=row["product_id"], added_at=from_micros(row["added_at"])) for row in rows]


async def add_wish(tx: Transaction, user_id: str, product_id: str) -> int:
    """Add a product to a wishlist. Returns the number of products on it."""
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
    """Remove a product from a wishlist."""
    await tx.run(
        "DELETE FROM wishes WHERE user_id = :user_id AND product_id = :product_id",
        user_id=user_id,
        product_id=product_id,
    )
