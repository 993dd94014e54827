"""Rates as people read them."""

from decimal import Decimal

from babel.core import Locale
from babel.numbers import NumberPattern, parse_pattern

from shopwright.kit.translation import SOURCE, format_locale
from shopwright.kit.typed import PPM_OF_A_PER_CENT

ENGLISH = parse_pattern("#,##0.#### %")  # as ISO 80000 writes it; Babel's has no space


def percent(ppm: int) -> str:
    """Format a rate from parts per million: 8.875 %."""
    locale = format_locale()
    pattern: NumberPattern = ENGLISH if locale == SOURCE else Locale.parse(locale).percent_formats[None]
    share = Decimal(ppm) / (100 * PPM_OF_A_PER_CENT)
    return str(pattern.apply(share, locale, decimal_quantization=False))
