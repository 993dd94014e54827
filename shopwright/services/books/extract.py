"""The model that ledger exports are written from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.services.books.contract import Entry
from shopwright.services.pricing.contract import Seller

EURO = "EUR"


class LedgerExtract(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of some months, with account numbers, printed document numbers (`papers`) and the seller.

    `home`: the seller's country. `zone`: the time zone of days.
    """

    first: int
    last: int
    entries: Sequence[Entry]
    numbers: Mapping[str, str]
    papers: Mapping[str, str]
    seller: Seller | None
    home: str
    made: datetime
    zone: ZoneInfo

    def paper(self, entry: Entry) -> str:
        """The voucher of an entry: its document, else its order."""
        return self.papers.get(entry.document, "") or entry.number or str(entry.seq)

    def check_euros(self) -> None:
        """Raise Invalid if a posting is in another currency, as its exchange rate is not kept."""
        for entry in self.entries:
            for one in entry.postings:
                if one.amount.currency != EURO:
                    raise Invalid.at(
                        "/form",
                        _(
                            "Entry {seq} is in {currency}, and this file is in euros, at rates that the books do not keep; take the form csv.",
                            seq=entry.seq,
                            currency=one.amount.currency,
                        ),
                    )
