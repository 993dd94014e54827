"""How a total comes about: list → promotion → shipping → tax. Pure functions, exact to the minor unit.

What is rounded is rounded once, for a whole order and tax rate, and then split over the lines without losing a cent.
A worked example (EUR, prices with 19 % tax in them, coupon 10 %):

    two mugs at 14.50            29.00    subtotal
    SPRING10, 10 %               -2.90    discount, split over the lines
    standard shipping             4.90    shipping
    total                        31.00    of which tax 31.00 × 19/119 = 4.95
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit.codes import class_form, place_form
from shopwright.kit.days import write_end, write_start
from shopwright.kit.money import BASIS_POINTS, Money, add_up, write, zero
from shopwright.services.pricing.contract import (
    CodeProblem,
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
    TaxRate,
    Totals,
    of_zone,
)

UTC = ZoneInfo("UTC")


def refusal(
    coupon: Coupon | None, subtotal: Money, now: datetime, used_by_customer: int, zone: ZoneInfo = UTC
) -> str | None:
    """Why a coupon does not apply, in words for the shopper; None where it does. `zone`: in which days are told."""
    if coupon is None:
        return "There is no such code."
    return _out_of_time(coupon, now, zone) or _out_of_reach(coupon, subtotal) or _used_up(coupon, used_by_customer)


def _out_of_time(coupon: Coupon | Promotion, now: datetime, zone: ZoneInfo) -> str | None:
    if coupon.starts_at and now < coupon.starts_at:
        return f"This code is valid from {write_start(coupon.starts_at, zone)}."
    if coupon.ends_at and now >= coupon.ends_at:
        return f"This code was valid until {write_end(coupon.ends_at, zone)}."
    return None


def _out_of_reach(coupon: Coupon | Promotion, subtotal: Money) -> str | None:
    if coupon.currency and coupon.currency != subtotal.currency:
        return f"This code is for orders in {coupon.currency}."
    if subtotal.amount < coupon.minimum:
        return f"This code is for orders from {write(Money(coupon.minimum, subtotal.currency))}."
    return None


def _used_up(coupon: Coupon, used_by_customer: int) -> str | None:
    if coupon.limit_total and coupon.used >= coupon.limit_total:
        return "This code has been used up."
    if coupon.limit_per_customer and used_by_customer >= coupon.limit_per_customer:
        return "You have used this code already."
    return None


def discount_of(coupon: Coupon | Promotion, remaining: Money) -> Money:
    """What a coupon or promotion takes off what remains to be paid for the goods; never more than that."""
    if coupon.kind == "percentage":
        return min(remaining.share(coupon.value, BASIS_POINTS), remaining)
    if coupon.kind == "fixed":
        return min(Money(coupon.value, remaining.currency), remaining)
    return zero(remaining.currency)


def options(
    rates: Sequence[ShippingRate], country: str, region: str, goods: Money, weight: int, *, free: bool = False
) -> list[ShippingOption]:
    """The rates that fit, of the most specific zone among them, cheapest first. `goods` is the subtotal less discount."""
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
        for rate in of_zone(within, place_form(country), place_form(region))
    ]
    return sorted(fitting, key=lambda option: (option.price, option.days_max, option.id))


def tax_rate(rates: Sequence[TaxRate], country: str, region: str, tax_class: str) -> TaxRate | None:
    """The rate for a class of goods at a place: the region's before the country's."""
    found = {(rate.country, rate.region, rate.tax_class): rate for rate in rates}
    country, region, tax_class = place_form(country), place_form(region), class_form(tax_class)
    return found.get((country, region, tax_class)) or found.get((country, "", tax_class))


def clean_tax_rate(rate: TaxRate) -> TaxRate:
    """With its country, region and class as they are kept and looked for."""
    return msgspec.structs.replace(
        rate, country=place_form(rate.country), region=place_form(rate.region), tax_class=class_form(rate.tax_class)
    )


class Basis:
    """What a quote is made from, read from the store beforehand."""

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
        zone: ZoneInfo = UTC,
    ) -> None:
        self.prices = prices
        self.coupons = coupons
        self.tax_rates = tax_rates
        self.shipping_rates = shipping_rates
        self.home_country = home_country
        self.prices_include_tax = prices_include_tax
        self.now = now
        self.promotions = promotions
        self.zone = zone


def quote(request: QuoteRequest, basis: Basis) -> Quote:
    """What it all comes to, with the steps that lead there."""
    currency = request.currency
    items = [item for item in request.items if item.variant_id in basis.prices]
    gross = [basis.prices[item.variant_id].amount * item.quantity for item in items]
    subtotal = add_up(gross, currency)
    receipt = [
        Step("list", f"{item.quantity} × {write(basis.prices[item.variant_id].amount)}", amount)
        for item, amount in zip(items, gross, strict=True)
    ]

    less = Discounts(gross, currency)
    free = _promote(items, basis, subtotal, less, receipt)
    free_by_code, refused = _coupons(request, basis, subtotal, less, receipt)
    discount, discounts = add_up(less.given, currency), less.given
    option = _chosen(request, basis, subtotal - discount, free=free or free_by_code)
    if option is not None:
        receipt.append(Step("shipping", option.title, option.price))
    shipping = option.price if option else zero(currency)

    taxes = _taxes(request, basis, less.remaining, shipping, receipt)
    zeros = [zero(currency) for _ in taxes]
    added, included = (zeros, taxes) if basis.prices_include_tax else (taxes, zeros)
    tax = add_up(added, currency)
    total = subtotal - discount + shipping + tax
    receipt.append(Step("total", "To pay", total))
    return Quote(
        lines=tuple(
            QuoteLine(item.line_id, basis.prices[item.variant_id].amount, gross[n], discounts[n], added[n], included[n])
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
        refused=tuple(refused),
        free_shipping=free or free_by_code,
        unpriced=tuple(item.line_id for item in request.items if item.variant_id not in basis.prices),
        shipping_option=option,
    )


class Discounts:
    """What has been taken off each line so far."""

    def __init__(self, gross: Sequence[Money], currency: str) -> None:
        self.remaining = list(gross)
        self.given = [zero(currency) for _ in gross]
        self._currency = currency

    def left(self, numbers: Sequence[int]) -> Money:
        """What these lines still cost together."""
        return add_up((self.remaining[n] for n in numbers), self._currency)

    def take(self, amount: Money, numbers: Sequence[int]) -> None:
        """Split over these lines by what they still cost; none goes below nothing."""
        if not amount.amount:
            return
        parts = amount.split([self.remaining[n].amount for n in numbers])
        for number, part in zip(numbers, parts, strict=True):
            self.remaining[number] -= part
            self.given[number] += part


def _promote(items: Sequence[Item], basis: Basis, subtotal: Money, less: Discounts, receipt: list[Step]) -> bool:
    """Discounts that need no code, one after another; answers whether one of them makes shipping free."""
    free = False
    for promotion in basis.promotions:
        numbers = [n for n, item in enumerate(items) if _is_for(promotion, item)]
        out = _out_of_time(promotion, basis.now, basis.zone) or _out_of_reach(promotion, subtotal)
        if not promotion.active or not numbers or out:
            continue
        free = free or promotion.kind == "free_shipping"
        amount = discount_of(promotion, less.left(numbers))
        if amount.amount or promotion.kind == "free_shipping":
            less.take(amount, numbers)
            receipt.append(Step("promotion", promotion.title, -amount))
    return free


def _is_for(promotion: Promotion, item: Item) -> bool:
    if not promotion.product_ids and not promotion.category_ids:
        return True
    return item.product_id in promotion.product_ids or bool(set(item.category_ids) & set(promotion.category_ids))


def _coupons(
    request: QuoteRequest, basis: Basis, subtotal: Money, less: Discounts, receipt: list[Step]
) -> tuple[bool, list[CodeProblem]]:
    """Discounts of codes, one after another; answers whether one makes shipping free, and which do not apply."""
    free, refused = False, []
    every = range(len(less.remaining))
    for code in dict.fromkeys(request.codes):
        coupon, used = basis.coupons.get(code, (None, 0))
        if (why := refusal(coupon, subtotal, basis.now, used, basis.zone)) is not None or coupon is None:
            refused.append(CodeProblem(code, why or ""))
            continue
        amount = discount_of(coupon, less.left(every))
        less.take(amount, every)
        free = free or coupon.kind == "free_shipping"
        receipt.append(Step("promotion", f"Code {coupon.code}", -amount))
    return free, refused


def _chosen(request: QuoteRequest, basis: Basis, goods: Money, *, free: bool) -> ShippingOption | None:
    """The way to ship that was asked for; none where it does not fit, or there is nothing to ship."""
    if request.shipping_rate_id is None or not request.items:
        return None
    weight = sum(item.weight * item.quantity for item in request.items)
    fitting = options(basis.shipping_rates, request.country, request.region, goods, weight, free=free)
    return next((option for option in fitting if option.id == request.shipping_rate_id), None)


def _taxes(
    request: QuoteRequest, basis: Basis, goods: Sequence[Money], shipping: Money, receipt: list[Step]
) -> list[Money]:
    """The tax of each line and, last, of shipping: rounded once a rate, then split over what it applies to."""
    country = request.country or basis.home_country
    priced = [item for item in request.items if item.variant_id in basis.prices]
    classes = [item.tax_class for item in priced] + ["standard"]
    amounts = [*goods, shipping]
    taxes = [zero(request.currency) for _ in amounts]
    rates: dict[TaxRate, list[int]] = {}
    for number, tax_class in enumerate(classes):
        if rate := tax_rate(basis.tax_rates, country, request.region, tax_class):
            rates.setdefault(rate, []).append(number)
    for rate, numbers in rates.items():
        base = add_up((amounts[n] for n in numbers), request.currency)
        whole = BASIS_POINTS + rate.rate if basis.prices_include_tax else BASIS_POINTS
        tax = base.share(rate.rate, whole)
        if not tax.amount:
            continue
        for number, part in zip(numbers, tax.split([amounts[n].amount for n in numbers]), strict=True):
            taxes[number] = part
        how = "in it" if basis.prices_include_tax else "added"
        receipt.append(Step("tax", f"{rate.title} {rate.rate / 100:g} % of {write(base)}, {how}", tax))
    return taxes
