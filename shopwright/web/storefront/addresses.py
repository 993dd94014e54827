"""Addresses: each country's form, and the address book."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import msgspec
from babel import Locale
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.addresses import Address, address_form, check_address, check_email, read_address
from shopwright.kit.auth import anyone, signed_in
from shopwright.kit.codes import place_form
from shopwright.kit.countries import countries_posted_to
from shopwright.kit.errors import Invalid, Missing, check_all
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.regions import find_region
from shopwright.kit.tax_ids import check_reference, read_tax_id
from shopwright.kit.translation import format_locale, gettext_noop
from shopwright.kit.translation import gettext as _
from shopwright.web import render
from shopwright.web.storefront.page_context import (
    FrameDep,
    PageContext,
    UsersDep,
    Web,
    complaints,
    form_of,
    in_order,
    needed,
)

FIELDS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country", "phone")


def countries() -> list[dict[str, str]]:
    """All countries with postal service, by name."""
    return _countries(format_locale())


@lru_cache(maxsize=16)
def _countries(locale: str) -> list[dict[str, str]]:
    names = Locale.parse(locale).territories
    return sorted(
        ({"code": code, "title": str(names[code])} for code in countries_posted_to() if code in names),
        key=lambda one: one["title"],
    )


def address_of(fields: dict[str, str]) -> Address:
    """The address as typed, still unchecked."""
    return Address(**{name: fields.get(name, "").strip() for name in FIELDS})


def errors_of(fields: dict[str, str], *, email: bool = False) -> dict[str, str]:
    """All errors of a typed address (and e-mail address), in the order of its form."""
    checks: list[Callable[[], object]] = [partial(check_address, address_of(fields))]
    errors = needed(fields, {"email": gettext_noop("Your e-mail address")}) if email else {}
    if email and not errors:
        checks.append(partial(check_email, fields.get("email", "")))
    if fields.get("tax_id", "").strip():
        checks.append(partial(read_tax_id, fields["tax_id"], fields.get("country", "")))
    if fields.get("reference", "").strip():
        checks.append(partial(check_reference, fields["reference"]))
    try:
        check_all(*checks)
    except Invalid as error:
        errors |= complaints(error) or {"": error.detail}
    return in_order(errors, order_of(fields.get("country", "")))


def order_of(country: str) -> list[str]:
    """The fields of a country's form in their order."""
    try:
        own = list(address_form(country).fields)
    except Invalid:
        own = ["name", "line1", "postal_code", "city", "region"]
    if "line1" in own:
        own.insert(own.index("line1") + 1, "line2")
    return ["email", "country", *own, "phone", "company", "tax_id", "reference"]


@post("/addresses/check", opt=allow(anyone), include_in_schema=False, status_code=200)
async def check(request: Web) -> dict[str, str]:
    """Return the errors of a form being filled in, as each field loses focus."""
    fields = await form_of(request)
    return errors_of(fields, email="email" in fields)


def odd_fields(address: Address) -> dict[str, str]:
    """The problems of a stored address, as imported ones are stored as written."""
    problems = {problem.pointer[1:]: problem.detail for problem in read_address(address)[1]}
    return in_order(problems, order_of(address.country))


def form_for(fields: dict[str, str], home: str) -> dict[str, Any]:
    """The template context of a form: the fields of the chosen country, or the shop's own."""
    country = place_form(fields.get("country", ""))
    try:
        form = address_form(country, format_locale())
    except Invalid:
        country, form = home, address_form(home, format_locale())
    # CA is California, and Cagliari in Italy: a region chosen in one country's form is dropped in another's.
    region = fields.get("region", "") if fields.get("region_of", country) == country else ""
    names = list(form.fields)
    # Text is kept even if a country's form has no field for it.
    names += [name for name in ("city",) if fields.get(name) and name not in names]
    return {
        "fields": {**fields, "country": country, "region": find_region(country, region) or region},
        "form": {
            "fields": names,
            "required": sorted(form.required),
            "postal_label": form.postal_label,
            "region_label": form.region_label,
            "regions": [{"code": code, "title": title} for code, title in form.regions],
        },
        "countries": countries(),
    }


@get("/account/addresses", opt=allow(signed_in), include_in_schema=False)
async def book(frame: FrameDep) -> Response[bytes]:
    """Show the address book."""
    found = await frame.users.addresses(frame.caller.user_id or "")
    addresses = [{**render.plain(one), "odd": list(odd_fields(one.address).values())} for one in found]
    return await frame.show("addresses.html", {"addresses": addresses})


@get("/account/addresses/{address_id:str}", opt=allow(signed_in), include_in_schema=False)
async def edit(frame: FrameDep, address_id: FromPath[str], country: FromQuery[str] = "") -> Response[bytes]:
    """Show an address, or ("new") an empty form."""
    fields: dict[str, str] = {"name": frame.caller.name, "country": frame.settings.country}
    odd: dict[str, str] = {}
    if address_id != "new":
        known = {one.id: one.address for one in await frame.users.addresses(frame.caller.user_id or "")}
        if address_id not in known:
            raise Missing(_("There is no such address in your account."))
        fields = msgspec.to_builtins(known[address_id])
        fields["region_of"] = fields["country"]
        odd = {} if country else odd_fields(known[address_id])
    return await _form(frame, address_id, {**fields, **({"country": country} if country else {})}, odd)


async def _form(
    frame: PageContext, address_id: str, fields: dict[str, str], errors: dict[str, str], status: int = 200
) -> Response[bytes]:
    context = {"address_id": address_id, "errors": errors, **form_for(fields, frame.settings.country)}
    return await frame.show("address.html", context, status)


@post("/account/addresses/{address_id:str}", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def save(frame: FrameDep, address_id: FromPath[str]) -> Response[bytes] | Redirect:
    """Add or change an address; on errors the typed text stays."""
    fields = await form_of(frame.request)
    if "change_country" in fields:
        return await _form(frame, address_id, fields, {})
    known = "" if address_id == "new" else address_id
    if errors := errors_of(fields):
        return await _form(frame, address_id, fields, errors, 422)
    try:
        await frame.users.save_address(frame.caller.user_id or "", address_of(fields), known)
    except Invalid as error:
        return await _form(frame, address_id, fields, complaints(error) or {"": error.detail}, 422)
    return Redirect("/account/addresses", status_code=303)


@post("/account/addresses/{address_id:str}/delete", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def delete(users: UsersDep, caller: CurrentCaller, address_id: FromPath[str]) -> Redirect:
    """Delete an address."""
    await users.delete_address(caller.user_id or "", address_id)
    return Redirect("/account/addresses", status_code=303)


HANDLERS: list[Any] = [check, book, edit, save, delete]
