"""Numbers in files. Separators are detected once per file, never per cell."""

import re
import unicodedata
from collections import Counter
from decimal import Decimal
from functools import lru_cache

import msgspec
from babel import Locale

from shopwright.importers.draft import RowError
from shopwright.kit.currencies import minor_digits
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _

MANY = 5_000  # different cells that are known
MOST_STOCK = 1_000_000
HEAVIEST = 10_000_000  # grams
DEAREST = 10**12
GRAMS = {
    "g": Decimal(1), "gr": Decimal(1), "gram": Decimal(1), "grams": Decimal(1), "mg": Decimal("0.001"),
    "kg": Decimal(1000), "t": Decimal(1_000_000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237"),
    "lbs": Decimal("453.59237"),
}  # fmt: skip
SYMBOLS = {
    "€": {"EUR"}, "£": {"GBP", "EGP", "GIP", "FKP", "SHP", "LBP", "SYP"}, "¥": {"JPY", "CNY"}, "円": {"JPY"}, "元": {"CNY"},
    "₽": {"RUB"}, "₺": {"TRY"}, "₹": {"INR"}, "zł": {"PLN"}, "kč": {"CZK"}, "kr": {"SEK", "NOK", "DKK", "ISK"},
    "kr.": {"SEK", "NOK", "DKK", "ISK"}, "ft": {"HUF"}, "lei": {"RON", "MDL"}, "r$": {"BRL"}, "₴": {"UAH"}, "₩": {"KRW"},
    "฿": {"THB"}, "₫": {"VND"}, "₪": {"ILS"}, "fr.": {"CHF"}, "sfr.": {"CHF"}, "us$": {"USD"}, "руб.": {"RUB"}, "руб": {"RUB"},
    "tl": {"TRY"}, "₦": {"NGN"}, "₱": {"PHP"}, "a$": {"AUD"}, "c$": {"CAD"}, "ca$": {"CAD"}, "au$": {"AUD"},
}  # fmt: skip
CODES = frozenset(Locale("en").currencies)
SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u2002\u2003"), " ")
MINUS = dict.fromkeys(map(ord, "\u2212\u2010\u2011\u2012\u2013\u2014"), "-")
NUMBER = re.compile(r"[+-]?(?:\d[\d.,' ]*|[.,]\d+)")
PLAIN = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")  # most are, and nothing of them is to be taken apart
GROUPS = r"\d{1,3}(?P<sep>[%s])\d{3}(?:(?P=sep)\d{3})*|\d{1,2}(?P<ind>,)(?:\d{2},)*\d{3}"

INTEGER = {sign: re.compile(rf"\d*|{GROUPS % (re.escape(sign) + chr(39) + ' ')}") for sign in ",."}


class Evidence:
    """Evidence about separators in the numeric cells of a file."""

    def __init__(self) -> None:
        self._votes: Counter[str] = Counter()

    def add(self, text: str) -> None:
        if ("," in text or "." in text) and (sign := _format_hint(text)):
            self._votes[sign] += 1

    def decimal(self, usual: str) -> str:
        """The decimal sign; `usual` if undecided, "" if unknown."""
        point, comma = self._votes["."], self._votes[","]
        return usual if point == comma else "." if point > comma else ","


class NumberFormats(msgspec.Struct, frozen=True):
    """Parses the numbers of one file. `decimal`: its decimal sign, "" if no cell shows it.

    Results are cached, as prices, counts and weights repeat.
    """

    currency: str
    decimal: str = "."

    def number(self, text: str) -> Decimal | None:
        """Parse a number; None if blank. Raises RowError if ambiguous."""
        return _number(text, self.decimal) if text.strip() else None

    def price(self, text: str) -> Money | None:
        """Parse a price; None if blank. Raises RowError, also if it is more precise than the currency."""
        return _price(self.currency, self.decimal, text) if text.strip() else None

    def cost(self, text: str) -> tuple[Money | msgspec.UnsetType, str]:
        """The unit cost, if given (0 means unknown), and a note if it is unreadable."""
        try:
            found = self.price(text)
        except RowError as doubt:
            return msgspec.UNSET, f"cost left out: {doubt}"
        return (found, "") if found is not None and found.amount else (msgspec.UNSET, "")

    def count(self, text: str) -> int | None:
        """Parse a count; None if blank. Raises RowError."""
        return _count(self.decimal, text) if text.strip() else None

    def grams(self, text: str, unit: str) -> int:
        """Parse a weight into grams; 0 if blank. Raises RowError."""
        return _grams(self.decimal, text, unit) if text.strip() else 0


@lru_cache(maxsize=MANY)
def _price(currency: str, decimal: str, text: str) -> Money:
    named, bare = _apart(text)
    if named and currency not in named:
        raise RowError(
            _(
                "“{text}” is in {names}, and this shop sells in {currency}",
                text=_short(text),
                names=" or ".join(sorted(named)),
                currency=currency,
            )
        )
    number = _parse(bare if bare[-1:].isdecimal() else re.sub(r"[.,]-+$", "", bare), text, decimal)
    if number < 0:
        raise RowError(_("the price {text} is below nothing", text=_short(text)))
    scaled = number.scaleb(minor_digits(currency))
    if scaled != scaled.to_integral_value():
        raise RowError(
            _(
                "the price {text} is more exact than {currency}, which has {decimals} decimals",
                text=_short(text),
                currency=currency,
                decimals=minor_digits(currency),
            )
        )
    if scaled > DEAREST:
        raise RowError(_("the price {text} is beyond what can be sold", text=_short(text)))
    return Money(int(scaled), currency)


@lru_cache(maxsize=MANY)
def _count(decimal: str, text: str) -> int:
    number = _number(text, decimal)
    if number != number.to_integral_value() or abs(number) > MOST_STOCK:
        raise RowError(
            _("“{text}” is not a number up to {most_stock}", text=_short(text), most_stock=f"{MOST_STOCK:,}")
        )
    return int(number)


@lru_cache(maxsize=MANY)
def _grams(decimal: str, text: str, unit: str) -> int:
    found = re.fullmatch(r"(.*?[\d.,])\s*([a-zA-Z]+)\.?", text.strip())
    value, own = (found.group(1), found.group(2)) if found else (text, unit)
    number = _number(value, decimal)
    factor = GRAMS.get(own.strip().casefold() or "g")
    if factor is None:
        raise RowError(_("“{own}” is not a unit of weight such as g, kg, oz or lb", own=own))
    weight = number * factor
    if not 0 <= weight <= HEAVIEST:
        raise RowError(_("the weight {text} {unit} cannot be", text=_short(text), unit=unit))
    return int(weight.to_integral_value("ROUND_HALF_UP"))


def _number(text: str, decimal: str) -> Decimal:
    """Parse a number. Raises RowError if ambiguous."""
    _, bare = _apart(text)
    return _parse(bare, text, decimal)


def _parse(bare: str, text: str, decimal: str) -> Decimal:
    if decimal and (one := _read(bare, decimal)) is not None:
        return one
    signs = (decimal,) if decimal else (".", ",")
    read = {found for sign in signs if (found := _read(bare, sign)) is not None}
    if len(read) == 1:
        return read.pop()
    if not read:
        readings = f", where “{decimal}” begins the decimals" if decimal and NUMBER.fullmatch(bare) else ""
        raise RowError(
            _("“{text}” is not a number as this file writes them{readings}", text=_short(text), readings=readings)
        )
    readings = " or ".join(sorted(f"{one:f}" for one in read))
    raise RowError(
        _(
            "“{text}” may be {readings}: the file does not show which; use --decimal . or --decimal ,",
            text=_short(text),
            readings=readings,
        )
    )


def _short(text: str) -> str:
    return text.strip()[:40]


@lru_cache(maxsize=MANY)
def _format_hint(text: str) -> str:
    """The decimal sign a cell shows, or ""."""
    _, bare = _apart(text)
    last = max(bare.rfind("."), bare.rfind(","))
    if last < 0 or not NUMBER.fullmatch(bare):
        return ""
    sign = bare[last]
    other = "," if sign == "." else "."
    integer, fraction = bare[:last].lstrip("+-"), bare[last + 1 :]
    if other in integer:
        return "" if sign in integer else sign
    if sign in integer:
        return other  # it comes more than once: it separates thousands
    return sign if len(fraction) != 3 or len(integer) > 3 or integer in {"", "0"} else ""  # noqa: PLR2004 -- three digits may be thousands


def _apart(text: str) -> tuple[set[str], str]:
    """The possible currencies (none: not named), and the bare number."""
    if PLAIN.fullmatch(text):
        return set(), text
    bare = unicodedata.normalize("NFKC", text.translate(SPACES)).translate(MINUS).replace("’", "'").strip()
    bare = "".join(str(unicodedata.digit(one, one)) for one in bare)
    bare = bare.replace("\u066b", ".").replace("\u066c", ",")
    word = re.match(r"^([^\d.,+'-]*[^\d\s.,+'-]\.?)\s*(?=[\d.,+-])", bare) or re.search(
        r"(?<=[\d.,-])\s*([^\d\s.,+'-][^\d,+'-]*)$", bare
    )
    if word is None:
        return set(), bare
    name = word.group(1).strip()
    named = {name.upper()} if name.upper() in CODES else SYMBOLS.get(name.casefold())
    if name == "$":
        named = {code for code in CODES if code.endswith("D")} | {"MXN", "CLP", "COP", "ARS", "UYU"}
    if named is None:
        return set(), bare
    return named, (bare[: word.start()] + bare[word.end() :]).strip()


def _read(bare: str, sign: str) -> Decimal | None:
    """The number with `sign` as decimal sign; None if malformed."""
    if not NUMBER.fullmatch(bare):
        return None
    if bare.isascii() and bare.isdecimal():
        return Decimal(f"{bare}.0")
    integer, _, fraction = bare.lstrip("+-").partition(sign)
    if (fraction and not fraction.isdecimal()) or not (integer or fraction):
        return None
    thousands = "," if sign == "." else "."
    if not INTEGER[thousands].fullmatch(integer) or ("," in integer and sign == ","):
        return None
    digits = integer if integer.isdecimal() else re.sub(r"\D", "", integer) or "0"
    value = Decimal(f"{digits}.{fraction or '0'}")
    return -value if bare.startswith("-") else value
