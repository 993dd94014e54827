"""Rates as people read them."""

from shopwright.kit.typed import per_cent


def percent(ppm: int) -> str:
    """Format a rate from parts per million: 8.875 %."""
    return f"{per_cent(ppm)} %"
