"""The pictures that products name, beside those in the file store: which are missing, and which nothing names."""

from collections.abc import Mapping

import msgspec

from shopwright.app import Shop
from shopwright.kit.settings import mask

PAGE = 200
SHOWN = 5
PREFIX, ORIGINAL = "media/", "original"
UPLOADS = "uploads/"


class Pictures(msgspec.Struct, frozen=True):
    """What products name and what is in the store (`where`).

    `named`: the file of each picture, with the title of a product that has it; `missing`: those that are not in the
    store; `unnamed`: files there that no product names: one may be about to.
    """

    named: Mapping[str, str]
    missing: tuple[str, ...]
    unnamed: tuple[str, ...]
    where: str

    def sentence(self) -> str:
        """What is missing, in words."""
        some = ", ".join(f"{name} of “{self.named[name]}”" for name in self.missing[:SHOWN])
        more = f" and {len(self.missing) - SHOWN} more" if len(self.missing) > SHOWN else ""
        return (
            f"{len(self.missing)} of {len(self.named)} pictures are not in the file store {self.where}"
            f" (SHOPWRIGHT_FILES): {some}{more}."
        )


async def compare(shop: Shop) -> Pictures:
    """Look at every product and at the whole store. Raises Unavailable."""
    named: dict[str, str] = {}
    after = ""
    while products := await shop.catalog.list_products(after=after, limit=PAGE):
        for product in products:
            urls = [*(one.url for one in product.media), *(variant.media for variant in product.variants)]
            named |= {file: product.title for url in urls if (file := _file(url))}
        after = products[-1].id
    there = await shop.files.names()
    known = {name.rpartition("/")[0] for name in named}
    unnamed = [name for name in there if not name.startswith(UPLOADS) and name.rpartition("/")[0] not in known]
    return Pictures(named, tuple(sorted(named.keys() - set(there))), tuple(unnamed), mask("files", shop.settings.files))


def _file(url: str) -> str:
    """The file behind an address of ours; none for a picture that is elsewhere."""
    path = url.removeprefix("/")
    return f"{path.rpartition('/')[0]}/{ORIGINAL}" if path.startswith(PREFIX) else ""
