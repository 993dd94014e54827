"""The operations of pricing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shopwright.kit.rpc.operations import idempotent
from shopwright.services.pricing.contract.discounts import Coupon, Promotion
from shopwright.services.pricing.contract.seller import (
    Sellers,
)
from shopwright.services.pricing.contract.taxes import (
    TaxSettings,
)
from shopwright.services.pricing.contract.values import (
    Price,
    Quote,
    QuoteRequest,
    ShippingOption,
    ShippingRate,
    TaxRate,
)


class Pricing(TaxSettings, Sellers, Protocol):
    """The operations of pricing."""

    @idempotent
    async def prices(self, variant_ids: Sequence[str], currency: str) -> dict[str, Price]:
        """Return the prices of these variants, without those that have none."""
        ...

    async def set_prices(self, prices: Sequence[Price]) -> None:
        """Change prices; former prices are kept. Raises Invalid."""
        ...

    @idempotent
    async def quote(self, request: QuoteRequest) -> Quote:
        """Calculate totals and price breakdown."""
        ...

    @idempotent
    async def shipping_options(self, request: QuoteRequest) -> list[ShippingOption]:
        """Return the shipping options of this cart, cheapest first."""
        ...

    @idempotent
    async def redeem(
        self, order_id: str, codes: Sequence[str], customer: str, customer_also: tuple[str, ...] = ()
    ) -> None:
        """Count the coupons of an order as used, all or none. Safe to repeat. Raises CouponRefused."""
        ...

    @idempotent
    async def release_coupons(self, order_id: str) -> None:
        """Release the coupons of a closed order."""
        ...

    async def put_coupon(self, coupon: Coupon) -> Coupon: ...

    @idempotent
    async def coupons(self) -> list[Coupon]: ...

    async def delete_coupon(self, code: str) -> None:
        """Delete a coupon; orders that used it keep it. Raises Missing."""
        ...

    async def put_promotion(self, promotion: Promotion) -> Promotion:
        """Create or update a promotion. Raises Invalid."""
        ...

    @idempotent
    async def promotions(self) -> list[Promotion]:
        """Return all promotions in the order they apply."""
        ...

    async def delete_promotion(self, promotion_id: str) -> None:
        """Delete a promotion. Raises Missing."""
        ...

    async def delete_tax_rate(self, country: str, region: str, tax_class: str, who: str = "", why: str = "") -> None:
        """End the current rate of the country's own authority for all postcodes. Raises Missing."""
        ...

    async def end_tax_rate(self, rate_id: str, who: str = "", why: str = "") -> None:
        """End a rate now; a future one is withdrawn, and the one it would have ended continues.

        Raises Missing, Refused.
        """
        ...

    async def delete_shipping_rate(self, rate_id: str) -> None:
        """Delete a shipping rate. Raises Missing."""
        ...

    async def add_tax_rates(self, rates: Sequence[TaxRate], who: str = "") -> list[TaxRate]:
        """Add rates that apply from `valid_from` (default: now), all or none, and end those they replace.

        Rates replace those of the same place, class and authority. Rates that apply already add nothing. Raises
        Invalid.
        """
        ...

    async def put_tax_rate(self, rate: TaxRate) -> None:
        """Add one tax rate."""
        ...

    @idempotent
    async def tax_rates(self, at: str = "") -> list[TaxRate]:
        """Return the rates that apply now, or on a day or at a time. Raises Invalid."""
        ...

    @idempotent
    async def tax_rate_history(self) -> list[TaxRate]:
        """Return all past, current and future rates with their `state`."""
        ...

    @idempotent
    async def supply_rates(
        self, country: str, region: str, postcode: str, classes: Sequence[str], at: datetime
    ) -> dict[str, tuple[TaxRate, ...]]:
        """Return the rates for goods shipped to a place at this moment; {} if the day of the order decides."""
        ...

    async def add_tax_presets(self, names: Sequence[str], who: str = "") -> list[TaxRate]:
        """Add the rates of these presets; existing ones stay. Raises Missing."""
        ...

    async def put_shipping_rate(self, rate: ShippingRate) -> ShippingRate: ...

    @idempotent
    async def shipping_rates(self) -> list[ShippingRate]: ...
