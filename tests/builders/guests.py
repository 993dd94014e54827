"""Orders of guests."""

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.services.orders.contract import NewShipment, Order
from tests.builders.goods import sell
from tests.builders.orders import fill_cart, place

GUEST = "Grace@Example.com"


async def bought(shop: Shop, *, sent: bool = True, email: str = GUEST) -> Order:
    """A guest's order and abandoned cart."""
    kettle = await sell(shop, on_hand=50)
    order = await place(shop, kettle, email=email)
    if sent:
        await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    await fill_cart(shop, (kettle, 1), email=email)
    await shop.bus.settle()
    return order


async def later(shop: Shop, clock: HandClock) -> None:
    """Advance the clock by two hours and run due jobs."""
    clock.move(hours=2)
    await shop.bus.settle()
