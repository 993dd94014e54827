"""Collections, by hand or by rules."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import staff
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid, Missing, ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop, translated_values
from shopwright.kit.typed import number
from shopwright.services.catalog.contract import AttributeType, Catalog, Collection, Condition
from shopwright.web import render
from shopwright.web.backoffice import editing
from shopwright.web.backoffice.described import value_of, written
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.storefront.page_context import CatalogDep, Web, form_of

Form = Mapping[str, str]
Field = Literal["title", "brand", "tag", "category", "type", "attribute"]
Operator = Literal["is", "is_not", "contains", "at_least", "at_most"]
FIELDS: dict[str, Field] = {one: one for one in get_args(Field)}
OPERATORS: dict[str, Operator] = {one: one for one in get_args(Operator)}
ROWS = 5
SHOWN = 12
NOTHING: Form = {}


@get("/office/collections", opt=allow(staff("catalog.write")), include_in_schema=False)
async def collection_list(office: OfficeDep, catalog: CatalogDep) -> Response[bytes]:
    """Show all collections."""
    return office.show("collections.html", {"collections": render.plain(await catalog.collections())})


@get("/office/collections/{slug:str}", opt=allow(staff("catalog.write")), include_in_schema=False)
async def collection_page(
    office: OfficeDep, catalog: CatalogDep, slug: FromPath[str], saved: FromQuery[str] = ""
) -> Response[bytes]:
    """Show a collection to edit; “new” is an empty one."""
    found = next((one for one in await catalog.collections() if one.slug == slug), None)
    if found is None and slug != "new":
        raise Missing(_("There is no collection “{slug}”.", slug=slug))
    return await _collection(office, catalog, found, more={"saved": bool(saved)})


LABELS = {
    "title": gettext_noop("Title"), "description": gettext_noop("Description"), "kind": gettext_noop("By rules or by hand"), "match": gettext_noop("Products that meet"), "skus": gettext_noop("By hand"),
    "seo_title": gettext_noop("Title for search engines"), "seo_description": gettext_noop("Description for search engines"),
}  # fmt: skip
PARTS = {
    "field": gettext_noop("What"),
    "name": gettext_noop("Attribute"),
    "operator": gettext_noop("How"),
    "value": gettext_noop("Value"),
}


async def _fields(catalog: Catalog, found: Collection | None) -> dict[str, str]:
    """A collection as form fields."""
    if found is None:
        return {}
    chosen = await catalog.get_many(found.product_ids)
    shown = {name: getattr(found, name) for name in LABELS if name != "skus"}
    shown["skus"] = "\n".join(one.variants[0].sku for one in chosen)
    for n, one in enumerate(found.conditions):
        row = {"field": one.field, "name": one.name, "operator": one.operator, "value": written(one.value)}
        shown |= {f"{part}-{n}": text for part, text in row.items()}
    return shown


def _labels(fields: Form) -> dict[str, str]:
    rows = (name.rpartition("-") for name in fields if name not in LABELS)
    return translated_values(LABELS) | {
        f"{part}-{n}": _("{part}, rule {n}", part=_(PARTS[part]) if part in PARTS else part, n=int(n) + 1)
        for part, _unused, n in rows
        if is_number(n)
    }


async def _collection(
    office: OfficeContext,
    catalog: Catalog,
    found: Collection | None,
    *,
    typed: Form = NOTHING,
    more: Mapping[str, Any] = NOTHING,
    status: int = 200,
) -> Response[bytes]:
    members = (await catalog.in_collection(found.slug, limit=SHOWN))[0] if found else []
    fields = await _fields(catalog, found)
    values = {"kind": "rules", "match": "all", **fields, **typed}
    rows = max(ROWS, 1 + sum(1 for name in values if name.startswith("field-") and values[name]))
    context = {
        "collection": render.plain(found) if found else {},
        "members": [{"id": one.id, "title": one.title} for one in members],
        "conditions": [{part: values.get(f"{part}-{n}", "") for part in PARTS} for n in range(rows)],
        "fields": list(FIELDS),
        "operators": list(OPERATORS),
        "values": values,
        "seen": typed.get(editing.SEEN) or (editing.form_versions(fields) if found else ""),
        "different": [],
        "problem": "",
        **more,
    }
    return office.show("collection.html", context, status)


@post("/office/collections/{slug:str}", opt=allow(staff("catalog.write")), include_in_schema=False, status_code=200)
async def save_collection(
    office: OfficeDep, request: Web, catalog: CatalogDep, slug: FromPath[str]
) -> Response[bytes] | Redirect:
    """Create, change or delete a collection."""
    form = await form_of(request)
    found = next((one for one in await catalog.collections() if one.slug == slug), None)
    now = await _fields(catalog, found)
    if "remove" not in form and (changed := editing.conflict(form, now, _labels({**now, **form}))):
        return await _collection(office, catalog, found, typed=changed.pop("typed"), more=changed, status=409)
    try:
        if "remove" in form:
            await catalog.delete_collection(slug)
            return Redirect("/office/collections", status_code=303)
        made = await catalog.put_collection(await _asked(catalog, {**now, **form}, found))
    except ShopError as error:
        return await _collection(office, catalog, found, typed=form, more={"problem": error.detail}, status=422)
    return Redirect(f"/office/collections/{made.slug}?saved=1", status_code=303)


async def _asked(catalog: Catalog, form: Form, found: Collection | None) -> Collection:
    if form.get("kind", "manual") not in {"manual", "rules"} or form.get("match", "all") not in {"all", "any"}:
        raise Invalid.at("/kind", _("Say whether products are chosen by hand, or by all or any of the conditions."))
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
    """Parse products by SKU, slug or id, one per line. Raises Invalid."""
    found = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        try:
            found.append((await catalog.get(line)).id)
        except Missing:
            try:
                found.append((await catalog.by_variant(line)).id)
            except Missing:
                raise Invalid.at(
                    "/skus", _("There is no product with the SKU or address “{line}”.", line=line[:60])
                ) from None
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


HANDLERS: list[Any] = [collection_list, collection_page, save_collection]
