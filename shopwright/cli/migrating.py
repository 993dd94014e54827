"""`migrate` with its plan, and `upgrade --rehearse`."""

import sys
import tempfile
from pathlib import Path

from shopwright import __version__
from shopwright.app import Shop
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.lifecycle import migrations_of
from shopwright.operations.archive_upgrade import copy_settings
from shopwright.operations.upgrade_rehearsal import Rehearsal, UpgradeStage
from shopwright.settings import Settings


async def migrate(shop: Shop) -> int:
    """Apply pending migrations."""
    applied = await shop.migrate()
    for name in applied:
        print(name)
    print(_("{count} migrations applied.", count=len(applied)) if applied else _("Everything is up to date."))
    return 0


async def plan(shop: Shop) -> int:
    """List pending migrations."""
    count = 0
    for service, work in shop.databases.items():
        migration = ""
        for step in await work.database.plan(migrations_of(service)):
            if step.migration != migration:
                migration = step.migration
                count += 1
                print(f"-- {service}: {migration}")
            print(f"{step.sql};\n--   {step.lock}\n")
    print(_("-- {count} migrations would be applied.", count=count) if count else _("Everything is up to date."))
    return 0


async def rehearse(shop: Shop, where: str) -> int:
    """Rehearse the upgrade on a copy; exit code 1 if something would be wrong afterwards."""
    with tempfile.TemporaryDirectory(prefix="shopwright-rehearsal-") as folder:
        copy = Shop(_elsewhere(shop.settings, where, folder))
        try:
            done = await UpgradeStage(shop, copy, Path(folder) / "old").rehearse(
                lambda line: print(line, file=sys.stderr)
            )
        finally:
            await copy.close()
    _print_rehearsal(done)
    return 1 if done.wrong else 0


def _elsewhere(settings: Settings, where: str, folder: str) -> Settings:
    """A separate shop in that folder, or with its tables in the database `where`. Raises Invalid."""
    if not where and not settings.database.startswith("sqlite:"):
        raise Invalid(_("Name an empty database on a server like the shop's own: --on postgresql://…/rehearsal."))
    return copy_settings(settings, Path(folder), where)


def _print_rehearsal(done: Rehearsal) -> None:
    print(_("{rows} rows copied and verified in {copied_s} s.", rows=done.rows, copied_s=f"{done.copied_s:.1f}"))
    for one in done.migrations:
        print(f"{one.seconds:8.2f} s  {one.service}: {one.name}")
        for step in one.steps:
            print(f"            {step.lock}")
    if done.migrations:
        print(
            _(
                "{sum} s  total, {count} migrations.",
                sum=f"{sum(one.seconds for one in done.migrations):8.2f}",
                count=len(done.migrations),
            )
        )
    else:
        print(_("Version {version} changes no table.", version=__version__))
    for sentence in done.wrong:
        print(_("WRONG  {sentence}", sentence=sentence))
    print(
        _("All checks passed after the upgrade.")
        if not done.wrong
        else _("These checks fail after the upgrade (run doctor to see whether they fail already).")
    )
    print(
        _(
            "To roll back, start the previous version: it runs on the new tables, because migrations only add to them. To roll back the data too, `shopwright restore` a backup (about {copied_s} s).",
            copied_s=f"{done.copied_s:.0f}",
        )
    )
