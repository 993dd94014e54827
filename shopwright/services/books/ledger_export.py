"""Ledger exports, and their account numbers."""

import asyncio
from collections.abc import Mapping

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.services.books import charts, store
from shopwright.services.books.contract import TITLES, Entry, ExportedFile, ExportForm
from shopwright.services.books.exports import exported
from shopwright.services.books.extract import LedgerExtract
from shopwright.services.books.issuing import DocumentIssuer
from shopwright.services.books.periods import months

MOST_EXPORTED = 100_000
SOME = 1_000


class LedgerExport:
    """Collects what the writers need."""

    def __init__(self, work: ServiceDatabase, documents: DocumentIssuer) -> None:
        self._work = work
        self._documents = documents

    async def export(self, form: ExportForm, start: str, end: str) -> ExportedFile:
        first, last = months(start, end)
        found: list[Entry] = []
        after = 0
        while some := await store.entries_of_months(self._work, first, last, after, SOME):
            found += some
            after = some[-1].seq
            if len(found) > MOST_EXPORTED:
                raise Invalid.at(
                    "/to",
                    _(
                        "More than {most_exported} entries; ask for fewer months at once, or write them on the"
                        " server with `shopwright ledger`.",
                        most_exported=MOST_EXPORTED,
                    ),
                )
        numbers = await store.account_numbers(self._work)
        papers = await self._documents.names([one.document for one in found if one.document])
        seller = await self._documents.seller()
        return await asyncio.to_thread(  # a hundred thousand entries take seconds
            exported,
            form,
            LedgerExtract(
                first=first,
                last=last,
                entries=found,
                numbers=numbers,
                papers=papers,
                seller=seller,
                home=self._documents.home_of(seller),
                made=self._work.now(),
                zone=self._work.zone,
            ),
        )

    async def account_numbers(self) -> dict[str, str]:
        return await store.account_numbers(self._work)

    async def set_account_numbers(self, numbers: Mapping[str, str]) -> dict[str, str]:
        for name, number in numbers.items():
            if name not in charts.EXTRA and name.partition("/")[0] not in TITLES:
                raise Invalid.at(
                    "/", _("There is no account {name}; there are {titles}.", name=name[:60], titles=", ".join(TITLES))
                )
            if number and not is_number(number):
                raise Invalid.at(
                    "/", _("“{number}” is not the number of an account; write digits alone.", number=number[:20])
                )
        async with self._work.begin() as tx:
            for name, number in numbers.items():
                await store.set_account_number(tx, name, number)
        return await self.account_numbers()
