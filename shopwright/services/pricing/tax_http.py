"""REST routes of tax rates, classes and rules, for staff."""

from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, UnsetType

from shopwright.kit.auth import staff
from shopwright.kit.bounds import Postcodes, Reason
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.translation import gettext as _
from shopwright.services.pricing.contract import Pricing, TaxCategory, TaxClass, TaxPreset, TaxRate, TaxRule
from shopwright.services.pricing.contract.taxes import RuleName
from shopwright.services.pricing.taxes import basis_points

Service = Dependency[Pricing]


class DatedInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields common to rates and rules: period and reason. Fields that the shop sets are accepted and ignored."""

    valid_from: str | None = None
    valid_to: str | None = None
    why: str = ""
    id: str = ""
    who: str = ""
    created: str | None = None
    ended_by: str = ""
    ended_why: str = ""
    state: str = ""

    def dated(self) -> dict[str, Any]:
        """The period as the service takes it. Raises Invalid."""
        return {
            "id": self.id,
            "why": self.why,
            "valid_from": parsed_time(self.valid_from, "/valid_from"),
            "valid_to": _end(self.valid_to),
        }


class TaxRateInput(DatedInput, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rate to add: `rate` in basis points (1900 is 19 %) or `rate_ppm` in parts per million (88750 is 8.875 %).

    It applies from `valid_from` (day or time, default: now) and ends the rate of the same place, class and authority;
    `valid_to` is a time, or the last day. A response may be sent again: `who`, `created`, `ended_by`, `ended_why` and
    `state` are ignored.
    """

    country: str
    region: str = ""
    postcodes: Postcodes = ""
    tax_class: str = "standard"
    authority: str = ""
    rate: int | UnsetType = UNSET
    rate_ppm: int | None = None
    title: str = "VAT"
    category: TaxCategory | None = None
    reason: Reason = ""

    def rate_said(self) -> TaxRate:
        """The rate as the service takes it. Raises Invalid."""
        if self.rate is UNSET and self.rate_ppm is None:
            raise Invalid.at("/rate", _("Give the rate in basis points (1900 is 19 %), or in millionths as rate_ppm."))
        return TaxRate(
            country=self.country,
            region=self.region,
            postcodes=self.postcodes,
            tax_class=self.tax_class,
            authority=self.authority,
            rate=basis_points(self.rate_ppm or 0) if isinstance(self.rate, UnsetType) else self.rate,
            rate_ppm=self.rate_ppm,
            title=self.title,
            category=self.category,
            reason=self.reason,
            **self.dated(),
        )


