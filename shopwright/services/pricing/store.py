"""SQL for prices, coupons, promotions and shipping rates."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.days import aware
from shopwright.kit.money import Money
from shopwright.services.pricing.contract import Coupon, Price, Promotion, ShippingRate
from shopwright.services.pricing.model import clean_zone

DAYS_30 = 30 * 86_400_000_000  # microseconds


class Buyer(msgspec.Struct, frozen=True):
    """The user of a coupon: all keys of the person, and their keyed hashes."""

    names: tuple[str, ...]
    hashes: tuple[str, ...]


async def prices(source: ServiceDatabase | Transaction, variant_ids: Sequence[str], currency: str) -> dict[str, Price]:
    """Return the prices of these variants."""
    rows = await source.fetch_in(
        "SELECT variant_id, amount, compare_at FROM prices WHERE currency = :currency AND variant_id IN (:each)",
        variant_ids,
        currency=currency,
    )
    reduced = [row["variant_id"] for row in rows if row["compare_at"] is not None]
    lowest = await _lowest(source, reduced, currency)
    return {
        row["variant_id"]: Price(
            row["variant_id"],
            Money(row["amount"], currency),
            None if row["compare_at"] is None else Money(row["compare_at"], currency),
            lowest.get(row["variant_id"]),
        )
        for row in rows
    }


async def _lowest(source: ServiceDatabase | Transaction, variant_ids: Sequence[str], currency: str) -> dict[str, Money]:
    """The lowest price of the 30 days before the last change, including prices set earlier that still applied then."""
    found = {}
    for variant_id in variant_ids:
        row = await source.one(
            "WITH own AS (SELECT amount, time FROM price_changes WHERE variant_id = :variant_id AND currency = :currency),"
            " last AS (SELECT max(time) AS time FROM own),"
            " before AS (SELECT max(own.time) AS time FROM own, last WHERE own.time <= last.time - :days)"
            " SELECT min(own.amount) AS amount FROM own, last, before"
            " WHERE own.time < last.time AND (own.time > last.time - :days OR own.time = before.time)",
            variant_id=variant_id,
            currency=currency,
            days=DAYS_30,
        )
        if row is not None and row["amount"] is not None:
            found[variant_id] = Money(row["amount"], currency)
    return found


async def asked(tx: Transaction, variant_ids: Sequence[str]) -> dict[tuple[str, str], tuple[Money, Money | None]]:
    """Return current price and compare-at price by variant and currency."""
    rows = await tx.fetch_in("SELECT * FROM prices WHERE variant_id IN (:each)", variant_ids)
    return {
        (row["variant_id"], row["currency"]): (
            Money(row["amount"], row["currency"]),
            None if row["compare_at"] is None else Money(row["compare_at"], row["currency"]),
        )
        for row in rows
    }


async def set_prices(tx: Transaction, prices: Sequence[Price], change_ids: Sequence[str]) -> None:
    """Write prices and their history (lowest price of 30 days, Directive 98/6/EC)."""
    rows = [
        {
            "variant_id": price.variant_id,
            "currency": price.amount.currency,
            "amount": price.amount.amount,
            "compare_at": None if price.compare_at is None else price.compare_at.amount,
            "id": change_id,
            "time": to_micros(tx.now),
        }
        for price, change_id in zip(prices, change_ids, strict=True)
    ]
    await tx.run_many(
        "INSERT INTO prices (variant_id, currency, amount, compare_at) VALUES (:variant_id, :currency, :amount, :compare_at)"
        " ON CONFLICT (variant_id, currency) DO UPDATE SET amount = excluded.amount, compare_at = excluded.compare_at",
        rows,
    )
    await tx.run_many(
        "INSERT INTO price_changes (id, variant_id, currency, amount, time)"
        " VALUES (:id, :variant_id, :currency, :amount, :time)",
        rows,
    )


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _coupon(row: Row) -> Coupon:
    found = Coupon(
        code=row["code"],
        kind=row["kind"],
        value=row["value"],
        currency=row["currency"],
        minimum=row["minimum"],
        starts_at=_moment(row["starts_at"]),
        ends_at=_moment(row["ends_at"]),
        limit_total=row["limit_total"],
        limit_per_customer=row["limit_per_customer"],
        used=row["used"],
        combinable=bool(row["combinable"]),
        position=row["position"],
    )
    return msgspec.convert(msgspec.to_builtins(found), Coupon)  # raises for a kind that is none


async def coupon(source: ServiceDatabase | Transaction, code: str, customer: Buyer) -> tuple[Coupon | None, int]:
    """Return a coupon and the number of its uses by this customer."""
    row = await source.one("SELECT * FROM coupons WHERE code = :code", code=code)
    if row is None:
        return None, 0
    found = None
    with source.aside.guard("coupon", code):
        found = _coupon(row)
    return found, await _uses(source, code, customer)


async def coupons(source: ServiceDatabase) -> list[Coupon]:
    """Return all coupons."""
    rows = await source.fetch("SELECT * FROM coupons ORDER BY code")
    return source.aside.readable("coupon", rows, lambda row: str(row["code"]), _coupon)


async def put_coupon(tx: Transaction, one: Coupon) -> None:
    """Write a coupon; its count of uses stays."""
    await tx.run(
        "INSERT INTO coupons (code, kind, value, currency, minimum, starts_at, ends_at, limit_total, limit_per_customer,"
        " combinable, position) VALUES (:code, :kind, :value, :currency, :minimum, :starts_at, :ends_at, :limit_total,"
        " :limit_per_customer, :combinable, :position)"
        " ON CONFLICT (code) DO UPDATE SET kind = excluded.kind, value = excluded.value, currency = excluded.currency,"
        " minimum = excluded.minimum, starts_at = excluded.starts_at, ends_at = excluded.ends_at,"
        " limit_total = excluded.limit_total, limit_per_customer = excluded.limit_per_customer,"
        " combinable = excluded.combinable, position = excluded.position",
        code=one.code,
        kind=one.kind,
        value=one.value,
        currency=one.currency,
        minimum=one.minimum,
        starts_at=to_micros(one.starts_at) if one.starts_at else None,
        ends_at=to_micros(one.ends_at) if one.ends_at else None,
        limit_total=one.limit_total,
        limit_per_customer=one.limit_per_customer,
        combinable=int(one.combinable),
        position=one.position,
    )


async def _uses(source: ServiceDatabase | Transaction, code: str, customer: Buyer) -> int:
    """Count the orders in which this customer used a coupon, under any of their keys."""
    by_name = "SELECT order_id FROM coupon_uses WHERE code = :code AND customer IN (:each)"
    by_hash = "SELECT order_id FROM coupon_users WHERE code = :code AND customer IN (:each)"
    found = await source.fetch_in(by_name, customer.names, code=code)
    found += await source.fetch_in(by_hash, customer.hashes, code=code)
    return len({row["order_id"] for row in found})


async def use_coupon(tx: Transaction, order_id: str, code: str, customer: Buyer) -> bool:
    """Count one use within the limits: one conditional statement, whose row lock also serialises a customer's uses."""
    new = await tx.run(
        "INSERT INTO coupon_uses (order_id, code, customer, time) VALUES (:order_id, :code, :customer, :time)"
        " ON CONFLICT (order_id, code) DO NOTHING",
        order_id=order_id,
        code=code,
        customer=customer.names[0] if customer.names else "",
        time=to_micros(tx.now),
    )
    if not new:
        return True
    await tx.run_many(
        "INSERT INTO coupon_users (code, customer, order_id) VALUES (:code, :customer, :order_id)"
        " ON CONFLICT (code, customer, order_id) DO NOTHING",
        [{"code": code, "customer": one, "order_id": order_id} for one in sorted(customer.hashes)],
    )
    counted = await tx.run(
        "UPDATE coupons SET used = used + 1 WHERE code = :code AND (limit_total = 0 OR used < limit_total)", code=code
    )
    if not counted:
        return False
    row = await tx.one("SELECT limit_per_customer AS most FROM coupons WHERE code = :code", code=code)
    return row is not None and (not row["most"] or await _uses(tx, code, customer) <= row["most"])


