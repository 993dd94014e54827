"""Rates as people read them."""

from decimal import Decimal


def percent(ppm: int) -> str:
    """8.875 %, of a rate in millionths."""
    return f"{Decimal(ppm).scaleb(-4).normalize():f} %"
