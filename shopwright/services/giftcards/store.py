"""SQL for gift cards. No statement can make a balance negative or less than what is held."""

from collections.abc import Iterable, Sequence
from datetime import date

from shopwright.kit.addresses import email_key
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader, Transaction
from shopwright.kit.days import day_number, numbered_day
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards import model
from shopwright.services.giftcards.contract import GiftCard, GiftCardMovement, MovementKind


def card_of(row: Row, today: date) -> GiftCard:
    """Decode a card as of today."""
    expires_on = None if row["expires_on"] is None else numbered_day(row["expires_on"])
    disabled, currency = bool(row["disabled"]), row["currency"]
    return GiftCard(
        id=row["id"],
        last4=row["last4"],
        why=row["why"],
        state=model.state(disabled=disabled, expires_on=expires_on, balance=row["balance"], today=today),
        issued=Money(row["issued"], currency),
        balance=Money(row["balance"], currency),
        held=Money(row["held"], currency),
        issued_at=from_micros(row["issued_at"]),
        issued_by=row["issued_by"],
        expires_on=expires_on,
        disabled=disabled,
        expired=model.has_expired(expires_on, today),
        recipient=row["recipient"],
        order_id=row["order_id"],
    )


async def insert(
    tx: Transaction, card: GiftCard, code_hash: str, code_key: str, request: str, fingerprint: str
) -> bool:
    """Insert a card. Returns False if the request has one. `code_key`: check value of the key of code hashes.

    `fingerprint`: of the request's content.
    """
    return bool(
        await tx.run(
            "INSERT INTO cards (id, code_hash, last4, currency, why, issued, balance, issued_at, issued_by, expires_on,"
            " recipient, recipient_key, order_id, request, code_key, fingerprint) VALUES (:id, :code_hash, :last4,"
            " :currency, :why, :issued, :issued, :issued_at, :issued_by, :expires_on, :recipient, :recipient_key,"
            " :order_id, :request, :code_key, :fingerprint) ON CONFLICT (request) DO NOTHING",
            id=card.id,
            code_hash=code_hash,
            last4=card.last4,
            currency=card.issued.currency,
            why=card.why,
            issued=card.issued.amount,
            issued_at=to_micros(card.issued_at),
            issued_by=card.issued_by,
            expires_on=None if card.expires_on is None else day_number(card.expires_on),
            recipient=card.recipient,
            recipient_key=email_key(card.recipient) if card.recipient else "",
            order_id=card.order_id,
            request=request or None,
            code_key=code_key,
            fingerprint=fingerprint,
        )
    )


async def record(
    tx: Transaction,
    movement_id: str,
    card_id: str,
    kind: MovementKind,
    amount: int,
    who: str,
    *,
    order_id: str = "",
    refund: str = "",
) -> None:
    """Insert a movement."""
    await tx.run(
        "INSERT INTO movements (id, card_id, kind, amount, order_id, who, time, refund)"
        " VALUES (:id, :card_id, :kind, :amount, :order_id, :who, :time, :refund)",
        id=movement_id,
        card_id=card_id,
        kind=kind,
        amount=amount,
        order_id=order_id,
        who=who,
        time=to_micros(tx.now),
        refund=refund,
    )


# --- reading


async def row_of(source: Reader, card_id: str) -> Row | None:
    """Return the row of a card."""
    return await source.one("SELECT * FROM cards WHERE id = :id", id=card_id)


async def by_request(source: Reader, request: str) -> Row | None:
    """Return the card that this request issued."""
    return await source.one("SELECT * FROM cards WHERE request = :request", request=request)


async def by_code(source: Reader, code_hash: str) -> Row | None:
    """Return the card with this code hash."""
    return await source.one("SELECT * FROM cards WHERE code_hash = :code_hash", code_hash=code_hash)


async def named(source: Reader, card_ids: Sequence[str]) -> list[Row]:
    """Return existing cards."""
    return await source.fetch_in("SELECT * FROM cards WHERE id IN (:each)", card_ids)


async def search(source: Reader, text: str, after: str, limit: int) -> Sequence[Row]:
    """List cards, newest first, by last four characters or recipient."""
    which = " AND (last4 = :last4 OR recipient_key = :email)" if text else ""
    given = {"last4": text.upper(), "email": email_key(text)} if text else {}
    before = " AND id < :after" if after else ""
    return await source.fetch(
        f"SELECT * FROM cards WHERE 1 = 1{which}{before} ORDER BY id DESC LIMIT :limit",
        limit=limit,
        **given,
        **({"after": after} if after else {}),
    )


async def movements(source: Reader, card_id: str, limit: int) -> list[GiftCardMovement]:
    """Return the newest movements of a card."""
    rows = await source.fetch(
        "SELECT m.*, c.currency FROM movements m JOIN cards c ON c.id = m.card_id WHERE m.card_id = :card_id"
        " ORDER BY m.id DESC LIMIT :limit",
        card_id=card_id,
        limit=limit,
    )
    return [
        GiftCardMovement(
            id=row["id"],
            kind=row["kind"],
            amount=Money(row["amount"], row["currency"]),
            time=from_micros(row["time"]),
            who=row["who"],
            order_id=row["order_id"],
        )
        for row in rows
    ]


# --- writing


async def lock(tx: Transaction, card_id: str) -> Row | None:
    """Lock a card until the transaction ends."""
    rows = await tx.fetch("UPDATE cards SET disabled = disabled WHERE id = :id RETURNING *", id=card_id)
    return rows[0] if rows else None


