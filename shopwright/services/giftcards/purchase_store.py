"""SQL for gift cards bought with orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.addresses import email_key
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader, Transaction
from shopwright.kit.money import Money
from shopwright.services.giftcards.contract import BoughtGiftCard, BoughtUnits, NewPurchase

NO_KEY = "-"  # of no address and no account
PurchaseState = Literal["planned", "issued", "closed"]


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """Gift cards bought by an order. `send_at`: None for as soon as it is paid."""

    order_id: str
    buyer: str
    sender: str
    recipient: str
    message: str
    send_at: datetime | None
    units: tuple[BoughtUnits, ...]


async def plan(tx: Transaction, new: NewPurchase, send_at: int | None) -> bool:
    """Insert a planned purchase, or change it until it is issued. Returns False if it is issued or closed."""
    wanted = new.delivery
    written = await tx.run(
        "INSERT INTO purchases (order_id, state, buyer, buyer_key, customer_id, sender, recipient, recipient_key, message, send_at,"
        " created_at) VALUES (:order_id, 'planned', :buyer, :buyer_key, :customer_id, :sender, :recipient, :recipient_key, :message,"
        " :send_at, :now) ON CONFLICT (order_id) DO UPDATE SET recipient = excluded.recipient,"
        " recipient_key = excluded.recipient_key, message = excluded.message, send_at = excluded.send_at"
        " WHERE purchases.state = 'planned'",
        order_id=new.order_id,
        buyer=new.buyer,
        buyer_key=email_key(new.buyer),
        customer_id=new.customer_id,
        sender=new.buyer_name,
        recipient=wanted.recipient,
        recipient_key=email_key(wanted.recipient) if wanted.recipient else "",
        message=wanted.message,
        send_at=send_at,
        now=to_micros(tx.now),
    )
    if written:
        await tx.run("DELETE FROM purchase_lines WHERE order_id = :order_id", order_id=new.order_id)
        await tx.run_many(
            "INSERT INTO purchase_lines (order_id, variant_id, quantity, amount, currency)"
            " VALUES (:order_id, :variant_id, :quantity, :amount, :currency)",
            [
                {
                    "order_id": new.order_id,
                    "variant_id": one.variant_id,
                    "quantity": one.quantity,
                    "amount": one.amount.amount,
                    "currency": one.amount.currency,
                }
                for one in new.units
            ],
        )
    return bool(written)


async def move(tx: Transaction, order_id: str, before: PurchaseState, state: PurchaseState) -> bool:
    """Change the state and lock the purchase. Returns False if it has another state, or there is none."""
    return bool(
        await tx.run(
            "UPDATE purchases SET state = :state WHERE order_id = :order_id AND state = :before",
            order_id=order_id,
            state=state,
            before=before,
        )
    )


async def set_day(tx: Transaction, order_id: str, send_at: int) -> None:
    """Set when the codes of a purchase are e-mailed."""
    await tx.run("UPDATE purchases SET send_at = :send_at WHERE order_id = :id", id=order_id, send_at=send_at)


async def read(source: Reader, order_id: str) -> Purchase | None:
    """Return what an order buys."""
    row = await source.one("SELECT * FROM purchases WHERE order_id = :order_id", order_id=order_id)
    if row is None:
        return None
    lines = await source.fetch("SELECT * FROM purchase_lines WHERE order_id = :id ORDER BY variant_id", id=order_id)
    return Purchase(
        order_id=order_id,
        buyer=row["buyer"],
        sender=row["sender"],
        recipient=row["recipient"],
        message=row["message"],
        send_at=None if row["send_at"] is None else from_micros(row["send_at"]),
        units=tuple(
            BoughtUnits(
                variant_id=line["variant_id"],
                quantity=line["quantity"],
                amount=Money(line["amount"], line["currency"]),
            )
            for line in lines
        ),
    )


async def mark_bought(tx: Transaction, card_id: str, variant_id: str, send_at: int) -> None:
    """Record what a new card was bought as, and when its code is to be e-mailed."""
    await tx.run(
        "UPDATE cards SET variant_id = :variant_id, send_at = :send_at WHERE id = :id",
        id=card_id,
        variant_id=variant_id,
        send_at=send_at,
    )


async def cards_of(source: Reader, order_id: str) -> Sequence[Row]:
    """Return the rows of cards bought with an order, oldest first."""
    return await source.fetch(
        "SELECT * FROM cards WHERE order_id = :order_id AND order_id <> '' AND variant_id <> '' ORDER BY id",
        order_id=order_id,
    )


async def counts(source: Reader, order_ids: Sequence[str]) -> dict[str, dict[str, tuple[int, int]]]:
    """Return, by order and variant, how many cards were made and how many of them are withdrawn."""
    rows = await source.fetch_in(
        "SELECT order_id, variant_id, count(*) AS made, CAST(sum(CASE withdrawn WHEN '' THEN 0 ELSE 1 END) AS BIGINT)"
        " AS withdrawn FROM cards WHERE variant_id <> '' AND order_id IN (:each) GROUP BY order_id, variant_id",
        order_ids,
    )
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for row in rows:
        found.setdefault(row["order_id"], {})[row["variant_id"]] = (row["made"], row["withdrawn"])
    return found


def bought(row: Row, message: str, *, unused: bool) -> BoughtGiftCard:
    """Decode a bought card."""
    return BoughtGiftCard(
        id=row["id"],
        last4=row["last4"],
        variant_id=row["variant_id"],
        amount=Money(row["issued"], row["currency"]),
        recipient=row["recipient"],
        message=message,
        send_at=from_micros(row["send_at"]),
        sent=row["sent"],
        unused=unused,
        cancelled=bool(row["withdrawn"]),
    )


async def set_withdrawn(tx: Transaction, card_id: str, key: str) -> None:
    """Record what withdrew a card; "": nothing any more."""
    await tx.run("UPDATE cards SET withdrawn = :key WHERE id = :id", id=card_id, key=key)


async def to_send(source: Reader, now: int, limit: int) -> list[str]:
    """Return cards whose codes are to be e-mailed now."""
    rows = await source.fetch(
        "SELECT id FROM cards WHERE sent = 0 AND send_at IS NOT NULL AND send_at <= :now AND disabled = 0"
        " AND recipient <> '' ORDER BY send_at LIMIT :limit",
        now=now,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def count_sending(tx: Transaction, card_id: str, before: int) -> Row | None:
    """Count an e-mail of a usable card that was sent `before` times; None if it was sent meanwhile, or is disabled."""
    rows = await tx.fetch(
        "UPDATE cards SET sent = sent + 1 WHERE id = :id AND sent = :before AND disabled = 0 AND recipient <> ''"
        " RETURNING *",
        id=card_id,
        before=before,
    )
    return rows[0] if rows else None


async def forget_messages(tx: Transaction, before: int) -> None:
    """Delete messages of purchases that were sent before."""
    await tx.run("UPDATE purchases SET message = '' WHERE message <> '' AND send_at <= :before", before=before)


async def forget_person(tx: Transaction, email: str, customer_id: str) -> list[str]:
    """Erase a buyer or recipient, by address, account or both; a message tells of either. Returns the cards affected."""
    key = email_key(email) if email else ""
    await tx.run(
        "UPDATE cards SET recipient = '', recipient_key = '' WHERE variant_id <> '' AND EXISTS (SELECT 1 FROM purchases p"
        " WHERE p.order_id = cards.order_id AND p.customer_id = :customer_id AND p.buyer_key = cards.recipient_key)",
        customer_id=customer_id or NO_KEY,
    )
    rows = await tx.fetch(
        "UPDATE purchases SET message = '', sender = '',"
        " buyer = CASE WHEN buyer_key = :key OR customer_id = :customer_id THEN '' ELSE buyer END,"
        " buyer_key = CASE WHEN buyer_key = :key OR customer_id = :customer_id THEN '' ELSE buyer_key END,"
        " customer_id = CASE WHEN buyer_key = :key OR customer_id = :customer_id THEN '' ELSE customer_id END,"
        " recipient = CASE recipient_key WHEN :key THEN '' ELSE recipient END,"
        " recipient_key = CASE recipient_key WHEN :key THEN '' ELSE recipient_key END"
        " WHERE buyer_key = :key OR recipient_key = :key OR customer_id = :customer_id RETURNING order_id",
        key=key or NO_KEY,
        customer_id=customer_id or NO_KEY,
    )
    orders = [row["order_id"] for row in rows]
    cards = await tx.fetch_in("SELECT id FROM cards WHERE variant_id <> '' AND order_id IN (:each)", orders)
    return [row["id"] for row in cards]
