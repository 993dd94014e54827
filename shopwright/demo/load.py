"""Fill an empty shop with Northlight: categories, products with drawn pictures, prices, stock, taxes, shipping, a coupon."""

import asyncio
import itertools
import random
from collections.abc import Callable

import msgspec

from shopwright.app import Shop
from shopwright.demo.care import UNITS, care_of
from shopwright.demo.draw import draw
from shopwright.demo.goods import AISLES, Aisle, DemoProduct
from shopwright.demo.ink import COLOURS
from shopwright.kit.addresses import Address
from shopwright.kit.money import Money
from shopwright.services.catalog.contract import AttributeType, Media, Option
from shopwright.services.pricing.contract import Coupon, Seller, ShippingRate, TaxId, TaxRate
from shopwright.web.product_view import write

VIEWS = (("front", "{}"), ("use", "{}, in use"), ("detail", "{}, from near"))
TAXES = (
    ("DE", 1900),
    ("AT", 2000),
    ("FR", 2000),
    ("NL", 2100),
    ("BE", 2100),
    ("IT", 2200),
    ("ES", 2100),
    ("PL", 2300),
    ("DK", 2500),
    ("SE", 2500),
    ("FI", 2550),
    ("IE", 2300),
)
REDUCED = (("DE", 700), ("AT", 1000), ("FR", 550), ("NL", 900), ("BE", 600), ("IT", 1000), ("ES", 1000), ("PL", 800))
PRESETS = (
    "helgoland",
    "buesingen",
    "livigno",
    "campione",
    "canary-islands",
    "ceuta-melilla",
    "aland",
    "french-overseas",
)
DEMO = "the demo shop"
# A fictitious company; its numbers have valid check digits, and belong to no company we know of.
SELLER = Seller(
    legal_name="Northlight Handels GmbH",
    address=Address(
        name="Northlight Handels GmbH", line1="Speicherstadt 12", city="Hamburg", postal_code="20457", country="DE"
    ),
    tax_ids=(TaxId(country="DE", id="DE811111148"),),
    filing_currency="EUR",
    oss=True,
    email="invoices@example.com",
    register="HRB 00000, Amtsgericht Hamburg",
    bank="DE89370400440532013000",
    why=DEMO,
)
EUROPE = tuple(country for country, _ in TAXES)
PRETTY = {
    "kitchen": 0,
    "table": 0,
    "lighting": 1,
    "desk": 0,
    "textiles": 3,
    "bags": 1,
    "outdoors": 1,
    "garden": 2,
    "bath": 0,
    "audio": 0,
    "paper": 0,
    "children": 0,
}