async def unuse_coupons(tx: Transaction, order_id: str) -> None:
    """Remove the uses of an order."""
    await tx.run("DELETE FROM coupon_users WHERE order_id = :order_id", order_id=order_id)
    rows = await tx.fetch("DELETE FROM coupon_uses WHERE order_id = :order_id RETURNING code", order_id=order_id)
    for row in sorted(rows, key=lambda row: str(row["code"])):
        await tx.run("UPDATE coupons SET used = used - 1 WHERE code = :code", code=row["code"])


async def shipping_rates(source: ServiceDatabase) -> list[ShippingRate]:
    """Return all shipping rates."""
    rows = await source.fetch("SELECT * FROM shipping_rates ORDER BY position, id")
    return [
        clean_zone(
            ShippingRate(
                id=row["id"],
                title=row["title"],
                price=Money(row["price"], row["currency"]),
                countries=tuple(row["countries"].split()),
                regions=_regions(row["regions"]),
                min_subtotal=row["min_subtotal"],
                max_subtotal=row["max_subtotal"],
                min_weight=row["min_weight"],
                max_weight=row["max_weight"],
                free_over=row["free_over"],
                days_min=row["days_min"],
                days_max=row["days_max"],
                position=row["position"],
            )
        )
        for row in rows
    ]


