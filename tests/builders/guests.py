"""Orders of guests."""

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.services.orders.contract import NewShipment, Order
from tests.builders.goods import sell
from tests.builders.orders import fill_cart, place

GUEST = "Grace@Example.com"


async def bought(shop: Shop, *, sent: bool = True, email: str = GUEST) -> Order:
    """An order of a guest, who left a cart, too."""
    kettle = await sell(shop, on_hand=50)
    order = await place(shop, kettle, email=email)
    if sent:
        await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    await fill_cart(shop, (kettle, 1), email=email)
    await shop.bus.settle()
    return order


async def later(shop: Shop, clock: HandClock) -> None:
    """Two hours pass, and jobs that are due run."""
    clock.move(hours=2)
    await shop.bus.settle()
