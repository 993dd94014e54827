"""What others may know of pricing."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from shopwright.kit.codes import place_form
from shopwright.kit.data.events import Event
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money, zero
from shopwright.kit.regions import region_form
from shopwright.kit.rpc.operations import idempotent
from shopwright.kit.working_days import Arrival
from shopwright.services.pricing.contract.discounts import CodeProblem as CodeProblem
from shopwright.services.pricing.contract.discounts import Coupon as Coupon
from shopwright.services.pricing.contract.discounts import LineDiscount as LineDiscount
from shopwright.services.pricing.contract.discounts import Promotion as Promotion
from shopwright.services.pricing.contract.seller import BuyerKind as BuyerKind
from shopwright.services.pricing.contract.seller import ExchangeRate as ExchangeRate
from shopwright.services.pricing.contract.seller import SaleTerms as SaleTerms
from shopwright.services.pricing.contract.seller import Scheme as Scheme
from shopwright.services.pricing.contract.seller import Seller as Seller
from shopwright.services.pricing.contract.seller import Sellers as Sellers
from shopwright.services.pricing.contract.seller import TaxId as TaxId
from shopwright.services.pricing.contract.seller import TaxIdCheck as TaxIdCheck
from shopwright.services.pricing.contract.taxes import State, TaxSettings
from shopwright.services.pricing.contract.taxes import TaxCategory as TaxCategory
from shopwright.services.pricing.contract.taxes import TaxClass as TaxClass
from shopwright.services.pricing.contract.taxes import TaxPart as TaxPart
from shopwright.services.pricing.contract.taxes import TaxPreset as TaxPreset
from shopwright.services.pricing.contract.taxes import TaxRule as TaxRule
from shopwright.services.pricing.contract.taxes import UntaxedPlace as UntaxedPlace


class Price(msgspec.Struct, frozen=True):
    """What one of a variant costs; `compare_at` is the higher price it is reduced from.

    `lowest_30_days`, of what is reduced: the lowest price of the 30 days before it was (Directive 98/6/EC, article 6a).
    """

    variant_id: str
    amount: Money
    compare_at: Money | None = None
    lowest_30_days: Money | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A line to be priced; `weight` in grams for one. `product_id` and `category_ids` (and all above) are for promotions."""

    line_id: str
    variant_id: str
    quantity: int
    weight: int = 0
    tax_class: str = "standard"
    product_id: str = ""
    category_ids: tuple[str, ...] = ()


class QuoteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a total depends on.

    `tax_id`: that of a buyer who says to be a business; which member state of the EU gave it, and what is known of it.
    """

    items: tuple[Item, ...]
    currency: str
    country: str = ""
    region: str = ""
    postcode: str = ""
    codes: tuple[str, ...] = ()
    shipping_rate_id: str | None = None
    customer: str = ""
    customer_also: tuple[str, ...] = ()
    tax_id: str = ""
    tax_id_member: str = ""
    tax_id_check: TaxIdCheck | None = None


class QuoteLine(msgspec.Struct, frozen=True):
    """One line with its share of everything. `tax` is added on top, `included_tax` is already inside.

    `list_price`: what the price list says, where the market has another price. `discounts` add up to `discount`.
    """

    line_id: str
    unit_price: Money
    total: Money
    discount: Money
    tax: Money
    included_tax: Money
    tax_parts: tuple[TaxPart, ...] = ()
    list_price: Money | None = None
    discounts: tuple[LineDiscount, ...] = ()


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """subtotal − discount + shipping + tax = total. `included_tax` is inside the prices and says how much."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    included_tax: Money


