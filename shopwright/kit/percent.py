"""Rates as people read them."""

from shopwright.kit.typed import per_cent


def percent(ppm: int) -> str:
    """8.875 %, of a rate in millionths."""
    return f"{per_cent(ppm)} %"
