"""`taxes`: list and add tax presets of places."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from shopwright.cli.main import data_option, read_settings
from shopwright.cli.opening import operating_user, with_shop
from shopwright.kit.translation import gettext as _

if TYPE_CHECKING:
    from shopwright.app import Shop


async def list_presets(shop: "Shop") -> int:
    """List presets, and which this shop has."""
    click.echo(_("Confirm these with your tax adviser. Add them with `shopwright taxes presets NAME …`."))
    for one in await shop.pricing.tax_presets():
        there = ", added" if one.added else ""
        click.echo(
            _(
                "{name}: {title} ({country} {postcodes}), as of {as_of}{there}. {reason}.",
                name=one.name,
                title=one.title,
                country=one.country,
                postcodes=one.postcodes,
                as_of=one.as_of,
                there=there,
                reason=one.reason,
            )
        )
    return 0


async def add_presets(shop: "Shop", names: Sequence[str]) -> int:
    """Add the rates of presets; existing ones stay."""
    for rate in await shop.pricing.add_tax_presets(names, operating_user()):
        click.echo(
            _(
                "{title}: no tax in {country} {postcodes}.",
                title=rate.title,
                country=rate.country,
                postcodes=rate.postcodes,
            )
        )
    return 0


@click.group()
def taxes() -> None:
    """Taxes of places."""


@taxes.command()
@data_option
@click.argument("names", nargs=-1)
def presets(data: str | None, names: tuple[str, ...]) -> None:
    """List places that are taxed differently from their country, or add those of NAMES.

    They state the law at their date and are no advice: confirm them with your tax adviser first.
    """
    settings = read_settings(data)
    if not names:
        raise SystemExit(with_shop(settings, list_presets))
    about = _("tax rates of {names}", names=", ".join(names))
    raise SystemExit(
        with_shop(settings, lambda shop: add_presets(shop, names), recorded="add tax presets", about=about)
    )
