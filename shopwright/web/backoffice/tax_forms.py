"""Tax forms: current, future and past rates, classes and rules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, get_args
from zoneinfo import ZoneInfo

from shopwright.kit.clock import EPOCH
from shopwright.kit.codes import class_form, place_form, visible
from shopwright.kit.days import end_of, parse_day, start_of, write_end, write_start
from shopwright.kit.errors import Invalid
from shopwright.kit.postcode_patterns import clean_patterns
from shopwright.kit.regions import region_form
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop, translated_values
from shopwright.kit.typed import PPM_OF_A_PER_CENT, millionths, per_cent, whole_number
from shopwright.services.pricing.contract import Pricing, Scheme, TaxCategory, TaxClass, TaxRate, TaxRule
from shopwright.services.pricing.contract.taxes import RuleName
from shopwright.web import render
from shopwright.web.backoffice.editing import FormReader
from shopwright.web.backoffice.rule_forms import FARTHEST, Form, RuleForm, RuleFormContext

# The categories of EN 16931 in a merchant's words.
CATEGORIES: Mapping[TaxCategory, str] = {
    "S": gettext_noop("Taxed"), "Z": gettext_noop("Zero-rated"), "E": gettext_noop("Exempt"), "AE": gettext_noop("Reverse charge"), "K": gettext_noop("To a business in the EU"),
    "G": gettext_noop("Export"), "O": gettext_noop("Not subject to tax"),
}  # fmt: skip
SCHEMES: Mapping[Scheme, str] = {
    "domestic": gettext_noop("Within the country"), "oss": gettext_noop("One-Stop-Shop"), "export": gettext_noop("Export"),
    "intra_community": gettext_noop("To a business elsewhere in the EU"), "small_business": gettext_noop("Small business, without tax"),
    "abroad": gettext_noop("To another country"),
}  # fmt: skip
RULE_NAMES: tuple[RuleName, ...] = get_args(RuleName)
SETTINGS = {
    "shipping=main": gettext_noop("Shipping is taxed as the goods of the greatest value"),
    "shipping=pro_rata": gettext_noop("Shipping is taxed as all goods, by their value"),
    "shipping=none": gettext_noop("Shipping is not taxed"),
    "shipping_of_untaxed=untaxed": gettext_noop("Shipping of goods without tax is not taxed either"),
    "shipping_of_untaxed=taxed": gettext_noop("Shipping of goods without tax is taxed as always"),
    "prices=gross": gettext_noop("Prices have the tax of the place in them"),
    "prices=net": gettext_noop("Tax is added to prices"),
    "prices=less_home_tax": gettext_noop("Tax is added to prices less the tax of the shop’s own country"),
    "tax_at=supply": gettext_noop("A parcel is taxed at the rates of the day it leaves"),
    "tax_at=order": gettext_noop("A parcel is taxed at the rates of the day it was ordered"),
}
MOST_ENDED = 200  # on the page; the API has all


class TaxForm(RuleForm[TaxRate]):
    """Tax rates, identified by place, class and authority."""

    labels: ClassVar[Mapping[str, str]] = {
        "country": gettext_noop("Country"), "region": gettext_noop("Region"), "postcodes": gettext_noop("Postcodes"), "tax_class": gettext_noop("Goods"), "authority": gettext_noop("Authority"),
        "rate": gettext_noop("Rate in per cent"), "title": gettext_noop("Name"), "category": gettext_noop("Why"), "reason": gettext_noop("Reason"),
    }  # fmt: skip

    async def every(self, pricing: Pricing) -> list[TaxRate]:
        return await pricing.tax_rates()

    def key(self, one: TaxRate) -> str:
        return f"{one.country}/{one.region}/{one.tax_class}/{one.postcodes}/{one.authority}"

    def key_of(self, form: Form) -> str:
        country = place_form(form.get("country", ""))
        region = region_form(country, form.get("region", ""))
        goods, authority = class_form(form.get("tax_class", "standard")), visible(form.get("authority", ""))
        return f"{country}/{region}/{goods}/{clean_patterns(country, form.get('postcodes', ''))}/{authority}"

    def fields(self, one: TaxRate, shop: RuleFormContext) -> dict[str, str]:  # noqa: ARG002 -- a rate is no amount
        return {
            "country": one.country,
            "region": one.region,
            "postcodes": one.postcodes,
            "tax_class": one.tax_class,
            "authority": one.authority,
            "rate": per_cent(one.ppm),
            "title": one.title,
            "category": "" if one.meant in {"S", "Z"} else one.meant,
            "reason": one.reason,
        }

    async def save(self, pricing: Pricing, form: Form, found: TaxRate | None, shop: RuleFormContext) -> None:
        reader = FormReader(form, self.fields(found, shop) if found else {})
        ppm = millionths(reader.text("rate"), "/rate")
        category = next((one for one in CATEGORIES if one == reader.text("category")), None)
        if ppm and not reader.typed("category"):
            category = None
        rate = TaxRate(
            country=form.get("country", ""),
            region=form.get("region", ""),
            postcodes=form.get("postcodes", ""),
            tax_class=form.get("tax_class", "standard"),
            authority=form.get("authority", ""),
            rate=(ppm + PPM_OF_A_PER_CENT // 200) // (PPM_OF_A_PER_CENT // 100),
            rate_ppm=ppm,
            title=reader.text("title") or "VAT",
            category=category,
            reason=reader.text("reason"),
            valid_from=_start(form, shop.zone),
            valid_to=_end(form, shop.zone),
            why=form.get("why", "").strip(),
        )
        await pricing.add_tax_rates([rate], shop.who)


class TaxClassForm(RuleForm[TaxClass]):
    """Tax classes."""

    labels: ClassVar[Mapping[str, str]] = {
        "name": gettext_noop("Name"),
        "title": gettext_noop("Title"),
        "position": gettext_noop("Position"),
    }

    async def every(self, pricing: Pricing) -> list[TaxClass]:
        return await pricing.tax_classes()

    def key(self, one: TaxClass) -> str:
        return one.name

    def key_of(self, form: Form) -> str:
        return class_form(form.get("name", ""))

    def fields(self, one: TaxClass, shop: RuleFormContext) -> dict[str, str]:  # noqa: ARG002 -- it has no amount
        return {"name": one.name, "title": one.title, "position": str(one.position)}

    async def save(self, pricing: Pricing, form: Form, found: TaxClass | None, shop: RuleFormContext) -> None:
        reader = FormReader(form, self.fields(found, shop) if found else {})
        place = reader.text("position")
        position = whole_number(place, "/position", least=-FARTHEST, most=FARTHEST) if place else 0
        one = TaxClass(name=form.get("name", ""), title=reader.text("title"), position=position)
        await pricing.put_tax_class(one)


class TaxRuleForm(RuleForm[TaxRule]):
    """Tax rules, identified by country and kind."""

    labels: ClassVar[Mapping[str, str]] = {"country": gettext_noop("Country"), "setting": gettext_noop("Rule")}

    async def every(self, pricing: Pricing) -> list[TaxRule]:
        return [one for one in await pricing.tax_rules() if one.state == "current"]

    def key(self, one: TaxRule) -> str:
        return f"{one.country}/{one.rule}"

    def key_of(self, form: Form) -> str:
        return f"{place_form(form.get('country', ''))}/{form.get('setting', '').partition('=')[0]}"

    def fields(self, one: TaxRule, shop: RuleFormContext) -> dict[str, str]:  # noqa: ARG002 -- it has no amount
        return {"country": one.country, "setting": f"{one.rule}={one.value}"}

    async def save(self, pricing: Pricing, form: Form, found: TaxRule | None, shop: RuleFormContext) -> None:  # noqa: ARG002 -- a rule is said whole
        name, _unused, value = form.get("setting", "").partition("=")
        rule = next((one for one in RULE_NAMES if one == name), None)
        if rule is None:
            raise Invalid.at("/setting", _("Choose one of the rules."))
        said = TaxRule(
            country=form.get("country", ""),
            rule=rule,
            value=value,
            valid_from=_start(form, shop.zone),
            valid_to=_end(form, shop.zone),
            why=form.get("why", "").strip(),
        )
        await pricing.add_tax_rules([said], shop.who)


def _start(form: Form, zone: ZoneInfo) -> datetime | None:
    day = form.get("valid_from", "").strip()
    return start_of(parse_day(day, "/valid_from"), zone) if day else None


def _end(form: Form, zone: ZoneInfo) -> datetime | None:
    day = form.get("valid_to", "").strip()
    return end_of(parse_day(day, "/valid_to"), zone) if day else None


def _settings(classes: Sequence[TaxClass]) -> list[dict[str, str]]:
    """All possible values of a rule, in words."""
    own = {
        _("shipping=class:{name}", name=one.name): _("Shipping is taxed as goods of: {title}", title=one.title)
        for one in classes
    }
    return [{"value": value, "title": title} for value, title in (translated_values(SETTINGS) | own).items()]


async def tax_context(pricing: Pricing, zone: ZoneInfo) -> dict[str, Any]:
    """The tax section of the page."""
    rows, classes, rules = await pricing.tax_rate_history(), await pricing.tax_classes(), await pricing.tax_rules()
    settings = _settings(classes)
    words = {one["value"]: one["title"] for one in settings}
    ended = sorted((one for one in rows if one.state == "ended"), key=lambda one: one.valid_to or EPOCH, reverse=True)
    return {
        "taxes": _shown([one for one in rows if one.state == "current"], zone),
        "coming_taxes": _shown([one for one in rows if one.state == "coming"], zone),
        "ended_taxes": _shown(ended[:MOST_ENDED], zone),
        "tax_presets": [render.plain(one) for one in await pricing.tax_presets()],
        "tax_classes": render.plain(classes),
        "tax_settings": settings,
        "tax_rules": [
            {
                **render.plain(one),
                "title": words.get(f"{one.rule}={one.value}", one.value),
                "since": write_start(one.valid_from, zone) if one.valid_from else "",
                "until": write_end(one.valid_to, zone) if one.valid_to else "",
            }
            for one in rules
            if one.state in {"current", "coming"}
        ],
        "tax_categories": [{"name": name, "title": _(title)} for name, title in CATEGORIES.items() if name not in "SZ"],
    }


def _shown(rates: Sequence[TaxRate], zone: ZoneInfo) -> list[dict[str, Any]]:
    form = TaxForm()
    return [
        {
            **render.plain(one),
            "key": form.key(one),
            "per_cent": per_cent(one.ppm),
            "what": "" if one.meant in {"S", "Z"} else _(CATEGORIES[one.meant]),
            "since": write_start(one.valid_from, zone) if one.valid_from and one.valid_from > EPOCH else "",
            "until": write_end(one.valid_to, zone) if one.valid_to else "",
            "never": one.valid_to is not None and one.valid_to == one.valid_from,
        }
        for one in rates
    ]
