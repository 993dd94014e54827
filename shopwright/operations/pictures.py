"""Comparison of products' pictures with the file store."""

import io
from collections.abc import Mapping

import msgspec
from PIL import Image

from shopwright.app import Shop
from shopwright.kit.errors import ShopError
from shopwright.kit.settings import mask
from shopwright.kit.translation import gettext as _

PAGE = 200
SHOWN = 5
PREFIX, ORIGINAL = "media/", "original"
UPLOADS = "uploads/"


class PictureComparison(msgspec.Struct, frozen=True):
    """The pictures of products and the files in the store (`where`).

    `named`: files with the title of a product that uses them; `missing`: not in the store; `unnamed`: files no product
    uses (yet).
    """

    named: Mapping[str, str]
    missing: tuple[str, ...]
    unnamed: tuple[str, ...]
    where: str

    def sentence(self) -> str:
        """The missing pictures in words."""
        some = ", ".join(_("{name} of “{named}”", name=name, named=self.named[name]) for name in self.missing[:SHOWN])
        more = _(" and {count} more", count=len(self.missing) - SHOWN) if len(self.missing) > SHOWN else ""
        return _(
            "{count} of {total} pictures are not in the file store {where} (SHOPWRIGHT_FILES): {some}{more}.",
            count=len(self.missing),
            total=len(self.named),
            where=self.where,
            some=some,
            more=more,
        )


async def compare(shop: Shop) -> PictureComparison:
    """Compare all products with the whole store. Raises Unavailable."""
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
    return PictureComparison(
        named, tuple(sorted(named.keys() - set(there))), tuple(unnamed), mask("files", shop.settings.files)
    )


async def unreadable_pictures(shop: Shop, found: PictureComparison) -> list[str]:
    """Describe files in the store that are no pictures."""
    bad = []
    for name in sorted(found.named.keys() - set(found.missing)):
        try:
            data = await shop.files.get(name)
        except (OSError, ShopError) as error:
            bad.append(
                _(
                    "{name} of “{named}” ({problem})",
                    name=name,
                    named=found.named[name],
                    problem=getattr(error, "strerror", None) or error,
                )
            )
            continue
        if not data or not _begins_as_picture(data):
            bad.append(
                _(
                    "{name} of “{named}” ({problem})",
                    name=name,
                    named=found.named[name],
                    problem=_("no picture") if data else _("empty"),
                )
            )
    if not bad:
        return []
    more = _(" and {count} more", count=len(bad) - SHOWN) if len(bad) > SHOWN else ""
    sentence = _(
        "{count} pictures in the file store {where} (SHOPWRIGHT_FILES) cannot be read: {names}{more}. Upload them again on the pages of these products, or restore the files.",
        count=len(bad),
        where=found.where,
        names=", ".join(bad[:SHOWN]),
        more=more,
    )
    return [sentence]


def _begins_as_picture(data: bytes) -> bool:
    """Check the header only, as decoding thousands would take seconds."""
    try:
        Image.open(io.BytesIO(data)).close()
    except (OSError, SyntaxError, ValueError):
        return data.lstrip()[:1] == b"<"  # a drawing
    return True


def _file(url: str) -> str:
    """The file of one of our URLs; "" for external pictures."""
    path = url.removeprefix("/")
    return f"{path.rpartition('/')[0]}/{ORIGINAL}" if path.startswith(PREFIX) else ""
