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
    things = [(aisle, thing) for aisle in AISLES for thing in aisle.things]
    first = await shop.catalog.by_sources([f"demo/{thing.title}" for _, thing in things])
    pictures = {media.url: media for product in first.values() for media in product.media}
    shown = {source: tuple(media.url for media in product.media) for source, product in first.items()}
    drafts = _drafts(things, shown, shop.settings.currency, size - len(things))
    seen: set[int] = set()
    async for remark in ProductImporter(shop.product_views, DrawnPictures(pictures)).import_drafts(drafts):
        seen.add(remark.row)
        made += remark.outcome == "taken"
        progress(len(seen) + len(things), size)
    return made


def _drafts(
    things: list[tuple[Aisle, DemoProduct]], shown: Mapping[str, tuple[str, ...]], currency: str, count: int
) -> Iterator[Draft]:
    chance = random.Random(11)  # noqa: S311 -- the same ones each time
    for number in range(count):
        aisle, thing = things[number % len(things)]
        again = number // len(things)
        words = f"{WORDS[again % len(WORDS)]} {thing.title}"
        title = words if again < len(WORDS) else f"{words} No. {again // len(WORDS) + 1}"
        pictures = shown[f"demo/{thing.title}"]
        factor = chance.uniform(0.5, 2.0)
        yield Draft(
            source=f"demo/many/{number}",
            rows=(number,),
            title=title,
            slug="",
            description=f"<p>{thing.text}</p><p>{care_of(thing)}</p>",
            brand=thing.brand,
            categories=((aisle.title,),),
            tags=(aisle.slug, thing.family),
            attributes=dict(thing.attributes),
            options=("Colour",) if len(thing.colours) > 1 else (),
            variants=tuple(
                DraftVariant(
                    row=number,
                    options={"Colour": colour} if len(thing.colours) > 1 else {},
                    price=Money(max(50, round(thing.price * factor / 50) * 50), currency),
                    on_hand=chance.randrange(90),
                    weight=300 + thing.price // 20,
                    image=pictures[0] if pictures else "",
                )
                for colour in thing.colours
            ),
            images=tuple(DraftImage(url) for url in pictures),
        )
