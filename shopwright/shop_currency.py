"""The currency of a shop: its prices are in one, and another is not taken for it because a setting was changed.

The one that was meant last is a mark in the database of prices; a shop without a mark has that of most of its prices.
"""

import msgspec

from shopwright.app import Shop
from shopwright.kit.clock import to_micros
from shopwright.kit.currencies import minor_digits
from shopwright.kit.errors import Refused

MARK = "currency "
PRICES = "SELECT currency, count(*) AS n FROM prices GROUP BY currency"
RATES = "SELECT currency, count(*) AS n FROM shipping_rates GROUP BY currency"
FIXED = "SELECT currency, count(*) AS n FROM coupons WHERE currency <> '' GROUP BY currency"


class Priced(msgspec.Struct, frozen=True):
    """How much there is in each currency."""

    prices: dict[str, int]
    rates: dict[str, int]
    coupons: dict[str, int]

    def has(self, currency: str) -> bool:
        """Is anything in this currency?"""
        return any(currency in one for one in (self.prices, self.rates, self.coupons))


async def priced(shop: Shop) -> Priced:
    """What there is in which currency."""
    work = shop.works["pricing"]
    found = [{row["currency"]: row["n"] for row in await work.fetch(sql)} for sql in (PRICES, RATES, FIXED)]
    return Priced(*found)


async def _meant(shop: Shop) -> str:
    """The currency that was meant last; "" where none was noted."""
    rows = await shop.works["pricing"].fetch("SELECT name, time FROM shop_marks WHERE name LIKE 'currency %'")
    return str(max(rows, key=lambda row: int(row["time"]))["name"]).removeprefix(MARK) if rows else ""


async def currency_of(shop: Shop, there: Priced) -> str:
    """The currency the shop is in, whatever its settings say; that of the settings where nothing says another."""
    if meant := await _meant(shop):
        return meant
    most = there.prices or there.rates
    return max(most, key=lambda one: most[one]) if most else shop.settings.currency


async def mean_currency(shop: Shop, currency: str) -> None:
    """From now on the shop is in this currency."""
    minor_digits(currency)
    async with shop.works["pricing"].begin() as tx:
        await tx.run(
            "INSERT INTO shop_marks (name, time) VALUES (:name, :now) ON CONFLICT (name) DO UPDATE SET time = :now",
            name=MARK + currency,
            now=to_micros(tx.now),
        )


def consequences(there: Priced, now: str, new: str) -> list[str]:
    """What a change of the currency means, in sentences."""
    priced_in = f"Variants with a price in {now}: {there.prices.get(now, 0)}, in {new}: {there.prices.get(new, 0)}."
    fixed = (
        f"Shipping rates in {now}: {there.rates.get(now, 0)}, coupons of a fixed amount: {there.coupons.get(now, 0)}."
    )
    return [
        f"{priced_in} What has none in {new} cannot be bought until it is priced anew: nothing is converted.",
        f"{fixed} They apply no more, and minimums of discounts are read as amounts in {new}.",
        f"Orders, payments and refunds stay in {now}; the dashboard adds up {new} alone.",
    ]


async def require_currency(shop: Shop) -> None:
    """Raise Refused where the settings say another currency than the one the shop's prices are in."""
    if "pricing" not in shop.here:
        return
    wanted = shop.settings.currency
    if await _meant(shop) == wanted:
        return  # without counting all prices at each start
    there = await priced(shop)
    now = await currency_of(shop, there)
    if now != wanted and there.has(now):
        said = " ".join(consequences(there, now, wanted))
        raise Refused(
            f"This shop's prices are in {now}, and SHOPWRIGHT_CURRENCY says {wanted}. With {wanted}: {said}"
            f" If that is meant, say it once: `shopwright currency {wanted}`. Otherwise set SHOPWRIGHT_CURRENCY={now}."
        )
    if there.has(wanted):
        await mean_currency(shop, wanted)