async def load(shop: Shop, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Load what is missing. Returns the number of new products. Safe to repeat."""
    untaxed = not await shop.pricing.tax_rates()
    await load_rules(shop)
    if untaxed:
        reduced = [TaxRate(country=country, rate=rate, tax_class="reduced", why=DEMO) for country, rate in REDUCED]
        await shop.pricing.add_tax_rates(reduced, DEMO)
        await shop.pricing.add_tax_presets(PRESETS, DEMO)
    if shop.settings.country == SELLER.address.country and not await shop.pricing.sellers():
        await shop.pricing.set_seller(msgspec.structs.replace(SELLER, filing_currency=shop.settings.currency), DEMO)
    # One of each category in turn, so that new arrivals are mixed.
    rounds = itertools.zip_longest(*([(aisle, product) for product in aisle.products] for aisle in AISLES))
    every = [pair for one in rounds for pair in one if pair is not None]
    chance = random.Random(7)  # noqa: S311 -- the same demo each time
    made = 0
    there = await shop.catalog.by_sources([f"demo/{product.title}" for _, product in every])
    await shop.catalog.put_attribute_type(AttributeType(name="colour", title="Colour", kind="colour", swatches=COLOURS))
    for measure in UNITS:
        await shop.catalog.put_attribute_type(measure)
    for position, aisle in enumerate(AISLES):
        await shop.catalog.put_category(aisle.slug, aisle.title, description=aisle.text, position=position)
    for number, (aisle, product) in enumerate(every):
        stock = [
            chance.choice((0, 2, 3, 12, 25, 40, 60)) if chance.random() < 0.3 else chance.randrange(15, 90)
            for _ in range(12)
        ]
        if f"demo/{product.title}" not in there:
            await _load_one(shop, aisle, product, number, stock)
            made += 1
        progress(number + 1, len(every))
    there = await shop.catalog.by_sources([f"demo/{product.title}" for _, product in every])
    for position, aisle in enumerate(AISLES):
        pretty = there.get(f"demo/{aisle.products[PRETTY[aisle.slug]].title}")
        image = pretty.media[0].url if pretty and pretty.media else ""
        await shop.catalog.put_category(aisle.slug, aisle.title, description=aisle.text, image=image, position=position)
    return made


async def load_rules(shop: Shop) -> None:
    """Load tax rates, shipping rates and a coupon, which a shop needs to sell; existing ones stay."""
    currency = shop.settings.currency
    if not await shop.pricing.tax_rates():
        rates = [TaxRate(country=country, rate=rate, why=DEMO) for country, rate in TAXES]
        await shop.pricing.add_tax_rates(rates, DEMO)
    if not await shop.pricing.shipping_rates():
        for one in (
            ShippingRate(id="shr_standard", title="Standard delivery", price=Money(490, currency), countries=EUROPE, free_over=7500, days_min=2, days_max=4),
            ShippingRate(id="shr_express", title="Express delivery", price=Money(1190, currency), countries=EUROPE, days_min=1, days_max=1, position=1),
            ShippingRate(id="shr_world", title="International delivery", price=Money(1490, currency), days_min=5, days_max=12, position=2),
        ):  # fmt: skip
            await shop.pricing.put_shipping_rate(one)
    if not await shop.pricing.coupons():
        await shop.pricing.put_coupon(Coupon(code="WELCOME10", kind="percentage", value=1000, limit_per_customer=1))


async def _load_one(shop: Shop, aisle: Aisle, product: DemoProduct, number: int, stock: list[int]) -> None:
    pictures: dict[str, Media] = {}
    media = []
    for colour in product.colours:
        for view, alt in VIEWS if colour == product.colours[0] else VIEWS[:1]:
            drawing = await asyncio.to_thread(
                draw, product.family, product.form, colour, product.material, number, view
            )
            words = alt.format(f"{product.title} in {colour.lower()}")
            picture = await shop.catalog.add_media(drawing.encode(), words, ours=True)
            pictures.setdefault(colour, picture)
            media.append(picture)
    options = []
    if len(product.colours) > 1:
        options.append(Option("Colour", product.colours))
    if product.sizes:
        options.append(Option("Size", product.sizes))
    await write.create(
        shop.product_views,
        write.ProductWrite(
            title=product.title,
            description=f"<p>{product.text}</p><p>{care_of(product)}</p>",
            brand=product.brand,
            status="published",
            categories=(aisle.slug,),
            tags=(aisle.slug, product.family),
            attributes=dict(product.attributes),
            options=tuple(options),
            variants=tuple(_variants(product, pictures, shop.settings.currency, stock)),
            media=tuple(dict.fromkeys(media)),
            source=f"demo/{product.title}",
        ),
        "opening stock",
    )


def _variants(
    product: DemoProduct, pictures: dict[str, Media], currency: str, stock: list[int]
) -> list[write.VariantWrite]:
    made: list[write.VariantWrite] = []
    for colour in product.colours:
        for step, size in enumerate(product.sizes or ("",)):
            options = ({"Colour": colour} if len(product.colours) > 1 else {}) | ({"Size": size} if size else {})
            price = round(product.price * (1 + 0.25 * step) / 50) * 50
            made.append(
                write.VariantWrite(
                    options=options,
                    price=Money(price, currency),
                    compare_at=Money(product.reduced_from, currency) if product.reduced_from else None,
                    on_hand=stock[len(made) % len(stock)],
                    weight=300 + product.price // 20,
                    media=pictures[colour].url,
                )
            )
    return made


async def mark_if_new(shop: Shop) -> bool:
    """Mark a shop without products and orders as a demo shop. Returns whether it was."""
    new = not (await shop.catalog.list_products(limit=1) or await shop.orders.search(limit=1))
    if new:
        for work in shop.databases.values():
            await work.mark_demo()
    return new
