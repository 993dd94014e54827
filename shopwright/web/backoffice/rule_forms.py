"""Forms of promotions, coupons, shipping rates and taxes.

A form filled with current values replaces them all. One that was not, such as the form to add a coupon, keeps the
values of its empty fields.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit import money
from shopwright.kit.codes import coupon_form
from shopwright.kit.days import day_of, end_of, last_day, parse_day, start_of
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.kit.typed import basis_points, whole_number
from shopwright.services.pricing.contract import Coupon, Pricing, Promotion, ShippingRate, TaxClass, TaxRate, TaxRule
from shopwright.web.backoffice.editing import TICKED, FormReader, is_complete

Form = Mapping[str, str]
Kind = Literal["percentage", "fixed", "free_shipping"]
KINDS: dict[str, Kind] = {"percentage": "percentage", "fixed": "fixed", "free_shipping": "free_shipping"}
PER_CENT = 100
FARTHEST = 10**9
Rule = TypeVar("Rule", Coupon, Promotion, ShippingRate, TaxRate, TaxClass, TaxRule)
DISCOUNT_LABELS = {
    "kind": gettext_noop("Kind"), "value": gettext_noop("Value"), "minimum": gettext_noop("From a subtotal of"), "starts_at": gettext_noop("From (day)"),
    "ends_at": gettext_noop("Until (day)"), "alone": gettext_noop("Cannot be combined"), "position": gettext_noop("Position"),
}  # fmt: skip


class RuleFormContext(msgspec.Struct, frozen=True):
    """Currency and time zone of a form, and its author."""

    currency: str
    zone: ZoneInfo
    who: str = ""

    def amount(self, minor: int) -> str:
        """An amount as text for a field; "" for 0."""
        return money.major(money.Money(minor, self.currency)) if minor else ""


def count_of(form: Form, name: str) -> int:
    """Parse a count; empty is 0. Raises Invalid."""
    return _count(form.get(name, "").strip(), name)


def _count(text: str, name: str, least: int = 0) -> int:
    return whole_number(text, f"/{name}", least=least, most=FARTHEST) if text else 0


def _amount(text: str, name: str, currency: str) -> int:
    return money.parse(text, currency, f"/{name}").amount if text else 0


def _day(text: str, name: str) -> date | None:
    return parse_day(text, f"/{name}") if text else None


def _shown_count(count: int) -> str:
    return str(count) if count else ""


def _discount_fields(one: Coupon | Promotion, shop: RuleFormContext) -> dict[str, str]:
    value = f"{one.value / PER_CENT:g}" if one.kind == "percentage" else shop.amount(one.value)
    return {
        "kind": one.kind,
        "value": value if one.kind != "free_shipping" else "",
        "minimum": shop.amount(one.minimum),
        "starts_at": day_of(one.starts_at, shop.zone).isoformat() if one.starts_at else "",
        "ends_at": last_day(one.ends_at, shop.zone).isoformat() if one.ends_at else "",
        "alone": "" if one.combinable else TICKED,
        "position": str(one.position),
    }


def _moment(
    text: str,
    name: str,
    shop: RuleFormContext,
    shown: Form,
    before: datetime | None,
    boundary: Callable[[date, ZoneInfo], datetime],
) -> datetime | None:
    """The moment of a typed day; an unchanged one keeps its time."""
    if before is not None and text == shown.get(name):
        return before
    day = _day(text, name)
    return boundary(day, shop.zone) if day else None


def _discount(form: Form, shop: RuleFormContext, found: Coupon | Promotion | None) -> dict[str, Any]:
    shown = _discount_fields(found, shop) if found else {}
    reader = FormReader(form, shown)
    if form.get("kind", "") not in {"", *KINDS}:
        raise Invalid.at("/kind", _("Choose a kind of discount from the list."))
    kind = KINDS.get(form.get("kind", ""), found.kind if found else "percentage")
    if found and not is_complete(form) and not reader.typed("value") and kind != "free_shipping":
        kind = found.kind  # a form to add one begins with a kind; without a value nothing was said of it
    value = reader.text("value")
    amounts = {
        "percentage": lambda: basis_points(value, "/value"),
        "fixed": lambda: _amount(value, "value", shop.currency),
    }
    return {
        "kind": kind,
        "value": amounts[kind]() if kind in amounts else 0,
        "currency": shop.currency if kind == "fixed" else "",
        "minimum": _amount(reader.text("minimum"), "minimum", shop.currency),
        "combinable": not reader.ticked("alone"),
        "position": _count(reader.text("position"), "position", -FARTHEST),
        "starts_at": _moment(reader.text("starts_at"), "starts_at", shop, shown, found.starts_at if found else None, start_of),
        "ends_at": _moment(reader.text("ends_at"), "ends_at", shop, shown, found.ends_at if found else None, end_of),
    }  # fmt: skip


class RuleForm(Protocol[Rule]):
    """One kind of rule: how it is found, shown and parsed."""

    labels: ClassVar[Mapping[str, str]]

    async def every(self, pricing: Pricing) -> list[Rule]:
        """Return all rules of the kind."""
        ...

    def key(self, one: Rule) -> str:
        """The key of a rule."""
        ...

    def key_of(self, form: Form) -> str:
        """The key in a form; "" for a new rule."""
        return form.get("id", "")

    def fields(self, one: Rule, shop: RuleFormContext) -> dict[str, str]:
        """A rule as form fields."""
        ...

    async def save(self, pricing: Pricing, form: Form, found: Rule | None, shop: RuleFormContext) -> None:
        """Save the form. Raises Invalid."""
        ...


class PromotionForm(RuleForm[Promotion]):
    """Automatic discounts."""

    labels: ClassVar[Mapping[str, str]] = {"title": gettext_noop("Title"), **DISCOUNT_LABELS}

    async def every(self, pricing: Pricing) -> list[Promotion]:
        return await pricing.promotions()

    def key(self, one: Promotion) -> str:
        return one.id

    def fields(self, one: Promotion, shop: RuleFormContext) -> dict[str, str]:
        return {"title": one.title, **_discount_fields(one, shop)}

    async def save(self, pricing: Pricing, form: Form, found: Promotion | None, shop: RuleFormContext) -> None:
        said = {
            "title": FormReader(form, self.fields(found, shop) if found else {}).text("title"),
            **_discount(form, shop, found),
        }
        made = msgspec.structs.replace(found, **said) if found else Promotion(**said)
        await pricing.put_promotion(made)


class CouponForm(RuleForm[Coupon]):
    """Coupons."""

    labels: ClassVar[Mapping[str, str]] = {
        "code": gettext_noop("Code"), **DISCOUNT_LABELS, "limit_total": gettext_noop("Uses in all"), "limit_per_customer": gettext_noop("Uses a customer"),
    }  # fmt: skip

    async def every(self, pricing: Pricing) -> list[Coupon]:
        return await pricing.coupons()

    def key(self, one: Coupon) -> str:
        return one.code

    def key_of(self, form: Form) -> str:
        return coupon_form(form.get("code", ""))

    def fields(self, one: Coupon, shop: RuleFormContext) -> dict[str, str]:
        return {
            "code": one.code,
            **_discount_fields(one, shop),
            "limit_total": _shown_count(one.limit_total),
            "limit_per_customer": _shown_count(one.limit_per_customer),
        }

    async def save(self, pricing: Pricing, form: Form, found: Coupon | None, shop: RuleFormContext) -> None:
        reader = FormReader(form, self.fields(found, shop) if found else {})
        said = {
            "limit_total": _count(reader.text("limit_total"), "limit_total"),
            "limit_per_customer": _count(reader.text("limit_per_customer"), "limit_per_customer"),
            **_discount(form, shop, found),
        }
        made = msgspec.structs.replace(found, **said) if found else Coupon(code=form.get("code", ""), **said)
        await pricing.put_coupon(made)


class ShippingForm(RuleForm[ShippingRate]):
    """Shipping rates."""

    labels: ClassVar[Mapping[str, str]] = {
        "title": gettext_noop("Title"), "price": gettext_noop("Price"), "countries": gettext_noop("Countries"), "free_over": gettext_noop("Free from a subtotal of"),
        "max_weight": gettext_noop("Up to this weight in grams"), "days_min": gettext_noop("Days at least"), "days_max": gettext_noop("Days at most"), "position": gettext_noop("Position"),
    }  # fmt: skip

    async def every(self, pricing: Pricing) -> list[ShippingRate]:
        return await pricing.shipping_rates()

    def key(self, one: ShippingRate) -> str:
        return one.id

    def fields(self, one: ShippingRate, shop: RuleFormContext) -> dict[str, str]:
        return {
            "title": one.title,
            "price": money.major(one.price),
            "countries": " ".join(one.countries),
            "free_over": shop.amount(one.free_over),
            "max_weight": _shown_count(one.max_weight),
            "days_min": str(one.days_min),
            "days_max": str(one.days_max),
            "position": str(one.position),
        }

    async def save(self, pricing: Pricing, form: Form, found: ShippingRate | None, shop: RuleFormContext) -> None:
        reader = FormReader(form, self.fields(found, shop) if found else {})
        if not reader.text("price"):
            raise Invalid.at("/price", _("Enter the price; 0 is free."))
        said: dict[str, Any] = {
            "title": reader.text("title"),
            "price": money.Money(_amount(reader.text("price"), "price", shop.currency), shop.currency),
            "countries": tuple(reader.text("countries").replace(",", " ").split()),
            "free_over": _amount(reader.text("free_over"), "free_over", shop.currency),
            **{
                name: _count(reader.text(name), name, -FARTHEST if name == "position" else 0)
                for name in ("max_weight", "days_min", "days_max", "position")
            },
        }
        made = msgspec.structs.replace(found, **said) if found else ShippingRate(**said)
        await pricing.put_shipping_rate(made)
