"""SQL for sellers and exchange rates. Rows are only added."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.services.pricing.contract import ExchangeRate, Seller

# Fields of a seller that have their own columns.
COLUMNS: dict[str, Any] = {"id": "", "valid_from": None, "who": "", "why": "", "created": None}


async def insert(tx: Transaction, one: Seller) -> None:
    """Insert a seller."""
    await tx.run(
        "INSERT INTO sellers (id, valid_from, body, who, why, created) VALUES (:id, :valid_from, :body, :who, :why, :created)",
        id=one.id,
        valid_from=to_micros(one.valid_from or tx.now),
        body=msgspec.json.encode(msgspec.structs.replace(one, **COLUMNS)).decode(),
        who=one.who,
        why=one.why,
        created=to_micros(tx.now),
    )


async def every(source: ServiceDatabase | Transaction) -> list[Seller]:
    """Return all sellers in chronological order."""
    rows = await source.fetch("SELECT * FROM sellers ORDER BY valid_from, created, id")
    return source.aside.readable("seller", rows, lambda row: str(row["id"]), _seller)


def _seller(row: Row) -> Seller:
    return msgspec.structs.replace(
        decode_tolerant(row["body"], Seller),
        id=row["id"],
        valid_from=from_micros(row["valid_from"]),
        who=row["who"],
        why=row["why"],
        created=from_micros(row["created"]),
    )


async def insert_rates(tx: Transaction, rates: Sequence[ExchangeRate], ids: Sequence[str]) -> None:
    """Insert exchange rates."""
    await tx.run_many(
        "INSERT INTO exchange_rates (id, from_currency, to_currency, day, rate, source, who, created)"
        " VALUES (:id, :from_currency, :to_currency, :day, :rate, :source, :who, :created)",
        [
            {
                "id": rate_id,
                "from_currency": one.from_,
                "to_currency": one.to,
                "day": one.day.isoformat(),
                "rate": one.rate,
                "source": one.source,
                "who": one.who,
                "created": to_micros(tx.now),
            }
            for one, rate_id in zip(rates, ids, strict=True)
        ],
    )


async def newest_rate(source: ServiceDatabase | Transaction, pair: tuple[str, str], day: date) -> ExchangeRate | None:
    """Return the newest rate up to `day`; within a day the last one written."""
    row = await source.one(
        "SELECT * FROM exchange_rates WHERE from_currency = :one AND to_currency = :other AND day <= :day"
        " ORDER BY day DESC, created DESC, id DESC LIMIT 1",
        one=pair[0],
        other=pair[1],
        day=day.isoformat(),
    )
    return _rate(row) if row else None


async def rates(source: ServiceDatabase, to: str, most: int) -> list[ExchangeRate]:
    """Return rates, newest first, for one currency or all."""
    where = " WHERE to_currency = :to OR from_currency = :to" if to else ""
    rows = await source.fetch(
        f"SELECT * FROM exchange_rates{where} ORDER BY day DESC, created DESC, id DESC LIMIT :most",
        most=most,
        **({"to": to} if to else {}),
    )
    return [_rate(row) for row in rows]


def _rate(row: Row) -> ExchangeRate:
    return ExchangeRate(
        from_=row["from_currency"],
        to=row["to_currency"],
        day=date.fromisoformat(row["day"]),
        rate=row["rate"],
        source=row["source"],
        who=row["who"],
    )
