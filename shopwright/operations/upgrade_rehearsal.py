"""Upgrade rehearsal on a copy: each migration timed on the shop's data, who would wait, and the way back.

The copy is a snapshot of the live shop, which is untouched: tables in their original version, then rows, compared by
checksum; then this version's migrations one by one, and `doctor`'s findings.
"""

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec

from shopwright.app import Shop
from shopwright.engines.database.migrations import all_in
from shopwright.kit.data.database import MigrationStep, Snapshot
from shopwright.kit.errors import Refused
from shopwright.kit.translation import gettext as _
from shopwright.lifecycle import migrations_of
from shopwright.operations import archive
from shopwright.operations.archive_upgrade import StagedMigrations
from shopwright.operations.doctor import examine


class TimedMigration(msgspec.Struct, frozen=True):
    """A migration: its time on the copy, and its steps with who must wait for each."""

    service: str
    name: str
    seconds: float
    steps: tuple[MigrationStep, ...]


class Rehearsal(msgspec.Struct, frozen=True):
    """The result. `copied_s`: the time to copy, which a restore would also take. `wrong`: `doctor`'s findings."""

    rows: int
    copied_s: float
    migrations: tuple[TimedMigration, ...]
    wrong: tuple[str, ...]


class UpgradeStage:
    """Environment of a rehearsal: `copy` is an unused shop, `folder` is for its files."""

    def __init__(self, shop: Shop, copy: Shop, folder: Path) -> None:
        self._shop = shop
        self._copy = copy
        self._staged = StagedMigrations(copy, folder)

    async def rehearse(self, log: Callable[[str], None]) -> Rehearsal:
        """Run it. Raises Refused if the place is not empty, or the copy differs."""
        await self._must_be_empty()
        began, rows = time.perf_counter(), 0
        async with AsyncExitStack() as stack:
            for service, snapshot in (await archive.snapshots(self._shop, stack)).items():
                log(f"copying {service}")
                rows += await self._copy_rows(service, snapshot)
        copied_s = time.perf_counter() - began
        migrations: list[TimedMigration] = []
        for service in self._shop.databases:
            migrations += await self._migrate(service, log)
        await self._copy.pretend.prepare()
        wrong = [sentence for finding in await examine(self._copy) for sentence in finding.wrong]
        return Rehearsal(rows, copied_s, tuple(migrations), tuple(wrong))

    async def _must_be_empty(self) -> None:
        for service, work in self._copy.databases.items():
            if len(await work.database.plan(migrations_of(service))) < len(all_in(migrations_of(service))):
                raise Refused(_("The place for the copy is not empty. Name a database in which there is nothing yet."))

    async def _copy_rows(self, service: str, snapshot: Snapshot) -> int:
        """Copy the tables and rows of a service. Returns the number of rows."""
        there = await snapshot.tables()
        if not there:  # a service that is new in this version
            return 0
        tables = [table for table in there if table not in archive.LEFT_OUT]
        applied = {row["name"] async for row in archive.rows_of(self._shop, snapshot, service, "migrations")}
        await self._staged.migrate(service, applied)
        count = 0
        for table in tables:
            count += await self._fill(service, snapshot, table)
        async with self._staged.database(service).snapshot() as copied:
            for table in tables:
                wanted = await archive.mark_of(self._shop, snapshot, service, table)
                if await archive.mark_of(self._copy, copied, service, table) != wanted:
                    raise Refused(
                        _(
                            "The copy of {service}/{table} is not what was copied. Nothing was changed.",
                            service=service,
                            table=table,
                        )
                    )
        return count

    async def _fill(self, service: str, snapshot: Snapshot, table: str) -> int:
        count = 0
        async with self._staged.database(service).begin() as session:
            await session.run(f"DELETE FROM {table}", {})  # what a migration has put there
            batch: list[dict[str, Any]] = []
            async for row in archive.rows_of(self._shop, snapshot, service, table):
                batch.append(row)
                if len(batch) == archive.BATCH:
                    await archive.put(session, table, batch)
                    count, batch = count + len(batch), []
            await archive.put(session, table, batch)
        return count + len(batch)

    async def _migrate(self, service: str, log: Callable[[str], None]) -> list[TimedMigration]:
        """Apply pending migrations one by one."""
        steps = await self._staged.database(service).plan(migrations_of(service))
        migrations = []
        for name in dict.fromkeys(step.migration for step in steps):
            log(f"{service}: {name}")
            began = time.perf_counter()
            await self._staged.migrate(service, {name})
            seconds = time.perf_counter() - began
            migrations.append(
                TimedMigration(service, name, seconds, tuple(step for step in steps if step.migration == name))
            )
        return migrations
