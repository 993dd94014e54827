"""What an importer makes of rows: products to be taken, and remarks about what could not be."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from shopwright.kit.money import Money

if TYPE_CHECKING:
    from shopwright.importers.meanings import Format
    from shopwright.importers.numbers import NumberFormats

Outcome = Literal["taken", "changed", "unchanged", "noted", "refused"]
UNTRACKED = 1_000
UNLIMITED = 1_000_000  # units that may be ordered beyond what is there, where the other shop set no limit


class ImportIssue(msgspec.Struct, frozen=True):
    """What became of a row (numbered as a spreadsheet shows it), and why. `noted` says more of a row, and decides nothing.

    `source` names the product it belongs to, where it became one.
    """

    row: int
    name: str
    outcome: Outcome
    detail: str = ""
    source: str = ""


class DraftVariant(msgspec.Struct, frozen=True, kw_only=True):
    """A variant as the file has it. `on_hand` is None where nobody counts it; `backorder`, `low_at` where the file says it.

    `cost`: what one costs the shop, without tax. Where no file says it, it changes no digest.
    """

    row: int
    sku: str = ""
    options: dict[str, str] = {}
    price: Money
    compare_at: Money | None = None
    cost: Money | msgspec.UnsetType = msgspec.UNSET
    on_hand: int | None = None
    backorder: int = 0
    low_at: int | None = None
    weight: int = 0
    barcode: str = ""
    image: str = ""


class DraftImage(msgspec.Struct, frozen=True):
    """A picture by address."""

    url: str
    alt: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A product as the file has it; `source` names it for good, so that a second run finds it again.

    `old_path`: where it was in the earlier shop; that address leads on from now on.
    """

    source: str
    rows: tuple[int, ...]
    title: str
    slug: str
    description: str = ""
    brand: str = ""
    published: bool = True
    categories: tuple[tuple[str, ...], ...] = ()
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str | float | bool] = {}
    options: tuple[str, ...] = ()
    variants: tuple[DraftVariant, ...]
    images: tuple[DraftImage, ...] = ()
    tax_class: str = "standard"
    seo_title: str = ""
    seo_description: str = ""
    old_path: str = ""

    @property
    def digest(self) -> str:
        """Changes when the file says something else of the product (not when only its place in the file does)."""
        bare = msgspec.structs.replace(
            self, rows=(), variants=tuple(msgspec.structs.replace(one, row=0) for one in self.variants)
        )
        return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()[:32]


Row = tuple[int, Mapping[str, str]]


class Place(msgspec.Struct, frozen=True):
    """Where a row belongs: to the product `group`, which is also known by `names`; `part`: below another, by its name.

    `takes`: groups that are no products of their own, because this one is made of them.
    """

    group: str
    names: tuple[str, ...] = ()
    part: bool = False
    takes: tuple[str, ...] = ()


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an importer knows of the file as a whole. `weight_unit`: of its header; `columns`: the meanings it has."""

    numbers: "NumberFormats"
    now: datetime
    columns: frozenset[str]
    weight_unit: str = ""
    stock: int | None = 0  # for files that say nothing of stock; None is not counted

    def has(self, beginning: str) -> bool:
        """Is there a column whose meaning begins so? Where there is none, no row is looked through for it."""
        return _has(self.columns, beginning)


@lru_cache(maxsize=100)
def _has(columns: frozenset[str], beginning: str) -> bool:
    return any(one.startswith(beginning) for one in columns)


class Rows(Protocol):
    """The rows of a file, put together."""

    def named(self, name: str) -> list[Row]:
        """Those of the product that has this name."""
        ...

    def below(self, names: Iterable[str]) -> list[Row]:
        """Those that say they belong to one of these."""
        ...


class Importer(Protocol):
    """A kind of file, read."""

    @property
    def format(self) -> "Format":
        """What its columns mean."""
        ...

    def places(self, rows: Iterable[Row]) -> Iterator[tuple[Row, Place | ImportIssue]]:
        """Where each row belongs, in the order of the file."""
        ...

    def product(self, group: Sequence[Row], rows: Rows, reading: FileFacts) -> Iterator[Draft | ImportIssue]:
        """The product of the rows of a group, with remarks on what could not be taken."""
        ...

    def orphan(self, row: Row) -> ImportIssue:
        """What to say of a row that belongs to what is not there."""
        ...


class RowError(Exception):
    """A value that cannot be taken as it is; the message says why."""


def split_list(text: str) -> tuple[str, ...]:
    """Comma-separated words: “a, b,,c” → a, b, c."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
