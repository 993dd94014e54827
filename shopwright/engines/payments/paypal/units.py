"""Amounts and keys as PayPal writes them: decimal strings, and ids of few characters.

Source: developer.paypal.com/reference/currency-codes. HUF and TWD have no decimals there, unlike in ISO 4217.
"""

import re
from decimal import Decimal, InvalidOperation

from shopwright.kit.currencies import minor_digits
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money, write
from shopwright.kit.translation import gettext as _

WHOLE = frozenset(("HUF", "TWD"))


def to_value(amount: Money) -> dict[str, str]:
    """The amount as PayPal takes it. Raises Refused if PayPal cannot take it exactly."""
    digits = minor_digits(amount.currency)
    value = Decimal(amount.amount).scaleb(-digits)
    if amount.currency in WHOLE:
        if value != value.to_integral_value():
            raise Refused(_("PayPal cannot take exactly {amount}: it has no decimals there.", amount=write(amount)))
        digits = 0
    return {"currency_code": amount.currency, "value": f"{value:.{digits}f}"}


def from_value(found: dict[str, str]) -> Money:
    """The amount that PayPal reports. Raises Refused if it is none."""
    currency = found["currency_code"]
    try:
        minor = Decimal(found["value"]).scaleb(minor_digits(currency))
    except InvalidOperation:
        minor = Decimal("0.1")
    if minor != minor.to_integral_value():
        raise Refused(_("PayPal reports {value}, which is no amount.", value=found["value"]))
    return Money(int(minor), currency)


def to_custom_id(key: str) -> str:
    """A key of the shop as `custom_id`, which consists of letters, digits, and “-_.,”."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda found: f".{ord(found[0]):02x}", key)


def from_custom_id(custom: str) -> str:
    """The key of the shop; another shop's `custom_id` may be none."""
    return re.sub(r"\.([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), custom)
