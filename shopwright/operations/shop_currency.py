"""The currency of a shop: a changed setting alone does not change it.

The confirmed currency is recorded in the database of prices; without a record it is that of most prices. Amounts are in
minor units, so their number of decimals is recorded, too: a version that counts a currency differently misreads no
price.
"""

from decimal import Decimal

import msgspec

from shopwright.app import Shop
from shopwright.kit.clock import to_micros
from shopwright.kit.currencies import digits_to_read, minor_digits
from shopwright.kit.errors import Refused
from shopwright.kit.translation import gettext as _

MARK, DECIMALS = "currency ", "decimals "
PRICES = "SELECT currency, count(*) AS n FROM prices GROUP BY currency"
RATES = "SELECT currency, count(*) AS n FROM shipping_rates GROUP BY currency"
FIXED = "SELECT currency, count(*) AS n FROM coupons WHERE currency <> '' GROUP BY currency"


class CurrencyUse(msgspec.Struct, frozen=True):
    """The number of prices, rates and coupons by currency."""

    prices: dict[str, int]
    rates: dict[str, int]
    coupons: dict[str, int]

    def has(self, currency: str) -> bool:
        """Whether anything is in this currency."""
        return any(currency in one for one in (self.prices, self.rates, self.coupons))


async def priced(shop: Shop) -> CurrencyUse:
    """Count what is in which currency."""
    work = shop.databases["pricing"]
    found = [{row["currency"]: row["n"] for row in await work.fetch(sql)} for sql in (PRICES, RATES, FIXED)]
    return CurrencyUse(*found)


async def _meant(shop: Shop) -> str:
    """The recorded currency, or ""."""
    rows = await shop.databases["pricing"].fetch("SELECT name, time FROM shop_marks WHERE name LIKE 'currency %'")
    return str(max(rows, key=lambda row: int(row["time"]))["name"]).removeprefix(MARK) if rows else ""


async def currency_of(shop: Shop, there: CurrencyUse) -> str:
    """The shop's currency, whatever its settings say; theirs if nothing says otherwise."""
    if meant := await _meant(shop):
        return meant
    most = there.prices or there.rates
    return max(most, key=lambda one: most[one]) if most else shop.settings.currency


async def _decimals(shop: Shop, currency: str) -> int | None:
    """The recorded decimals of a currency, or None."""
    rows = await shop.databases["pricing"].fetch("SELECT name, time FROM shop_marks WHERE name LIKE 'decimals %'")
    latest = sorted(rows, key=lambda row: int(row["time"]))
    found = [
        str(row["name"]).rpartition(" ")[2] for row in latest if str(row["name"]).startswith(f"{DECIMALS}{currency} ")
    ]
    return int(found[-1]) if found else None


async def other_decimals(shop: Shop, currency: str, there: CurrencyUse) -> str:
    """Describe the consequences if amounts were written with other decimals; "" if they were not."""
    now = minor_digits(currency)
    before = await _decimals(shop, currency)
    if before is None:
        before = digits_to_read(currency) if there.has(currency) else now
    if before == now:
        return ""
    was, became = (f"{Decimal(100_000).scaleb(-digits):,f} {currency}" for digits in (before, now))
    return _(
        "{currency} has {now} decimals (ISO 4217), and this shop's amounts may have been written with {before}, as an earlier version did. Nothing is converted: what was {was} would be read as {became}, prices, orders and refunds alike.",
        currency=currency,
        now=now,
        before=before,
        was=was,
        became=became,
    )


async def mean_currency(shop: Shop, currency: str) -> None:
    """Record the shop's currency and its decimals in this version."""
    await _mark(shop, f"{DECIMALS}{currency} {minor_digits(currency)}", MARK + currency)


async def _mark(shop: Shop, *names: str) -> None:
    async with shop.databases["pricing"].begin() as tx:
        await tx.run_many(
            "INSERT INTO shop_marks (name, time) VALUES (:name, :now) ON CONFLICT (name) DO UPDATE SET time = :now",
            [{"name": name, "now": to_micros(tx.now)} for name in names],
        )


def consequences(there: CurrencyUse, now: str, new: str) -> list[str]:
    """Describe the consequences of a change of currency."""
    priced_in = _(
        "Variants with a price in {now}: {prices}, in {new}: {new_prices}.",
        now=now,
        prices=there.prices.get(now, 0),
        new=new,
        new_prices=there.prices.get(new, 0),
    )
    fixed = _(
        "Shipping rates in {now}: {prices}, coupons of a fixed amount: {coupons}.",
        now=now,
        prices=there.rates.get(now, 0),
        coupons=there.coupons.get(now, 0),
    )
    return [
        _(
            "{priced_in} What has none in {new} cannot be bought until it is priced again: nothing is converted.",
            priced_in=priced_in,
            new=new,
        ),
        _("{fixed} They apply no more, and minimums of discounts are read as amounts in {new}.", fixed=fixed, new=new),
        _("Orders, payments and refunds stay in {now}; the dashboard adds up {new} alone.", now=now, new=new),
    ]


async def require_currency(shop: Shop) -> None:
    """Raise Refused if the prices are in another currency than the settings', or have other decimals."""
    if "pricing" not in shop.local_services:
        return
    wanted = shop.settings.currency
    known = await _decimals(shop, wanted) == minor_digits(wanted)
    if known and await _meant(shop) == wanted:
        return  # without counting all prices at each start
    there = await priced(shop)
    now = await currency_of(shop, there)
    if now != wanted and there.has(now):
        sentence = " ".join(consequences(there, now, wanted))
        raise Refused(
            _(
                "This shop's prices are in {now}, and SHOPWRIGHT_CURRENCY is {wanted}. With {wanted}: {said} To confirm, run `shopwright currency {wanted}` once. Otherwise set SHOPWRIGHT_CURRENCY={now}.",
                now=now,
                wanted=wanted,
                said=sentence,
            )
        )
    if sentence := await other_decimals(shop, wanted, there):
        raise Refused(
            _(
                "{said} Look at a price of yours. If amounts are right with {wanted} decimals, or you enter prices again, run `shopwright currency {answer}` once. Otherwise stay with the earlier version.",
                said=sentence,
                wanted=minor_digits(wanted),
                answer=wanted,
            )
        )
    if there.has(wanted):
        await mean_currency(shop, wanted)
    elif not known:
        await _mark(shop, f"{DECIMALS}{wanted} {minor_digits(wanted)}")
