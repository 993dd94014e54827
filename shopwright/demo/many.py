"""Northlight with any number of products: variations in size and price."""

import random
from collections.abc import Callable, Iterator, Mapping

from shopwright.app import Shop
from shopwright.demo.care import care_of
from shopwright.demo.goods import AISLES, Aisle, DemoProduct
from shopwright.demo.load import load
from shopwright.importers.draft import Draft, DraftImage, DraftVariant
from shopwright.importers.product_importer import ProductImporter
from shopwright.kit.money import Money
from shopwright.services.catalog.contract import Media

WORDS = (
    "Small", "Large", "Tall", "Low", "Wide", "Narrow", "Heavy", "Light", "Plain", "Ribbed", "Smooth", "Coarse", "Round",
    "Square", "Deep", "Flat", "First", "Second", "Winter", "Summer", "Harbour", "Meadow", "Forest", "Island", "Northern",
)  # fmt: skip


class DrawnPictures:
    """Existing pictures in place of downloads."""

    def __init__(self, pictures: Mapping[str, Media]) -> None:
        self._pictures = pictures

    async def media(self, image: DraftImage) -> Media | None:
        return self._pictures.get(image.url)


async def load_many(shop: Shop, size: int, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Load Northlight and variations up to `size` products. Returns the number of new ones."""
    made = await load(shop)
    products = [(aisle, article) for aisle in AISLES for article in aisle.products]
    first = await shop.catalog.by_sources([f"demo/{article.title}" for _, article in products])
    pictures = {media.url: media for product in first.values() for media in product.media}
    urls_by_source = {source: tuple(media.url for media in product.media) for source, product in first.items()}
    drafts = _drafts(products, urls_by_source, shop.settings.currency, size - len(products))
    seen: set[int] = set()
    async for issue in ProductImporter(shop.product_views, DrawnPictures(pictures)).import_drafts(drafts):
        seen.add(issue.row)
        made += issue.outcome == "taken"
        progress(len(seen) + len(products), size)
    return made


def _drafts(
    products: list[tuple[Aisle, DemoProduct]], urls: Mapping[str, tuple[str, ...]], currency: str, count: int
) -> Iterator[Draft]:
    chance = random.Random(11)  # noqa: S311 -- the same ones each time
    for number in range(count):
        aisle, product = products[number % len(products)]
        again = number // len(products)
        words = f"{WORDS[again % len(WORDS)]} {product.title}"
        title = words if again < len(WORDS) else f"{words} No. {again // len(WORDS) + 1}"
        pictures = urls[f"demo/{product.title}"]
        factor = chance.uniform(0.5, 2.0)
        yield Draft(
            source=f"demo/many/{number}",
            rows=(number,),
            title=title,
            slug="",
            description=f"<p>{product.text}</p><p>{care_of(product)}</p>",
            brand=product.brand,
            categories=((aisle.title,),),
            tags=(aisle.slug, product.family),
            attributes=dict(product.attributes),
            options=("Colour",) if len(product.colours) > 1 else (),
            variants=tuple(
                DraftVariant(
                    row=number,
                    options={"Colour": colour} if len(product.colours) > 1 else {},
                    price=Money(max(50, round(product.price * factor / 50) * 50), currency),
                    on_hand=chance.randrange(90),
                    weight=300 + product.price // 20,
                    image=pictures[0] if pictures else "",
                )
                for colour in product.colours
            ),
            images=tuple(DraftImage(url) for url in pictures),
        )
