"""SQL for gift cards in orders: held, redeemed, refunded."""

from collections.abc import Sequence
from datetime import date

import msgspec

from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction
from shopwright.kit.days import day_number
from shopwright.kit.money import Money
from shopwright.services.giftcards.contract import GiftCardShare, OrderGiftCards


class CardShare(msgspec.Struct, frozen=True):
    """The part of an order that a card pays, and the refunded part of it."""

    card_id: str
    last4: str
    amount: int
    back: int


async def open_hold(tx: Transaction, order_id: str, expires_at: int, cart: str) -> bool:
    """Open a hold, again if it expired or was released. Returns False if it is open or redeemed."""
    return bool(
        await tx.run(
            "INSERT INTO holds (order_id, state, expires_at, cart) VALUES (:order_id, 'open', :expires_at, :cart)"
            " ON CONFLICT (order_id) DO UPDATE SET state = 'open', expires_at = :expires_at"
            " WHERE holds.state IN ('expired', 'released')",
            order_id=order_id,
            expires_at=expires_at,
            cart=cart,
        )
    )


async def held_for(source: Reader, cart: str) -> dict[str, int]:
    """Return what is held of each card for orders of a cart."""
    rows = await source.fetch(
        "SELECT l.card_id, CAST(sum(l.amount) AS BIGINT) AS amount FROM holds h JOIN hold_lines l ON l.order_id = h.order_id"
        " WHERE h.cart = :cart AND h.state = 'open' GROUP BY l.card_id",
        cart=cart,
    )
    return {row["card_id"]: row["amount"] for row in rows}


async def set_aside(tx: Transaction, order_id: str, position: int, share: GiftCardShare, today: date) -> bool:
    """Hold an amount of a card. Returns False if the card cannot pay it."""
    held = await tx.run(
        "UPDATE cards SET held = held + :amount WHERE id = :id AND balance - held >= :amount AND disabled = 0"
        " AND currency = :currency AND (expires_on IS NULL OR expires_on >= :today)",
        id=share.card_id,
        amount=share.amount.amount,
        currency=share.amount.currency,
        today=day_number(today),
    )
    if held:
        await tx.run(
            "INSERT INTO hold_lines (order_id, position, card_id, amount) VALUES (:order_id, :position, :card_id, :amount)",
            order_id=order_id,
            position=position,
            card_id=share.card_id,
            amount=share.amount.amount,
        )
    return bool(held)


async def keep_until(tx: Transaction, order_id: str, expires_at: int) -> None:
    """Extend an open hold."""
    await tx.run(
        "UPDATE holds SET expires_at = :expires_at"
        " WHERE order_id = :order_id AND state = 'open' AND expires_at < :expires_at",
        order_id=order_id,
        expires_at=expires_at,
    )


async def close_hold(tx: Transaction, order_id: str, state: str) -> bool:
    """Close an open hold with this state. Returns False if it is not open."""
    return bool(
        await tx.run(
            "UPDATE holds SET state = :state WHERE order_id = :order_id AND state = 'open'",
            order_id=order_id,
            state=state,
        )
    )


async def state_of(tx: Transaction, order_id: str) -> str:
    """Return the state of an order's hold and lock it; "" if there is none."""
    rows = await tx.fetch("UPDATE holds SET state = state WHERE order_id = :id RETURNING state", id=order_id)
    return str(rows[0]["state"]) if rows else ""


async def lines_of(source: Reader, order_id: str) -> list[CardShare]:
    """Return what cards pay of an order, in the order they were given."""
    rows = await source.fetch(
        "SELECT l.*, c.last4 FROM hold_lines l JOIN cards c ON c.id = l.card_id WHERE l.order_id = :order_id"
        " ORDER BY l.position",
        order_id=order_id,
    )
    return [CardShare(row["card_id"], row["last4"], row["amount"], row["back"]) for row in rows]


async def let_go(tx: Transaction, order_id: str, *, spent: bool) -> list[CardShare]:
    """Release what is held; `spent`: deduct it from the cards and keep it with the order."""
    lines = sorted(await lines_of(tx, order_id), key=lambda one: one.card_id)
    for line in lines:
        await tx.run(
            "UPDATE cards SET held = held - :amount, balance = balance - :spent WHERE id = :id",
            id=line.card_id,
            amount=line.amount,
            spent=line.amount if spent else 0,
        )
    if not spent:
        await tx.run("DELETE FROM hold_lines WHERE order_id = :order_id", order_id=order_id)
    return lines


async def went_back(tx: Transaction, order_id: str, card_id: str, amount: int) -> None:
    """Record a refund to a card."""
    await tx.run(
        "UPDATE hold_lines SET back = back + :amount WHERE order_id = :order_id AND card_id = :card_id",
        order_id=order_id,
        card_id=card_id,
        amount=amount,
    )


async def expired(source: ServiceDatabase, now: int, limit: int) -> list[str]:
    """Return orders with expired holds."""
    rows = await source.fetch(
        "SELECT order_id FROM holds WHERE state = 'open' AND expires_at <= :now ORDER BY expires_at LIMIT :limit",
        now=now,
        limit=limit,
    )
    return [row["order_id"] for row in rows]


# --- refunds


async def begin_refund(tx: Transaction, key: str, order_id: str, amount: int) -> bool:
    """Insert a refund. Returns False if it was made before."""
    return bool(
        await tx.run(
            "INSERT INTO refunds (key, order_id, amount) VALUES (:key, :order_id, :amount) ON CONFLICT (key) DO NOTHING",
            key=key,
            order_id=order_id,
            amount=amount,
        )
    )


async def of_refund(source: Reader, key: str) -> tuple[GiftCardShare, ...]:
    """Return the shares of a refund."""
    rows = await source.fetch(
        "SELECT m.card_id, m.amount, c.last4, c.currency FROM movements m JOIN cards c ON c.id = m.card_id"
        " WHERE m.refund = :key ORDER BY m.id",
        key=key,
    )
    return tuple(
        GiftCardShare(card_id=row["card_id"], last4=row["last4"], amount=Money(row["amount"], row["currency"]))
        for row in rows
    )


async def of_order(source: Reader, order_id: str) -> OrderGiftCards:
    """Return what was redeemed for an order, and its refunds."""
    taken = await source.one(
        "SELECT CAST(coalesce(sum(-amount), 0) AS BIGINT) AS amount FROM movements"
        " WHERE order_id = :id AND kind = 'taken'",
        id=order_id,
    )
    keys = await source.fetch("SELECT key FROM refunds WHERE order_id = :id ORDER BY key", id=order_id)
    return OrderGiftCards(taken=taken["amount"] if taken else 0, refunds=tuple(row["key"] for row in keys))


async def spent_on(source: Reader, order_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return what was redeemed and refunded for each of these orders."""
    rows = await source.fetch_in(
        "SELECT order_id, CAST(sum(CASE kind WHEN 'taken' THEN -amount ELSE 0 END) AS BIGINT) AS taken,"
        " CAST(sum(CASE kind WHEN 'given_back' THEN amount ELSE 0 END) AS BIGINT) AS back FROM movements"
        " WHERE order_id IN (:each) GROUP BY order_id",
        order_ids,
    )
    return {row["order_id"]: (row["taken"], row["back"]) for row in rows}
