"""The demo shop's past: customers, orders and reviews, made the way all orders go."""

import random
from datetime import timedelta

from shopwright.app import Shop
from shopwright.demo.said import SAID
from shopwright.kit.addresses import Address
from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.errors import ShopError
from shopwright.services.carts.contract import CartChange
from shopwright.services.catalog.contract import Product
from shopwright.services.orders.contract import NewShipment, Order, PaymentChoice, PlaceOrder
from shopwright.services.reviews.contract import NewReview

PEOPLE = (
    ("Ida Lindqvist", "Prenzlauer Allee 12", "Berlin", "10405", "DE"),
    ("Jonas Weber", "Feldstraße 40", "Hamburg", "20357", "DE"),
    ("Marta Kowalska", "ul. Długa 7", "Kraków", "31-146", "PL"),
    ("Claire Dubois", "18 rue des Martyrs", "Paris", "75009", "FR"),
    ("Teun de Vries", "Haarlemmerstraat 91", "Amsterdam", "1013 EM", "NL"),
    ("Elena Rossi", "Via Tortona 21", "Milano", "20144", "IT"),
)
FAVOURITES = tuple(SAID)
ORDERS = 18


async def live_a_little(shop: Shop) -> None:
    """Six people order, most orders are shipped, and some products reviewed; the same each time."""
    chance = random.Random(11)  # noqa: S311 -- the same demo each time
    bought: set[tuple[Caller, str, str]] = set()
    products = [await shop.catalog.get(slug) for slug in FAVOURITES]
    for n, (name, line1, city, postal_code, country) in enumerate(PEOPLE):
        email = f"{name.split()[0].lower()}@example.org"
        user = await shop.users.register(email, shop.ids.secret(12), name)
        caller = Caller(user_id=user.id, email=email, name=name)
        address = Address(name=name, line1=line1, city=city, postal_code=postal_code, country=country)
        for _ in range(ORDERS // len(PEOPLE)):
            chosen = chance.sample(products[: 8 if n % 2 else len(products)], 2 + n % 2)
            order = await _order(shop, caller, address, chosen)
            if order is not None and chance.random() < 0.8:
                parcel = NewShipment(carrier="DHL", tracking_number=f"0034043416{chance.randrange(10**6):06}")
                await shop.orders.ship(order.id, parcel, SYSTEM)
            await shop.bus.settle()
            bought |= {(caller, product.id, product.slug) for product in chosen if order is not None}
    await _review(shop, chance, sorted(bought, key=lambda one: (one[1], one[0].email)))
    await shop.bus.settle()


async def _review(shop: Shop, chance: random.Random, bought: list[tuple[Caller, str, str]]) -> None:
    """Buyers review some of their purchases over the past year, each in other words."""
    left = {slug: list(reviews) for slug, reviews in SAID.items()}
    now = shop.clock.now()
    for caller, product_id, slug in bought:
        if not left[slug]:
            continue
        rating, title, body = left[slug].pop(0)
        written_at = now - timedelta(days=chance.randrange(3, 360), minutes=chance.randrange(1_440))
        await shop.reviews.write(
            product_id, NewReview(rating=rating, title=title, body=body), caller, written_at=written_at
        )


async def _order(shop: Shop, caller: Caller, address: Address, chosen: list[Product]) -> Order | None:
    cart = await shop.carts.create(caller.user_id)
    stock = await shop.inventory.stock([variant.id for product in chosen for variant in product.variants])
    try:
        for product in chosen:
            there = [variant for variant in product.variants if stock[variant.id].available]
            cart = await shop.carts.add(cart.id, (there or product.variants)[0].id, 1)
        change = CartChange(email=caller.email, shipping_address=address, shipping_option_id="shr_standard")
        cart = await shop.carts.change(cart.id, change)
        choice = PaymentChoice(provider="pretend", token="pretend_ok")  # noqa: S106 -- a kind of behaviour
        request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
        return await shop.orders.place(request, f"demo-{cart.id}", caller)
    except ShopError:
        return None  # something was sold out: as in life
