"""REST routes of inventory: places, rules and what moved, for staff. Adjustments by SKU are the shelf's."""

from typing import Annotated, Any

import msgspec
from litestar import delete, get, put
from litestar.params import FromPath, JSONBody

from shopwright.kit.auth import staff
from shopwright.kit.web.access import allow
from shopwright.kit.web.given import Given
from shopwright.kit.web.routes import Routes
from shopwright.services.inventory.contract import Inventory, Location, Movement, StockRule

Service = Given[Inventory]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class LocationInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place where stock lies."""

    title: Title
    position: int = 0


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are of a variant."""

    on_hand: int
    reserved: int
    available: int


class StockDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A variant's stock, in all and at each location, its rule, and the newest movements."""

    variant_id: str
    total: Counts
    locations: dict[str, Counts]
    rule: StockRule
    movements: list[Movement]


@get("/v1/stock/{variant_id:str}", opt=allow(staff("stock.write")), tags=["inventory"], operation_id="get_stock")
async def get_stock(inventory: Service, variant_id: FromPath[str]) -> StockDetail:
    """A variant's stock; one never stocked has none."""
    total = (await inventory.stock([variant_id]))[variant_id]
    return StockDetail(
        variant_id=variant_id,
        total=Counts(on_hand=total.on_hand, reserved=total.reserved, available=total.available),
        locations={
            location: Counts(on_hand=one.on_hand, reserved=one.reserved, available=one.on_shelf)
            for location, one in (await inventory.by_location(variant_id)).items()
        },
        rule=await inventory.rule(variant_id),
        movements=await inventory.movements(variant_id),
    )


@put(
    "/v1/stock-rules/{variant_id:str}",
    opt=allow(staff("stock.write")),
    tags=["inventory"],
    operation_id="put_stock_rule",
)
async def put_stock_rule(inventory: Service, variant_id: FromPath[str], data: JSONBody[StockRule]) -> StockRule:
    """Say how many may be ordered beyond what is there, and from how few on a variant runs low."""
    return await inventory.put_rule(variant_id, data)


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
    handlers: list[Any] = [get_stock, put_stock_rule, list_locations, put_location, delete_location]
    return Routes("/", route_handlers=handlers)
