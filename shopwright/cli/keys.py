"""`shopwright keys`: list and rotate encryption and signing keys."""

from pathlib import Path

import click

from shopwright.app import Shop
from shopwright.kit.days import write_moment
from shopwright.kit.translation import gettext as _
from shopwright.kit.vault import add_key
from shopwright.open_engines import ENCRYPTION_KEY


async def show(shop: Shop) -> int:
    """List the keys without showing them."""
    for number, name in enumerate(shop.vault.names):
        click.echo(f"encryption  {name}  {_('encrypts') if number == 0 else _('still opens')}")
    for key in await shop.users.signing_keys():
        click.echo(f"signing     {key.id}  {write_moment(key.created_at, shop.settings.zone)}  {key.state}")
    return 0


async def rotate(shop: Shop) -> int:
    """Rotate keys: encrypted data are encrypted again, signed tokens stay valid until they expire."""
    if shop.settings.encryption_key:
        if len(shop.vault.keys) == 1:
            click.echo(
                _(
                    "The encryption key is a setting: put a new one first (SHOPWRIGHT_ENCRYPTION_KEY=new,old), restart every process, and run this command again."
                )
            )
    else:
        add_key(Path(shop.settings.data) / ENCRYPTION_KEY)
    count = await shop.protect(anew=True)
    await shop.users.rotate_signing_key()
    click.echo(
        _(
            "{count} secrets are encrypted with {names}. Access tokens are signed with a new key.",
            count=count,
            names=shop.vault.names[0],
        )
    )
    return 0
