"""Validation and normalisation of discounts, shipping rates and prices before they are stored."""

from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit.codes import check_coupon, coupon_form, place_form
from shopwright.kit.countries import check_country
from shopwright.kit.currencies import minor_digits
from shopwright.kit.days import aware
from shopwright.kit.errors import Invalid, check_all
from shopwright.kit.money import BASIS_POINTS, LARGEST
from shopwright.kit.regions import check_region
from shopwright.kit.translation import gettext as _
from shopwright.kit.working_days import MOST_DAYS
from shopwright.services.pricing.contract import Coupon, Price, Promotion, ShippingRate
from shopwright.services.pricing.model import clean_zone

LARGEST_COUNT: Final = 10**9
Discount = TypeVar("Discount", Coupon, Promotion)


def amount(value: int, pointer: str, what: str) -> None:
    """Check an amount in minor units. Raises Invalid."""
    if not 0 <= value <= LARGEST:
        raise Invalid.at(pointer, _("{what} is from 0 to {largest} minor units.", what=what, largest=LARGEST))


def count(value: int, pointer: str, what: str, most: int = LARGEST_COUNT) -> None:
    """Check a count. Raises Invalid."""
    if not 0 <= value <= most:
        raise Invalid.at(pointer, _("{what} is a whole number from 0 to {most}.", what=what, most=most))


def ordered(least: int, most: int, pointer: str, what: str, *, open_end: bool = True) -> None:
    """Check that the upper end is not below the lower one; with `open_end`, 0 means no upper end. Raises Invalid."""
    if most < least and (most or not open_end):
        raise Invalid.at(
            pointer,
            _(
                "{what}: at most {most} is less than at least {least}; write {most} to {least}.",
                what=what,
                most=most,
                least=least,
            ),
        )


def own_currency(named: str, currency: str, pointer: str) -> None:
    """Check that prices use the shop's currency. Raises Invalid."""
    if named != currency:
        minor_digits(named)
        raise Invalid.at(
            pointer, _("This shop's prices are in {currency}, not in {named}.", currency=currency, named=named)
        )


def position(value: int) -> None:
    """Check a sort position. Raises Invalid."""
    if not -LARGEST_COUNT <= value <= LARGEST_COUNT:
        raise Invalid.at(
            "/position",
            _("A position is a whole number from -{largest_count} to {largest_count}.", largest_count=LARGEST_COUNT),
        )


def price(one: Price, number: int, currency: str) -> None:
    """Check a price. Raises Invalid."""
    own_currency(one.amount.currency, currency, f"/{number}/amount")
    amount(one.amount.amount, f"/{number}/amount", "A price")
    if one.compare_at is None:
        return
    if one.compare_at.currency != one.amount.currency:
        raise Invalid.at(f"/{number}/compare_at", _("The price it is reduced from is in the same currency."))
    amount(one.compare_at.amount, f"/{number}/compare_at", "A price")


def _zoned(one: Discount, zone: ZoneInfo) -> Discount:
    """Apply the shop's time zone to times without one."""
    return msgspec.structs.replace(
        one, starts_at=aware(one.starts_at, zone, "/starts_at"), ends_at=aware(one.ends_at, zone, "/ends_at")
    )


def _discount(one: Coupon | Promotion, currency: str) -> None:
    check_all(
        lambda: _value(one),
        lambda: own_currency(one.currency, currency, "/currency") if one.currency else None,
        lambda: amount(one.minimum, "/minimum", "A minimum"),
        lambda: _period(one),
        lambda: position(one.position),
    )


def _value(one: Coupon | Promotion) -> None:
    if one.kind == "percentage" and not 0 < one.value <= BASIS_POINTS:
        raise Invalid.at("/value", _("A percentage is given in basis points: 1000 is 10 %, at most 10000."))
    if one.kind == "fixed" and (not 0 < one.value <= LARGEST or not one.currency):
        raise Invalid.at("/value", _("A fixed discount needs an amount in minor units above zero, and its currency."))
    if one.kind == "free_shipping" and one.value:
        raise Invalid.at("/value", _("Free shipping needs no value; leave it out."))


def _period(one: Coupon | Promotion) -> None:
    if one.starts_at and one.ends_at and one.ends_at <= one.starts_at:
        raise Invalid.at("/ends_at", _("It ends after it starts; write a later end, or an earlier start."))


def coupon(one: Coupon, currency: str, zone: ZoneInfo) -> Coupon:
    """Return the normalised coupon. Raises Invalid with all errors."""

    def limits() -> None:
        count(one.limit_total, "/limit_total", "A limit (0: none)")
        count(one.limit_per_customer, "/limit_per_customer", "A limit (0: none)")

    if not coupon_form(one.code):
        raise Invalid.at("/code", _("A coupon needs a code."))
    clean = _zoned(one, zone)
    check_all(lambda: check_coupon(one.code), lambda: _discount(clean, currency), limits)
    return msgspec.structs.replace(clean, code=check_coupon(one.code))


def promotion(one: Promotion, currency: str, zone: ZoneInfo) -> Promotion:
    """Return the normalised promotion. Raises Invalid with all errors."""

    def title() -> None:
        if not one.title.strip():
            raise Invalid.at("/title", _("A promotion needs a title; shoppers read it on their receipt."))

    clean = _zoned(one, zone)
    check_all(title, lambda: _discount(clean, currency))
    return clean


def shipping_rate(one: ShippingRate, currency: str) -> ShippingRate:
    """Return the normalised shipping rate. Raises Invalid with all errors."""

    def title() -> None:
        if not one.title.strip():
            raise Invalid.at("/title", _("Enter the name shoppers see for this shipping option."))

    def country(number: int) -> str:
        return check_country(one.countries[number], f"/countries/{number}")

    def region(number: int) -> str:
        if not one.countries:
            raise Invalid.at(
                f"/regions/{number}", _("A region is one of a country; write its country among the countries.")
            )
        return check_region(tuple(map(place_form, one.countries)), one.regions[number], f"/regions/{number}")

    def days() -> None:
        for name in ("days_min", "days_max"):
            count(getattr(one, name), f"/{name}", "Days", MOST_DAYS)
        ordered(one.days_min, one.days_max, "/days_max", "Days", open_end=False)

    def bands() -> None:
        for name in ("min_subtotal", "max_subtotal", "free_over"):
            amount(getattr(one, name), f"/{name}", _("A band or threshold (0: none)"))
        for name in ("min_weight", "max_weight"):
            count(getattr(one, name), f"/{name}", _("A weight in grams (0: none)"))
        ordered(one.min_subtotal, one.max_subtotal, "/max_subtotal", "Subtotal")
        ordered(one.min_weight, one.max_weight, "/max_weight", "Weight")

    check_all(
        title,
        lambda: amount(one.price.amount, "/price/amount", _("What shipping costs")),
        lambda: own_currency(one.price.currency, currency, "/price/currency"),
        *(lambda number=number: country(number) for number in range(len(one.countries))),
        *(lambda number=number: region(number) for number in range(len(one.regions))),
        days,
        bands,
        lambda: position(one.position),
    )
    return msgspec.structs.replace(clean_zone(one), title=one.title.strip())
