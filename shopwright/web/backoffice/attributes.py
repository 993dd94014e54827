"""Attributes and product types."""

from collections.abc import Mapping
from typing import Any, get_args

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import staff
from shopwright.kit.errors import Invalid, ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.text import name_key
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop, translated_values
from shopwright.services.catalog.contract import AttributeType, Catalog, Kind, ProductType
from shopwright.web import render
from shopwright.web.backoffice import editing
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.storefront.page_context import CatalogDep, Web, form_of

Form = Mapping[str, str]
KINDS: dict[str, Kind] = {one: one for one in get_args(Kind)}
NOTHING: Form = {}
LABELS = {
    "title": gettext_noop("Title"), "kind": gettext_noop("Kind"), "unit": gettext_noop("Unit"), "choices": gettext_noop("Choices"), "swatches": gettext_noop("Colours"),
    "filterable": gettext_noop("Narrows a search"), "attributes": gettext_noop("Names of its attributes"), "required": gettext_noop("Needed to be published"),
}  # fmt: skip


@get("/office/attributes", opt=allow(staff("catalog.write")), include_in_schema=False)
async def attribute_page(
    office: OfficeDep,
    catalog: CatalogDep,
    saved: FromQuery[str] = "",
    what: FromQuery[str] = "",
    name: FromQuery[str] = "",
) -> Response[bytes]:
    """Show all attributes and types with their forms: empty, or (`what`, `name`) filled."""
    if shown := await _fields(catalog, what, name):
        more = {"at": what, "typed": {**shown, "name": name}, "seen": editing.form_versions(shown)}
        return await _attributes(office, catalog, more)
    return await _attributes(office, catalog, {"saved": saved})


async def _fields(catalog: Catalog, what: str, name: str) -> dict[str, str]:
    """An attribute or type as form fields; empty if it does not exist."""
    if what == "type":
        known = next((one for one in await catalog.product_types() if one.name == name), None)
        return _of_type(known) if known else {}
    found = (await catalog.attribute_types()).get(name)
    return _of_attribute(found) if found else {}


def _of_type(one: ProductType) -> dict[str, str]:
    return {"title": one.title, "attributes": ", ".join(one.attributes), "required": ", ".join(one.required)}


def _of_attribute(one: AttributeType) -> dict[str, str]:
    return {
        "title": one.title,
        "kind": one.kind,
        "unit": one.unit,
        "choices": ", ".join(one.choices),
        "swatches": "\n".join(f"{name} {colour}" for name, colour in one.swatches.items()),
        "filterable": editing.TICKED if one.filterable else "",
    }


async def _attributes(
    office: OfficeContext, catalog: Catalog, more: Mapping[str, Any], status: int = 200
) -> Response[bytes]:
    kinds = await catalog.attribute_types()
    context = {
        "attributes": [
            {
                **render.plain(one),
                "said": ", ".join(one.choices)
                or ", ".join(f"{name} {colour}" for name, colour in one.swatches.items()),
            }
            for one in kinds.values()
        ],
        "types": [
            {
                **render.plain(one),
                "said": ", ".join(kinds[name].title if name in kinds else name for name in one.attributes),
            }
            for one in await catalog.product_types()
        ],
        "kinds": list(KINDS),
        "typed": {},
        "problem": "",
        "different": [],
        "seen": "",
        "at": "",
        **more,
    }
    return office.show("attributes.html", context, status)


@post("/office/attributes/{what:str}", opt=allow(staff("catalog.write")), include_in_schema=False, status_code=200)
async def save_attribute(
    office: OfficeDep, request: Web, catalog: CatalogDep, what: FromPath[str]
) -> Response[bytes] | Redirect:
    """Save an attribute or product type."""
    form = await form_of(request)
    title = form.get("title", "").strip()
    name = form.get("name", "").strip() or name_key(title, "-" if what == "type" else "_")
    now = await _fields(catalog, what, name)
    if changed := editing.conflict({**form, "name": name}, now, translated_values(LABELS)):
        return await _attributes(office, catalog, {**changed, "at": what}, 409)
    try:
        if what == "type":
            await catalog.put_product_type(_type_of(name, editing.FormReader(form, now)))
        else:
            await catalog.put_attribute_type(_attribute_of(name, form, now))
    except ShopError as error:
        more = {"typed": form, "problem": error.detail, "at": what, "seen": form.get(editing.SEEN, "")}
        return await _attributes(office, catalog, more, 422)
    return Redirect("/office/attributes?saved=1", status_code=303)


def _attribute_of(name: str, form: Form, now: Form) -> AttributeType:
    reader = editing.FormReader(form, now)
    kind = form.get("kind", "")
    if kind not in {"", *KINDS}:
        raise Invalid.at("/kind", _("Choose a kind of attribute from the list."))
    if now and not editing.is_complete(form) and kind == next(iter(KINDS)):
        kind = now["kind"]  # a form to add one begins with a kind: nothing was said of it
    swatches = {}
    for line in filter(None, (one.strip() for one in reader.text("swatches").splitlines())):
        colour_name, _unused, colour = line.rpartition(" ")
        swatches[colour_name.strip()] = colour
    return AttributeType(
        name=name,
        title=reader.text("title"),
        kind=KINDS.get(kind, KINDS.get(now.get("kind", ""), "text")),
        choices=_listed(reader.text("choices")),
        swatches=swatches,
        unit=reader.text("unit"),
        filterable=reader.ticked("filterable"),
    )


def _type_of(name: str, reader: editing.FormReader) -> ProductType:
    return ProductType(
        name=name,
        title=reader.text("title"),
        attributes=_listed(reader.text("attributes")),
        required=_listed(reader.text("required")),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))


HANDLERS: list[Any] = [attribute_page, save_attribute]
