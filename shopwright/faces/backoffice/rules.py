"""What things cost besides their price: promotions, coupons, shipping and taxes."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.faces import render
from shopwright.faces.backoffice.frame import Office, OfficeDep
from shopwright.faces.storefront.frame import SettingsDep, Web, complaints, form_of
from shopwright.kit import money
from shopwright.kit.auth import staff
from shopwright.kit.days import end_of, parse_day, start_of, write_period
from shopwright.kit.errors import Invalid, Missing, ShopError
from shopwright.kit.typed import basis_points, whole_number
from shopwright.kit.web.access import allow
from shopwright.kit.web.given import Given
from shopwright.services.pricing.contract import Coupon, Pricing, Promotion, ShippingRate, TaxRate

PricingDep = Given[Pricing]
Form = Mapping[str, str]
Discount = Literal["percentage", "fixed", "free_shipping"]
DISCOUNTS: dict[str, Discount] = {"percentage": "percentage", "fixed": "fixed", "free_shipping": "free_shipping"}
PER_CENT = 100
FEW = 6


@get("/office/pricing", opt=allow(staff("prices.write")), include_in_schema=False)
async def rules_page(
    office: OfficeDep, pricing: PricingDep, settings: SettingsDep, saved: FromQuery[str] = ""
) -> Response[bytes]:
    """All of them on one page, each with its form."""
    return await _show(office, pricing, settings.currency, {"saved": saved})


async def _show(
    office: Office, pricing: Pricing, currency: str, more: Mapping[str, Any], status: int = 200
) -> Response[bytes]:
    def plain_money(amount: int) -> str:
        return money.write(money.Money(amount, currency)) if amount else "–"

    def worth(one: Coupon | Promotion) -> str:
        amounts = {"percentage": f"{one.value / PER_CENT:g} %", "fixed": plain_money(one.value)}
        return amounts.get(one.kind, "Free shipping") + ("" if one.combinable else ", not combined")

    def limits(one: Coupon) -> str:
        said = [
            f"{one.limit_total} in all" if one.limit_total else "",
            f"{one.limit_per_customer} each" if one.limit_per_customer else "",
        ]
        return ", ".join(limit for limit in said if limit) or "none"

    context = {
        "currency": currency,
        "promotions": [
            {"id": one.id, "title": one.title, "worth": worth(one), "minimum": plain_money(one.minimum), "period": write_period(one.starts_at, one.ends_at, office.settings.zone), "active": one.active}
            for one in await pricing.promotions()
        ],
        "coupons": [
            {"code": one.code, "worth": worth(one), "minimum": plain_money(one.minimum), "period": write_period(one.starts_at, one.ends_at, office.settings.zone), "limits": limits(one), "used": one.used}
            for one in await pricing.coupons()
        ],
        "shipping": [
            {**render.plain(one), "places": ", ".join(_places(one)), "near": _near(_places(one)), "free": plain_money(one.free_over)}
            for one in await pricing.shipping_rates()
        ],
        "taxes": [{**render.plain(one), "per_cent": f"{one.rate / PER_CENT:g}"} for one in await pricing.tax_rates()],
        "typed": {},
        "errors": {},
        "at": "",
        **more,
    }  # fmt: skip
    return office.show("pricing.html", context, status)


def _places(one: ShippingRate) -> list[str]:
    regions = [
        next((name for country in one.countries if (name := render.region_name(code, country)) != code), code)
        for code in one.regions
    ]
    return [*one.countries, *regions] or ["everywhere"]


def _near(places: list[str]) -> str:
    return ", ".join(places[:FEW]) + (f" and {len(places) - FEW} more" if len(places) > FEW else "")


def _amount(form: Form, name: str, currency: str, *, needed: str = "") -> int:
    text = form.get(name, "").strip()
    if needed and not text:
        raise Invalid.at(f"/{name}", needed)
    return money.parse(text, currency, f"/{name}").amount if text else 0


def _per_cent(form: Form, name: str) -> int:
    return basis_points(form.get(name, ""), f"/{name}")


def whole(form: Form, name: str) -> int:
    """A count somebody typed; nothing is 0. Raises Invalid."""
    text = form.get(name, "").strip()
    return whole_number(text, f"/{name}") if text else 0


def _day(form: Form, name: str) -> date | None:
    text = form.get(name, "").strip()
    return parse_day(text, f"/{name}") if text else None


def _discount(form: Form, currency: str, zone: ZoneInfo) -> dict[str, Any]:
    kind = DISCOUNTS.get(form.get("kind", ""), "percentage")
    values = {"percentage": lambda: _per_cent(form, "value"), "fixed": lambda: _amount(form, "value", currency)}
    return {
        "kind": kind,
        "value": values[kind]() if kind in values else 0,
        "currency": currency if kind == "fixed" else "",
        "minimum": _amount(form, "minimum", currency),
        "combinable": "alone" not in form,
        "starts_at": start_of(first, zone) if (first := _day(form, "starts_at")) else None,
        "ends_at": end_of(last, zone) if (last := _day(form, "ends_at")) else None,
    }


async def _save_promotion(pricing: Pricing, form: Form, currency: str, zone: ZoneInfo) -> None:
    await pricing.put_promotion(Promotion(title=form.get("title", ""), **_discount(form, currency, zone)))


async def _save_coupon(pricing: Pricing, form: Form, currency: str, zone: ZoneInfo) -> None:
    await pricing.put_coupon(
        Coupon(
            code=form.get("code", ""),
            limit_total=whole(form, "limit_total"),
            limit_per_customer=whole(form, "limit_per_customer"),
            **_discount(form, currency, zone),
        )
    )


async def _save_shipping(pricing: Pricing, form: Form, currency: str, _zone: ZoneInfo) -> None:
    await pricing.put_shipping_rate(
        ShippingRate(
            title=form.get("title", ""),
            price=money.Money(_amount(form, "price", currency, needed="Say what it costs; 0 is free."), currency),
            countries=tuple(form.get("countries", "").replace(",", " ").split()),
            free_over=_amount(form, "free_over", currency),
            max_weight=whole(form, "max_weight"),
            days_min=whole(form, "days_min"),
            days_max=whole(form, "days_max"),
        )
    )


async def _save_tax(pricing: Pricing, form: Form, _currency: str, _zone: ZoneInfo) -> None:
    await pricing.put_tax_rate(
        TaxRate(
            country=form.get("country", ""),
            region=form.get("region", ""),
            tax_class=form.get("tax_class", "standard"),
            rate=_per_cent(form, "rate"),
            title=form.get("title", "").strip() or "VAT",
        )
    )


async def _pause(pricing: Pricing, promotion_id: str) -> None:
    found = next((one for one in await pricing.promotions() if one.id == promotion_id), None)
    if found is None:
        raise Missing("There is no such promotion.")
    await pricing.put_promotion(msgspec.structs.replace(found, active=not found.active))


SAVE: dict[str, Callable[[Pricing, Form, str, ZoneInfo], Awaitable[None]]] = {
    "promotions": _save_promotion,
    "coupons": _save_coupon,
    "shipping": _save_shipping,
    "taxes": _save_tax,
}


async def _remove(pricing: Pricing, kind: str, name: str) -> None:
    if kind == "promotions":
        await pricing.delete_promotion(name)
    elif kind == "coupons":
        await pricing.delete_coupon(name)
    elif kind == "shipping":
        await pricing.delete_shipping_rate(name)
    else:
        country, region, tax_class = (*name.split("/"), "", "")[:3]
        await pricing.delete_tax_rate(country, region, tax_class)


@post("/office/pricing/{kind:str}", opt=allow(staff("prices.write")), include_in_schema=False, status_code=200)
async def change(
    office: OfficeDep, request: Web, pricing: PricingDep, settings: SettingsDep, kind: FromPath[str]
) -> Response[bytes] | Redirect:
    """Add, pause or take away; what was typed stays where something is wrong."""
    if kind not in SAVE:
        raise Missing("There is no such page.")
    form = await form_of(request)
    try:
        if "remove" in form:
            await _remove(pricing, kind, form["remove"])
        elif "pause" in form:
            await _pause(pricing, form["pause"])
        else:
            await SAVE[kind](pricing, form, settings.currency, settings.zone)
    except ShopError as error:
        more = {"typed": form, "errors": complaints(error) or {"": error.detail}, "at": kind}
        return await _show(office, pricing, settings.currency, more, 422)
    return Redirect(f"/office/pricing?saved=1#{kind}", status_code=303)


HANDLERS: list[Any] = [rules_page, change]
