"""REST routes of the catalog: categories and pictures. Products as shoppers see them carry prices: faces/shelf."""

from typing import Any

from litestar import Response, Router, get
from litestar.params import FromPath

from shopwright.kit.auth import anyone
from shopwright.kit.errors import Missing
from shopwright.kit.web.access import allow
from shopwright.kit.web.given import Given
from shopwright.services.catalog.contract import Catalog, Category

Service = Given[Catalog]
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


@get("/v1/categories", opt=allow(anyone), tags=["catalog"], operation_id="list_categories")
async def list_categories(catalog: Service) -> dict[str, list[Category]]:
    """The category tree, parents before children."""
    return {"items": await catalog.categories()}


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
    handlers: list[Any] = [list_categories, get_picture]
    return Router("/", route_handlers=handlers)
