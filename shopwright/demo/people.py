"""What happened in the demo shop before today: people who ordered, and what they think. It goes the way all orders go."""

import random

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.errors import ShopError
from shopwright.kit.places import Address
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
FAVOURITES = (
    "harbour-kettle", "morning-mug", "linen-cushion", "mushroom-lamp", "day-pack", "bath-towel", "field-notebook",
    "dinner-plate", "lambswool-blanket", "steel-flask", "stacking-rings", "terracotta-pot", "everyday-pan", "cook-s-knife",
)  # fmt: skip
SAID = (
    (5, "Better than the picture", "Heavier than I thought, in the good way. Used it every day since it came."),
    (5, "Exactly right", "It does one thing and does it well. I ordered a second one for my sister."),
    (4, "Good, with one wish", "Well made and quick to arrive. I would have liked one more colour to choose from."),
    (5, "Still like new", "Three months of daily use and it looks as it did on the first day."),
    (4, "Honest thing", "No nonsense, fair price. The box could be smaller."),
    (3, "Fine", "It is good, only a little smaller than I had imagined. Read the measures."),
    (5, "A keeper", "The kind of thing you stop noticing because it simply works."),
)
ORDERS = 18


async def live_a_little(shop: Shop) -> None:
    """Six people order, most of it is shipped, and they review some of it. The same each time."""
    chance = random.Random(11)  # noqa: S311 -- the same demo each time
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
            for product in chosen[:2] if order is not None else []:
                rating, title, body = chance.choice(SAID)
                await shop.reviews.write(product.id, NewReview(rating=rating, title=title, body=body), caller)
    await shop.bus.settle()


async def _order(shop: Shop, caller: Caller, address: Address, chosen: list[Product]) -> Order | None:
    cart = await shop.carts.create(caller.user_id)
    try:
        for product in chosen:
            cart = await shop.carts.add(cart.id, product.variants[0].id, 1)
        change = CartChange(email=caller.email, shipping_address=address, shipping_option_id="shr_standard")
        cart = await shop.carts.change(cart.id, change)
        choice = PaymentChoice(provider="pretend", token="pretend_ok")  # noqa: S106 -- a kind of behaviour
        request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
        return await shop.orders.place(request, f"demo-{cart.id}", caller)
    except ShopError:
        return None  # something was sold out: as in life
