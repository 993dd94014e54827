"""Recovery of damaged database files into new ones; the damaged files are kept aside, and losses are listed.

No external program is available for it: Python's sqlite3 has no `.recover`, nor have all builds of SQLite's shell.
"""

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from shopwright.app import Shop
from shopwright.engines.database import damage
from shopwright.engines.database.sqlite import SqliteDatabase
from shopwright.engines.database.sqlite_salvage import Salvage, applied_migrations, salvage
from shopwright.kit.errors import Damaged, Refused, Unavailable
from shopwright.kit.private import make_file, make_folder
from shopwright.kit.settings import mask
from shopwright.kit.translation import gettext as _
from shopwright.operations import counters
from shopwright.operations.archive_upgrade import StagedMigrations, copy_settings
from shopwright.operations.lost_orders import lost_orders
from shopwright.registry import with_databases
from shopwright.services.books import statement_store
from shopwright.services.books.issuing import SERIES
from shopwright.settings import Settings

SQLITE = "sqlite://"
LOST = "lost.jsonl"
ENDS = ("", "-wal", "-shm", "-damaged", "-wal-damaged")


class RecoveredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A recovered file. `aside`: where the damaged one is kept."""

    service: str
    file: Path
    aside: Path
    salvage: Salvage


def files_of(settings: Settings) -> dict[str, Path]:
    """Return the database file of each service. Raises Refused if the database is no folder of files."""
    if not settings.database.startswith(SQLITE):
        raise Refused(
            _(
                "{mask} is no folder of SQLite files: restore the database from the backup its server makes, or the shop with `shopwright restore FILE.zip`.",
                mask=mask("database", settings.database),
            )
        )
    folder = Path(settings.database.removeprefix(SQLITE))
    return {name: folder / f"{name}.db" for name in with_databases(())}


async def damage_in(file: Path) -> str:
    """Describe the damage of a file. Raises Refused if there is nothing to recover."""
    if gone := damage.missing_file(file):
        if damage.has_log(file):
            return gone
        raise Refused(
            _(
                "{file} is missing or empty, and nothing of it is there to be saved. Is the disk mounted? If it is, put the file back, or type `shopwright restore FILE.zip`.",
                file=file,
            )
        )
    database = SqliteDatabase(file)
    try:
        await database.fetch(damage.EMPTY, {})  # opens it, and so looks at its log
        await database.look_for_damage()
    except Damaged as error:
        return error.detail
    finally:
        await database.close()
    return database.damaged


def _require_allowed(files: Sequence[Path]) -> None:
    if why := next((why for file in files if (why := damage.forbidden_file(file))), ""):
        raise Unavailable(_("{why} Nothing was changed.", why=why))


def require_stopped(files: Sequence[Path]) -> None:
    """Raise Refused if another process has a file open, Unavailable if one may not be used."""
    _require_allowed(files)
    used = [file.name for file in files if file.exists() and damage.in_use(file)]
    if used:
        raise Refused(
            _(
                "The shop is running ({used} is open). Nothing was changed. Stop it first: `systemctl stop shopwright`, or Ctrl-C where it was started.",
                used=used[0],
            )
        )


def put_aside(files: Sequence[Path], folder: Path) -> None:
    """Move files with their logs into a folder."""
    make_folder(folder)
    for file in files:
        for end in ENDS:
            part = file.with_name(f"{file.name}{end}")
            if part.exists():
                shutil.move(part, folder / part.name)


def aside_in(data: Path) -> Path:
    """A folder for damaged files."""
    return data / f"damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}"


async def recover(settings: Settings) -> list[RecoveredFile]:
    """Recover every damaged file. Raises Refused while the shop runs, Unavailable if the disk is full."""
    files = files_of(settings)
    _require_allowed(list(files.values()))
    found = {name: file for name, file in files.items() if await damage_in(file)}
    if not found:
        return []
    require_stopped(list(files.values()))
    aside = aside_in(Path(settings.data))
    with tempfile.TemporaryDirectory(prefix="recover-", dir=settings.data) as place:
        copy = Shop(copy_settings(settings, Path(place) / "copy"))
        staged = StagedMigrations(copy, Path(place) / "staged")
        try:
            for name, file in found.items():
                applied = await asyncio.to_thread(applied_migrations, file)
                known = {one for one in staged.names(name) if one in applied}
                await staged.migrate(name, known or set(staged.names(name)))
        finally:
            await copy.close()
        made = files_of(copy.settings)
        try:
            saved = {name: await asyncio.to_thread(salvage, file, made[name]) for name, file in found.items()}
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(
                _("The new files cannot be written ({error}). Nothing was changed.", error=error)
            ) from error
        for name, file in found.items():
            put_aside([file], aside)
            shutil.move(made[name], file)
    _list_lost(aside / LOST, saved)
    return [RecoveredFile(service=name, file=file, aside=aside, salvage=saved[name]) for name, file in found.items()]


def _list_lost(path: Path, saved: dict[str, Salvage]) -> None:
    make_file(path)
    with path.open("wb") as out:
        for service, found in saved.items():
            for table in found.tables:
                for row in table.lost:
                    out.write(msgspec.json.encode({"table": f"{service}/{table.table}", **_plain(row)}) + b"\n")


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None}


async def go_on_behind(shop: Shop, recovered: Sequence[RecoveredFile]) -> dict[str, int]:
    """Continue counters so that no number of a lost order is given again."""
    if any(one.service == "books" for one in recovered):
        async with shop.databases["books"].begin() as tx:
            await statement_store.come_to(tx, SERIES, counters.moment_of_series(shop))
    numbers = [
        row["number"]
        for one in recovered
        for table in one.salvage.tables
        for row in table.lost
        if one.service == "orders" and table.table == "orders" and isinstance(row.get("number"), int)
    ]
    last = await shop.databases["orders"].one("SELECT id, number FROM orders ORDER BY number DESC LIMIT 1")
    unnumbered = [order_id for order_id in await lost_orders(shop) if last is None or order_id > last["id"]]
    least = (last["number"] if last is not None else counters.FIRST_NUMBER) + len(unnumbered)
    return await counters.jump(shop, {counters.ORDERS: max(least, *numbers, 0)})
