"""The seller: current, former and future ones, and exchange rates to the currency of the books."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery
from litestar.response import Redirect

from shopwright.kit.addresses import Address
from shopwright.kit.auth import staff
from shopwright.kit.days import parse_day, start_of, write_start
from shopwright.kit.errors import ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.translation import gettext_noop, translated_values
from shopwright.services.pricing.contract import ExchangeRate, Pricing, Seller, TaxId
from shopwright.web import render
from shopwright.web.backoffice import ecb_file, editing
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.storefront.addresses import countries
from shopwright.web.storefront.page_context import Web, form_of

PricingDep = Dependency[Pricing]
ROWS, EMPTY = 3, 2  # of tax ids: the minimum, and the empty ones added
SHOWN = 50
ADDRESS = ("line1", "line2", "postal_code", "city", "region", "country")
TEXTS = (
    "legal_name",
    "register",
    "email",
    "contact",
    "phone",
    "filing_currency",
    "small_business",
    "ship_from",
    "bank",
)
LABELS = {
    "legal_name": gettext_noop("Legal name"), "register": gettext_noop("Register"), "email": gettext_noop("E-mail"), "contact": gettext_noop("Contact"), "phone": gettext_noop("Phone"), "filing_currency": gettext_noop("Currency of the books"),
    "small_business": gettext_noop("Small business"), "ship_from": gettext_noop("Goods leave from"), "bank": gettext_noop("IBAN"), "oss": gettext_noop("One-Stop-Shop"),
    "address.line1": gettext_noop("Street and number"), "address.line2": gettext_noop("Second line"), "address.postal_code": gettext_noop("Postal code"),
    "address.city": gettext_noop("City"), "address.region": gettext_noop("Region"), "address.country": gettext_noop("Country"),
}  # fmt: skip


def _fields(one: Seller | None, office: OfficeContext) -> dict[str, str]:
    """The seller as form fields; an empty form starts with the settings."""
    if one is None:
        return {"filing_currency": office.settings.currency, "address.country": office.settings.country}
    found = {name: str(getattr(one, name)) for name in TEXTS}
    found |= {f"address.{name}": getattr(one.address, name) for name in ADDRESS}
    found["oss"] = editing.TICKED if one.oss else ""
    for number, each in enumerate(one.tax_ids):
        found |= {f"tax_ids.{number}.{name}": getattr(each, name) for name in ("country", "id", "scheme")}
    return found


def _seller_of(form: Mapping[str, str], office: OfficeContext) -> Seller:
    """Parse the form. Raises Invalid for an invalid date."""
    numbers = sorted({int(name.split(".")[1]) for name in form if name.startswith("tax_ids.") and _is_row(name)})
    rows = [
        {name: form.get(f"tax_ids.{n}.{name}", "").strip() for name in ("country", "id", "scheme")} for n in numbers
    ]
    day = form.get("valid_from", "").strip()
    where = {name: form.get(f"address.{name}", "").strip() for name in ADDRESS}
    said: dict[str, Any] = {name: form.get(name, "").strip() for name in TEXTS}
    return Seller(
        **said,
        address=Address(name=form.get("legal_name", "").strip(), **where),
        tax_ids=tuple(
            TaxId(
                country=row["country"],
                id=row["id"],
                scheme="oss" if row["scheme"] == "oss" else "ioss" if row["scheme"] == "ioss" else "",
            )
            for row in rows
            if row["id"]
        ),
        oss="oss" in form,
        valid_from=start_of(parse_day(day, "/valid_from"), office.settings.zone) if day else None,
        why=form.get("why", "").strip(),
    )


def _is_row(name: str) -> bool:
    number = name.split(".")[1]
    return number.isascii() and number.isdecimal() and len(number) <= len(str(SHOWN))


def _complaints(error: ShopError, form: Mapping[str, str]) -> dict[str, str]:
    """Errors by field; tax id rows are renumbered without empty ones."""
    filled = sorted(int(name.split(".")[1]) for name in form if name.endswith(".id") and form[name].strip())
    found: dict[str, str] = {}
    for problem in error.problems:
        parts = problem.pointer[1:].split("/")
        if parts[0] == "tax_ids" and len(parts) > 1 and int(parts[1]) < len(filled):
            parts[1] = str(filled[int(parts[1])])
        name = ".".join(parts)
        name = "legal_name" if name == "address.name" else name
        found[name] = problem.detail
    return found or {"": error.detail}


async def _show(office: OfficeContext, pricing: Pricing, more: Mapping[str, Any], status: int = 200) -> Response[bytes]:
    zone = office.settings.zone
    every, now = await pricing.sellers(), await pricing.seller()
    shown = _fields(now, office)
    typed = more.get("typed", shown)
    rows = [int(name.split(".")[1]) for name in typed if name.startswith("tax_ids.") and _is_row(name)]
    context = {
        "seller": render.plain(now),
        "sellers": [
            {
                **render.plain(one),
                "since": write_start(one.valid_from, zone) if one.valid_from else "",
                "current": now is not None and one.id == now.id,
                "coming": bool(one.valid_from and now and now.valid_from and one.valid_from > now.valid_from),
            }
            for one in reversed(every)
        ],
        "rates": render.plain((await pricing.exchange_rates())[:SHOWN]),
        "countries": countries(),
        "rows": list(range(max(ROWS, max(rows, default=-1) + 1 + EMPTY))),
        "typed": typed,
        "rate": {"to": now.filing_currency if now else office.settings.currency},
        "seen": editing.form_versions(shown) if now else "",
        "errors": {},
        "different": [],
        **more,
    }
    return office.show("seller.html", context, status)


@get("/office/seller", opt=allow(staff("prices.write")), include_in_schema=False)
async def seller_page(office: OfficeDep, pricing: PricingDep, saved: FromQuery[str] = "") -> Response[bytes]:
    """Show the seller's form, other sellers, and exchange rates."""
    return await _show(office, pricing, {"saved": saved})


