"""SQL for payments and their ledger."""

from collections.abc import Mapping, Sequence

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.spans import Span
from shopwright.kit.data.unit_of_work import Reader, ServiceDatabase, Transaction
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.payments import refund_store
from shopwright.services.payments.contract import NextAction, Payment, Status
from shopwright.services.payments.model import Who


def payment(row: Row, refunds: Sequence[Row] = ()) -> Payment:
    """Decode a payment with the given refunds."""
    currency = row["currency"]
    waiting = sum(one["amount"] for one in refunds if one["state"] == "asked")
    return Payment(
        id=row["id"],
        order_id=row["order_id"],
        provider=row["provider"],
        status=row["status"],
        amount=Money(row["amount"], currency),
        refunded=Money(row["refunded"] - waiting, currency),
        refunding=Money(waiting, currency) if waiting else None,
        refunds=tuple(refund_store.refund(one, currency) for one in refunds),
        reason=row["reason"],
        code="payment_declined" if row["status"] == "failed" else "",
        next_action=NextAction("redirect", row["redirect_url"]) if row["redirect_url"] else None,
        created_at=from_micros(row["created_at"]),
        dispute=row["dispute"],
    )


async def insert(
    tx: Transaction,
    new: Payment,
    key: str,
    token: str,
    return_url: str,
    ask_at: int,
    capture: str,
    tried: Mapping[Who, str],
) -> bool:
    """Insert a payment. Returns False if its key is taken. `tried`: the keys its attempt is counted under."""
    return bool(
        await tx.run(
            "INSERT INTO payments (id, key, order_id, provider, token, return_url, status, amount, currency, created_at, ask_at, capture,"
            " email_hash, address_hash, card_hash) VALUES (:id, :key, :order_id, :provider, :token, :return_url, :status,"
            " :amount, :currency, :now, :ask_at, :capture, :email_hash, :address_hash, :card_hash)"
            " ON CONFLICT (key) DO NOTHING",
            id=new.id,
            key=key,
            order_id=new.order_id,
            provider=new.provider,
            token=token,
            return_url=return_url,
            status=new.status,
            amount=new.amount.amount,
            currency=new.amount.currency,
            now=to_micros(new.created_at),
            ask_at=ask_at,
            capture=capture,
            email_hash=tried["email"],
            address_hash=tried["address"],
            card_hash=tried["card"],
        )
    )


async def row(source: ServiceDatabase | Transaction, payment_id: str) -> Row | None:
    """Return the row of a payment."""
    return await source.one("SELECT * FROM payments WHERE id = :id", id=payment_id)


async def lock(tx: Transaction, payment_id: str) -> Row | None:
    """Lock a payment until the transaction ends."""
    rows = await tx.fetch("UPDATE payments SET status = status WHERE id = :id RETURNING *", id=payment_id)
    return rows[0] if rows else None


async def by_key(source: ServiceDatabase | Transaction, key: str) -> Row | None:
    """Return the payment opened with this key."""
    return await source.one("SELECT * FROM payments WHERE key = :key", key=key)


async def by_reference(source: ServiceDatabase, provider: str, reference: str) -> Row | None:
    """Return the payment with this provider reference."""
    return await source.one(
        "SELECT * FROM payments WHERE provider = :provider AND reference = :reference",
        provider=provider,
        reference=reference,
    )


async def orders_of(source: ServiceDatabase, name: str, providers: Sequence[str]) -> list[str]:
    """Return the orders with a payment of this id, ours or one of these providers'."""
    there = {f"provider{place}": provider for place, provider in enumerate(providers)}
    rows = await source.fetch(
        "SELECT order_id FROM payments WHERE id = :name UNION SELECT order_id FROM payments"
        f" WHERE provider IN ({', '.join(f':{one}' for one in there) or 'NULL'}) AND reference = :name LIMIT 20",
        name=name,
        **there,
    )
    return [row["order_id"] for row in rows]


async def of_order(source: ServiceDatabase, order_id: str) -> Sequence[Row]:
    """Return all payments of an order."""
    return await source.fetch("SELECT * FROM payments WHERE order_id = :order_id ORDER BY id", order_id=order_id)


async def of_orders(source: Reader, span: Span) -> dict[str, list[Payment]]:
    """Return all payments of a span of orders, by order."""
    refunds: dict[str, list[Row]] = {}
    for one in await span.fetch(
        source,
        "SELECT r.* FROM payments p JOIN refunds r ON r.payment_id = p.id WHERE {these}"
        " ORDER BY r.payment_id, COALESCE(r.asked_at, 0), r.key",
        "p.order_id",
    ):
        refunds.setdefault(one["payment_id"], []).append(one)
    found: dict[str, list[Payment]] = {}
    for one in await span.fetch(source, "SELECT * FROM payments WHERE {these} ORDER BY order_id, id"):
        found.setdefault(one["order_id"], []).append(payment(one, refunds.get(one["id"], ())))
    return found


async def named(source: Reader, ids: Sequence[str]) -> list[Payment]:
    """Return payments by id, without refunds."""
    return [payment(one) for one in await source.fetch_in("SELECT * FROM payments WHERE id IN (:each)", ids)]


