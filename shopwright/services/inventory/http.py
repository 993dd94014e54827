"""REST routes of locations, for staff. Stock of variants, by id or SKU, is in web/product_view."""

from typing import Annotated, Any

import msgspec
from litestar import delete, get, put
from litestar.params import FromPath, JSONBody

from shopwright.kit.auth import staff
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.http.routes import Routes
from shopwright.services.inventory.contract import Inventory, Location

Service = Dependency[Inventory]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class LocationInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A location."""

    title: Title
    position: int = 0


@get("/v1/stock-locations", opt=allow(staff("stock.write")), tags=["inventory"], operation_id="list_locations")
async def list_locations(inventory: Service) -> dict[str, list[Location]]:
    """List all locations in the order orders take from them."""
    return {"items": await inventory.locations()}


@put(
    "/v1/stock-locations/{location:str}",
    opt=allow(staff("stock.write")),
    tags=["inventory"],
    operation_id="put_location",
)
async def put_location(inventory: Service, location: FromPath[str], data: JSONBody[LocationInput]) -> Location:
    """Create or update a location."""
    return await inventory.put_location(Location(location, data.title, data.position))


@delete(
    "/v1/stock-locations/{location:str}",
    opt=allow(staff("stock.write")),
    tags=["inventory"],
    operation_id="delete_location",
)
async def delete_location(inventory: Service, location: FromPath[str]) -> None:
    """Delete an empty location."""
    await inventory.delete_location(location)


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [list_locations, put_location, delete_location]
    return Routes("/", route_handlers=handlers)
