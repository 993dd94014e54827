"""`currency`: change the shop's currency."""

import sys
from typing import TYPE_CHECKING

import click

from shopwright.cli.main import data_option, read_settings
from shopwright.cli.opening import with_shop
from shopwright.kit.currencies import minor_digits
from shopwright.kit.errors import Refused
from shopwright.kit.translation import gettext as _

if TYPE_CHECKING:
    from shopwright.app import Shop


@click.command()
@data_option
@click.argument("code")
@click.option("--yes", is_flag=True, help="skip the confirmation")
def currency(data: str | None, code: str, *, yes: bool) -> None:
    """Change the shop's currency to CODE, after explaining what that means for existing prices.

    Then set SHOPWRIGHT_CURRENCY=CODE. Nothing is converted: prices, shipping rates and fixed discounts must be entered
    again.
    """
    from shopwright.operations import shop_currency

    minor_digits(code)

    async def act(shop: "Shop") -> int:
        there = await shop_currency.priced(shop)
        now = await shop_currency.currency_of(shop, there)
        consequences = shop_currency.consequences(there, now, code) if now != code and there.has(now) else []
        if decimals := await shop_currency.other_decimals(shop, code, there):
            consequences.append(decimals)
        if consequences:
            for sentence in consequences:
                click.echo(sentence)
            if not yes and not sys.stdin.isatty():
                raise Refused(_("Nothing was changed, as this is no terminal to ask at. To confirm, add --yes."))
            if not yes:
                click.confirm(_("Sell in {code} from now on?", code=code), abort=True)
        await shop_currency.mean_currency(shop, code)
        click.echo(_("This shop sells in {code}. Set SHOPWRIGHT_CURRENCY={code} for every process.", code=code))
        return 0

    raise SystemExit(with_shop(read_settings(data), act, recorded="set currency", about=f"currency {code}"))