@post("/office/seller", opt=allow(staff("prices.write")), include_in_schema=False, status_code=200)
async def save_seller(office: OfficeDep, request: Web, pricing: PricingDep) -> Response[bytes] | Redirect:
    """Save the seller from now or a later day; on errors the typed text stays."""
    form = await form_of(request)
    try:
        if changed := editing.conflict(form, _fields(await pricing.seller(), office), translated_values(LABELS)):
            return await _show(office, pricing, changed, 409)
        await pricing.set_seller(_seller_of(form, office), office.caller.signature)
    except ShopError as error:
        more = {"typed": form, "errors": _complaints(error, form), "seen": form.get(editing.SEEN, "")}
        return await _show(office, pricing, more, 422)
    return Redirect("/office/seller?saved=1", status_code=303)


@post("/office/exchange-rates", opt=allow(staff("prices.write")), include_in_schema=False, status_code=200)
async def save_rate(office: OfficeDep, request: Web, pricing: PricingDep) -> Response[bytes] | Redirect:
    """Save an exchange rate."""
    form = await form_of(request)
    try:
        one = ExchangeRate(
            from_=form.get("from", ""),
            to=form.get("to", ""),
            rate=form.get("rate", "").strip(),
            day=parse_day(form.get("day", "").strip(), "/0/day"),
            source=form.get("source", ""),
        )
        await pricing.add_exchange_rates([one], office.caller.signature)
    except ShopError as error:
        wrong = {problem.pointer.removeprefix("/0/"): problem.detail for problem in error.problems}
        return await _show(office, pricing, {"rate": form, "rate_errors": wrong or {"": error.detail}}, 422)
    return Redirect("/office/seller?saved=1#rates", status_code=303)


@post("/office/exchange-rates/file", opt=allow(staff("prices.write")), include_in_schema=False, status_code=200)
async def take_file(office: OfficeDep, request: Web, pricing: PricingDep) -> Response[bytes] | Redirect:
    """Import the exchange rates this shop needs from a file of the European Central Bank."""
    file = (await request.form()).get("file")
    seller = await pricing.seller()
    needed = {office.settings.currency, seller.filing_currency if seller else ""} - {ecb_file.EURO, ""}
    try:
        data = await file.read() if isinstance(file, UploadFile) else b""
        await pricing.add_exchange_rates(ecb_file.read_rates(data, needed), office.caller.signature)
    except ShopError as error:
        return await _show(office, pricing, {"file_error": error.detail}, 422)
    return Redirect("/office/seller?saved=1#rates", status_code=303)


HANDLERS: list[Any] = [seller_page, save_seller, save_rate, take_file]
