"""Amounts in Stripe's smallest units, which differ from ISO 4217 in places.

Source: docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and "Special cases".
"""

from shopwright.kit.currencies import minor_digits
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money, write
from shopwright.kit.translation import gettext as _

WHOLE = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
# The last of three decimals must be 0.
THREE = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
# ISK and UGX have no decimals today, but Stripe still takes two, which must be 0.
NO_CENTS = frozenset(("ISK", "UGX"))
USUAL = 2


def to_units(amount: Money) -> int:
    """The amount as Stripe takes it. Raises Refused if Stripe cannot take it exactly."""
    ours, theirs = _scales(amount.currency)
    units, rest = divmod(amount.amount * theirs, ours)
    step = 10 if amount.currency in THREE else 100 if amount.currency in NO_CENTS else 1
    if rest or units % step:
        raise Refused(_("Stripe cannot take exactly {amount}: it has fewer decimals there.", amount=write(amount)))
    return units


def from_units(units: int, currency: str) -> Money:
    """The amount that Stripe reports, in ISO 4217 minor units. Raises Refused if it has none for it."""
    currency = currency.upper()
    ours, theirs = _scales(currency)
    amount, rest = divmod(units * ours, theirs)
    if rest:
        raise Refused(_("Stripe reports {units} of {currency}, which is no amount.", units=units, currency=currency))
    return Money(amount, currency)


def _scales(currency: str) -> tuple[int, int]:
    """The units of a whole, ours and Stripe's."""
    digits = 0 if currency in WHOLE else 3 if currency in THREE else USUAL
    return int(10 ** minor_digits(currency)), int(10**digits)
