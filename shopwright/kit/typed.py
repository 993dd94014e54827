"""Numbers as people type them: parsed exactly, or refused with what would be right; never rounded or guessed.

19.99   19,99   1,299.00   1.299,00   1 299,00   1'299.00   12,34,567.00
"""

import re
from decimal import Decimal
from typing import TypeVar

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

T = TypeVar("T")
BASIS_POINTS = 100  # in a per cent
PPM_OF_A_PER_CENT = 10_000
MOST_DIGITS = 18
SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f"), " ")
MINUS = dict.fromkeys(map(ord, "\u2212\u2013"), "-")
WIDE = dict(zip(map(ord, "０１２３４５６７８９．，"), "0123456789.,", strict=True))
PLAIN = re.compile(r"[0-9]*[.,]?[0-9]+|[0-9]+[.,]")
GROUPED = re.compile(r"\d{1,3}(?P<sign>[ .,'’])\d{3}((?P=sign)\d{3})*(?P<rest>[.,]\d+)?", re.ASCII)
INDIAN = re.compile(r"\d{1,2}(,\d{2})*,\d{3}(\.\d+)?", re.ASCII)
THOUSANDS = 3


class TooManyDecimals(Invalid):
    """The number has too many decimals."""


class AmbiguousNumber(Invalid):
    """The number is ambiguous."""


def decimal(text: str, pointer: str = "", what: str = "This", *, finest: int = 2) -> Decimal:
    """Parse a number. `finest`: the most decimals; below three, one comma before three digits separates thousands.

    Raises Invalid if it is malformed, ambiguous or too precise.
    """
    bare = text.translate(SPACES | MINUS | WIDE).strip()
    sign, digits = ("-", bare[1:].strip()) if bare.startswith("-") else ("", bare)
    plain = _plain(digits, finest)
    if plain is None or len(plain) > MOST_DIGITS + 2:
        raise Invalid.at(
            pointer, _("{what} is a number such as 1299 or 19.99, not “{text}”.", what=what, text=text[:40])
        )
    if plain == "":
        integer, _unused, rest = digits.partition(",")
        raise AmbiguousNumber.at(
            pointer,
            _(
                "“{text}” can be read in two ways; write {whole}{rest} or {whole}.{rest}.",
                text=text[:40],
                whole=integer,
                rest=rest,
            ),
        )
    found = Decimal(sign + plain)
    if -int(found.as_tuple().exponent) > finest and found != round(found, finest):
        raise TooManyDecimals.at(
            pointer,
            _(
                "“{text}” is finer than {finest} decimal places, which is the limit.",
                text=text[:40],
                finest=finest,
            ),
        )
    return found


def _plain(digits: str, finest: int) -> str | None:
    """With a point before decimals and no other separator; "" if ambiguous, None if malformed."""
    head, comma, tail = digits.partition(",")
    if (
        comma
        and "." not in tail
        and len(tail) == THOUSANDS
        and re.fullmatch("[0-9]+", head + tail)
        and head
        and len(head) <= THOUSANDS
    ):
        if head == "0" or head.startswith("0"):
            return f"{head}.{tail}"
        return "" if finest >= THOUSANDS else head + tail
    if PLAIN.fullmatch(digits):
        return digits.replace(",", ".").rstrip(".")
    if (found := GROUPED.fullmatch(digits)) and (found["rest"] or "")[:1] != found["sign"] and digits[0] != "0":
        integer = digits[: len(digits) - len(found["rest"] or "")].replace(found["sign"], "")
        return integer + (found["rest"] or "").replace(",", ".")
    return digits.replace(",", "") if INDIAN.fullmatch(digits) and digits[0] != "0" else None


def whole_number(text: str, pointer: str = "", what: str = "This", *, least: int = 0, most: int = 10**9) -> int:
    """Parse a whole number from `least` to `most`. Raises Invalid."""
    bare = text.translate(MINUS | WIDE).strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", bare) or not least <= int(bare) <= most:
        raise Invalid.at(
            pointer,
            _(
                "{what}: “{text}” is not a whole number from {least} to {most}.",
                what=what,
                text=text[:40],
                least=least,
                most=most,
            ),
        )
    return int(bare)


def digits_or(text: str, otherwise: T) -> int | T:
    """The number our page wrote into a URL or hidden field; `otherwise` if it was tampered with."""
    return int(text) if re.fullmatch(f"[0-9]{{1,{MOST_DIGITS}}}", text) else otherwise


def basis_points(text: str, pointer: str = "", what: str = "A percentage") -> int:
    """Parse a percentage from 0 to 100 into basis points: 7.5 % is 750. Raises Invalid."""
    bare = text.strip().removesuffix("%").strip()
    found = decimal(bare, pointer, what) * BASIS_POINTS
    if not 0 <= found <= BASIS_POINTS * BASIS_POINTS:
        raise Invalid.at(
            pointer, _("{what} is a number from 0 to 100, such as 19 or 7.5, not “{text}”.", what=what, text=text[:40])
        )
    return int(found)


def millionths(text: str, pointer: str = "", what: str = "A percentage") -> int:
    """Parse a percentage from 0 to 100 into parts per million: 8.875 % is 88,750. Raises Invalid.

    A comma before three digits is a decimal comma.
    """
    bare = text.strip().removesuffix("%").strip()
    if re.fullmatch(r"[0-9]{1,3},[0-9]{3}", bare):
        bare = bare.replace(",", ".")  # thousands of per cent there are none
    found = decimal(bare, pointer, what, finest=4) * PPM_OF_A_PER_CENT
    if not 0 <= found <= PPM_OF_A_PER_CENT * 100:
        raise Invalid.at(
            pointer,
            _("{what} is a number from 0 to 100, such as 19 or 8.875, not “{text}”.", what=what, text=text[:40]),
        )
    return int(found)


def per_cent(ppm: int) -> str:
    """Format parts per million so that they can be typed again: 8.875 for 88,750."""
    percent, rest = divmod(ppm, PPM_OF_A_PER_CENT)
    return f"{percent}.{rest:04d}".rstrip("0").rstrip(".")


def number(text: str, pointer: str = "", what: str = "This") -> float:
    """Parse a measurement such as 1.5. Raises Invalid for more digits than can be stored."""
    found = decimal(text, pointer, what, finest=MOST_DIGITS)
    kept = float(found)
    if Decimal(repr(kept)) != found:
        raise Invalid.at(pointer, _("“{text}” has more digits than can be stored; write 15 at most.", text=text[:40]))
    return kept


def write_number(value: float) -> str:
    """Format a number so that it can be typed again: 12, 1.5, 1234567.25."""
    return f"{Decimal(repr(value)).normalize():f}" if value else "0"
