"""What an importer makes of rows: products to be taken, and remarks about what could not be."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Literal, Protocol

import msgspec

from shopwright.kit.money import Money, minor_digits

Outcome = Literal["taken", "changed", "unchanged", "noted", "refused"]
UNTRACKED = 1_000
MOST_STOCK = 1_000_000
HEAVIEST = 10_000_000
GRAMS: Mapping[str, Decimal] = {
    "g": Decimal(1), "kg": Decimal(1000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237"), "lbs": Decimal("453.59237"),
}  # fmt: skip


class Remark(msgspec.Struct, frozen=True):
    """What became of a row (numbered as a spreadsheet shows it: the header is row 1), and why."""

    row: int
    name: str
    outcome: Outcome
    detail: str = ""


class DraftVariant(msgspec.Struct, frozen=True, kw_only=True):
    """A variant as the file has it."""

    row: int
    sku: str = ""
    options: dict[str, str] = {}
    price: Money
    compare_at: Money | None = None
    on_hand: int = 0
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
    old_path: str = ""

    @property
    def digest(self) -> str:
        """Changes when the file says something else of the product (not when only its place in the file does)."""
        bare = msgspec.structs.replace(
            self, rows=(), variants=tuple(msgspec.structs.replace(one, row=0) for one in self.variants)
        )
        return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()[:32]


Row = tuple[int, Mapping[str, str]]


class Importer(Protocol):
    """A file of this kind, read."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns without which it is another kind of file."""
        ...

    def read(self, rows: Iterable[Row], currency: str) -> Iterator[Draft | Remark]:
        """Drafts and remarks, as soon as each is certain."""
        ...


class Doubt(Exception):
    """A value that cannot be taken as it is; the message says why."""


def price(text: str, currency: str) -> Money | None:
    """A price, rounded to the currency's own minor unit; None for a blank one. Raises Doubt."""
    number = decimal(text)
    if number is None:
        return None
    if number < 0:
        raise Doubt(f"the price {text} is below nothing")
    scaled = (number.scaleb(minor_digits(currency))).to_integral_value("ROUND_HALF_UP")
    if scaled > 10**12:
        raise Doubt(f"the price {text} is beyond what can be sold")
    return Money(int(scaled), currency)


def decimal(text: str) -> Decimal | None:
    """A number as people and programs write it: "1,299.00", "19,99", "€ 5", ".5"; None for a blank. Raises Doubt."""
    bare = re.sub(r"[^\d.,+-]", "", re.sub(r"[.,][-–—]+\s*$", "", text.strip()))
    if not text.strip():
        return None
    if "," in bare and "." in bare:
        bare = bare.replace("," if bare.rfind(".") > bare.rfind(",") else ".", "").replace(",", ".")
    elif bare.count(",") == 1 and len(bare.rpartition(",")[2]) != 3:  # noqa: PLR2004 -- 1,299 is a thousand, 19,99 is not
        bare = bare.replace(",", ".")
    bare = bare.replace(",", "")
    try:
        return Decimal(bare)
    except InvalidOperation:
        raise Doubt(f"“{text.strip()[:40]}” is not a number") from None


def grams(text: str, unit: str) -> int:
    """A weight in grams. Raises Doubt."""
    number = decimal(text)
    if number is None:
        return 0
    if number < 0 or number > HEAVIEST:
        raise Doubt(f"the weight {text} {unit} cannot be")
    return int((number * GRAMS.get(unit.strip().lower() or "g", Decimal(1))).to_integral_value("ROUND_HALF_UP"))


def count(text: str) -> int | None:
    """A stock count; None for a blank. Raises Doubt."""
    number = decimal(text)
    if number is None:
        return None
    if number != number.to_integral_value() or abs(number) > MOST_STOCK:
        raise Doubt(f"“{text.strip()[:40]}” is not a count of things")
    return int(number)


def split_list(text: str) -> tuple[str, ...]:
    """Comma-separated words: “a, b,,c” → a, b, c."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
