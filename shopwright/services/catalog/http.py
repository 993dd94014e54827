"""REST routes of the catalog: categories, collections, types and pictures. Products as shoppers see them carry prices: faces/shelf."""

from typing import Any

from litestar import Response, Router, delete, get, post
from litestar.params import FromPath, JSONBody

from shopwright.kit.auth import anyone, staff
from shopwright.kit.errors import Missing
from shopwright.kit.web.access import allow
from shopwright.kit.web.given import Given
from shopwright.services.catalog.contract import AttributeType, Catalog, Category, Collection, ProductType

Service = Given[Catalog]
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


@get("/v1/categories", opt=allow(anyone), tags=["catalog"], operation_id="list_categories")
async def list_categories(catalog: Service) -> dict[str, list[Category]]:
    """The category tree, parents before children."""
    return {"items": await catalog.categories()}


@get("/v1/collections", opt=allow(anyone), tags=["catalog"], operation_id="list_collections")
async def list_collections(catalog: Service) -> dict[str, list[Collection]]:
    """All collections."""
    return {"items": await catalog.collections()}


@post("/v1/collections", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="put_collection")
async def put_collection(catalog: Service, data: JSONBody[Collection]) -> Collection:
    """Make a collection, by hand or by rules, or change the one with this slug."""
    return await catalog.put_collection(data)


@delete(
    "/v1/collections/{slug:str}", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="delete_collection"
)
async def delete_collection(catalog: Service, slug: FromPath[str]) -> None:
    """Take a collection away; its products stay."""
    await catalog.delete_collection(slug)


@get("/v1/attributes", opt=allow(anyone), tags=["catalog"], operation_id="list_attributes")
async def list_attributes(catalog: Service) -> dict[str, list[AttributeType]]:
    """What products can be described by."""
    return {"items": list((await catalog.attribute_types()).values())}


@post("/v1/attributes", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="put_attribute")
async def put_attribute(catalog: Service, data: JSONBody[AttributeType]) -> AttributeType:
    """Describe an attribute: its kind, choices, swatches, unit."""
    return await catalog.put_attribute_type(data)


@get("/v1/product-types", opt=allow(anyone), tags=["catalog"], operation_id="list_product_types")
async def list_product_types(catalog: Service) -> dict[str, list[ProductType]]:
    """All product types."""
    return {"items": await catalog.product_types()}


@post("/v1/product-types", opt=allow(staff("catalog.write")), tags=["catalog"], operation_id="put_product_type")
async def put_product_type(catalog: Service, data: JSONBody[ProductType]) -> ProductType:
    """Make or change a product type: which attributes its products have, and which they need."""
    return await catalog.put_product_type(data)


@get("/media/{digest:str}/{name:str}", opt=allow(anyone), include_in_schema=False)
async def get_picture(catalog: Service, digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A picture in one size; its address never changes its content."""
    width, _, form = name.partition(".")
    if not width.isdigit():
        raise Missing("There is no such picture.")
    data = await catalog.picture(digest, int(width), form)
    return Response(data, media_type=f"image/{form}", headers=IMMUTABLE)


def routes() -> Router:
    """All routes of this service."""
    handlers: list[Any] = [
        list_categories, list_collections, put_collection, delete_collection, list_attributes, put_attribute,
        list_product_types, put_product_type, get_picture,
    ]  # fmt: skip
    return Router("/", route_handlers=handlers)