class TaxRuleInput(DatedInput, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule to add, from `valid_from` until a time or through a day (`valid_to`). A response may be sent again."""

    country: str = ""
    rule: RuleName
    value: str

    def rule_said(self) -> TaxRule:
        """The rule as the service takes it. Raises Invalid."""
        return TaxRule(country=self.country, rule=self.rule, value=self.value, **self.dated())


class PresetNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The presets to add."""

    names: tuple[str, ...]


def parsed_time(text: str | None, pointer: str) -> datetime | None:
    """Parse a day or time; the default zone is the shop's."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Invalid.at(
            pointer, _("“{text}” is not a time; write a day such as 2026-01-01.", text=text[:40])
        ) from None


def _end(text: str | None) -> datetime | None:
    """Parse a time, or a day that is included; the default zone is the shop's."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return parsed_time(text, "/valid_to")
    try:
        return datetime.combine(day + timedelta(days=1), time())
    except OverflowError:
        raise Invalid.at("/valid_to", _("{day} is too far away; leave it out for good.", day=day)) from None


@get("/v1/tax-rates", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_tax_rates")
async def list_tax_rates(
    pricing: Service,
    at: FromQuery[str] = "",
    all: FromQuery[bool] = False,  # noqa: A002 -- its name in the address
) -> dict[str, list[TaxRate]]:
    """List the tax rates that apply now, or `at` another day or time; with `all` past and future ones, too."""
    return {"items": await (pricing.tax_rate_history() if all else pricing.tax_rates(at))}


@post("/v1/tax-rates", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="put_tax_rate")
async def put_tax_rate(pricing: Service, caller: CurrentCaller, data: JSONBody[TaxRateInput]) -> TaxRate:
    """Set the rate of a place, class and authority from now or later; the one before ends then and is kept."""
    return (await pricing.add_tax_rates([data.rate_said()], caller.signature))[0]


@delete(
    "/v1/tax-rates/{country:str}/{tax_class:str}",
    opt=allow(staff("prices.write")),
    tags=["pricing"],
    operation_id="delete_tax_rate",
)
async def delete_tax_rate(
    pricing: Service,
    caller: CurrentCaller,
    country: FromPath[str],
    tax_class: FromPath[str],
    region: FromQuery[str] = "",
    why: FromQuery[str] = "",
) -> None:
    """End the current rate of a country or region; it stays in the history."""
    await pricing.delete_tax_rate(country, region, tax_class, caller.signature, why)


@delete("/v1/tax-rates/{rate_id:str}", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="end_tax_rate")
async def end_tax_rate(
    pricing: Service, caller: CurrentCaller, rate_id: FromPath[str], why: FromQuery[str] = ""
) -> None:
    """End a rate now, or withdraw a future one."""
    await pricing.end_tax_rate(rate_id, caller.signature, why)


@get("/v1/tax-presets", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_tax_presets")
async def list_tax_presets(pricing: Service) -> dict[str, list[TaxPreset]]:
    """List places that are taxed differently from their country; confirm them with your tax adviser before adding."""
    return {"items": await pricing.tax_presets()}


@post("/v1/tax-presets", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="add_tax_presets")
async def add_tax_presets(
    pricing: Service, caller: CurrentCaller, data: JSONBody[PresetNames]
) -> dict[str, list[TaxRate]]:
    """Add the rates of presets; existing ones stay."""
    return {"items": await pricing.add_tax_presets(data.names, caller.signature)}


@get("/v1/tax-classes", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_tax_classes")
async def list_tax_classes(pricing: Service) -> dict[str, list[TaxClass]]:
    """List the tax classes; products refer to one as their `tax_class`."""
    return {"items": await pricing.tax_classes()}


@post("/v1/tax-classes", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="put_tax_class")
async def put_tax_class(pricing: Service, data: JSONBody[TaxClass]) -> TaxClass:
    """Create a tax class, or change title and position of an existing one."""
    return await pricing.put_tax_class(data)


@get("/v1/tax-rules", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_tax_rules")
async def list_tax_rules(
    pricing: Service,
    all: FromQuery[bool] = False,  # noqa: A002 -- its name in the address
) -> dict[str, list[TaxRule]]:
    """List the current tax rules for shipping and prices; with `all` past and future ones, too."""
    return {"items": [one for one in await pricing.tax_rules() if all or one.state == "current"]}


@post("/v1/tax-rules", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="add_tax_rule")
async def add_tax_rule(pricing: Service, caller: CurrentCaller, data: JSONBody[TaxRuleInput]) -> TaxRule:
    """Set a country's rule for shipping or prices from now or later; the one before ends then and is kept."""
    return (await pricing.add_tax_rules([data.rule_said()], caller.signature))[0]


@delete("/v1/tax-rules/{rule_id:str}", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="end_tax_rule")
async def end_tax_rule(
    pricing: Service, caller: CurrentCaller, rule_id: FromPath[str], why: FromQuery[str] = ""
) -> None:
    """End a rule now, or withdraw a future one."""
    await pricing.end_tax_rule(rule_id, caller.signature, why)


TAX_HANDLERS: list[Any] = [
    list_tax_rates,
    put_tax_rate,
    delete_tax_rate,
    end_tax_rate,
    list_tax_presets,
    add_tax_presets,
    list_tax_classes,
    put_tax_class,
    list_tax_rules,
    add_tax_rule,
    end_tax_rule,
]
