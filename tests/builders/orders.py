"""Carts and orders, from a complete cart to a shipped order."""

import itertools

from shopwright.app import Shop
from shopwright.kit.auth import GUEST, SYSTEM, Caller
from shopwright.services.carts.contract import Cart, CartChange
from shopwright.services.catalog.contract import Product
from shopwright.services.orders.contract import LineQuantity, NewShipment, Order, PaymentChoice, PlaceOrder
from shopwright.services.pricing.contract import TaxRate
from tests.builders.customers import BERLIN
from tests.builders.goods import sell, sell_book


async def fill_cart(
    shop: Shop, *wanted: tuple[Product, int], email: str = "ada@example.com", customer: str | None = None
) -> Cart:
    """Make a cart with address and shipping, ready to be ordered."""
    cart = await shop.carts.create(customer)
    for product, quantity in wanted:
        cart = await shop.carts.add(cart.id, product.variants[0].id, quantity)
    return await shop.carts.change(
        cart.id, CartChange(email=email, shipping_address=BERLIN, shipping_option_id="shr_standard")
    )


keys = itertools.count()


async def place(
    shop: Shop,
    product: Product,
    quantity: int = 1,
    token: str = "pretend_ok",
    key: str = "",
    email: str = "ada@example.com",
) -> Order:
    """An order of a guest for one product."""
    cart = await fill_cart(shop, (product, quantity), email=email)
    choice = PaymentChoice(provider="pretend", token=token, return_url="http://shop.test/back/{order_id}")
    request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    return await shop.orders.place(request, key or f"key-{next(keys)}", GUEST)


async def place_cart(shop: Shop, cart: Cart, who: Caller = GUEST) -> Order:
    """Order a cart, paid with a card that works."""
    choice = PaymentChoice(provider="pretend", token="pretend_ok")
    request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    return await shop.orders.place(request, f"tax-{next(keys)}", who)


async def buy(shop: Shop, *wanted: tuple[Product, int], who: Caller = GUEST) -> Order:
    """Place an order and deliver its events to all services."""
    order = await place_cart(shop, await fill_cart(shop, *wanted, customer=who.user_id), who)
    shop.clock.move(seconds=2)
    await shop.bus.settle()
    return await shop.orders.get(order.id)


async def kettles(shop: Shop, units: int = 2, price: int = 2900) -> Order:
    """An order of a guest for kettles."""
    return await place_cart(shop, await fill_cart(shop, (await sell(shop, price=price), units)))


async def leaves(shop: Shop, order: Order, units: int = 0, line: int = 0) -> Order:
    """Ship a parcel with this many units of a line; 0: all that are left."""
    await shop.bus.settle()
    lines = (LineQuantity(order.lines[line].id, units),) if units else ()
    return await shop.orders.ship(order.id, NewShipment(carrier="DHL", lines=lines), SYSTEM)


async def two_rates(shop: Shop) -> Order:
    """Two kettles of 29.00 at 19 % and a novel of 10.00 at 7 %, with 4.90 for shipping at 19 %: 72.90."""
    await shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="reduced", rate=700))
    kettle, novel = await sell(shop, price=2900), await sell_book(shop, "Novel", 1000)
    await shop.bus.settle()
    return await place_cart(shop, await fill_cart(shop, (kettle, 2), (novel, 1)))


async def reference(shop: Shop, order: Order) -> str:
    """The reference of the payment of an order at the provider."""
    row = await shop.databases["payments"].one("SELECT reference FROM payments WHERE order_id = :id", id=order.id)
    return str(row["reference"])
