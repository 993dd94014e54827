"""`restore`: shows and saves what would be lost, then replaces the shop; numbers are never given twice."""

import asyncio
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click
import msgspec

from shopwright.app import Shop
from shopwright.cli.moving import print_manifest
from shopwright.cli.opening import recording
from shopwright.kit.clock import from_micros
from shopwright.kit.errors import Refused, ShopError
from shopwright.kit.translation import gettext as _
from shopwright.operations import archive, counters
from shopwright.operations.archive_upgrade import require_known_version, upgraded_archive
from shopwright.operations.doctor import databases_are_whole
from shopwright.operations.recovery import ENDS, aside_in, files_of, put_aside, require_stopped
from shopwright.operations.unfinished_restore import forget_replacing, note_replacing

# What is counted: words, place and name.
COUNTED = (
    ("orders", "orders/orders", "SELECT id, number AS name, placed_at AS time FROM orders ORDER BY number"),
    ("payments", "payments/payments", "SELECT id, id AS name, created_at AS time FROM payments ORDER BY id"),
    ("documents", "books/issued_documents", "SELECT id, name, issued AS time FROM issued_documents ORDER BY id"),
    ("customers", "users/users", "SELECT id, id AS name, created_at AS time FROM users ORDER BY id"),
)


class LostByRestore(msgspec.Struct, frozen=True):
    """`count` of them are here but not in the archive, from `first` to `last` by number or id."""

    what: str
    count: int
    first: str
    last: str

    def sentence(self) -> str:
        """The loss in words."""
        return f"{self.count} {self.what} ({self.first}{f' to {self.last}' if self.count > 1 else ''})"


def check_archive(file: Path) -> None:
    """Raise Invalid or Refused if no shop can be made from the archive."""
    require_known_version(archive.verify(file))


async def into_empty(shop: Shop, file: Path) -> int:
    """Load the archive into an empty shop. Raises Refused if it is not empty."""
    if not await archive.is_empty(shop):
        raise Refused(_("This shop is not empty; `shopwright restore` replaces what is in it."))
    async with upgraded_archive(file, shop.settings) as now:
        manifest = await archive.read(shop, now)
        print_manifest(manifest, f"is here, as {file} had it")
    async with archive.held(shop) as sessions:
        lost = await counters.may_have_given(sessions, _made(manifest), shop.clock.now())
        _print_jumps(await counters.jump_in(sessions, lost))
        await counters.begin_series(sessions, shop)
    await shop.search.bring_up_to_date()
    return 0


async def restore(shop: Shop, file: Path, *, sure: bool) -> int:
    """Replace the shop by the archive, after confirmation and a backup. Raises Refused."""
    check_archive(file)
    wrong = (await databases_are_whole(shop)).wrong  # first of all: it opens nothing that is not there
    past = await counters.highest(shop)
    if wrong:
        print("\n".join(wrong))
        _require_sure(
            _("The shop that is here is damaged. Its files are put aside as they are before it is replaced."), sure=sure
        )
        await _put_aside(shop)
    keep = not wrong and not await archive.is_empty(shop)
    if keep:
        _require_sure(await _what_goes(shop, file), sure=sure)
    async with recording(shop, "restore", f"file {file.name}"):
        await _replace(shop, file, past, keep=keep)
    return 0


async def _replace(shop: Shop, file: Path, past: Mapping[str, int], *, keep: bool) -> None:
    """Replace the shop; nothing can be written from its backup until the other is in place with its counters."""
    data = Path(shop.settings.data)
    async with upgraded_archive(file, shop.settings) as now:
        archive.check_version(archive.manifest_of(now))
        async with archive.held(shop) as sessions:
            if keep:
                await _keep(shop)
            given = await counters.highest(shop)
            manifest = await archive.load_into(shop, sessions, now)
            lost = {} if keep else await counters.may_have_given(sessions, _made(manifest), shop.clock.now())
            jumped = await counters.jump_in(
                sessions, {name: max(past[name], given[name], lost.get(name, 0)) for name in given}
            )
            await counters.begin_series(sessions, shop)
            note_replacing(data, file)  # each service is committed by itself
        await archive.complete(shop)
    forget_replacing(data)
    print_manifest(manifest, f"is here, as {file} had it")
    _print_jumps(jumped)
    await shop.search.bring_up_to_date()


def _made(manifest: archive.Manifest) -> datetime:
    return datetime.fromisoformat(manifest.created_at)


def _print_jumps(jumped: Mapping[str, int]) -> None:
    for name, number in jumped.items():
        print(_("The {name} continue after {number}, so that none is used twice.", name=name, number=number))


def _require_sure(sentence: str, *, sure: bool) -> None:
    print(sentence, flush=True)
    if sure:
        return
    if not sys.stdin.isatty():
        raise Refused(
            _(
                "This shop is not empty; all that is in it would be replaced. Nothing was changed. Say --yes if that is meant."
            )
        )
    if not click.confirm(_("Replace the shop?")):
        raise Refused(_("Nothing was changed."))


async def _what_goes(shop: Shop, file: Path) -> str:
    """Describe the data that is here but not in the archive."""
    created = archive.manifest_of(file).created_at
    going = [found for one in COUNTED if (found := await _going(shop, file, one)) is not None]
    losses = ", ".join(one.sentence() for one in going)
    if not losses:
        return _(
            "The archive is of {created}. Every order, payment and customer that is here is in it, as they were then.",
            created=created,
        )
    return _(
        "The archive is of {created}. Not in it, and gone when it is restored: {losses}.",
        created=created,
        losses=losses,
    )


async def _going(shop: Shop, file: Path, one: tuple[str, str, str]) -> LostByRestore | None:
    what, table, sql = one
    known = await asyncio.to_thread(lambda: {row["id"] for row in archive.rows_in(file, table)})
    gone = [row for row in await shop.databases[table.partition("/")[0]].fetch(sql) if row["id"] not in known]
    if not gone:
        return None
    first, last = (
        _("{name} of {from_micros}", name=row["name"], from_micros=f"{from_micros(row['time']):%Y-%m-%d %H:%M}")
        for row in (gone[0], gone[-1])
    )
    return LostByRestore(what, len(gone), first, last)


async def _keep(shop: Shop) -> None:
    """Back up the present shop."""
    path = Path(shop.settings.data) / f"before-restore-{shop.clock.now():%Y%m%d-%H%M%S}.zip"
    try:
        await archive.write(shop, path, is_held=True)
    except ShopError as error:
        raise Refused(
            _("The current shop cannot be saved: {detail} Nothing was changed.", detail=error.detail)
        ) from error
    print(_("The existing shop was saved to {path}.", path=path), flush=True)


async def _put_aside(shop: Shop) -> None:
    """Move damaged files aside with copies of the others, then create the tables again."""
    files = files_of(shop.settings)
    damaged = [file for name, file in files.items() if shop.databases[name].database.damaged]
    for work in shop.databases.values():
        await work.database.close()
    require_stopped(list(files.values()))
    aside = aside_in(Path(shop.settings.data))
    put_aside(damaged, aside)
    for file in files.values():
        for part in (file.with_name(f"{file.name}{end}") for end in ENDS):
            if part.exists():
                shutil.copy2(part, aside / part.name)
    print(_("The files of the replaced shop are in {aside}.", aside=aside))
    await shop.migrate()
