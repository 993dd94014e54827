"""What discounts, rates and prices may say: checked before they are written, whoever asks, and put in their one form."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit.codes import check_coupon, class_form, coupon_form, place_form
from shopwright.kit.countries import check_country
from shopwright.kit.currencies import minor_digits
from shopwright.kit.days import aware, day_of
from shopwright.kit.errors import Invalid, check_all
from shopwright.kit.money import BASIS_POINTS, LARGEST
from shopwright.kit.postcode_patterns import check_patterns, overlap
from shopwright.kit.regions import check_region
from shopwright.kit.typed import per_cent
from shopwright.kit.working_days import MOST_DAYS
from shopwright.services.pricing.contract import Coupon, Price, Promotion, ShippingRate, TaxRate
from shopwright.services.pricing.model import clean_zone
from shopwright.services.pricing.taxes import (
    PPM,
    PPM_OF_A_BASIS_POINT,
    clean_tax_rate,
    key_of,
)

LARGEST_COUNT: Final = 10**9
LONGEST_OF_A_RATE: Final = {"title": 80, "postcodes": 2_000, "authority": 60, "reason": 500, "why": 255}
TAX_CLASSES: Final = ("standard", "reduced", "zero")
Discount = TypeVar("Discount", Coupon, Promotion)


def amount(value: int, pointer: str, what: str) -> None:
    """An amount in minor units. Raises Invalid."""
    if not 0 <= value <= LARGEST:
        raise Invalid.at(pointer, f"{what} is from 0 to {LARGEST} minor units.")


def count(value: int, pointer: str, what: str, most: int = LARGEST_COUNT) -> None:
    """A count. Raises Invalid."""
    if not 0 <= value <= most:
        raise Invalid.at(pointer, f"{what} is a whole number from 0 to {most}.")


def ordered(least: int, most: int, pointer: str, what: str, *, open_end: bool = True) -> None:
    """The upper end is not below the lower; 0 is no upper end where it is `open_end`. Raises Invalid."""
    if most < least and (most or not open_end):
        raise Invalid.at(pointer, f"{what}: at most {most} is less than at least {least}; write {most} to {least}.")


def own_currency(named: str, currency: str, pointer: str) -> None:
    """Prices are in the shop's currency alone. Raises Invalid."""
    if named != currency:
        minor_digits(named)
        raise Invalid.at(pointer, f"This shop's prices are in {currency}, not in {named}.")


def position(value: int) -> None:
    """A place in an order. Raises Invalid."""
    if not -LARGEST_COUNT <= value <= LARGEST_COUNT:
        raise Invalid.at("/position", f"A position is a whole number from -{LARGEST_COUNT} to {LARGEST_COUNT}.")


def price(one: Price, number: int, currency: str) -> None:
    """Raises Invalid."""
    own_currency(one.amount.currency, currency, f"/{number}/amount")
    amount(one.amount.amount, f"/{number}/amount", "A price")
    if one.compare_at is None:
        return
    if one.compare_at.currency != one.amount.currency:
        raise Invalid.at(f"/{number}/compare_at", "The price it is reduced from is in the same currency.")
    amount(one.compare_at.amount, f"/{number}/compare_at", "A price")


def _zoned(one: Discount, zone: ZoneInfo) -> Discount:
    """Times that say no zone are the shop's."""
    return msgspec.structs.replace(one, starts_at=aware(one.starts_at, zone), ends_at=aware(one.ends_at, zone))


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
        raise Invalid.at("/value", "A percentage is given in basis points: 1000 is 10 %, at most 10000.")
    if one.kind == "fixed" and (not 0 < one.value <= LARGEST or not one.currency):
        raise Invalid.at("/value", "A fixed discount needs an amount in minor units above zero, and its currency.")
    if one.kind == "free_shipping" and one.value:
        raise Invalid.at("/value", "Free shipping takes off what shipping costs; leave the value out.")


def _period(one: Coupon | Promotion) -> None:
    if one.starts_at and one.ends_at and one.ends_at <= one.starts_at:
        raise Invalid.at("/ends_at", "It ends after it starts; write a later end, or an earlier start.")


def coupon(one: Coupon, currency: str, zone: ZoneInfo) -> Coupon:
    """The coupon as it is kept. Raises Invalid with all that is wrong."""

    def limits() -> None:
        count(one.limit_total, "/limit_total", "A limit (0: none)")
        count(one.limit_per_customer, "/limit_per_customer", "A limit (0: none)")

    if not coupon_form(one.code):
        raise Invalid.at("/code", "A coupon needs a code.")
    clean = _zoned(one, zone)
    check_all(lambda: check_coupon(one.code), lambda: _discount(clean, currency), limits)
    return msgspec.structs.replace(clean, code=check_coupon(one.code))


def promotion(one: Promotion, currency: str, zone: ZoneInfo) -> Promotion:
    """The promotion as it is kept. Raises Invalid with all that is wrong."""

    def title() -> None:
        if not one.title.strip():
            raise Invalid.at("/title", "A promotion needs a title; shoppers read it on their receipt.")

    clean = _zoned(one, zone)
    check_all(title, lambda: _discount(clean, currency))
    return clean


