"""Registers of tax ids: the EU's VIES, used if its URL is set."""

import httpx

from shopwright.engines.registers.vies import Vies
from shopwright.kit.ports import TaxRegister


def open_register(url: str, outside: httpx.AsyncClient) -> TaxRegister | None:
    """Open the register at `url`, or return None."""
    return Vies(url.rstrip("/"), outside) if url else None
