"""Business buyers: their tax id and its check by the register, outside any transaction."""

from datetime import timedelta
from typing import Any

import msgspec

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.tax_ids import TaxNumber, read_tax_id
from shopwright.services.carts import store
from shopwright.services.pricing.contract import Pricing

ASKED_AGAIN = timedelta(days=1)


class Businesses:
    """Checks tax ids of carts."""

    def __init__(self, work: ServiceDatabase, pricing: Pricing) -> None:
        self._work = work
        self._pricing = pricing

    @staticmethod
    def read(fields: dict[str, Any], stored: store.StoredCart | None) -> None:
        """Normalise a given tax id into the cart's `business`. Raises Invalid."""
        if "tax_id" not in fields:
            return
        names = ("billing_address", "shipping_address")
        values = [fields.get(name, getattr(stored, name, None)) for name in names]
        country = next((place.country for place in values if place is not None), "")
        text = fields.pop("tax_id")
        fields["business"] = read_tax_id(text, country) if text.strip() else None

    async def check(self, fields: dict[str, Any]) -> None:
        """Add the check of the tax id; waits for the register a few seconds at most."""
        number = fields.get("business")
        if isinstance(number, TaxNumber):
            found = await self._pricing.check_tax_id(number.id, "" if number.member else number.country)
            member = number.country if number.member else ""
            fields["business"] = store.Business(tax_id=number.id, country=number.country, member=member, check=found)

    async def ask_again(self, stored: store.StoredCart) -> None:
        """Repeat a check that had no answer, or none today."""
        known = stored.business
        if known is None or (known.check.valid is not None and known.check.at + ASKED_AGAIN > self._work.now()):
            return
        check = await self._pricing.check_tax_id(known.tax_id, "" if known.member else known.country)
        async with self._work.begin() as tx:
            now = await store.read(tx, stored.id)
            if now is not None and now.business == known:
                changed = msgspec.structs.replace(known, check=check)
                await store.set_details(tx, msgspec.structs.replace(now, business=changed))