def tax_rate(one: TaxRate) -> TaxRate:
    """The rate as it is kept and looked for. Raises Invalid with all that is wrong."""

    def tax_class() -> None:
        if class_form(one.tax_class) not in {"", *TAX_CLASSES}:
            raise Invalid.at(
                "/tax_class", f"A tax class is one of {', '.join(TAX_CLASSES)}, not “{one.tax_class[:40]}”."
            )

    def place() -> None:
        country = check_country(one.country)
        if one.region:
            check_region((country,), one.region)

    def texts() -> None:
        for name, most in LONGEST_OF_A_RATE.items():
            if len(getattr(one, name)) > most:
                raise Invalid.at(f"/{name}", f"This has at most {most} characters.")

    check_all(
        place,
        tax_class,
        lambda: _how_much(one),
        lambda: _category(one),
        lambda: check_patterns(one.postcodes, "/postcodes"),
        texts,
    )
    return clean_tax_rate(one)


def _how_much(one: TaxRate) -> None:
    if not 0 <= one.rate <= BASIS_POINTS:
        raise Invalid.at("/rate", "A tax rate is in basis points: 1900 is 19 %, at most 10000.")
    if not 0 <= one.ppm <= PPM:
        raise Invalid.at("/rate_ppm", "A tax rate is in millionths: 190000 is 19 %, at most 1000000.")
    if abs(one.ppm - one.rate * PPM_OF_A_BASIS_POINT) > PPM_OF_A_BASIS_POINT // 2:
        raise Invalid.at(
            "/rate_ppm",
            f"rate says {per_cent(one.rate * PPM_OF_A_BASIS_POINT)} % and rate_ppm {per_cent(one.ppm)} %; send one of them.",
        )


def _category(one: TaxRate) -> None:
    """At 0 % there is a reason, unless it is zero-rated."""
    if (one.meant == "S") != bool(one.ppm):
        right = "S, or leave it out" if one.ppm else "Z, E, AE, K, G or O"
        raise Invalid.at("/category", f"{one.meant} is no category of {per_cent(one.ppm)} %; write {right}.")
    if one.meant not in {"S", "Z"} and not one.reason.strip():
        raise Invalid.at(
            "/reason", "Say why there is no tax, in words for the invoice, such as: not in the VAT area of the EU."
        )


def period_of(one: TaxRate, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    """From when and until when a new rate applies; today is now. Raises Invalid for what is past."""
    start, end = aware(one.valid_from, zone), aware(one.valid_to, zone)
    if start is None or (start < now and day_of(start, zone) == day_of(now, zone)):
        start = now
    if start < now:
        raise Invalid.at(
            "/valid_from", "What has applied is not changed: a rate begins now (leave it out) or at a time to come."
        )
    return start, end


def not_twice(one: TaxRate, others: Sequence[TaxRate]) -> None:
    """No postcode is said as closely by another rate of the same place, class and authority. Raises Invalid."""
    for other in others:
        if key_of(other) == key_of(one) or (other.region, other.tax_class) != (one.region, one.tax_class):
            continue
        if other.authority == one.authority and (same := overlap(one.postcodes, other.postcodes)):
            raise Invalid.at("/postcodes", f"{same} has a rate already, with {other.postcodes}; end that first.")


def shipping_rate(one: ShippingRate, currency: str) -> ShippingRate:
    """The rate as it is kept and looked for. Raises Invalid with all that is wrong."""

    def title() -> None:
        if not one.title.strip():
            raise Invalid.at("/title", "Say what shoppers call this way to ship.")

    def country(number: int) -> str:
        return check_country(one.countries[number], f"/countries/{number}")

    def region(number: int) -> str:
        return check_region(tuple(map(place_form, one.countries)), one.regions[number], f"/regions/{number}")

    def days() -> None:
        for name in ("days_min", "days_max"):
            count(getattr(one, name), f"/{name}", "Days", MOST_DAYS)
        ordered(one.days_min, one.days_max, "/days_max", "Days", open_end=False)

    def bands() -> None:
        for name in ("min_subtotal", "max_subtotal", "free_over"):
            amount(getattr(one, name), f"/{name}", "A band or threshold (0: none)")
        for name in ("min_weight", "max_weight"):
            count(getattr(one, name), f"/{name}", "A weight in grams (0: none)")
        ordered(one.min_subtotal, one.max_subtotal, "/max_subtotal", "Subtotal")
        ordered(one.min_weight, one.max_weight, "/max_weight", "Weight")

    check_all(
        title,
        lambda: amount(one.price.amount, "/price/amount", "What shipping costs"),
        lambda: own_currency(one.price.currency, currency, "/price/currency"),
        *(lambda number=number: country(number) for number in range(len(one.countries))),
        *(lambda number=number: region(number) for number in range(len(one.regions))),
        days,
        bands,
        lambda: position(one.position),
    )
    return msgspec.structs.replace(clean_zone(one), title=one.title.strip())
