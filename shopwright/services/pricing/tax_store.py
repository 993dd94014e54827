"""Rates of tax in SQL. Of a row nothing but its end is ever written."""

from datetime import datetime

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.database import Row
from shopwright.kit.work import Transaction, Work
from shopwright.services.pricing.contract import TaxRate
from shopwright.services.pricing.taxes import clean_tax_rate


def _read(row: Row) -> TaxRate:
    return clean_tax_rate(
        TaxRate(
            id=row["id"],
            country=row["country"],
            region=row["region"],
            postcodes=row["postcodes"],
            tax_class=row["tax_class"],
            authority=row["authority"],
            rate=row["rate_ppm"] // 100,
            rate_ppm=row["rate_ppm"],
            title=row["title"],
            category=row["category"],
            reason=row["reason"],
            valid_from=from_micros(row["valid_from"]),
            valid_to=None if row["valid_to"] is None else from_micros(row["valid_to"]),
            who=row["who"],
            why=row["why"],
            created=from_micros(row["created"]),
            ended_by=row["ended_by"],
            ended_why=row["ended_why"],
        )
    )


async def every(source: Work | Transaction) -> list[TaxRate]:
    """All rates there ever were."""
    rows = await source.fetch("SELECT * FROM dated_tax_rates ORDER BY country, region, tax_class, valid_from, id")
    return source.aside.readable("tax rate", rows, lambda row: str(row["id"]), _read)


async def of_country(source: Work | Transaction, country: str) -> list[TaxRate]:
    """All rates of a country."""
    rows = await source.fetch(
        "SELECT * FROM dated_tax_rates WHERE country = :country ORDER BY valid_from, id", country=country
    )
    return source.aside.readable("tax rate", rows, lambda row: str(row["id"]), _read)


async def lock(tx: Transaction) -> None:
    """Until the transaction ends nobody else changes rates."""
    await tx.run("UPDATE tax_changes SET count = count + 1 WHERE id = 1")


async def add(tx: Transaction, one: TaxRate) -> None:
    """Write a new row."""
    await tx.run(
        "INSERT INTO dated_tax_rates (id, country, region, postcodes, tax_class, authority, rate_ppm, title, category,"
        " reason, valid_from, valid_to, who, why, created) VALUES (:id, :country, :region, :postcodes, :tax_class,"
        " :authority, :rate_ppm, :title, :category, :reason, :valid_from, :valid_to, :who, :why, :created)",
        id=one.id,
        country=one.country,
        region=one.region,
        postcodes=one.postcodes,
        tax_class=one.tax_class,
        authority=one.authority,
        rate_ppm=one.ppm,
        title=one.title,
        category=one.meant,
        reason=one.reason,
        valid_from=to_micros(one.valid_from or tx.now),
        valid_to=to_micros(one.valid_to) if one.valid_to else None,
        who=one.who,
        why=one.why,
        created=to_micros(tx.now),
    )


async def set_end(tx: Transaction, rate_id: str, end: datetime | None, by: str = "", why: str = "") -> None:
    """Write when a row ends: while that is still to come."""
    await tx.run(
        "UPDATE dated_tax_rates SET valid_to = :valid_to, ended_by = :ended_by, ended_why = :ended_why"
        " WHERE id = :id AND (valid_to IS NULL OR valid_to >= :now)",
        id=rate_id,
        valid_to=None if end is None else to_micros(end),
        ended_by=by,
        ended_why=why,
        now=to_micros(tx.now),
    )
