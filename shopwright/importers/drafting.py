"""From table rows to product drafts: read once, grouped on disk, then product by product."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from shopwright.importers.account import Account
from shopwright.importers.draft import Draft, FileInfo, Importer, ImportIssue, Row, RowGroup
from shopwright.importers.header import Header
from shopwright.importers.numbers import NumberFormats
from shopwright.importers.reading import Table
from shopwright.importers.spool_store import Spool


class FileSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings for a file. `decimal`: its decimal sign, "" to detect it; `stock`: of files without."""

    currency: str
    now: datetime
    decimal: str = ""
    stock: int | None = None


def drafts(
    importer: Importer, header: Header, table: Table, spool: Spool, account: Account, given: FileSettings
) -> Iterator[Draft | ImportIssue]:
    """Read the whole file, then iterate over drafts and issues. Raises Doubtful before the first one."""
    early: list[ImportIssue] = []

    def placed() -> Iterator[tuple[Row, RowGroup]]:
        for row, place in importer.group_rows(account.counted(_meant(header, table, early))):
            if isinstance(place, RowGroup):
                yield row, place
            elif row[1]:
                early.append(place)

    spool.fill(placed())
    header.check_doubts()
    yield from early
    reading = FileInfo(
        numbers=NumberFormats(given.currency, given.decimal or header.evidence.decimal(importer.format.decimal)),
        now=given.now,
        columns=frozenset(header.keys),
        weight_unit=header.unit("weight"),
        stock=given.stock,
    )
    if not header.keys & {"stock", "qty"} and not any(key.startswith("location: ") for key in header.keys):
        stock_note = "is not counted" if reading.stock is None else f"is set to {reading.stock}"
        account.notes.append(
            f"{table.name} has no column for stock: what it names {stock_note} (--stock 0, N or untracked)"
        )
    account.notes.extend(table.notes)
    account.leave_out(header.left_out())
    for group in spool.groups():
        yield from importer.product(group, spool, reading)
    for row in spool.orphans():
        yield importer.orphan(row)


def _meant(header: Header, table: Table, early: list[ImportIssue]) -> Iterator[Row]:
    """Rows by meaning; a row with more cells than the header is reported as broken."""
    width = len(header.columns)
    for number, cells in table.records():
        if any(cell.strip() for cell in cells[width:]):
            problem = f"has {len(cells)} cells and the header {width}: a separator inside a cell must stand in quotation marks"
            early.append(ImportIssue(number, "", "refused", problem))
            yield number, {}
        else:
            yield number, header.read(cells)
