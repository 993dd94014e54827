"""How a total is calculated: list → promotion → shipping → tax. Pure functions, exact to the minor unit.

Amounts are rounded once per order and tax rate, then split over the lines without losing a cent. A worked example (EUR,
prices with 19 % tax in them, coupon 10 %):

    two mugs at 14.50            29.00    subtotal
    SPRING10, 10 %               -2.90    discount, split over the lines
    standard shipping             4.90    shipping
    total                        31.00    of which tax 31.00 × 19/119 = 4.95
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit.codes import place_form
from shopwright.kit.money import LARGEST, Money, add_up, write, zero
from shopwright.kit.regions import find_region
from shopwright.kit.tax_classes import GIFT_CARD
from shopwright.kit.translation import gettext as _
from shopwright.services.pricing.contract import (
    Coupon,
    Item,
    Price,
    Promotion,
    Quote,
    QuoteLine,
    QuoteRequest,
    ShippingOption,
    ShippingRate,
    Step,
    TaxPart,
    TaxRate,
    TaxRule,
    Totals,
    of_zone,
)
from shopwright.services.pricing.discounts import (
    UTC,
    DiscountOffer,
    applied,
    combinations,
    outdone,
    promoted,
    redeemable,
)
from shopwright.services.pricing.schemes import TaxExemption
from shopwright.services.pricing.taxes import TaxationPoint

BY_EMAIL = "email"  # the only shipping option of gift cards


def options(
    rates: Sequence[ShippingRate], country: str, region: str, goods: Money, weight: int, *, free: bool = False
) -> list[ShippingOption]:
    """Return the applicable rates of the most specific zone, cheapest first. `goods`: subtotal less discount."""
    within = [
        rate
        for rate in rates
        if rate.price.currency == goods.currency
        and rate.min_subtotal <= goods.amount <= (rate.max_subtotal or goods.amount)
        and rate.min_weight <= weight <= (rate.max_weight or weight)
    ]
    fitting = [
        ShippingOption(
            id=rate.id,
            title=rate.title,
            price=zero(goods.currency) if free or (rate.free_over and goods.amount >= rate.free_over) else rate.price,
            days_min=rate.days_min,
            days_max=rate.days_max,
        )
        for rate in of_zone(within, country, region)
    ]
    return sorted(fitting, key=lambda option: (option.price, option.days_max, option.id))


def offered(request: QuoteRequest, basis: "QuoteInputs", goods: Money, *, free: bool) -> list[ShippingOption]:
    """Return the shipping options of a cart; gift cards alone go by e-mail. `goods`: what is shipped, less discount."""
    shipped = [item for item in request.items if item.tax_class != GIFT_CARD]
    if not shipped:
        return [ShippingOption(id=BY_EMAIL, title=_("By e-mail"), price=zero(request.currency), days_min=0, days_max=0)]
    weight = sum(item.weight * item.quantity for item in shipped)
    return options(basis.shipping_rates, request.country, request.region, goods, weight, free=free)


def clean_zone(rate: ShippingRate) -> ShippingRate:
    """Normalise countries and regions; a region belongs to the first country that has it."""
    countries = tuple(dict.fromkeys(map(place_form, rate.countries)))
    regions = (
        next((code for country in countries if (code := find_region(country, one))), place_form(one))
        for one in rate.regions
    )
    return msgspec.structs.replace(rate, countries=countries, regions=tuple(dict.fromkeys(regions)))


class QuoteInputs:
    """Data read from the store for a quote. `listed`: list prices, if the market's differ.

    `relief`: why the whole sale is free of tax.
    """

    def __init__(
        self,
        *,
        prices: Mapping[str, Price],
        coupons: Mapping[str, tuple[Coupon | None, int]],
        tax_rates: Sequence[TaxRate],
        shipping_rates: Sequence[ShippingRate],
        home_country: str,
        prices_include_tax: bool,
        now: datetime,
        promotions: Sequence[Promotion] = (),
        tax_rules: Sequence[TaxRule] = (),
        zone: ZoneInfo = UTC,
        listed: Mapping[str, Money] | None = None,
        relief: TaxExemption | None = None,
    ) -> None:
        self.prices = prices
        self.listed = listed or {}
        self.relief = relief
        self.coupons = coupons
        self.tax_rates = tax_rates
        self.tax_rules = tax_rules
        self.shipping_rates = shipping_rates
        self.home_country = home_country
        self.prices_include_tax = prices_include_tax
        self.now = now
        self.promotions = promotions
        self.zone = zone


def quote(request: QuoteRequest, basis: QuoteInputs) -> Quote:
    """Calculate the totals with the discounts that leave the least to pay, and the steps that explain them.

    Lines are processed in the order of their variants, so the order of adding to the cart makes no difference.
    """
    priced = [item for item in request.items if item.variant_id in basis.prices]
    items, beyond = _countable(sorted(priced, key=lambda item: (item.variant_id, item.line_id)), basis)
    priced = [item for item in priced if item.line_id not in beyond]
    reducible = [number for number, item in enumerate(items) if item.tax_class != GIFT_CARD]
    subtotal = add_up((_gross(items[number], basis) for number in reducible), request.currency)
    offers = promoted(basis.promotions, items, subtotal, basis.now, basis.zone)
    codes, refused = redeemable(request.codes, basis.coupons, reducible, subtotal, basis.now, basis.zone)
    offers += codes if reducible else []
    place = place_of(request, basis)
    tried = [(_with(request, basis, place, items, chosen), chosen) for chosen in combinations(offers)]
    best, chosen = min(tried, key=lambda one: (one[0].totals.total, not one[0].free_shipping))
    steps, unused = outdone(offers, chosen, request.currency)
    lines = {line.line_id: line for line in best.lines}
    listed = [
        Step("list", f"{item.quantity} × {write(basis.prices[item.variant_id].amount)}", _gross(item, basis))
        for item in priced
    ]
    return msgspec.structs.replace(
        best,
        lines=tuple(lines[item.line_id] for item in priced),
        receipt=(*listed, *best.receipt[:-1], *steps, best.receipt[-1]),
        refused=tuple(refused),
        unused=tuple(unused),
        unpriced=tuple(item.line_id for item in request.items if item.variant_id not in basis.prices),
        beyond=beyond,
    )


def _countable(items: Sequence[Item], basis: QuoteInputs) -> tuple[list[Item], tuple[str, ...]]:
    """Split the lines into those within the largest total of an order, and the rest."""
    found, beyond, subtotal = [], [], 0
    for item in items:
        amount = _gross(item, basis).amount
        if subtotal + amount > LARGEST:
            beyond.append(item.line_id)
        else:
            subtotal += amount
            found.append(item)
    return found, tuple(beyond)


def _gross(item: Item, basis: QuoteInputs) -> Money:
    return basis.prices[item.variant_id].amount * item.quantity


def _with(
    request: QuoteRequest,
    basis: QuoteInputs,
    place: TaxationPoint,
    items: Sequence[Item],
    chosen: Sequence[DiscountOffer],
) -> Quote:
    """Calculate the quote with these discounts; its breakdown begins with them."""
    currency = request.currency
    gross = [_gross(item, basis) for item in items]
    less = applied(gross, currency, chosen)
    receipt = less.steps
    subtotal, discount = add_up(gross, currency), add_up(less.given, currency)
    shipped = add_up(
        (one for one, item in zip(less.remaining, items, strict=True) if item.tax_class != GIFT_CARD), currency
    )
    option = _chosen(request, basis, shipped, free=less.free_shipping)
    if option is not None:
        receipt.append(Step("shipping", option.title, option.price))
    shipping = option.price if option else zero(currency)

    parts = _taxed(place, items, less.remaining, shipping, receipt)
    taken = [add_up((part.tax for part in some), currency) for some in parts]
    zeros = [zero(currency) for _ in taken]
    added, included = (zeros, taken) if place.included else (taken, zeros)
    tax = add_up(added, currency)
    total = subtotal - discount + shipping + tax
    receipt.append(Step("total", "To pay", total))
    return Quote(
        lines=tuple(
            QuoteLine(
                item.line_id,
                basis.prices[item.variant_id].amount,
                gross[n],
                less.given[n],
                added[n],
                included[n],
                parts[n],
                basis.listed.get(item.variant_id),
                tuple(less.by_line[n]),
            )
            for n, item in enumerate(items)
        ),
        totals=Totals(
            subtotal=subtotal,
            discount=discount,
            shipping=shipping,
            tax=tax,
            total=total,
            included_tax=add_up(included, currency),
        ),
        receipt=tuple(receipt),
        free_shipping=less.free_shipping,
        shipping_option=option,
        shipping_tax_parts=parts[-1] if option else (),
        untaxed=place.untaxed(item.tax_class for item in items),
    )


def _chosen(request: QuoteRequest, basis: QuoteInputs, goods: Money, *, free: bool) -> ShippingOption | None:
    """The requested shipping option; None if it does not apply or nothing is shipped."""
    if request.shipping_rate_id is None or not request.items:
        return None
    fitting = offered(request, basis, goods, free=free)
    return next((option for option in fitting if option.id == request.shipping_rate_id), None)


def place_of(request: QuoteRequest, basis: QuoteInputs) -> TaxationPoint:
    """The place and time of taxation; sales free of tax have one rate of 0 %."""
    if basis.relief is not None:
        return TaxationPoint(
            country=basis.relief.country,
            region="",
            rates=(basis.relief.rate(),),
            included=basis.relief.category != "K" and basis.prices_include_tax,
            at=basis.now,
        )
    place = TaxationPoint(
        country=place_form(request.country) or basis.home_country,
        region=request.region,
        postcode=request.postcode,
        rates=basis.tax_rates,
        rules=basis.tax_rules,
        included=basis.prices_include_tax,
        at=basis.now,
    ).here()
    rule = place.rule("prices")
    if rule is None or (rule.value == "less_home_tax" and place.country == basis.home_country):
        return place
    return msgspec.structs.replace(place, included=rule.value == "gross")


def _taxed(
    place: TaxationPoint, items: Sequence[Item], goods: Sequence[Money], shipping: Money, receipt: list[Step]
) -> list[tuple[TaxPart, ...]]:
    """The tax parts of each item and, last, of shipping."""
    classes = [item.tax_class for item in items]
    shipped = place.shipped(classes, goods, shipping)
    kinds = [*classes, *(kind for kind, _amount in shipped)]
    parts = place.parts(kinds, [*goods, *(amount for _, amount in shipped)], receipt)
    return [*parts[: len(items)], tuple(part for some in parts[len(items) :] for part in some)]
