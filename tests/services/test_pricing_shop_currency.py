"""A currency that differs from that of existing prices needs a confirmation that explains the consequences."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from shopwright.app import Shop
from shopwright.cli import importing, serving
from shopwright.cli.main import main
from shopwright.kit.currencies import digits_to_read, minor_digits
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money
from shopwright.operations.shop_currency import require_currency
from shopwright.services.pricing.contract import Price
from tests.builders.environment import ON_SERVERS, POSTGRES, no_settings
from tests.builders.goods import sell
from tests.builders.shops import QUICK, make_settings

pytestmark = pytest.mark.skipif(bool(POSTGRES) or ON_SERVERS, reason="the command reads its own settings")


def opened(data: tuple[Path, str], currency: str) -> Shop:
    return Shop(make_settings(*data, currency=currency), hasher=QUICK)


async def starts(data: tuple[Path, str], currency: str) -> None:
    await serving.prepare(make_settings(*data, currency=currency), (), demo=False)


def run(data: tuple[Path, str], *words: str, typed: str | None = None):
    import asyncio

    command = [*words, "--data", str(data[0])]
    return asyncio.to_thread(lambda: CliRunner(env=no_settings()).invoke(main, command, input=typed))


async def test_a_shop_with_prices_does_not_start_in_another_currency_silently(
    data: tuple[Path, str], tmp_path: Path
) -> None:
    shop = opened(data, "EUR")
    await sell(shop)
    await shop.close()
    await starts(data, "EUR")
    with pytest.raises(Refused) as refused:
        await starts(data, "USD")
    detail = refused.value.detail
    assert "prices are in EUR, and SHOPWRIGHT_CURRENCY is USD" in detail
    assert "Variants with a price in EUR: 1, in USD: 0." in detail
    assert "Shipping rates in EUR: 3" in detail
    assert "`shopwright currency USD`" in detail
    assert "SHOPWRIGHT_CURRENCY=EUR" in detail
    shop = opened(data, "USD")
    with pytest.raises(Refused):
        await importing.run(shop, "shopify", tmp_path / "any.csv", importing.ImportOptions())
    await shop.close()
    result = await run(data, "currency", "USD")
    assert result.exit_code == 1
    assert "add --yes" in result.output
    with pytest.raises(Refused):
        await starts(data, "USD")
    meant = await run(data, "currency", "USD", "--yes")
    assert meant.exit_code == 0, meant.output
    assert "nothing is converted" in meant.output
    await starts(data, "USD")
    # New prices do not delete the old ones, and changing back needs a confirmation as well.
    shop = opened(data, "USD")
    variant = (await shop.catalog.list_products())[0].variants[0].id
    await shop.pricing.set_prices([Price(variant, Money(700, "USD"))])
    await require_currency(shop)
    assert (await shop.pricing.prices([variant], "EUR"))[variant].amount.amount == 6400
    await shop.close()
    with pytest.raises(Refused, match="prices are in USD, and SHOPWRIGHT_CURRENCY is EUR"):
        await starts(data, "EUR")


async def test_a_shop_without_prices_starts_in_any_currency(tmp_path: Path) -> None:
    made = await run((tmp_path / "data", ""), "init")
    assert made.exit_code == 0, made.output
    for currency in ("USD", "JPY", "EUR"):
        await starts((tmp_path / "data", ""), currency)


async def test_an_unknown_currency_is_refused(data: tuple[Path, str]) -> None:
    refused = await run(data, "currency", "EURO", "--yes")
    assert refused.exit_code == 1
    assert "ISO 4217" in refused.output


async def test_a_shop_whose_currency_had_other_decimals_is_not_read_with_new_ones(tmp_path: Path) -> None:
    data = (tmp_path / "data", "")
    assert (await run(data, "init")).exit_code == 0
    await starts(data, "RSD")  # that of a new shop is stored before it has a price
    shop = opened(data, "RSD")
    await shop.pricing.set_prices([Price("var_1", Money(1990, "RSD"))])
    await require_currency(shop)
    for amount in (1990, 2990):  # and again, once it is
        await shop.pricing.set_prices([Price("var_1", Money(amount, "RSD"))])
        await require_currency(shop)
    async with shop.databases["pricing"].begin() as tx:
        await tx.run("DELETE FROM shop_marks WHERE name LIKE 'decimals %'")  # as 0.1.0 left it, which counted by CLDR
    await shop.close()
    with pytest.raises(Refused) as refused:
        await starts(data, "RSD")
    assert "what was 100,000 RSD would be read as 1,000.00 RSD" in refused.value.detail
    assert "`shopwright currency RSD`" in refused.value.detail
    unasked = await run(data, "currency", "RSD")
    assert (unasked.exit_code, "add --yes" in unasked.output) == (1, True)
    meant = await run(data, "currency", "RSD", "--yes")
    assert meant.exit_code == 0, meant.output
    assert "Nothing is converted" in meant.output
    await starts(data, "RSD")


@pytest.mark.parametrize("currency", ["ISK", "UGX", "HUF", "TWD", "IDR", "PKR", "KWD", "TND", "CLF", "EUR"])
async def test_an_older_shop_whose_currency_has_the_same_decimals_starts(data: tuple[Path, str], currency: str) -> None:
    shop = opened(data, currency)
    await shop.pricing.set_prices([Price("var_1", Money(1990, currency))])
    async with shop.databases["pricing"].begin() as tx:
        await tx.run("DELETE FROM shipping_rates")
    if digits_to_read(currency) == minor_digits(currency):
        await require_currency(shop)
    else:
        with pytest.raises(Refused):
            await require_currency(shop)
    await shop.close()
