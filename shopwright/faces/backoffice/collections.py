"""Collections, attributes and product types: how the shop is put in order."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.faces import render
from shopwright.faces.backoffice.described import value_of, written
from shopwright.faces.backoffice.frame import Office, OfficeDep
from shopwright.faces.storefront.frame import CatalogDep, Web, form_of
from shopwright.kit.auth import staff
from shopwright.kit.errors import Invalid, Missing, ShopError
from shopwright.kit.text import name_key, slugify
from shopwright.kit.typed import number
from shopwright.kit.web.access import allow
from shopwright.services.catalog.contract import AttributeType, Catalog, Collection, Condition, Kind, ProductType

Form = Mapping[str, str]
Field = Literal["title", "brand", "tag", "category", "type", "attribute"]
Operator = Literal["is", "is_not", "contains", "at_least", "at_most"]
FIELDS: dict[str, Field] = {one: one for one in get_args(Field)}
OPERATORS: dict[str, Operator] = {one: one for one in get_args(Operator)}
KINDS: dict[str, Kind] = {one: one for one in get_args(Kind)}
ROWS = 5
SHOWN = 12
NOTHING: Form = {}


@get("/office/collections", opt=allow(staff("catalog.write")), include_in_schema=False)
async def collection_list(office: OfficeDep, catalog: CatalogDep) -> Response[bytes]:
    """All collections."""
    return office.show("collections.html", {"collections": render.plain(await catalog.collections())})


@get("/office/collections/{slug:str}", opt=allow(staff("catalog.write")), include_in_schema=False)
async def collection_page(
    office: OfficeDep, catalog: CatalogDep, slug: FromPath[str], saved: FromQuery[str] = ""
) -> Response[bytes]:
    """One collection, to be changed; “new” is one that is not there yet."""
    found = next((one for one in await catalog.collections() if one.slug == slug), None)
    if found is None and slug != "new":
        raise Missing(f"There is no collection “{slug}”.")
    return await _collection(office, catalog, found, saved=bool(saved))


async def _collection(
    office: Office,
    catalog: Catalog,
    found: Collection | None,
    *,
    typed: Form = NOTHING,
    problem: str = "",
    saved: bool = False,
) -> Response[bytes]:
    members = (await catalog.in_collection(found.slug, limit=SHOWN))[0] if found else []
    chosen = await catalog.get_many(found.product_ids) if found else []
    rows = (
        [
            {"field": one.field, "name": one.name, "operator": one.operator, "value": written(one.value)}
            for one in found.conditions
        ]
        if found
        else []
    )
    shown = [
        {part: typed.get(f"{part}-{n}", rows[n][part] if n < len(rows) else "") for part in ("field", "name", "operator", "value")}
        for n in range(max(ROWS, len(rows) + 1))
    ]  # fmt: skip
    context = {
        "collection": render.plain(found) if found else {},
        "members": [{"id": one.id, "title": one.title} for one in members],
        "skus": typed.get("skus", "\n".join(one.variants[0].sku for one in chosen)),
        "conditions": shown,
        "fields": list(FIELDS),
        "operators": [(one, one.replace("_", " ")) for one in OPERATORS],
        "typed": typed,
        "problem": problem,
        "saved": saved,
    }
    return office.show("collection.html", context, 422 if problem else 200)


@post("/office/collections/{slug:str}", opt=allow(staff("catalog.write")), include_in_schema=False, status_code=200)
async def save_collection(
    office: OfficeDep, request: Web, catalog: CatalogDep, slug: FromPath[str]
) -> Response[bytes] | Redirect:
    """Make, change or take away a collection."""
    form = await form_of(request)
    found = next((one for one in await catalog.collections() if one.slug == slug), None)
    try:
        if "remove" in form:
            await catalog.delete_collection(slug)
            return Redirect("/office/collections", status_code=303)
        made = await catalog.put_collection(await _asked(catalog, form, found))
    except ShopError as error:
        return await _collection(office, catalog, found, typed=form, problem=error.detail)
    return Redirect(f"/office/collections/{made.slug}?saved=1", status_code=303)


async def _asked(catalog: Catalog, form: Form, found: Collection | None) -> Collection:
    kind: Literal["manual", "rules"] = "rules" if form.get("kind") == "rules" else "manual"
    return Collection(
        slug=found.slug if found else slugify(form.get("slug", "") or form.get("title", "")),
        title=form.get("title", ""),
        description=form.get("description", "").strip(),
        image=found.image if found else "",
        kind=kind,
        match="any" if form.get("match") == "any" else "all",
        product_ids=await _products(catalog, form.get("skus", "")) if kind == "manual" else (),
        conditions=_conditions(form, await catalog.attribute_types()) if kind == "rules" else (),
        seo_title=form.get("seo_title", "").strip(),
        seo_description=form.get("seo_description", "").strip(),
    )


async def _products(catalog: Catalog, text: str) -> tuple[str, ...]:
    """Products by SKU, slug or id, one a line. Raises Invalid."""
    found = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        try:
            found.append((await catalog.get(line)).id)
        except Missing:
            try:
                found.append((await catalog.by_variant(line)).id)
            except Missing:
                raise Invalid.at("/skus", f"There is no product with the SKU or address “{line[:60]}”.") from None
    return tuple(dict.fromkeys(found))


def _conditions(form: Form, kinds: Mapping[str, AttributeType]) -> tuple[Condition, ...]:
    made = []
    for row in range(len(form)):
        field, text = form.get(f"field-{row}", ""), form.get(f"value-{row}", "").strip()
        if field not in FIELDS or not text:
            continue
        name, operator = form.get(f"name-{row}", "").strip(), OPERATORS.get(form.get(f"operator-{row}", ""), "is")
        pointer = f"/value-{row}"
        if operator in {"at_least", "at_most"}:
            value = number(text, pointer, name or field)
        else:
            value = value_of(text, kinds.get(name) if field == "attribute" else None, pointer)  # type: ignore[assignment]
        made.append(Condition(field=FIELDS[field], operator=operator, value=value, name=name))
    return tuple(made)


# --- attributes and types


@get("/office/attributes", opt=allow(staff("catalog.write")), include_in_schema=False)
async def attribute_page(office: OfficeDep, catalog: CatalogDep, saved: FromQuery[str] = "") -> Response[bytes]:
    """What products are described by, and kinds of products."""
    return await _attributes(office, catalog, {"saved": saved})


async def _attributes(office: Office, catalog: Catalog, more: Mapping[str, Any], status: int = 200) -> Response[bytes]:
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
        "at": "",
        **more,
    }
    return office.show("attributes.html", context, status)


@post("/office/attributes/{what:str}", opt=allow(staff("catalog.write")), include_in_schema=False, status_code=200)
async def save_attribute(
    office: OfficeDep, request: Web, catalog: CatalogDep, what: FromPath[str]
) -> Response[bytes] | Redirect:
    """Describe an attribute, or a product type."""
    form = await form_of(request)
    try:
        if what == "type":
            await catalog.put_product_type(_type_of(form))
        else:
            await catalog.put_attribute_type(_attribute_of(form))
    except ShopError as error:
        return await _attributes(office, catalog, {"typed": form, "problem": error.detail, "at": what}, 422)
    return Redirect("/office/attributes?saved=1", status_code=303)


def _attribute_of(form: Form) -> AttributeType:
    title = form.get("title", "").strip()
    swatches = {}
    for line in filter(None, (one.strip() for one in form.get("swatches", "").splitlines())):
        name, _, colour = line.rpartition(" ")
        swatches[name.strip()] = colour
    return AttributeType(
        name=form.get("name", "").strip() or name_key(title),
        title=title,
        kind=KINDS.get(form.get("kind", ""), "text"),
        choices=_listed(form.get("choices", "")),
        swatches=swatches,
        unit=form.get("unit", "").strip(),
        filterable="filterable" in form,
    )


def _type_of(form: Form) -> ProductType:
    title = form.get("title", "").strip()
    return ProductType(
        name=form.get("name", "").strip() or name_key(title, "-"),
        title=title,
        attributes=_listed(form.get("attributes", "")),
        required=_listed(form.get("required", "")),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))


HANDLERS: list[Any] = [
    collection_list, collection_page, save_collection, attribute_page, save_attribute,
]  # fmt: skip