class Step(msgspec.Struct, frozen=True):
    """One line of the receipt that explains a total."""

    step: str
    detail: str
    amount: Money


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A rate as this cart may choose it; `days_min` and `days_max` are working days, `arrives` when it is ordered now."""

    id: str
    title: str
    price: Money
    days_min: int
    days_max: int
    arrives: Arrival | None = None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What it all comes to, and why.

    `refused`: codes that do not hold; `unused`: codes that do, but cannot be combined with what saves more.
    `unpriced`, `beyond`: lines that have no price, and those that would make it more than one order can come to.
    `untaxed`: classes of goods that the place has no rate of tax for.
    `sale`: under which scheme it would be sold, and by whom; unset by a version that tells it not.
    `shipping_option`: the way that was asked for by `shipping_rate_id`, where it fits; unset by a version that tells it not.
    """

    lines: tuple[QuoteLine, ...]
    totals: Totals
    receipt: tuple[Step, ...]
    refused: tuple[CodeProblem, ...] = ()
    unused: tuple[CodeProblem, ...] = ()
    free_shipping: bool = False
    unpriced: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    shipping_option: ShippingOption | UnsetType | None = UNSET
    shipping_tax_parts: tuple[TaxPart, ...] = ()
    untaxed: tuple[str, ...] = ()
    sale: SaleTerms | None = None


def nothing(currency: str) -> Quote:
    """The quote of nothing at all."""
    none = zero(currency)
    totals = Totals(subtotal=none, discount=none, shipping=none, tax=none, total=none, included_tax=none)
    return Quote(lines=(), totals=totals, receipt=(Step("total", "To pay", none),), shipping_option=None)


class ShippingRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to ship: to `countries` (none: everywhere) and `regions` of them, within bands of subtotal and weight (grams).

    Lower ends are inclusive, so are upper ones; 0 is no upper end, and never free.
    """

    id: str = ""
    title: str
    price: Money
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    min_subtotal: int = 0
    max_subtotal: int = 0
    min_weight: int = 0
    max_weight: int = 0
    free_over: int = 0
    days_min: int = 2
    days_max: int = 5
    position: int = 0


def of_zone(rates: Sequence[ShippingRate], country: str, region: str = "") -> list[ShippingRate]:
    """The rates of the most specific zone that `country` and `region` lie in: a region's, else the country's, else everyone's."""
    country = place_form(country)
    region = region_form(country, region)
    fitting = [
        rate
        for rate in rates
        if (not rate.countries or country in rate.countries)
        and (not rate.regions or region in {region_form(country, one) for one in rate.regions})
    ]
    closest = max(((bool(rate.regions), bool(rate.countries)) for rate in fitting), default=None)
    return [rate for rate in fitting if (bool(rate.regions), bool(rate.countries)) == closest]


def free_from(rates: Sequence[ShippingRate], country: str) -> Money | None:
    """From what subtotal everything is sent to `country` for nothing, whatever its weight; None where that cannot be said."""
    least = [
        Money(max(rate.min_subtotal, rate.free_over if rate.price.amount else 0), rate.price.currency)
        for rate in of_zone(rates, country)
        if (rate.free_over or not rate.price.amount) and not (rate.max_subtotal or rate.min_weight or rate.max_weight)
    ]
    return min(least, default=None)


class TaxRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rate of tax from one moment to another; what has applied is never changed or taken away, only ended.

    `rate` in basis points (1900 is 19 %). `rate_ppm` in millionths says what those cannot: 8.875 % is 88,750, and 888 in
    `rate`, rounded. `region` "" is the whole country, `postcodes` "" all of it, `tax_class` "" all goods. Of each
    `authority` one applies: by postcode before by region before the country's. Where `category` is none of a rate's own
    it is S, or Z at 0 %; all others need a `reason`. `valid_to` is the first moment it applies no more.
    """

    country: str
    region: str = ""
    tax_class: str = "standard"
    rate: int
    title: str = "VAT"
    rate_ppm: int | None = None
    id: str = ""
    postcodes: str = ""
    authority: str = ""
    category: TaxCategory | None = None
    reason: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    who: str = ""
    why: str = ""
    created: datetime | None = None
    ended_by: str = ""
    ended_why: str = ""
    state: State = ""

    @property
    def ppm(self) -> int:
        """The rate in millionths."""
        return self.rate * 100 if self.rate_ppm is None else self.rate_ppm

    @property
    def meant(self) -> TaxCategory:
        """Its category, said or not."""
        return self.category or ("S" if self.ppm else "Z")

    def holds(self, at: datetime) -> bool:
        """Does it apply at this moment?"""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


class CouponRefused(Refused):
    """A coupon does not apply; the detail says why."""

    code = "coupon_refused"


class PriceChanged(Event, frozen=True, kw_only=True):
    """A variant costs this now."""

    SUBJECT: ClassVar[str] = "variant_id"
    variant_id: str
    price: Money
    compare_at: Money | None = None


class CouponUsed(Event, frozen=True, kw_only=True):
    """An order used a coupon."""

    SUBJECT: ClassVar[str] = "order_id"
    order_id: str
    coupon: str


class Pricing(TaxSettings, Sellers, Protocol):
    """The verbs of pricing."""

    @idempotent
    async def prices(self, variant_ids: Sequence[str], currency: str) -> dict[str, Price]:
        """The prices there are."""
        ...

    async def set_prices(self, prices: Sequence[Price]) -> None:
        """Change prices; the old ones are kept for the record. Raises Invalid."""
        ...

    @idempotent
    async def quote(self, request: QuoteRequest) -> Quote:
        """What it all comes to, with a receipt."""
        ...

    @idempotent
    async def shipping_options(self, request: QuoteRequest) -> list[ShippingOption]:
        """The ways this could be shipped, cheapest first."""
        ...

    @idempotent
    async def redeem(
        self, order_id: str, codes: Sequence[str], customer: str, customer_also: tuple[str, ...] = ()
    ) -> None:
        """Count the coupons as used by an order, all or none; repeating it changes nothing. Raises CouponRefused."""
        ...

    @idempotent
    async def unredeem(self, order_id: str) -> None:
        """The order is off: its coupons may be used again."""
        ...

    async def put_coupon(self, coupon: Coupon) -> Coupon: ...

    @idempotent
    async def coupons(self) -> list[Coupon]: ...

    async def delete_coupon(self, code: str) -> None:
        """No one can use it any more; orders that did keep it. Raises Missing."""
        ...

    async def put_promotion(self, promotion: Promotion) -> Promotion:
        """Make a promotion, or change the one with this id. Raises Invalid."""
        ...

    @idempotent
    async def promotions(self) -> list[Promotion]:
        """All promotions, in the order they apply."""
        ...

    async def delete_promotion(self, promotion_id: str) -> None:
        """Raises Missing."""
        ...

    async def delete_tax_rate(self, country: str, region: str, tax_class: str, who: str = "", why: str = "") -> None:
        """End the rate of all postcodes and of the country's own authority that applies now. Raises Missing."""
        ...

    async def end_tax_rate(self, rate_id: str, who: str = "", why: str = "") -> None:
        """It applies no more; one that was to come never does, and what it would have ended goes on. Raises Missing, Refused."""
        ...

    async def delete_shipping_rate(self, rate_id: str) -> None:
        """Raises Missing."""
        ...

    async def add_tax_rates(self, rates: Sequence[TaxRate], who: str = "") -> list[TaxRate]:
        """From `valid_from` on (none: now) these apply, all or none; those of the same place, class and authority end.

        What applies already adds nothing. Raises Invalid.
        """
        ...

    async def put_tax_rate(self, rate: TaxRate) -> None:
        """Add one."""
        ...

    @idempotent
    async def tax_rates(self, at: str = "") -> list[TaxRate]:
        """The rates that apply now, or at a day or time. Raises Invalid."""
        ...

    @idempotent
    async def tax_rate_history(self) -> list[TaxRate]:
        """All rates there ever were and those to come, with their `state`."""
        ...

    @idempotent
    async def supply_rates(
        self, country: str, region: str, postcode: str, classes: Sequence[str], at: datetime
    ) -> dict[str, tuple[TaxRate, ...]]:
        """The rates of these classes of goods that leave for a place at this moment; {} where the day of the order decides."""
        ...

    async def add_tax_presets(self, names: Sequence[str], who: str = "") -> list[TaxRate]:
        """Add rates for these; those that are there stay. Raises Missing."""
        ...

    async def put_shipping_rate(self, rate: ShippingRate) -> ShippingRate: ...

    @idempotent
    async def shipping_rates(self) -> list[ShippingRate]: ...
