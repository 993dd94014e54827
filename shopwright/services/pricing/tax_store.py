"""SQL for tax rates, rules and classes. Only the end of a row is ever changed."""

from datetime import datetime
from typing import Any

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.regions import region_form
from shopwright.services.pricing.contract import TaxClass, TaxRate, TaxRule, UntaxedPlace
from shopwright.services.pricing.taxes import basis_points, key_of


def _read(row: Row) -> TaxRate:
    """Read a rate; earlier versions may have spelt its region differently."""
    return TaxRate(
        id=row["id"],
        country=row["country"],
        region=region_form(row["country"], row["region"]),
        postcodes=row["postcodes"],
        tax_class=row["tax_class"],
        authority=row["authority"],
        rate=basis_points(row["rate_ppm"]),
        rate_ppm=row["rate_ppm"],
        title=row["title"],
        category=row["category"],
        reason=row["reason"],
        **_times(row),
    )


def _times(row: Row) -> dict[str, Any]:
    """The period of a row, and who wrote it and its end."""
    return {
        "valid_from": from_micros(row["valid_from"]),
        "valid_to": None if row["valid_to"] is None else from_micros(row["valid_to"]),
        "created": from_micros(row["created"]),
        **{name: row[name] for name in ("who", "why", "ended_by", "ended_why")},
    }


async def every(source: ServiceDatabase | Transaction) -> list[TaxRate]:
    """Return all rates."""
    rows = await source.fetch("SELECT * FROM dated_tax_rates ORDER BY country, region, tax_class, valid_from, id")
    return source.aside.readable("tax rate", rows, lambda row: str(row["id"]), _read)


async def of_country(source: ServiceDatabase | Transaction, country: str) -> list[TaxRate]:
    """Return all rates of a country."""
    rows = await source.fetch(
        "SELECT * FROM dated_tax_rates WHERE country = :country ORDER BY valid_from, id", country=country
    )
    return source.aside.readable("tax rate", rows, lambda row: str(row["id"]), _read)


async def beside(source: ServiceDatabase | Transaction, rate_id: str) -> list[TaxRate]:
    """Return a rate and the others of its place, class and authority."""
    rows = await source.fetch(
        "SELECT other.* FROM dated_tax_rates one JOIN dated_tax_rates other ON other.country = one.country"
        " AND other.postcodes = one.postcodes AND other.tax_class = one.tax_class AND other.authority = one.authority"
        " WHERE one.id = :id ORDER BY other.valid_from, other.id",
        id=rate_id,
    )
    found = source.aside.readable("tax rate", rows, lambda row: str(row["id"]), _read)
    return [other for one in found if one.id == rate_id for other in found if key_of(other) == key_of(one)]


async def lock(tx: Transaction) -> None:
    """Lock rates against changes until the transaction ends."""
    await tx.run("UPDATE tax_changes SET count = count + 1 WHERE id = 1")


async def add(tx: Transaction, one: TaxRate | TaxRule) -> None:
    """Insert a row."""
    times = {
        "id": one.id,
        "country": one.country,
        "valid_from": to_micros(one.valid_from or tx.now),
        "valid_to": to_micros(one.valid_to) if one.valid_to else None,
        "who": one.who,
        "why": one.why,
        "created": to_micros(tx.now),
    }
    if isinstance(one, TaxRule):
        await tx.run(
            "INSERT INTO tax_rules (id, country, rule, value, valid_from, valid_to, who, why, created)"
            " VALUES (:id, :country, :rule, :value, :valid_from, :valid_to, :who, :why, :created)",
            rule=one.rule,
            value=one.value,
            **times,
        )
        return
    await tx.run(
        "INSERT INTO dated_tax_rates (id, country, region, postcodes, tax_class, authority, rate_ppm, title, category,"
        " reason, valid_from, valid_to, who, why, created) VALUES (:id, :country, :region, :postcodes, :tax_class,"
        " :authority, :rate_ppm, :title, :category, :reason, :valid_from, :valid_to, :who, :why, :created)",
        region=one.region,
        postcodes=one.postcodes,
        tax_class=one.tax_class,
        authority=one.authority,
        rate_ppm=one.ppm,
        title=one.title,
        category=one.meant,
        reason=one.reason,
        **times,
    )


async def set_end(tx: Transaction, one: TaxRate | TaxRule, end: datetime | None, by: str = "", why: str = "") -> None:
    """Write the end of a row, if that is still to come."""
    written = (
        " SET valid_to = :valid_to, ended_by = :ended_by, ended_why = :ended_why"
        " WHERE id = :id AND (valid_to IS NULL OR valid_to >= :now)"
    )
    await tx.run(
        ("UPDATE tax_rules" if isinstance(one, TaxRule) else "UPDATE dated_tax_rates") + written,
        id=one.id,
        valid_to=None if end is None else to_micros(end),
        ended_by=by,
        ended_why=why,
        now=to_micros(tx.now),
    )


async def rules(source: ServiceDatabase | Transaction) -> list[TaxRule]:
    """Return all rules."""
    rows = await source.fetch("SELECT * FROM tax_rules ORDER BY country, rule, valid_from, id")
    return source.aside.readable("tax rule", rows, lambda row: str(row["id"]), _rule)


def _rule(row: Row) -> TaxRule:
    found = TaxRule(
        id=row["id"],
        country=row["country"],
        rule=row["rule"],
        value=row["value"],
        **_times(row),
    )
    return msgspec.convert(msgspec.to_builtins(found), TaxRule)  # raises for a rule that is none


async def classes(source: ServiceDatabase | Transaction) -> list[TaxClass]:
    """Return all tax classes."""
    rows = await source.fetch("SELECT name, title, position FROM tax_classes ORDER BY position, name")
    return [TaxClass(name=row["name"], title=row["title"], position=row["position"]) for row in rows]


async def put_class(tx: Transaction, one: TaxClass) -> None:
    """Write a tax class."""
    await tx.run(
        "INSERT INTO tax_classes (name, title, position) VALUES (:name, :title, :position)"
        " ON CONFLICT (name) DO UPDATE SET title = excluded.title, position = excluded.position",
        name=one.name,
        title=one.title,
        position=one.position,
    )


async def note_untaxed(tx: Transaction, country: str, region: str, tax_class: str) -> None:
    """Record that an order went to this place just now."""
    await tx.run(
        "INSERT INTO untaxed_places (country, region, tax_class, last) VALUES (:country, :region, :tax_class, :now)"
        " ON CONFLICT (country, region, tax_class) DO UPDATE SET last = excluded.last",
        country=country,
        region=region,
        tax_class=tax_class,
        now=to_micros(tx.now),
    )


async def untaxed_places(source: ServiceDatabase) -> list[UntaxedPlace]:
    """Return destinations of orders without a rate, most recent first."""
    rows = await source.fetch("SELECT * FROM untaxed_places ORDER BY last DESC, country, region, tax_class LIMIT 500")
    return [
        UntaxedPlace(
            country=row["country"], region=row["region"], tax_class=row["tax_class"], last=from_micros(row["last"])
        )
        for row in rows
    ]
