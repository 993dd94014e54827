"""The owner's first password is shown at a terminal only; `password` sets a new one."""

import sys
from typing import TYPE_CHECKING, TextIO

import click

from shopwright.cli.main import data_option, read_settings
from shopwright.cli.opening import with_shop
from shopwright.kit.translation import gettext as _

if TYPE_CHECKING:
    from shopwright.app import Shop


def first_password(email: str, password: str | None, stream: TextIO) -> str:
    """The message about the owner's password; None: it is not new, or was chosen by them."""
    if password is None:
        return ""
    if stream.isatty():
        return _("password: {password}   (shown this once)", password=password)
    return _(
        "has a password that was not shown, as this is no terminal: `shopwright password {email}` sets one", email=email
    )


@click.command()
@data_option
@click.argument("email", default="")
def password(data: str | None, email: str) -> None:
    """Set the password of a staff member (EMAIL; default: the owner, SHOPWRIGHT_OWNER_EMAIL).

    It is asked for at the terminal, or read as one line from standard input. All sessions of the account end.
    """
    settings = read_settings(data)
    address = email or settings.owner_email
    if sys.stdin.isatty():
        chosen = click.prompt(
            _("New password of {address}", address=address), hide_input=True, confirmation_prompt=True
        )
    else:
        chosen = sys.stdin.readline().rstrip("\r\n")

    async def act(shop: "Shop") -> int:
        user = await shop.users.set_staff_password(address, chosen)
        click.echo(
            _("Changed the password of {email} ({role}) and ended its sessions.", email=user.email, role=user.role)
        )
        return 0

    raise SystemExit(with_shop(settings, act, recorded="set password", about=f"account {address}"))
