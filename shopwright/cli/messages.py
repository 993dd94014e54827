"""`messages`: send failed messages again."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from shopwright.cli.main import data_option, read_settings
from shopwright.cli.opening import with_shop
from shopwright.kit.days import parse_moment
from shopwright.kit.translation import gettext as _

if TYPE_CHECKING:
    from shopwright.app import Shop

FORMATS = "2026-11-27 or 2026-11-27T10:00, in the shop's time zone unless it has an offset"


async def resend(shop: "Shop", since: datetime, until: datetime | None) -> int:
    """Queue failed messages for the running shop; exit code 1 if there were none."""
    done = await shop.notifications.resend(since, until)
    for sentence in done.sentences():
        click.echo(sentence)
    return 0 if done.count or done.useless else 1


@click.group()
def messages() -> None:
    """E-mails and other messages."""


@messages.command(name="resend")
@data_option
@click.option("--since", required=True, help=f"messages created from this time on: {FORMATS}")
@click.option("--until", default="", help="up to this time; default: now")
def resend_messages(data: str | None, since: str, until: str) -> None:
    """Send failed messages of a period again; the shop may run."""
    settings = read_settings(data)
    first = parse_moment(since, settings.zone, "/since")
    last = parse_moment(until, settings.zone, "/until") if until else None
    about = _("messages since {isoformat}", isoformat=first.isoformat()) + (
        _(" until {isoformat}", isoformat=last.isoformat()) if last else ""
    )
    raise SystemExit(
        with_shop(settings, lambda shop: resend(shop, first, last), recorded="resend messages", about=about)
    )
