"""REST routes of sellers and exchange rates, for staff."""

from datetime import date
from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromQuery, JSONBody

from shopwright.kit.addresses import Address
from shopwright.kit.auth import staff
from shopwright.kit.bounds import Email, Phone, Reason
from shopwright.kit.currencies import minor_digits
from shopwright.kit.errors import Missing
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.translation import gettext as _
from shopwright.services.pricing.contract import ExchangeRate, Pricing, Seller, TaxId
from shopwright.services.pricing.tax_http import parsed_time

Service = Dependency[Pricing]


class SellerInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A seller from `valid_from` on (day or time, default: now). The shop sets `id`, `who` and `created`."""

    legal_name: str
    address: Address
    tax_ids: tuple[TaxId, ...] = ()
    filing_currency: str
    small_business: Reason = ""
    oss: bool = False
    email: Email = ""
    contact: str = ""
    phone: Phone = ""
    ship_from: str = ""
    register: str = ""
    bank: str = ""
    valid_from: str | None = None
    why: str = ""
    id: str = ""
    who: str = ""
    created: str | None = None


class RateInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An exchange rate: the value of one `from` in `to` on a day, as a decimal, and its publisher."""

    from_: str = msgspec.field(name="from")
    to: str
    rate: str
    day: date
    source: str
    who: str = ""


@get("/v1/seller", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="get_seller")
async def get_seller(pricing: Service, at: FromQuery[str] = "") -> Seller:
    """Get the seller now, or `at` another day or time; 404 if none is set."""
    found = await pricing.seller(parsed_time(at, "/at"))
    if found is None:
        raise Missing(_("The seller is not set up yet: POST /v1/seller."))
    return found


@get("/v1/sellers", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_sellers")
async def list_sellers(pricing: Service) -> dict[str, list[Seller]]:
    """List all past, current and future sellers."""
    return {"items": await pricing.sellers()}


@post("/v1/seller", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="set_seller")
async def set_seller(pricing: Service, caller: CurrentCaller, data: JSONBody[SellerInput]) -> Seller:
    """Set the seller from now or a later time; existing orders keep theirs."""
    fields = {name: getattr(data, name) for name in data.__struct_fields__ if name not in {"id", "who", "created"}}
    start = parsed_time(data.valid_from, "/valid_from")
    return await pricing.set_seller(Seller(**fields | {"valid_from": start}), caller.signature)


@get("/v1/exchange-rates", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="list_exchange_rates")
async def list_exchange_rates(pricing: Service, currency: FromQuery[str] = "") -> dict[str, list[ExchangeRate]]:
    """List exchange rates to the currency of the books, newest first, for one `currency` or all."""
    if currency:
        minor_digits(currency.strip().upper())
    return {"items": await pricing.exchange_rates(currency)}


@post("/v1/exchange-rates", opt=allow(staff("prices.write")), tags=["pricing"], operation_id="add_exchange_rate")
async def add_exchange_rate(pricing: Service, caller: CurrentCaller, data: JSONBody[RateInput]) -> ExchangeRate:
    """Add the exchange rate of a day. A sale uses the newest rate up to its own day."""
    one = ExchangeRate(from_=data.from_, to=data.to, rate=data.rate, day=data.day, source=data.source)
    return (await pricing.add_exchange_rates([one], caller.signature))[0]


SELLER_HANDLERS: list[Any] = [get_seller, list_sellers, set_seller, list_exchange_rates, add_exchange_rate]
