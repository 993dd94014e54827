"""REST routes of categories, collections, types and pictures. Products with prices are in web/product_view."""

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from shopwright.kit.auth import anyone, staff
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Missing
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.http.request_bodies import FILE, takes
from shopwright.kit.http.routes import Routes
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import (
    AttributeType,
    Catalog,
    Category,
    Collection,
    Media,
    ProductType,
    Upload,
)

Service = Dependency[Catalog]
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


@get("/v1/categories", opt=allow(anyone), tags=["catalog"], operation_id="list_categories")
async def list_categories(catalog: Service) -> dict[str, list[Category]]:
    """List the category tree, parents before children."""
    return {"items": await catalog.categories()}


@get("/v1/collections", opt=allow(anyone), tags=["catalog"], operation_id="list_collections")
async def list_collections(catalog: Service) -> dict[str, list[Collection]]:
    """List all collections."""
    return {"items": await catalog.collections()}


@post("/v1/collections", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="put_collection")
async def put_collection(catalog: Service, data: JSONBody[Collection]) -> Collection:
    """Create or update a collection, by hand or by rules."""
    return await catalog.put_collection(data)


@delete(
    "/v1/collections/{slug:str}", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="delete_collection"
)
async def delete_collection(catalog: Service, slug: FromPath[str]) -> None:
    """Delete a collection; its products stay."""
    await catalog.delete_collection(slug)


@get("/v1/attributes", opt=allow(anyone), tags=["catalog"], operation_id="list_attributes")
async def list_attributes(catalog: Service) -> dict[str, list[AttributeType]]:
    """List all attribute definitions."""
    return {"items": list((await catalog.attribute_types()).values())}


@post("/v1/attributes", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="put_attribute")
async def put_attribute(catalog: Service, data: JSONBody[AttributeType]) -> AttributeType:
    """Create or update an attribute definition: kind, choices, swatches, unit."""
    return await catalog.put_attribute_type(data)


@get("/v1/product-types", opt=allow(anyone), tags=["catalog"], operation_id="list_product_types")
async def list_product_types(catalog: Service) -> dict[str, list[ProductType]]:
    """List all product types."""
    return {"items": await catalog.product_types()}


@post("/v1/product-types", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="put_product_type")
async def put_product_type(catalog: Service, data: JSONBody[ProductType]) -> ProductType:
    """Create or update a product type: allowed and required attributes."""
    return await catalog.put_product_type(data)


class NewMedia(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An uploaded picture to add; `alt`: its description in words."""

    upload_id: str
    alt: str = ""


@post("/v1/media/uploads", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="begin_upload")
async def begin_upload(catalog: Service) -> Upload:
    """Get a URL to send a picture to, directly at the file store if possible. Then `POST /v1/media`."""
    return await catalog.begin_upload()


@put(
    "/v1/media/uploads/{upload_id:str}",
    opt=allow(staff("catalog.write")) | takes(FILE),
    tags=["catalog"],
    operation_id="receive_upload",
    status_code=204,
)
async def receive_upload(catalog: Service, upload_id: FromPath[str], request: Request[Any, Any, Any]) -> None:
    """Send the picture, where the shop itself stores files."""
    await catalog.receive_upload(upload_id, await request.body())


@post("/v1/media", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="finish_upload")
async def finish_upload(catalog: Service, data: JSONBody[NewMedia]) -> Media:
    """Add the uploaded picture; its URL can then be used in products."""
    return await catalog.finish_upload(data.upload_id, data.alt)


@get(
    "/v1/media/{digest:str}/original",
    opt=allow(staff("catalog.write")),
    tags=["catalog"],
    operation_id="get_original",
    responses={302: ResponseSpec(data_container=None, description="Redirect to the file, valid for a minute")},
)
async def get_original(catalog: Service, digest: FromPath[str]) -> Response[bytes]:
    """Get the original picture."""
    found = await catalog.original(digest)
    if isinstance(found, str):
        return Response(b"", status_code=302, headers={"Location": found, "Cache-Control": "no-store"})
    return Response(found, media_type="application/octet-stream", headers={"Content-Disposition": "attachment"})


@get("/media/{digest:str}/{name:str}", opt=allow(anyone), include_in_schema=False)
async def get_picture(catalog: Service, digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Get a picture in one size; its content never changes."""
    width, _unused, form = name.partition(".")
    if not is_number(width):
        raise Missing(_("There is no such picture."))
    data = await catalog.picture(digest, int(width), form)
    return Response(data, media_type=f"image/{form}", headers=IMMUTABLE)


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [
        list_categories, list_collections, put_collection, delete_collection, list_attributes, put_attribute,
        list_product_types, put_product_type, begin_upload, receive_upload, finish_upload,
        get_original, get_picture,
    ]  # fmt: skip
    return Routes("/", route_handlers=handlers)
