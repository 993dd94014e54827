"""REST route of what happened to an order."""

from typing import Any

from litestar import get
from litestar.params import FromPath

from shopwright.faces.trail.gather import OrderTrail, trail_of
from shopwright.kit.auth import staff
from shopwright.kit.web.access import allow
from shopwright.kit.web.behind import behind
from shopwright.kit.web.given import Asking, Given
from shopwright.kit.web.routes import Routes
from shopwright.services.orders.contract import Orders


@get(
    "/v1/orders/{order_id:str}/trail",
    opt=allow(staff("orders.read")),
    tags=["orders"],
    operation_id="get_order_trail",
)
async def get_order_trail(orders: Given[Orders], caller: Asking, order_id: FromPath[str]) -> OrderTrail:
    """What happened to an order, oldest first, each with the request to look for in the logs; messages for whoever may read them."""
    order = await orders.get(order_id)
    return await trail_of(behind().shop, order.id, messages=caller.may("messages.read"))


def routes() -> Routes:
    """All routes of this face."""
    handlers: list[Any] = [get_order_trail]
    return Routes("/", route_handlers=handlers)
