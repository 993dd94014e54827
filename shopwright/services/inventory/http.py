"""REST routes of inventory: the places where stock lies, for staff. What is said of a variant, by id or SKU: web/product_view."""

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
    """A place where stock lies."""

    title: Title
    position: int = 0


@get("/v1/stock-locations", opt=allow(staff("stock.write")), tags=["inventory"], operation_id="list_locations")
async def list_locations(inventory: Service) -> dict[str, list[Location]]:
    """All locations, in the order in which orders take from them."""
    return {"items": await inventory.locations()}


@put(
    "/v1/stock-locations/{location:str}",
    opt=allow(staff("stock.write")),
    tags=["inventory"],
    operation_id="put_location",
)
async def put_location(inventory: Service, location: FromPath[str], data: JSONBody[LocationInput]) -> Location:
    """Make a location, or change the one with this id."""
    return await inventory.put_location(Location(location, data.title, data.position))


@delete(
    "/v1/stock-locations/{location:str}",
    opt=allow(staff("stock.write")),
    tags=["inventory"],
    operation_id="delete_location",
)
async def delete_location(inventory: Service, location: FromPath[str]) -> None:
    """Take an empty location away."""
    await inventory.delete_location(location)


def routes() -> Routes:
    """All routes of this service."""
    handlers: list[Any] = [list_locations, put_location, delete_location]
    return Routes("/", route_handlers=handlers)
