"""Registers of tax ids: VIES, that of the EU; where no address is set, none is asked."""

import httpx

from shopwright.engines.registers.vies import Vies
from shopwright.kit.ports import TaxRegister


def open_register(url: str, outside: httpx.AsyncClient) -> TaxRegister | None:
    """The register at `url`; None for none."""
    return Vies(url.rstrip("/"), outside) if url else None
