"""REST route of an order's trail."""

from typing import Any

from litestar import get
from litestar.params import FromPath

from shopwright.kit.auth import staff
from shopwright.kit.http.access import allow
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.routes import Routes
from shopwright.services.orders.contract import Orders
from shopwright.web.trail.gather import OrderTrail, trail_of


@get(
    "/v1/orders/{order_id:str}/trail",
    opt=allow(staff("orders.read")),
    tags=["orders"],
    operation_id="get_order_trail",
)
async def get_order_trail(orders: Dependency[Orders], caller: CurrentCaller, order_id: FromPath[str]) -> OrderTrail:
    """Get an order's trail, oldest first, with request ids to find in the logs; messages require a permission."""
    order = await orders.get(order_id)
    return await trail_of(current_app().shop, order.id, messages=caller.may("messages.read"))


def routes() -> Routes:
    """Return all routes of the trail."""
    handlers: list[Any] = [get_order_trail]
    return Routes("/", route_handlers=handlers)
