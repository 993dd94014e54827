"""`drill` and `report`: unattended maintenance."""

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shopwright.cli.main import data_option, read_settings
from shopwright.cli.opening import with_shop
from shopwright.kit.errors import Invalid, Missing, Refused
from shopwright.kit.settings import client_of
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import ngettext

if TYPE_CHECKING:
    from shopwright.app import Shop

LONGEST_REPORT = 100_000  # characters


@click.command()
@data_option
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def drill(data: str | None, folder: Path) -> None:
    """Restore the newest archive of FOLDER beside the shop, check it, and report how long that took."""
    file = newest(folder)

    async def act(shop: "Shop") -> int:
        return await tried(shop, file)

    raise SystemExit(with_shop(read_settings(data), act, recorded="restore drill", about=f"file {file.name}"))


def newest(folder: Path) -> Path:
    """Return the newest archive. Raises Missing."""
    from shopwright.cli.backup import archives_in

    found = archives_in(folder)
    if not found:
        raise Missing(_("There is no archive in {folder}; `shopwright backup {folder}` writes one.", folder=folder))
    return found[-1]


async def tried(shop: "Shop", file: Path) -> int:
    """0 if the archive becomes a consistent shop. Raises Refused if not, Invalid if it is damaged."""
    from shopwright.app import Shop
    from shopwright.operations import archive
    from shopwright.operations.archive_upgrade import copy_settings, upgraded_archive
    from shopwright.operations.doctor import examine

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="drill-", dir=shop.settings.data) as place:
        copy = Shop(copy_settings(shop.settings, Path(place)))
        try:
            await copy.migrate()
            async with upgraded_archive(file, shop.settings) as now:
                manifest = await archive.read(copy, now)
            findings = await examine(copy)
        finally:
            await copy.close()
    rows = sum(mark.rows for mark in manifest.tables.values())
    orders = manifest.tables["orders/orders"].rows
    print(
        _(
            "{name} of {created_at} was restored in {monotonic} s:",
            name=file.name,
            created_at=archive.manifest_of(file).created_at,
            monotonic=f"{time.monotonic() - began:.1f}",
        )
    )
    print(
        _(
            "{rows} rows in {count} tables, {orders} orders, {files} files.",
            rows=rows,
            count=len(manifest.tables),
            orders=orders,
            files=len(manifest.files),
        )
    )
    wrong = [sentence for finding in findings for sentence in finding.wrong]
    for sentence in wrong:
        print(_("WRONG  {sentence}", sentence=sentence))
    if wrong:
        raise Refused(ngettext("A problem in {name}.", "{count} problems in {name}.", len(wrong), name=file.name))
    print(_("All checks passed."))
    return 0


@click.command()
@data_option
@click.argument("subject")
def report(data: str | None, subject: str) -> None:
    """E-mail SUBJECT and standard input to the owner, by the shop's mail server but without the shop."""
    import asyncio

    from shopwright.kit.clock import SystemClock
    from shopwright.kit.ids import Ids
    from shopwright.kit.ports import Message

    with client_of("smtp"):
        from shopwright.engines.messaging.smtp import Smtp
    settings = read_settings(data)
    if settings.mail.startswith("viewer:"):
        raise Invalid(_("There is no mail server to report by: SHOPWRIGHT_MAIL is viewer:."))
    text = "" if sys.stdin.isatty() else sys.stdin.read(LONGEST_REPORT)
    message = Message(
        id=Ids(SystemClock()).new("rep"),
        channel="email",
        recipient=settings.owner_email,
        subject=f"{settings.shop_name}: {subject}",
        text=text or subject,
    )

    async def send() -> None:
        smtp = Smtp(settings.mail, settings.mail_from)
        try:
            await smtp.deliver(message)
        finally:
            await smtp.close()

    asyncio.run(send())
    print(_("Notified {owner_email}.", owner_email=settings.owner_email))
