"""Results of importers: product drafts, and issues."""

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
    """The result of a row (numbered as in a spreadsheet) and why. `noted` adds a remark to another result.

    `source`: its product, if it became one.
    """

    row: int
    name: str
    outcome: Outcome
    detail: str = ""
    source: str = ""


class DraftVariant(msgspec.Struct, frozen=True, kw_only=True):
    """A variant in the file. `on_hand`: None if not counted; `backorder`, `low_at`: if the file has them.

    `cost`: of a unit without tax. If no file has it, it does not affect the digest.
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
    """A picture by URL."""

    url: str
    alt: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A product in the file; `source` identifies it permanently, so that later runs find it.

    `old_path`: its path in the earlier shop, which becomes a redirect.
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
        """A digest of the product's data, independent of its position in the file."""
        bare = msgspec.structs.replace(
            self, rows=(), variants=tuple(msgspec.structs.replace(one, row=0) for one in self.variants)
        )
        return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()[:32]


Row = tuple[int, Mapping[str, str]]


class RowGroup(msgspec.Struct, frozen=True):
    """The product `group` a row belongs to, also known by `names`; `part`: it belongs to another row, by name.

    `takes`: groups that are part of this product, and no products themselves.
    """

    group: str
    names: tuple[str, ...] = ()
    part: bool = False
    takes: tuple[str, ...] = ()


class FileInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Properties of the whole file. `weight_unit`: from its header; `columns`: its meanings."""

    numbers: "NumberFormats"
    now: datetime
    columns: frozenset[str]
    weight_unit: str = ""
    stock: int | None = 0  # for files that say nothing of stock; None is not counted

    def has(self, beginning: str) -> bool:
        """Whether a column's meaning has this prefix; if not, rows need not be searched for it."""
        return _has(self.columns, beginning)


@lru_cache(maxsize=100)
def _has(columns: frozenset[str], beginning: str) -> bool:
    return any(one.startswith(beginning) for one in columns)


class Rows(Protocol):
    """The grouped rows of a file."""

    def named(self, name: str) -> list[Row]:
        """Return the rows of the product with this name."""
        ...

    def below(self, names: Iterable[str]) -> list[Row]:
        """Return the rows that belong to one of these."""
        ...


class Importer(Protocol):
    """The importer of one kind of file."""

    @property
    def format(self) -> "Format":
        """The meanings of its columns."""
        ...

    def group_rows(self, rows: Iterable[Row]) -> Iterator[tuple[Row, RowGroup | ImportIssue]]:
        """Iterate over rows with their places, in file order."""
        ...

    def product(self, group: Sequence[Row], rows: Rows, reading: FileInfo) -> Iterator[Draft | ImportIssue]:
        """Iterate over the product of a group of rows, with issues."""
        ...

    def orphan(self, row: Row) -> ImportIssue:
        """The issue of a row whose product is missing."""
        ...


class RowError(Exception):
    """A value that cannot be imported; the message says why."""


def split_list(text: str) -> tuple[str, ...]:
    """Split comma-separated words: “a, b,,c” → a, b, c."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
