"""A move, from the first copy to the switch."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from shopwright.app import Shop
from shopwright.event_handlers import keep_documents
from shopwright.kit.errors import Conflict, Refused
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.operations import archive
from shopwright.operations.move.files import copy_files
from shopwright.operations.move.state import MoveStateFile
from shopwright.operations.move.tables import Row, RowTransfer, Tables

WORDS = gettext_noop("The shop is moving to another place and takes nothing for a moment. Try again soon.")
FEW, ROUNDS = 200, 50  # so little may be left to bring before others have to wait for it
# Progress of documents moves along only if they stay where they are.
MOVES = frozenset({"document_moves"})
Log = Callable[[str], None]


class MoveResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result. `read_only_s`: how long writes were rejected; `checksum`: of both sides at one moment."""

    rows: int
    files: int
    read_only_s: float
    checksum: str


class EngineMove:
    """A move between shops with these engines. `say` gets progress messages."""

    def __init__(self, source: Shop, target: Shop, log: Log) -> None:
        self.source = source
        self.target = target
        self._say = log
        here, there = source.settings, target.settings
        self._same_documents = here.documents == there.documents and not here.documents.startswith("database:")
        self._same_files = here.files == there.files
        self._same_search = here.search == there.search
        self._notebook = MoveStateFile(
            Path(here.data), f"{here.database} {here.documents} {here.files}", f"{there.database} {there.documents} {there.files}"
        )  # fmt: skip
        self._tables: list[Tables] = []

    async def run(self, *, replace: bool) -> MoveResult:
        """Run the move. Raises Refused if the target is not empty, Conflict if both sides differ."""
        if self.source.settings.database == self.target.settings.database:
            raise Refused(_("--to is the shop's database already; choose another."))
        await self._begin(replace=replace)
        await self._copy()
        await self._files()
        await self._settle()
        for _round in range(ROUNDS):
            if await self._catch_up() <= FEW:
                break
        checksum = await self._compare()
        while await self._catch_up() > FEW:
            continue
        return await self._switch(checksum)

    async def _begin(self, *, replace: bool) -> None:
        await self.target.migrate()
        for name, work in self.source.databases.items():
            keys = await work.database.movable.keys()
            left = (
                archive.LEFT_OUT - archive.SIGNS - archive.SPENDABLE - (MOVES if self._same_documents else frozenset())
            )
            along = {table: key for table, key in keys.items() if table not in left}
            self._tables.append(Tables(work, self.target.databases[name], along, self._cargo(name)))
        if self._notebook.is_there:
            self._notebook.read()
            self._say("going on with a move that was broken off")
            for tables in self._tables:  # it may have come as far as the switch
                await tables.source.database.movable.unfence()
            return
        if not replace and not await archive.is_empty(self.target):
            raise Refused(
                _("The target is not empty; all that is in it would be replaced. Say --replace if that is meant.")
            )
        for tables in self._tables:
            await tables.source.database.movable.watch()
            await tables.empty()
            if tables.source.name in keep_documents() and not self._same_documents:
                await self.target.documents.clear(tables.target)
        self._notebook.write()

    def _cargo(self, service: str) -> Mapping[str, RowTransfer]:
        cargo: dict[str, RowTransfer] = {}
        if service in keep_documents() and not self._same_documents:
            work = self.source.databases[service]

            async def filled(rows: Sequence[Row]) -> Sequence[Row]:
                return await self.source.documents.fill(work, [dict(row) for row in rows])

            cargo["documents"] = RowTransfer(filled, self.target.documents.arrived, self.target.documents.leaving)
        if service == "search" and not self._same_search:
            anew = archive.MADE_ANEW["search", "entries"]

            async def unindexed(rows: Sequence[Row]) -> Sequence[Row]:
                return [{**row, **anew} for row in rows]

            cargo["entries"] = RowTransfer(unindexed, _nothing, _nothing)
        return cargo

    # --- while the shop sells

    async def _copy(self) -> None:
        notes = self._notebook.notes
        for tables in self._tables:
            for table in tables.keys:
                name = f"{tables.source.name}/{table}"
                if name in notes.whole:
                    continue
                self._say(f"copying {name}")
                after = notes.after.get(name)
                last = await tables.copy(table, None if after is None else tuple(after))
                while last is not None:
                    notes.after[name] = list(last)
                    self._notebook.write()
                    last = await tables.copy(table, last)
                notes.whole.append(name)
                self._notebook.write()
            await tables.catch_up()

    async def _files(self) -> None:
        if not self._same_files:
            await copy_files(self.source, self.target)

    async def _settle(self) -> None:
        for name in keep_documents():
            await self.target.documents.settle(self.target.databases[name])

    async def _catch_up(self) -> int:
        copied = sum([await tables.catch_up() for tables in self._tables])
        await self._settle()
        if copied:
            self._say(f"{copied} rows had changed meanwhile")
        return copied

    # --- comparison

    async def _compare(self) -> str:
        """Compare both sides at one moment; writers wait until snapshots are open."""
        self._say("comparing both sides")
        async with AsyncExitStack() as stack:
            for name in keep_documents():
                await stack.enter_async_context(self.source.documents.steady(self.source.databases[name]))
            async with AsyncExitStack() as held:
                sessions = [await held.enter_async_context(one.source.database.hold()) for one in self._tables]
                for tables, session in zip(self._tables, sessions, strict=True):
                    await tables.catch_up(session)
                moments = [
                    (
                        await stack.enter_async_context(tables.source.database.snapshot()),
                        await stack.enter_async_context(tables.target.database.snapshot()),
                    )
                    for tables in self._tables
                ]
            table_marks: dict[str, archive.TableMark] = {}
            for tables, (here, there) in zip(self._tables, moments, strict=True):
                service = tables.source.name
                for table in tables.keys:
                    left = table_marks[f"{service}/{table}"] = await archive.mark_of(self.source, here, service, table)
                    right = await archive.mark_of(self.target, there, service, table)
                    if left != right:
                        raise Conflict(_differ(tables, table, left.rows, right.rows))
        return archive.total_checksum(table_marks, {})

    # --- the switch

    async def _switch(self, checksum: str) -> MoveResult:
        self._say("the switch: nothing can be written now")
        began = time.monotonic()
        for tables in self._tables:
            await tables.source.database.movable.fence(WORDS)
        while await self._catch_up():
            continue
        await self._files()
        rows = 0
        for tables in self._tables:
            for table, (here, there) in (await tables.counts()).items():
                if here != there:
                    raise Conflict(_differ(tables, table, here, there))
                rows += here
        elapsed_s = time.monotonic() - began
        for tables in self._tables:
            await tables.source.database.movable.unwatch()
        self._notebook.close()
        return MoveResult(
            rows=rows, files=len(await self.target.files.names()), read_only_s=elapsed_s, checksum=checksum
        )


def _differ(tables: Tables, table: str, here: int, there: int) -> str:
    return _(
        "{name}.{table} is not the same on both sides ({here} rows here, {there} there). Run `shopwright move --release` to resume the shop where it is; then move again with --replace.",
        name=tables.source.name,
        table=table,
        here=here,
        there=there,
    )


async def _nothing(*_given: object) -> None:
    """Do nothing for rows of this table."""


async def release(shop: Shop) -> None:
    """Let a shop that a move left fenced or watched accept writes again."""
    for work in shop.databases.values():
        await work.database.movable.unfence()
        await work.database.movable.unwatch()
    MoveStateFile(Path(shop.settings.data), "", "").close()
