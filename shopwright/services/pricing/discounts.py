"""Which discounts apply, and in which order. Pure functions; the order of arguments never matters.

Discounts of items come before those of the order; within a level percentages before fixed amounts before free shipping,
then by `position`. Each applies to what the ones before it left. Discounts that are not `combinable` apply alone: the
shopper gets whichever leaves the least to pay, all combinable ones together or one of the others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel.lists import format_list

from shopwright.kit.days import write_end, write_start
from shopwright.kit.money import BASIS_POINTS, Money, add_up, write, zero
from shopwright.kit.tax_classes import GIFT_CARD
from shopwright.kit.translation import date_locale
from shopwright.kit.translation import gettext as _
from shopwright.services.pricing.contract import CodeProblem, Coupon, Item, LineDiscount, Promotion, Step

UTC = ZoneInfo("UTC")
KINDS = ("percentage", "fixed", "free_shipping")


class DiscountOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A discount that could apply to these items (by index); `code` is "" for promotions."""

    discount: Coupon | Promotion
    code: str
    title: str
    numbers: tuple[int, ...]

    @property
    def rank(self) -> tuple[Any, ...]:
        """The sort key of the discount."""
        is_for_order = isinstance(self.discount, Coupon) or not (
            self.discount.product_ids or self.discount.category_ids
        )
        name = self.discount.id if isinstance(self.discount, Promotion) else self.code
        return (is_for_order, KINDS.index(self.discount.kind), self.discount.position, bool(self.code), name)

    def given(self, amount: Money) -> LineDiscount:
        """This amount of the discount, on one line."""
        promotion_id = self.discount.id if isinstance(self.discount, Promotion) else ""
        return LineDiscount(title=self.title, amount=amount, code=self.code, promotion_id=promotion_id)


class Discounts:
    """The discounts taken off each line so far."""

    def __init__(self, gross: Sequence[Money], currency: str) -> None:
        self.remaining = list(gross)
        self.given = [zero(currency) for _unused in gross]
        self.by_line: list[list[LineDiscount]] = [[] for _unused in gross]
        self.free_shipping = False
        self.steps: list[Step] = []
        self._currency = currency

    def take(self, offer: DiscountOffer) -> None:
        """Apply an offer to what its lines still cost, never below zero."""
        left = [self.remaining[n] for n in offer.numbers]
        amount = discount_of(offer.discount, add_up(left, self._currency))
        frees = offer.discount.kind == "free_shipping"
        self.free_shipping = self.free_shipping or frees
        if amount.amount:
            for number, part in zip(offer.numbers, amount.split([one.amount for one in left]), strict=True):
                self.remaining[number] -= part
                self.given[number] += part
                if part.amount:
                    self.by_line[number].append(offer.given(part))
        if amount.amount or frees or offer.code:
            self.steps.append(Step("promotion", offer.title, -amount))


def refusal(
    coupon: Coupon | None, subtotal: Money, now: datetime, used_by_customer: int, zone: ZoneInfo = UTC
) -> str | None:
    """Why a coupon does not apply, in words for the shopper, or None. `zone`: for dates in the text."""
    if coupon is None:
        return _("There is no such code.")
    return _out_of_time(coupon, now, zone) or _out_of_reach(coupon, subtotal) or _used_up(coupon, used_by_customer)


def _out_of_time(coupon: Coupon | Promotion, now: datetime, zone: ZoneInfo) -> str | None:
    if coupon.starts_at and now < coupon.starts_at:
        return _("This code is valid from {starts_at}.", starts_at=write_start(coupon.starts_at, zone))
    if coupon.ends_at and now >= coupon.ends_at:
        return _("This code was valid until {ends_at}.", ends_at=write_end(coupon.ends_at, zone))
    return None


def _out_of_reach(coupon: Coupon | Promotion, subtotal: Money) -> str | None:
    if coupon.currency and coupon.currency != subtotal.currency:
        return _("This code is for orders in {currency}.", currency=coupon.currency)
    if subtotal.amount < coupon.minimum:
        return _("This code is for orders from {write}.", write=write(Money(coupon.minimum, subtotal.currency)))
    return None


