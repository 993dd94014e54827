"""Tax corrections: a parcel was shipped under another tax rate than the order was placed under."""

from datetime import datetime

import msgspec

from shopwright.kit.typed import per_cent
from shopwright.services.pricing.contract import TaxPart
from shopwright.services.pricing.contract.taxes import by_kind


class CorrectedTax(msgspec.Struct, frozen=True, kw_only=True):
    """Taxes of a line (of shipping, without `line_id`) before and after `quantity` of its units moved to `lot`."""

    line_id: str
    quantity: int
    lot: int
    before: tuple[TaxPart, ...]
    after: tuple[TaxPart, ...]


class TaxCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """The correction made when a parcel was shipped at `supplied`; the amount paid stays the same."""

    shipment_id: str
    supplied: datetime
    lines: tuple[CorrectedTax, ...]

    @property
    def tax(self) -> int:
        """The additional tax, in minor units."""
        after = sum(part.tax.amount for line in self.lines for part in line.after)
        return after - sum(part.tax.amount for line in self.lines for part in line.before)

    @property
    def description(self) -> str:
        """Describe which rates replace which."""
        found: dict[str, None] = {}
        for one in self.lines:
            new = {kind[0].tax_class: _rate(kind) for kind in by_kind(one.after) if kind[0].lot == one.lot}
            old = {kind[0].tax_class: _rate(kind) for kind in by_kind(one.before) if not kind[0].lot}
            found |= {f"{rate} % instead of {old[name]} %": None for name, rate in new.items() if name in old}
        return ", ".join(found)


def _rate(kind: list[TaxPart]) -> str:
    return per_cent(sum(part.rate_ppm for part in kind))
