"""`payments`: payments that providers received and the shop does not know, for instance after a restore."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from shopwright.cli.main import data_option, read_settings
from shopwright.cli.opening import with_shop
from shopwright.kit.errors import Refused
from shopwright.kit.money import write
from shopwright.kit.translation import gettext as _

if TYPE_CHECKING:
    from shopwright.app import Shop


async def list_unknown(shop: "Shop") -> int:
    """List them."""
    found = await shop.payments.unknown_payments()
    for one in found:
        click.echo(f"{one.provider} {one.reference}: {write(one.amount)}")
    click.echo(
        _(
            "{count} payments are missing here. Import them with `shopwright payments import REFERENCE …`.",
            count=len(found),
        )
        if found
        else _("Every payment at the providers is recorded here.")
    )
    return 0


async def import_payments(shop: "Shop", references: Sequence[str]) -> int:
    """Record them, or report one that is not listed before recording any."""
    listed = {one.reference: one for one in await shop.payments.unknown_payments()}
    if others := [one for one in references if one not in listed]:
        raise Refused(
            _(
                "{names}: no payment that a provider has received and the shop does not know. Nothing was changed.",
                names=", ".join(others),
            )
        )
    for reference in references:
        one = listed[reference]
        payment = await shop.payments.import_payment(one.provider, reference)
        left = write(payment.left)
        click.echo(
            _(
                "{id} is {reference} of {provider}: {amount}, {left} of it not refunded.",
                id=payment.id,
                reference=reference,
                provider=one.provider,
                amount=write(payment.amount),
                left=left,
            )
        )
        if payment.left.amount:
            click.echo(_("To refund it: `shopwright doctor --refund {id}`.", id=payment.id))
    return 0


@click.group()
def payments() -> None:
    """Payments as recorded by their providers."""


@payments.command()
@data_option
def unknown(data: str | None) -> None:
    """List payments of half a year that the shop does not know, for instance after a restore."""
    raise SystemExit(with_shop(read_settings(data), list_unknown))


@payments.command(name="import")
@data_option
@click.argument("references", nargs=-1, required=True)
def import_command(data: str | None, references: tuple[str, ...]) -> None:
    """Record payments listed by `unknown`, with their refunds; their orders stay unknown."""
    about = _("payments {names}", names=", ".join(references))
    raise SystemExit(
        with_shop(
            read_settings(data), lambda shop: import_payments(shop, references), recorded="import payments", about=about
        )
    )