def _used_up(coupon: Coupon, used_by_customer: int) -> str | None:
    if coupon.limit_total and coupon.used >= coupon.limit_total:
        return _("This code has been used up.")
    if coupon.limit_per_customer and used_by_customer >= coupon.limit_per_customer:
        return _("You have used this code already.")
    return None


def discount_of(coupon: Coupon | Promotion, remaining: Money) -> Money:
    """The amount a coupon or promotion takes off the remaining price of the goods, at most all of it."""
    if coupon.kind == "percentage":
        return min(remaining.share(coupon.value, BASIS_POINTS), remaining)
    if coupon.kind == "fixed":
        return min(Money(coupon.value, remaining.currency), remaining)
    return zero(remaining.currency)


def promoted(
    promotions: Sequence[Promotion], items: Sequence[Item], subtotal: Money, now: datetime, zone: ZoneInfo
) -> list[DiscountOffer]:
    """Return the promotions that apply to these items."""
    found = []
    for one in promotions:
        numbers = tuple(n for n, item in enumerate(items) if item.tax_class != GIFT_CARD and _is_for(one, item))
        if one.active and numbers and not (_out_of_time(one, now, zone) or _out_of_reach(one, subtotal)):
            found.append(DiscountOffer(discount=one, code="", title=one.title, numbers=numbers))
    return found


def _is_for(promotion: Promotion, item: Item) -> bool:
    if not promotion.product_ids and not promotion.category_ids:
        return True
    return item.product_id in promotion.product_ids or bool(set(item.category_ids) & set(promotion.category_ids))


def redeemable(
    codes: Sequence[str],
    coupons: Mapping[str, tuple[Coupon | None, int]],
    numbers: Sequence[int],
    subtotal: Money,
    now: datetime,
    zone: ZoneInfo,
) -> tuple[list[DiscountOffer], list[CodeProblem]]:
    """Return the coupons that may apply to these items (by index), and why the others do not."""
    found, refused = [], []
    for code in dict.fromkeys(codes):
        coupon, used = coupons.get(code, (None, 0))
        if (why := refusal(coupon, subtotal, now, used, zone)) is not None or coupon is None:
            refused.append(CodeProblem(code, why or ""))
        else:
            found.append(
                DiscountOffer(
                    discount=coupon, code=code, title=_("Code {code}", code=coupon.code), numbers=tuple(numbers)
                )
            )
    return found, refused


def combinations(offers: Sequence[DiscountOffer]) -> list[list[DiscountOffer]]:
    """Return the sets that may apply together, in order: all combinable offers, or one of the others alone."""
    ranked = sorted(offers, key=lambda one: one.rank)
    together = [one for one in ranked if one.discount.combinable]
    alone = [[one] for one in ranked if not one.discount.combinable]
    return [together, *alone] if together or not alone else alone


def applied(gross: Sequence[Money], currency: str, chosen: Sequence[DiscountOffer]) -> Discounts:
    """Apply these offers in order."""
    discounts = Discounts(gross, currency)
    for offer in chosen:
        discounts.take(offer)
    return discounts


def outdone(
    offers: Sequence[DiscountOffer], chosen: Sequence[DiscountOffer], currency: str
) -> tuple[list[Step], list[CodeProblem]]:
    """Explain why the other offers do not apply: for the price breakdown, and by code."""
    steps, unused = [], []
    titles = [one.title for one in chosen]
    best, listed = " and ".join(titles), format_list(titles, locale=date_locale())
    for one in sorted(offers, key=lambda one: one.rank):
        if one in chosen:
            continue
        why = f"{one.title} cannot be combined with {best}, which saves more"
        steps.append(Step("not combined", why, zero(currency)))
        if one.code:
            detail = _("{title} cannot be combined with {best}, which saves more.", title=one.title, best=listed)
            unused.append(CodeProblem(one.code, detail))
    return steps, unused
