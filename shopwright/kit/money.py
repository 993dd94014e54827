"""Money: a 64-bit count of minor units and an ISO 4217 currency. Never a float, never without its currency."""

from collections.abc import Iterable, Sequence
from copy import copy
from decimal import Decimal
from functools import lru_cache

import msgspec
from babel.core import Locale
from babel.numbers import NumberPattern, get_currency_symbol

from shopwright.kit.currencies import minor_digits
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import SOURCE, format_locale
from shopwright.kit.translation import gettext as _
from shopwright.kit.typed import AmbiguousNumber, TooManyDecimals, decimal

LIMIT = 2**63 - 1
BASIS_POINTS = 10_000
# The largest price, line and order: with tax and shipping it is exact wherever it is calculated.
LARGEST = LIMIT // BASIS_POINTS
# Locales with a sign other than the English one.
OWN_SIGN = {
    "AUD": "en_AU",
    "CAD": "en_CA",
    "NZD": "en_NZ",
    "CHF": "de_CH",
    "PLN": "pl",
    "CZK": "cs",
    "SEK": "sv",
    "JPY": "ja",
}


class Money(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True, gc=False):
    """An amount in minor units: Money(1999, "EUR") is €19.99, Money(1999, "JPY") is ¥1999."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.amount * count, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise Invalid(
                _(
                    "{currency} and {other_currency} cannot be added up; convert one of them first.",
                    currency=self.currency,
                    other_currency=other.currency,
                )
            )

    def share(self, numerator: int, denominator: int) -> "Money":
        """`numerator/denominator` of it, rounded half away from zero to the minor unit, as tax offices expect."""
        return Money(divide_half_up(self.amount * numerator, denominator), self.currency)

    def split(self, weights: Sequence[int]) -> list["Money"]:
        """Parts in proportion to `weights` that sum to the whole exactly (largest remainder)."""
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise Invalid(_("Money is split by weights that are not negative and not all zero."))
        sign = -1 if self.amount < 0 else 1
        shares = [divmod(abs(self.amount) * weight, total) for weight in weights]
        left = abs(self.amount) - sum(whole for whole, _unused in shares)
        by_remainder = sorted(range(len(weights)), key=lambda i: (-shares[i][1], i))
        extra = set(by_remainder[:left])
        return [Money(sign * (whole + (i in extra)), self.currency) for i, (whole, _unused) in enumerate(shares)]


def divide_half_up(numerator: int, denominator: int) -> int:
    """Integer division rounded half away from zero."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    return sign * ((2 * abs(numerator) + abs(denominator)) // (2 * abs(denominator)))


def zero(currency: str) -> Money:
    """Zero in `currency`."""
    return Money(0, currency)


def add_up(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of any number of amounts."""
    return sum(amounts, zero(currency))


def parse(text: str, currency: str, pointer: str = "") -> Money:
    """Parse "19.99", "1,299.00" or "19,99". Raises Invalid if malformed, too precise or too large."""
    digits = minor_digits(currency)
    bare = _without_sign(text.strip(), currency)
    try:
        found = decimal(bare, pointer, "An amount of money", finest=digits)
    except TooManyDecimals:
        raise Invalid.at(
            pointer,
            _(
                "“{text}” is finer than {currency} allows ({digits} decimal places).",
                text=text,
                currency=currency,
                digits=digits,
            ),
        ) from None
    except AmbiguousNumber:
        raise
    except Invalid:
        raise Invalid.at(pointer, _("“{text}” is not an amount of money; write it like 19.99.", text=text)) from None
    scaled = found.scaleb(digits)
    if abs(scaled) > LIMIT:
        raise Invalid.at(pointer, _("“{text}” is not an amount of money that can be charged.", text=text))
    return Money(int(scaled), currency)


def _without_sign(text: str, currency: str) -> str:
    """The number of an amount, without currency sign or code."""
    for sign in (currency, symbol(currency), symbol(currency, OWN_SIGN.get(currency, SOURCE))):
        bare = text.removeprefix(sign) if text.startswith(sign) else text.removesuffix(sign)
        if bare != text:
            return bare.strip()
    return text


def major(money: Money) -> str:
    """The amount in major units as a plain number for forms and exports: "19.99"."""
    return str(
        Decimal(money.amount)
        .scaleb(-minor_digits(money.currency))
        .quantize(Decimal(1).scaleb(-minor_digits(money.currency)))
    )


@lru_cache(maxsize=8192)
def _written(amount: int, currency: str, locale: str) -> str:
    digits = minor_digits(currency)
    pattern = _pattern(locale, digits)
    return str(pattern.apply(Decimal(amount).scaleb(-digits), locale, currency=currency, currency_digits=False))


@lru_cache(maxsize=64)
def _pattern(locale: str, digits: int) -> NumberPattern:
    """The locale's money format with the currency's decimals."""
    pattern: NumberPattern = copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


@lru_cache(maxsize=256)
def symbol(currency: str, locale: str = SOURCE) -> str:
    """The sign of a currency, or its code."""
    return str(get_currency_symbol(currency, locale=locale))


def write(money: Money) -> str:
    """Format money for people in the current language: €19.99."""
    return _written(money.amount, money.currency, format_locale())
