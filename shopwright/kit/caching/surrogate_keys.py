"""By which keys answers are dropped from a cache in front of the shop (surrogate keys): what they show, what they are."""

import hashlib
import re
from collections.abc import Iterable

LISTS, EVERYTHING = "lists", "all"
# What shows a product names its slug: pages in links, the API as itself.
SLUG = re.compile(rb'(?:/p/|"slug":\s?")([a-z0-9-]+)')
ALONE = ("/p/", "/v1/products/")


def key_of(slug: str) -> str:
    """Of answers that show this product."""
    return "p-" + hashlib.sha256(slug.encode()).hexdigest()[:10]


def keys_of(path: str, parts: Iterable[bytes]) -> set[str]:
    """Of an answer at `path`."""
    slugs = {slug.decode() for part in parts for slug in SLUG.findall(part)}
    return {EVERYTHING, *(() if path.startswith(ALONE) else (LISTS,)), *(key_of(slug) for slug in slugs)}
