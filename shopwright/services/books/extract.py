"""What files for other programs are made from."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from shopwright.services.books.contract import Entry
from shopwright.services.pricing.contract import Seller


class Extract(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of some months. `numbers`: of accounts, set by the shop; `papers`: numbers of documents, by id; `home`: the seller's country."""

    first: int
    last: int
    entries: Sequence[Entry]
    numbers: Mapping[str, str]
    papers: Mapping[str, str]
    seller: Seller | None
    home: str
    made: datetime

    def paper(self, entry: Entry) -> str:
        """What an entry is booked from: its document, else its order."""
        return self.papers.get(entry.document, "") or entry.number or str(entry.seq)
