"""What an order of an earlier shop brings along beside what was bought: the rows of its file, and its taxes by rate."""

from collections.abc import Mapping

import msgspec

from shopwright.kit.money import Money


class PastTax(msgspec.Struct, frozen=True):
    """What an earlier shop asked at one rate; `name`: as its file calls it, without the rate."""

    name: str
    rate_ppm: int
    tax: Money


class ImportedRow(msgspec.Struct, frozen=True):
    """A row of an imported file: its number there, and its cells that hold anything, by column."""

    number: int
    cells: Mapping[str, str]


class OrderSource(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of the file an order was imported from, as they were written.

    `rows_left_out`, `cells_cut`: what was too long to be kept.
    """

    rows: tuple[ImportedRow, ...] = ()
    rows_left_out: int = 0
    cells_cut: int = 0