async def set_disabled(tx: Transaction, card_id: str, *, disabled: bool) -> None:
    """Disable or enable a card."""
    await tx.run("UPDATE cards SET disabled = :disabled WHERE id = :id", id=card_id, disabled=int(disabled))


async def set_successor(tx: Transaction, card_id: str, successor: str) -> None:
    """Record the successor of a card."""
    await tx.run("UPDATE cards SET successor = :successor WHERE id = :id", id=card_id, successor=successor)


async def successors(source: Reader, card_ids: Iterable[str]) -> dict[str, str]:
    """Return the successors of these cards while they are disabled, and theirs in turn."""
    found: dict[str, str] = {}
    left = list(card_ids)
    while left:
        rows = await source.fetch_in(
            "SELECT id, successor FROM cards WHERE disabled = 1 AND successor <> '' AND id IN (:each)", left
        )
        found.update((row["id"], row["successor"]) for row in rows)
        left = [row["successor"] for row in rows]
    return found


async def add(tx: Transaction, card_id: str, amount: int) -> bool:
    """Change the balance. Returns False if more than the available balance would be taken."""
    return bool(
        await tx.run(
            "UPDATE cards SET balance = balance + :amount WHERE id = :id AND balance + :amount >= held",
            id=card_id,
            amount=amount,
        )
    )


async def prolong(tx: Transaction, card_id: str, today: date, until: date | None) -> None:
    """Extend an expired card."""
    await tx.run(
        "UPDATE cards SET expires_on = :until WHERE id = :id AND expires_on < :today",
        id=card_id,
        today=day_number(today),
        until=None if until is None else day_number(until),
    )


# --- codes and tries


async def keep_code(tx: Transaction, card_id: str, body: str, until: int) -> None:
    """Store an encrypted code for the e-mail."""
    await tx.run(
        "INSERT INTO codes (card_id, body, until) VALUES (:card_id, :body, :until)",
        card_id=card_id,
        body=body,
        until=until,
    )


async def code_of(source: Reader, card_id: str, now: int) -> str | None:
    """Return the encrypted code."""
    row = await source.one("SELECT body FROM codes WHERE card_id = :id AND until > :now", id=card_id, now=now)
    return str(row["body"]) if row else None


async def forget(tx: Transaction) -> None:
    """Delete codes past their time."""
    await tx.run("DELETE FROM codes WHERE until <= :now", now=to_micros(tx.now))


async def forget_recipient(tx: Transaction, email: str) -> list[str]:
    """Erase a recipient. Returns the affected cards."""
    rows = await tx.fetch(
        "UPDATE cards SET recipient = '', recipient_key = '' WHERE recipient_key = :key RETURNING id",
        key=email_key(email),
    )
    ids = [row["id"] for row in rows]
    await tx.run_many("DELETE FROM codes WHERE card_id = :id", [{"id": one} for one in ids])
    return ids


async def name_code_key(tx: Transaction, code_key: str) -> None:
    """Record the current key for cards of an earlier version."""
    await tx.run("UPDATE cards SET code_key = :code_key WHERE code_key = ''", code_key=code_key)


# --- for `doctor`


async def of_other_keys(source: Reader, code_key: str) -> int:
    """Count usable cards whose codes were hashed with another key."""
    [row] = await source.fetch(
        "SELECT count(*) AS count FROM cards WHERE code_key NOT IN ('', :code_key) AND disabled = 0 AND balance > 0",
        code_key=code_key,
    )
    return int(row["count"])


async def balances(source: Reader) -> dict[str, int]:
    """Return the total balance by currency."""
    rows = await source.fetch("SELECT currency, CAST(sum(balance) AS BIGINT) AS balance FROM cards GROUP BY currency")
    return {row["currency"]: row["balance"] for row in rows}


async def check_consistency(source: Reader) -> list[str]:
    """Describe where a balance differs from its movements, is negative, or holds what no order waits for."""
    wrong = [
        _(
            "Gift card {id} has {balance}, but its movements add up to {moved}.",
            id=row["id"],
            balance=row["balance"],
            moved=row["moved"],
        )
        for row in await source.fetch(
            "SELECT c.id, c.balance, CAST(coalesce(sum(m.amount), 0) AS BIGINT) AS moved FROM cards c"
            " LEFT JOIN movements m ON m.card_id = c.id GROUP BY c.id, c.balance"
            " HAVING c.balance <> coalesce(sum(m.amount), 0)"
        )
    ]
    wrong += [
        _(
            "Gift card {id} has {balance}, and {held} of it are held.",
            id=row["id"],
            balance=row["balance"],
            held=row["held"],
        )
        for row in await source.fetch("SELECT * FROM cards WHERE balance < 0 OR held < 0 OR held > balance")
    ]
    wrong += [
        _(
            "Of gift card {id} {held} are held, but open holds are of {lines}.",
            id=row["id"],
            held=row["held"],
            lines=row["lines"],
        )
        for row in await source.fetch(
            "SELECT c.id, c.held, CAST(coalesce(sum(l.amount), 0) AS BIGINT) AS lines FROM cards c"
            " LEFT JOIN (SELECT h.card_id, h.amount FROM hold_lines h JOIN holds o ON o.order_id = h.order_id"
            "  WHERE o.state = 'open') l ON l.card_id = c.id"
            " GROUP BY c.id, c.held HAVING c.held <> coalesce(sum(l.amount), 0)"
        )
    ]
    return wrong
