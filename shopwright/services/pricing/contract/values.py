"""The values of pricing: what operations take and return, and errors."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from shopwright.kit.codes import place_form
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money, zero
from shopwright.kit.regions import region_form
from shopwright.kit.working_days import Arrival
from shopwright.services.pricing.contract.discounts import CodeProblem, LineDiscount
from shopwright.services.pricing.contract.seller import (
    SaleTerms,
    TaxIdCheck,
)
from shopwright.services.pricing.contract.taxes import (
    State,
    TaxCategory,
    TaxPart,
)


class Price(msgspec.Struct, frozen=True):
    """The price of a variant; `compare_at` is the higher price it is reduced from.

    `lowest_30_days`: for reduced prices, the lowest price of the 30 days before the reduction (Directive 98/6/EC,
    article 6a).
    """

    variant_id: str
    amount: Money
    compare_at: Money | None = None
    lowest_30_days: Money | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A line to price; `weight` in grams per unit.

    Promotions use `product_id` and `category_ids` (with their ancestors).
    """

    line_id: str
    variant_id: str
    quantity: int
    weight: int = 0
    tax_class: str = "standard"
    product_id: str = ""
    category_ids: tuple[str, ...] = ()


class QuoteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a total depends on.

    `tax_id`: of a buyer who claims to be a business; the EU member state that issued it, and its last check.
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
    """A priced line. `tax` is added to its price, `included_tax` is contained in it.

    `list_price`: the price list's price, if the market's differs. `discounts` sum to `discount`.
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
    """subtotal − discount + shipping + tax = total. `included_tax` is contained in the prices."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    included_tax: Money


class Step(msgspec.Struct, frozen=True):
    """One line of the price breakdown."""

    step: str
    detail: str
    amount: Money


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A shipping rate offered to this cart. `days_min`, `days_max`: working days; `arrives`: if ordered now."""

    id: str
    title: str
    price: Money
    days_min: int
    days_max: int
    arrives: Arrival | None = None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The totals of a cart and their explanation.

    `refused`: codes that are not valid. `unused`: valid codes that cannot be combined with a better discount.
    `unpriced`: lines without a price. `beyond`: lines that would exceed the largest total of an order. `untaxed`: tax
    classes without a rate at the destination. `sale`: scheme and seller. `shipping_option`: the requested shipping rate
    if it applies. Versions that lack a field leave it unset.
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
    """The quote of an empty cart."""
    none = zero(currency)
    totals = Totals(subtotal=none, discount=none, shipping=none, tax=none, total=none, included_tax=none)
    return Quote(lines=(), totals=totals, receipt=(Step("total", "To pay", none),), shipping_option=None)


class ShippingRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shipping rate for `countries` (none: everywhere) and `regions`, within bands of subtotal and weight (grams).

    Both ends of a band are inclusive; an upper end of 0 means none, and `free_over` 0 means never free.
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
    """Return the rates of the most specific zone of this place: the region's, the country's or the general one."""
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
    """The subtotal from which shipping to `country` is free at any weight; None if there is none."""
    least = [
        Money(max(rate.min_subtotal, rate.free_over if rate.price.amount else 0), rate.price.currency)
        for rate in of_zone(rates, country)
        if (rate.free_over or not rate.price.amount) and not (rate.max_subtotal or rate.min_weight or rate.max_weight)
    ]
    return min(least, default=None)


class TaxRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tax rate with its period of validity; a rate that has applied is never changed or deleted, only ended.

    `rate` in basis points (1900 is 19 %). `rate_ppm` in parts per million is exact: 8.875 % is 88,750, with 888 in
    `rate`, rounded. `region` "": the whole country; `postcodes` "": all; `tax_class` "": all goods. One rate of each
    `authority` applies: by postcode before by region before the country's. `category` defaults to S, or Z at 0 %;
    others need a `reason`. `valid_to`: the first moment the rate no longer applies.
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
        """The rate in parts per million."""
        return self.rate * 100 if self.rate_ppm is None else self.rate_ppm

    @property
    def meant(self) -> TaxCategory:
        """The category, or its default."""
        return self.category or ("S" if self.ppm else "Z")

    def holds(self, at: datetime) -> bool:
        """Whether the rate applies at this moment."""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


class CouponRefused(Refused):
    """The coupon does not apply; the detail says why."""

    code = "coupon_refused"
