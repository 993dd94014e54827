"""Surrogate keys of responses, by which a CDN purges them: the products they show, and their kind."""

import hashlib
import re
from collections.abc import Iterable

LISTS, EVERYTHING = "lists", "all"
# Whatever shows a product names its slug: pages in links, the API in its data.
SLUG = re.compile(rb'(?:/p/|"slug":\s?")([a-z0-9-]+)')
ALONE = ("/p/", "/v1/products/")


def key_of(slug: str) -> str:
    """The key of responses that show this product."""
    return "p-" + hashlib.sha256(slug.encode()).hexdigest()[:10]


def keys_of(path: str, parts: Iterable[bytes]) -> set[str]:
    """The keys of a response at `path`."""
    slugs = {slug.decode() for part in parts for slug in SLUG.findall(part)}
    return {EVERYTHING, *(() if path.startswith(ALONE) else (LISTS,)), *(key_of(slug) for slug in slugs)}