async def undecided(source: ServiceDatabase, now: int, limit: int) -> list[str]:
    """Return payments due for a look-up."""
    rows = await source.fetch(
        "SELECT id FROM payments WHERE ask_at <= :now ORDER BY ask_at LIMIT :limit", now=now, limit=limit
    )
    return [row["id"] for row in rows]


async def metrics(source: ServiceDatabase, old: int) -> dict[str, float]:
    """Count undecided payments, and those opened before `old`."""
    row = await source.one(
        "SELECT count(*) AS n, COALESCE(SUM(CASE WHEN created_at <= :old THEN 1 ELSE 0 END), 0) AS old"
        " FROM payments WHERE ask_at IS NOT NULL AND status <> 'authorized'",
        old=old,
    )
    return {
        "payments undecided": row["n"] if row else 0,
        "payments undecided for long": row["old"] if row else 0,
    }


async def decide(
    tx: Transaction,
    payment_id: str,
    *,
    status: Status,
    reference: str,
    reason: str,
    redirect_url: str,
    ask_at: int | None,
    look_at: int | None,
) -> None:
    """Write the provider's answer."""
    await tx.run(
        "UPDATE payments SET status = :status, reference = :reference, reason = :reason, redirect_url = :redirect_url,"
        " ask_at = :ask_at, look_at = :look_at WHERE id = :id",
        id=payment_id,
        look_at=look_at,
        status=status,
        reference=reference,
        reason=reason,
        redirect_url=redirect_url,
        ask_at=ask_at,
    )


async def ask_again(tx: Transaction, payment_id: str, ask_at: int) -> None:
    """Postpone the look-up of an undecided payment."""
    await tx.run(
        "UPDATE payments SET ask_at = :ask_at WHERE id = :id AND ask_at IS NOT NULL", id=payment_id, ask_at=ask_at
    )


async def set_status(tx: Transaction, payment_id: str, status: Status) -> None:
    """Write the status."""
    await tx.run("UPDATE payments SET status = :status WHERE id = :id", id=payment_id, status=status)


async def book(tx: Transaction, entry: str, rows: Sequence[tuple[str, int]], paid: Payment) -> None:
    """Insert a ledger entry."""
    await tx.run_many(
        "INSERT INTO ledger (entry, account, payment_id, amount, currency, time)"
        " VALUES (:entry, :account, :payment_id, :amount, :currency, :time)",
        [
            {
                "entry": entry,
                "account": account,
                "payment_id": paid.id,
                "amount": amount,
                "currency": paid.amount.currency,
                "time": to_micros(tx.now),
            }
            for account, amount in rows
        ],
    )


UNBALANCED = (
    "SELECT entry, CAST(sum(amount) AS BIGINT) AS off, MIN(currency) AS currency, MAX(currency) AS other FROM ledger"
    " GROUP BY entry HAVING sum(amount) <> 0 OR MIN(currency) <> MAX(currency)"
)
# Payment by payment, so that no engine has to sort all of them.
UNBOOKED = (
    "SELECT * FROM (SELECT p.id, p.status, p.amount, p.refunded,"
    " (SELECT CAST(coalesce(sum(l.amount), 0) AS BIGINT) FROM ledger l WHERE l.payment_id = p.id AND l.account LIKE 'provider:%')"
    " AS booked, CASE WHEN p.status IN ('captured', 'part_refunded', 'refunded', 'disputed') THEN p.amount - p.refunded"
    " + (SELECT CAST(coalesce(sum(r.amount), 0) AS BIGINT) FROM refunds r WHERE r.payment_id = p.id AND r.state = 'asked')"
    " ELSE 0 END AS due FROM payments p) found WHERE booked <> due"
)


MISCOUNTED = (
    "SELECT * FROM (SELECT p.id, p.refunded, (SELECT CAST(coalesce(sum(r.amount), 0) AS BIGINT) FROM refunds r"
    " WHERE r.payment_id = p.id AND r.state <> 'refused') AS given FROM payments p) found WHERE refunded <> given"
)


async def check_consistency(source: ServiceDatabase) -> list[str]:
    """Describe for `doctor` where the ledger is unbalanced, or differs from payments and refunds."""
    wrong = [
        _(
            "Ledger entry {entry} is off balance by {off} {currency}.",
            entry=row["entry"],
            off=row["off"],
            currency=row["currency"],
        )
        if row["currency"] == row["other"]
        else _(
            "Ledger entry {entry} is in {currency} and {other}.",
            entry=row["entry"],
            currency=row["currency"],
            other=row["other"],
        )
        for row in await source.fetch(UNBALANCED)
    ]
    wrong += [
        _(
            "Payment {id} counts {refunded} as refunded, its refunds add up to {given}.",
            id=row["id"],
            refunded=row["refunded"],
            given=row["given"],
        )
        for row in await source.fetch(MISCOUNTED)
    ]
    return wrong + [
        _(
            "Payment {id} is {status} over {amount} less {refunded}, but the ledger has {booked}.",
            id=row["id"],
            status=row["status"],
            amount=row["amount"],
            refunded=row["refunded"],
            booked=row["booked"],
        )
        for row in await source.fetch(UNBOOKED)
    ]
