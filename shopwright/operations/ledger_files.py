"""The ledger of any size as files, in constant memory: what `GET /v1/ledger-export` is too small for."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import msgspec

from shopwright.app import Shop
from shopwright.kit.errors import Refused
from shopwright.kit.private import replaced_file
from shopwright.kit.translation import gettext as _
from shopwright.services.books import datev, document_store, exports, store
from shopwright.services.books.contract import Entry
from shopwright.services.books.extract import LedgerExtract
from shopwright.services.books.periods import months

MANY = 1_000  # entries read together
LargeForm = Literal["csv", "fec", "datev"]


async def write_ledger(
    shop: Shop, form: LargeForm, start: str, end: str, path: Path, most_rows: int = datev.MOST_ROWS
) -> list[Path]:
    """Write the months `start` to `end`; return the files: of DATEV one per 99,999 rows. Raises Invalid, Refused, Unavailable."""
    extract = await _extract(shop, start, end)
    if form == "datev":
        return await _write_datev(shop, extract, path, most_rows)
    head, rows = exports.PAGED[form]
    _require_free(path)
    with replaced_file(path) as unfinished, unfinished.open("wb") as file:
        file.write(head())
        async for page in _pages(shop, extract):
            file.write(rows(page))
    return [path]


async def _extract(shop: Shop, start: str, end: str) -> LedgerExtract:
    """The extract of these months without entries."""
    first, last = months(start, end)
    seller = await shop.pricing.seller()
    return LedgerExtract(
        first=first,
        last=last,
        entries=(),
        numbers=await store.account_numbers(shop.databases["books"]),
        papers={},
        seller=seller,
        home=seller.address.country if seller else shop.settings.country,
        made=shop.clock.now(),
        zone=shop.databases["books"].zone,
    )


async def _pages(shop: Shop, extract: LedgerExtract) -> AsyncIterator[LedgerExtract]:
    """The entries of the months, some at a time."""
    work, after = shop.databases["books"], 0
    while some := await store.entries_of_months(work, extract.first, extract.last, after, MANY):
        papers = await document_store.names(work, [one.document for one in some if one.document])
        yield msgspec.structs.replace(extract, entries=some, papers=papers)
        after = some[-1].seq


async def _write_datev(shop: Shop, extract: LedgerExtract, path: Path, most_rows: int) -> list[Path]:
    """DATEV takes files of 99,999 rows; an entry stays in one."""
    found: list[Path] = []
    entries: list[Entry] = []
    papers: dict[str, str] = {}
    count = 0

    def close() -> None:
        name = path if not found else path.with_stem(f"{path.stem}-{len(found) + 1}")
        _require_free(name)
        with replaced_file(name) as unfinished:
            unfinished.write_bytes(datev.write(msgspec.structs.replace(extract, entries=entries, papers=papers)))
        found.append(name)

    async for page in _pages(shop, extract):
        for entry in page.entries:
            rows = len(datev.lines(page, entry))
            if entries and count + rows > most_rows:
                close()
                entries, papers, count = [], {}, 0
            entries.append(entry)
            count += rows
            papers.update({entry.document: page.papers[entry.document]} if entry.document in page.papers else {})
    close()
    return found


def _require_free(path: Path) -> None:
    """Raise Refused if there is such a file."""
    if path.exists():
        raise Refused(_("{path} is there already. Choose another name.", path=path))