def _regions(text: str) -> tuple[str, ...]:
    """Parse lines, as a region may contain blanks; an earlier version separated codes by blanks."""
    return tuple(text.splitlines() if "\n" in text else text.split())


async def put_shipping_rate(tx: Transaction, rate: ShippingRate) -> None:
    """Write a shipping rate."""
    await tx.run(
        "INSERT INTO shipping_rates (id, title, currency, price, countries, regions, min_subtotal, max_subtotal,"
        " min_weight, max_weight, free_over, days_min, days_max, position) VALUES (:id, :title, :currency, :price, :countries,"
        " :regions, :min_subtotal, :max_subtotal, :min_weight, :max_weight, :free_over,"
        " :days_min, :days_max, :position) ON CONFLICT (id) DO UPDATE SET title = excluded.title,"
        " currency = excluded.currency, price = excluded.price, countries = excluded.countries, regions = excluded.regions,"
        " max_subtotal = excluded.max_subtotal, min_weight = excluded.min_weight,"
        " min_subtotal = excluded.min_subtotal, max_weight = excluded.max_weight, free_over = excluded.free_over,"
        " days_min = excluded.days_min, days_max = excluded.days_max, position = excluded.position",
        id=rate.id,
        title=rate.title,
        currency=rate.price.currency,
        price=rate.price.amount,
        countries=" ".join(rate.countries),
        regions="".join(f"{region}\n" for region in rate.regions),
        min_subtotal=rate.min_subtotal,
        max_subtotal=rate.max_subtotal,
        min_weight=rate.min_weight,
        max_weight=rate.max_weight,
        free_over=rate.free_over,
        days_min=rate.days_min,
        days_max=rate.days_max,
        position=rate.position,
    )


async def promotions(source: ServiceDatabase) -> list[Promotion]:
    """Return all promotions in the order they apply."""

    def read(row: Row) -> Promotion:
        one = decode_tolerant(row["body"], Promotion)
        starts_at, ends_at = aware(one.starts_at, source.zone), aware(one.ends_at, source.zone)
        return msgspec.structs.replace(one, starts_at=starts_at, ends_at=ends_at)

    rows = await source.fetch("SELECT id, body FROM promotions ORDER BY position, id")
    return source.aside.readable("promotion", rows, lambda row: str(row["id"]), read)


async def put_promotion(tx: Transaction, one: Promotion) -> None:
    """Write a promotion."""
    await tx.run(
        "INSERT INTO promotions (id, position, body) VALUES (:id, :position, :body)"
        " ON CONFLICT (id) DO UPDATE SET position = excluded.position, body = excluded.body",
        id=one.id,
        position=one.position,
        body=msgspec.json.encode(one).decode(),
    )


async def delete_promotion(tx: Transaction, promotion_id: str) -> bool:
    """Delete a promotion. Returns False if there is none."""
    return bool(await tx.run("DELETE FROM promotions WHERE id = :id", id=promotion_id))


async def delete_coupon(tx: Transaction, code: str) -> bool:
    """Delete a coupon. Returns False if there is none."""
    return bool(await tx.run("DELETE FROM coupons WHERE code = :code", code=code))


async def delete_shipping_rate(tx: Transaction, rate_id: str) -> bool:
    """Delete a shipping rate. Returns False if there is none."""
    return bool(await tx.run("DELETE FROM shipping_rates WHERE id = :id", id=rate_id))
