"""`messages`: e-mails and other messages that failed are sent again."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from shopwright.cli import data_option, read_settings
from shopwright.commands.opening import with_shop
from shopwright.kit.errors import Invalid

if TYPE_CHECKING:
    from shopwright.app import Shop

FORMATS = "2026-11-27 or 2026-11-27T10:00, in UTC unless it says otherwise"


def moment(text: str, where: str) -> datetime:
    """ISO 8601; without an offset in UTC. Raises Invalid."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid.at(f"/{where}", f"“{text}” is no time: write {FORMATS}.") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


async def resend(shop: "Shop", since: datetime, until: datetime | None) -> int:
    """Put what failed back to be sent by the shop that runs; exit code 1 where nothing had failed."""
    done = await shop.notifications.resend(since, until)
    for sentence in done.sentences():
        click.echo(sentence)
    return 0 if done.count or done.useless else 1


@click.group()
def messages() -> None:
    """E-mails and other messages to people."""


@messages.command(name="resend")
@data_option
@click.option("--since", required=True, help=f"messages written from then on: {FORMATS}")
@click.option("--until", default="", help="and up to then; up to now if not said")
def resend_messages(data: str | None, since: str, until: str) -> None:
    """Send all messages again that were written in a span of time and failed; the shop may run."""
    first, last = moment(since, "since"), moment(until, "until") if until else None
    about = f"messages since {first.isoformat()}" + (f" until {last.isoformat()}" if last else "")
    settings = read_settings(data)
    raise SystemExit(
        with_shop(settings, lambda shop: resend(shop, first, last), recorded="resend messages", about=about)
    )
