"""New products, and product pictures."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect

from shopwright.kit import money
from shopwright.kit.auth import staff
from shopwright.kit.errors import Invalid, ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.http.request_bodies import FORM_WITH_FILE, takes
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Media, Option, ProductInput
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.backoffice.product_form import show_product
from shopwright.web.product_view import write
from shopwright.web.product_view.view import ProductViews
from shopwright.web.storefront.page_context import ShelfDep, Web, form_of

LONGEST_ALT = 200


@get("/office/new-product", opt=allow(staff("catalog.write")), include_in_schema=False)
async def new_product(office: OfficeDep, product_views: ShelfDep) -> Response[bytes]:
    """Show the form for a new product."""
    return _form(office, product_views, {}, "")


def _form(office: OfficeContext, product_views: ProductViews, typed: dict[str, str], problem: str) -> Response[bytes]:
    context = {"typed": typed, "problem": problem, "currency": product_views.currency}
    return office.show("product_new.html", context, 422 if problem else 200)


@post("/office/new-product", opt=allow(staff("catalog.write")), include_in_schema=False, status_code=200)
async def make_product(
    office: OfficeDep, request: Web, product_views: ShelfDep, caller: CurrentCaller
) -> Response[bytes] | Redirect:
    """Create a draft with all combinations of options, to be completed on its page."""
    form = await form_of(request)
    try:
        options = _options(form.get("options", ""))
        asked = form.get("price", "").strip()
        price = money.parse(asked, product_views.currency, "/price") if asked else None
        write.check_money((write.VariantWrite(price=price),), product_views.currency)
        await write.require_there(product_views)
        made = await product_views.catalog.create(
            ProductInput(title=form.get("title", ""), brand=form.get("brand", ""), options=options)
        )
        offers = tuple(msgspec.convert(one, write.VariantWrite, from_attributes=True) for one in made.variants)
        offers = tuple(msgspec.structs.replace(one, price=price) for one in offers)
        await write.set_offers(product_views, made, offers, f"set by {caller.signature}")
    except ShopError as error:
        return _form(office, product_views, form, error.detail)
    return Redirect(f"/office/products/{made.id}", status_code=303)


def _options(text: str) -> tuple[Option, ...]:
    """Parse options, one per line: “Colour: Red, Navy”. Raises Invalid."""
    found = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        name, colon, values = line.partition(":")
        chosen = tuple(dict.fromkeys(value.strip() for value in values.split(",") if value.strip()))
        if not colon or not name.strip() or not chosen:
            raise Invalid.at(
                "/options", _("“{line}” is not an option; write a line such as Colour: Red, Navy.", line=line[:60])
            )
        found.append(Option(name.strip(), chosen))
    return tuple(found)


@post(
    "/office/products/{product_id:str}/pictures",
    opt=allow(staff("catalog.write")) | takes(FORM_WITH_FILE),
    include_in_schema=False,
    status_code=200,
)
async def change_pictures(
    office: OfficeDep, request: Web, product_views: ShelfDep, product_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Add, remove or reorder pictures."""
    product = await product_views.catalog.get(product_id)
    fields = await request.form()
    try:
        media = await _changed(product_views, product.media, dict(fields))
        written = await write.as_written(product_views, product)
        wanted = msgspec.structs.replace(msgspec.convert(written, ProductInput, from_attributes=True), media=media)
        await product_views.catalog.edit(product.id, wanted, product.version)
    except ShopError as error:
        typed = {"alt": str(fields.get("alt", ""))}
        return await show_product(office, product_views, product, {"errors": {"picture": error.detail}}, typed, 422)
    return Redirect(f"/office/products/{product.id}#pictures", status_code=303)


async def _changed(product_views: ProductViews, before: tuple[Media, ...], fields: dict[str, Any]) -> tuple[Media, ...]:
    if "remove" in fields:
        return tuple(one for one in before if one.url != fields["remove"])
    if "first" in fields:
        return tuple(sorted(before, key=lambda one: one.url != fields["first"]))
    file = fields.get("picture")
    data = await file.read() if isinstance(file, UploadFile) else b""
    if not data:
        raise Invalid.at("/picture", _("Choose a picture from your disk: JPEG, PNG, WebP, AVIF, GIF or SVG."))
    alt = str(fields.get("alt", "")).strip()
    if len(alt) > LONGEST_ALT:
        raise Invalid.at(
            "/alt",
            _(
                "The description has {alt} characters; at most {longest_alt} are allowed.",
                alt=len(alt),
                longest_alt=LONGEST_ALT,
            ),
        )
    added = await product_views.catalog.add_media(data, alt)
    return (*(one for one in before if one.url != added.url), added)


HANDLERS: list[Any] = [new_product, make_product, change_pictures]
