"""Taxes on the page of pricing: today's rates, those to come and those that ended, and the form to add one."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from shopwright.faces import render
from shopwright.faces.backoffice.editing import Reader
from shopwright.faces.backoffice.rule_forms import Form, RuleForm, Shop
from shopwright.kit.clock import EPOCH
from shopwright.kit.codes import class_form, place_form, visible
from shopwright.kit.days import parse_day, start_of, write_end, write_start
from shopwright.kit.postcode_patterns import clean_patterns
from shopwright.kit.regions import region_form
from shopwright.kit.typed import PPM_OF_A_PER_CENT, millionths, per_cent
from shopwright.services.pricing.contract import Pricing, TaxCategory, TaxRate

# As EN 16931 names them, in the words of a merchant.
CATEGORIES: Mapping[TaxCategory, str] = {
    "S": "Taxed", "Z": "Zero-rated", "E": "Exempt", "AE": "Reverse charge", "K": "To a business in the EU",
    "G": "Export", "O": "Not subject to tax",
}  # fmt: skip
MOST_ENDED = 200  # on the page; the API has all


class TaxForm(RuleForm[TaxRate]):
    """Tax rates; place, class and authority say which one is meant."""

    labels: ClassVar[Mapping[str, str]] = {
        "country": "Country", "region": "Region", "postcodes": "Postcodes", "tax_class": "Goods", "authority": "Authority",
        "rate": "Rate in per cent", "title": "Name", "category": "Why", "reason": "Reason",
    }  # fmt: skip

    async def every(self, pricing: Pricing) -> list[TaxRate]:
        return await pricing.tax_rates()

    def key(self, one: TaxRate) -> str:
        return f"{one.country}/{one.region}/{one.tax_class}/{one.postcodes}/{one.authority}"

    def key_of(self, form: Form) -> str:
        country = place_form(form.get("country", ""))
        region = region_form(country, form.get("region", ""))
        goods, authority = class_form(form.get("tax_class", "standard")), visible(form.get("authority", ""))
        return f"{country}/{region}/{goods}/{clean_patterns(form.get('postcodes', ''))}/{authority}"

    def fields(self, one: TaxRate, shop: Shop) -> dict[str, str]:  # noqa: ARG002 -- a rate is no amount
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

    async def save(self, pricing: Pricing, form: Form, found: TaxRate | None, shop: Shop) -> None:
        reader = Reader(form, self.fields(found, shop) if found else {})
        ppm = millionths(reader.text("rate"), "/rate")
        category = next((one for one in CATEGORIES if one == reader.text("category")), None)
        if ppm and not reader.typed("category"):
            category = None
        day = form.get("valid_from", "").strip()
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
            valid_from=start_of(parse_day(day, "/valid_from"), shop.zone) if day else None,
            why=form.get("why", "").strip(),
        )
        await pricing.add_tax_rates([rate], shop.who)


async def tax_context(pricing: Pricing, zone: ZoneInfo) -> dict[str, Any]:
    """What the page shows of taxes."""
    rows = await pricing.tax_rate_history()
    ended = sorted((one for one in rows if one.state == "ended"), key=lambda one: one.valid_to or EPOCH, reverse=True)
    return {
        "taxes": _shown([one for one in rows if one.state == "current"], zone),
        "coming_taxes": _shown([one for one in rows if one.state == "coming"], zone),
        "ended_taxes": _shown(ended[:MOST_ENDED], zone),
        "tax_presets": [render.plain(one) for one in await pricing.tax_presets()],
        "tax_categories": [{"name": name, "title": title} for name, title in CATEGORIES.items() if name not in "SZ"],
    }


def _shown(rates: Sequence[TaxRate], zone: ZoneInfo) -> list[dict[str, Any]]:
    form = TaxForm()
    return [
        {
            **render.plain(one),
            "key": form.key(one),
            "per_cent": per_cent(one.ppm),
            "what": "" if one.meant in {"S", "Z"} else CATEGORIES[one.meant],
            "since": write_start(one.valid_from, zone) if one.valid_from and one.valid_from > EPOCH else "",
            "until": write_end(one.valid_to, zone) if one.valid_to else "",
            "never": one.valid_to is not None and one.valid_to == one.valid_from,
        }
        for one in rates
    ]
