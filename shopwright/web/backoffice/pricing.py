"""Promotions, coupons, shipping rates and taxes."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit import money
from shopwright.kit.auth import staff
from shopwright.kit.days import write_period
from shopwright.kit.errors import Missing, Refused, ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.percent import percent
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import translated_values
from shopwright.kit.typed import PPM_OF_A_PER_CENT
from shopwright.services.pricing.contract import Coupon, Pricing, Promotion, ShippingRate
from shopwright.web import render
from shopwright.web.backoffice import editing
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.backoffice.rule_forms import (
    PER_CENT,
    CouponForm,
    PromotionForm,
    RuleForm,
    RuleFormContext,
    ShippingForm,
)
from shopwright.web.backoffice.tax_forms import TaxClassForm, TaxForm, TaxRuleForm, tax_context
from shopwright.web.storefront.page_context import SettingsDep, Web, complaints, form_of

PricingDep = Dependency[Pricing]
FEW = 6
FORMS: dict[str, RuleForm[Any]] = {
    "promotions": PromotionForm(),
    "coupons": CouponForm(),
    "shipping": ShippingForm(),
    "taxes": TaxForm(),
    "tax-classes": TaxClassForm(),
    "tax-rules": TaxRuleForm(),
}


@get("/office/pricing", opt=allow(staff("prices.write")), include_in_schema=False)
async def rules_page(
    office: OfficeDep,
    pricing: PricingDep,
    settings: SettingsDep,
    saved: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    key: FromQuery[str] = "",
) -> Response[bytes]:
    """Show all rules with their forms: empty, or (`kind`, `key`) filled."""
    if kind not in FORMS:
        return await _show(office, pricing, settings.currency, {"saved": saved})
    found = await _found(pricing, kind, key)
    if found is None:
        raise Missing(_("It no longer exists."))
    shown = FORMS[kind].fields(found, RuleFormContext(settings.currency, settings.zone))
    more = {"at": kind, "typed": {**shown, "id": key}, "seen": editing.form_versions(shown)}
    return await _show(office, pricing, settings.currency, more)


async def _show(
    office: OfficeContext, pricing: Pricing, currency: str, more: Mapping[str, Any], status: int = 200
) -> Response[bytes]:
    def plain_money(amount: int) -> str:
        return money.write(money.Money(amount, currency)) if amount else "–"

    def worth(one: Coupon | Promotion) -> str:
        amounts = {"percentage": percent(one.value * PPM_OF_A_PER_CENT // PER_CENT), "fixed": plain_money(one.value)}
        amount = amounts.get(one.kind) or _("Free shipping")
        return amount if one.combinable else _("{amount}, not combined", amount=amount)

    def limits(one: Coupon) -> str:
        said = [
            _("{limit_total} in all", limit_total=one.limit_total) if one.limit_total else "",
            _("{limit_per_customer} each", limit_per_customer=one.limit_per_customer) if one.limit_per_customer else "",
        ]
        return ", ".join(limit for limit in said if limit) or _("none")

    context = {
        "currency": currency,
        "promotions": [
            {"id": one.id, "title": one.title, "worth": worth(one), "minimum": plain_money(one.minimum), "position": one.position, "period": write_period(one.starts_at, one.ends_at, office.settings.zone), "active": one.active}
            for one in await pricing.promotions()
        ],
        "coupons": [
            {"code": one.code, "worth": worth(one), "minimum": plain_money(one.minimum), "period": write_period(one.starts_at, one.ends_at, office.settings.zone), "limits": limits(one), "used": one.used, "key": one.code}
            for one in await pricing.coupons()
        ],
        "shipping": [
            {**render.plain(one), "places": ", ".join(_places(one)), "near": _near(_places(one)), "free": plain_money(one.free_over)}
            for one in await pricing.shipping_rates()
        ],
        **await tax_context(pricing, office.settings.zone),
        "typed": {},
        "errors": {},
        "different": [],
        "seen": "",
        "at": "",
        **more,
    }  # fmt: skip
    return office.show("pricing.html", context, status)


def _places(one: ShippingRate) -> list[str]:
    regions = [
        next((name for country in one.countries if (name := render.region_name(code, country)) != code), code)
        for code in one.regions
    ]
    return [*one.countries, *regions] or [_("everywhere")]


def _near(places: list[str]) -> str:
    near = ", ".join(places[:FEW])
    return _("{places} and {count} more", places=near, count=len(places) - FEW) if len(places) > FEW else near


async def _pause(pricing: Pricing, promotion_id: str) -> None:
    found = next((one for one in await pricing.promotions() if one.id == promotion_id), None)
    if found is None:
        raise Missing(_("There is no such promotion."))
    await pricing.put_promotion(msgspec.structs.replace(found, active=not found.active))


async def _remove(pricing: Pricing, kind: str, name: str, who: str) -> None:
    if kind == "promotions":
        await pricing.delete_promotion(name)
    elif kind == "coupons":
        await pricing.delete_coupon(name)
    elif kind == "shipping":
        await pricing.delete_shipping_rate(name)
    elif kind == "taxes":
        await pricing.end_tax_rate(name, who)
    elif kind == "tax-rules":
        await pricing.end_tax_rule(name, who)
    else:
        raise Refused(_("Products and orders use it; change its title instead."))


@post("/office/pricing/{kind:str}", opt=allow(staff("prices.write")), include_in_schema=False, status_code=200)
async def change(
    office: OfficeDep, request: Web, pricing: PricingDep, settings: SettingsDep, kind: FromPath[str]
) -> Response[bytes] | Redirect:
    """Add, change, pause or delete a rule; on errors and conflicts the typed text stays."""
    if kind not in FORMS:
        raise Missing(_("There is no such page."))
    form = await form_of(request)
    shop = RuleFormContext(settings.currency, settings.zone, office.caller.signature)
    try:
        if "remove" in form:
            await _remove(pricing, kind, form["remove"], shop.who)
        elif "preset" in form:
            await pricing.add_tax_presets([form["preset"]], shop.who)
        elif "pause" in form:
            await _pause(pricing, form["pause"])
        else:
            found = await _found(pricing, kind, FORMS[kind].key_of(form))
            if found is None and editing.is_complete(form):
                raise Missing(_("Someone else removed it while you had it open. Saving adds it again."))
            now = FORMS[kind].fields(found, shop) if found else {}
            if changed := editing.conflict(form, now, translated_values(FORMS[kind].labels)):
                return await _show(office, pricing, settings.currency, {**changed, "at": kind}, 409)
            await FORMS[kind].save(pricing, form, found, shop)
    except ShopError as error:
        gone = isinstance(error, Missing)
        more = {
            "typed": form, "errors": complaints(error) or {"": error.detail}, "at": kind,
            "seen": "" if gone else form.get(editing.SEEN, ""),
        }  # fmt: skip
        return await _show(office, pricing, settings.currency, more, 422)
    return Redirect(f"/office/pricing?saved=1#{kind}", status_code=303)


async def _found(pricing: Pricing, kind: str, key: str) -> Any:
    every = await FORMS[kind].every(pricing) if key else []
    return next((one for one in every if FORMS[kind].key(one) == key), None)


HANDLERS: list[Any] = [rules_page, change]
