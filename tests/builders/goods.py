"""Goods for sale, and their stock."""

from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.services.catalog.contract import Option, Product
from shopwright.web.product_view import write


async def sell(
    shop: Shop,
    title: str = "Harbour Kettle",
    price: int = 6400,
    on_hand: int = 5,
    colours: tuple[str, ...] = (),
    sku: str = "",
    **more,
) -> Product:
    """Publish a product with stock and deliver the events. `sku`: of the variant, if there are no colours; `more`: other fields of the product."""
    variants = [
        write.VariantWrite(
            sku=sku,
            options={"Colour": colour} if colour else {},
            price=Money(price, "EUR"),
            on_hand=on_hand,
            weight=900,
        )
        for colour in colours or ("",)
    ]
    options = (Option("Colour", colours),) if colours else ()
    new = write.ProductWrite(title=title, status="published", variants=tuple(variants), options=options, **more)
    product = await write.create(shop.product_views, new, "opening stock")
    await shop.bus.settle()
    return product


async def stock(shop: Shop, product: Product) -> tuple[int, int]:
    """The units on hand and the reserved units of a product."""
    found = (await shop.inventory.stock([product.variants[0].id]))[product.variants[0].id]
    return found.on_hand, found.reserved


async def sell_book(shop: Shop, title: str, amount: int, on_hand: int = 9) -> Product:
    """Publish a product at the reduced rate, with stock."""
    variants = (write.VariantWrite(sku=title, price=Money(amount, "EUR"), on_hand=on_hand),)
    wanted = write.ProductWrite(title=title, status="published", variants=variants, tax_class="reduced")
    return await write.create(shop.product_views, wanted, "opening stock")
