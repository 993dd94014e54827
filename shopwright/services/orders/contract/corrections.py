"""Taxes of an order that were corrected: its parcel left when another rate applied than when it was ordered."""

from datetime import datetime

import msgspec

from shopwright.kit.typed import per_cent
from shopwright.services.pricing.contract import TaxPart
from shopwright.services.pricing.contract.taxes import by_kind


class CorrectedTax(msgspec.Struct, frozen=True, kw_only=True):
    """The taxes of a line (without `line_id`: of the shipping) before and after `quantity` of its units became those of `lot`."""

    line_id: str
    quantity: int
    lot: int
    before: tuple[TaxPart, ...]
    after: tuple[TaxPart, ...]


class TaxCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """What was corrected as a parcel left, at `supplied`; what was paid stays the same."""

    shipment_id: str
    supplied: datetime
    lines: tuple[CorrectedTax, ...]

    @property
    def tax(self) -> int:
        """How much more tax there is, in minor units."""
        after = sum(part.tax.amount for line in self.lines for part in line.after)
        return after - sum(part.tax.amount for line in self.lines for part in line.before)

    @property
    def told(self) -> str:
        """Which rates are in place of which."""
        found: dict[str, None] = {}
        for one in self.lines:
            new = {kind[0].tax_class: _rate(kind) for kind in by_kind(one.after) if kind[0].lot == one.lot}
            old = {kind[0].tax_class: _rate(kind) for kind in by_kind(one.before) if not kind[0].lot}
            found |= {f"{rate} % instead of {old[name]} %": None for name, rate in new.items() if name in old}
        return ", ".join(found)


def _rate(kind: list[TaxPart]) -> str:
    return per_cent(sum(part.rate_ppm for part in kind))
