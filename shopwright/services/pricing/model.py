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

from shopwright.kit.money import BASIS_POINTS, Money, add_up, write, zero
from shopwright.services.pricing.contract import (
    CodeProblem,
    Coupon,
    Price,
    Quote,
    QuoteLine,
    QuoteRequest,
    ShippingOption,
    ShippingRate,
    Step,
    TaxRate,
    Totals,
)


def refusal(coupon: Coupon | None, subtotal: Money, now: datetime, used_by_customer: int) -> str | None:
    """Why a coupon does not apply, in words for the shopper; None where it does."""
    if coupon is None:
        return "There is no such code."
    return _out_of_time(coupon, now) or _out_of_reach(coupon, subtotal) or _used_up(coupon, used_by_customer)


def _out_of_time(coupon: Coupon, now: datetime) -> str | None:
    if coupon.starts_at and now < coupon.starts_at:
        return f"This code is valid from {coupon.starts_at:%d %B %Y}."
    if coupon.ends_at and now >= coupon.ends_at:
        return f"This code was valid until {coupon.ends_at:%d %B %Y}."
    return None


def _out_of_reach(coupon: Coupon, subtotal: Money) -> str | None:
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


def discount_of(coupon: Coupon, remaining: Money) -> Money:
    """What a coupon takes off what remains to be paid for the goods; never more than that."""
    if coupon.kind == "percentage":
        return min(remaining.share(coupon.value, BASIS_POINTS), remaining)
    if coupon.kind == "fixed":
        return min(Money(coupon.value, remaining.currency), remaining)
    return zero(remaining.currency)


def options(
    rates: Sequence[ShippingRate], country: str, goods: Money, weight: int, *, free: bool = False
) -> list[ShippingOption]:
    """The rates that fit, cheapest first. `goods` is the subtotal less discount."""
    fitting = [
        ShippingOption(
            id=rate.id,
            title=rate.title,
            price=zero(goods.currency) if free or (rate.free_over and goods.amount >= rate.free_over) else rate.price,
            days_min=rate.days_min,
            days_max=rate.days_max,
        )
        for rate in rates
        if rate.price.currency == goods.currency
        and (not rate.countries or country in rate.countries)
        and goods.amount >= rate.min_subtotal
        and (not rate.max_weight or weight <= rate.max_weight)
    ]
    return sorted(fitting, key=lambda option: (option.price, option.days_max, option.id))


def tax_rate(rates: Sequence[TaxRate], country: str, region: str, tax_class: str) -> TaxRate | None:
    """The rate for a class of goods at a place: the region's before the country's."""
    found = {(rate.country, rate.region, rate.tax_class): rate for rate in rates}
    return found.get((country, region, tax_class)) or found.get((country, "", tax_class))


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
    ) -> None:
        self.prices = prices
        self.coupons = coupons
        self.tax_rates = tax_rates
        self.shipping_rates = shipping_rates
        self.home_country = home_country
        self.prices_include_tax = prices_include_tax
        self.now = now


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

    applied, refused = _coupons(request, basis, subtotal)
    discount = add_up((amount for _, amount in applied), currency)
    receipt += [Step("promotion", f"Code {coupon.code}", -amount) for coupon, amount in applied]
    discounts = (
        discount.split([amount.amount for amount in gross]) if discount.amount else [zero(currency) for _ in gross]
    )

    free = any(coupon.kind == "free_shipping" for coupon, _ in applied)
    shipping = _shipping(request, basis, subtotal - discount, free=free, receipt=receipt)

    taxes = _taxes(
        request, basis, [amount - less for amount, less in zip(gross, discounts, strict=True)], shipping, receipt
    )
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
        unpriced=tuple(item.line_id for item in request.items if item.variant_id not in basis.prices),
    )


def _coupons(
    request: QuoteRequest, basis: Basis, subtotal: Money
) -> tuple[list[tuple[Coupon, Money]], list[CodeProblem]]:
    applied: list[tuple[Coupon, Money]] = []
    refused = []
    remaining = subtotal
    for code in dict.fromkeys(request.codes):
        coupon, used = basis.coupons.get(code, (None, 0))
        if (why := refusal(coupon, subtotal, basis.now, used)) is not None or coupon is None:
            refused.append(CodeProblem(code, why or ""))
            continue
        amount = discount_of(coupon, remaining)
        remaining -= amount
        applied.append((coupon, amount))
    return applied, refused


def _shipping(request: QuoteRequest, basis: Basis, goods: Money, *, free: bool, receipt: list[Step]) -> Money:
    if request.shipping_rate_id is None:
        return zero(goods.currency)
    weight = sum(item.weight * item.quantity for item in request.items)
    fitting = options(basis.shipping_rates, request.country, goods, weight, free=free)
    chosen = next((option for option in fitting if option.id == request.shipping_rate_id), None)
    if chosen is None:
        return zero(goods.currency)
    receipt.append(Step("shipping", chosen.title, chosen.price))
    return chosen.price


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
