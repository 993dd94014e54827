"""The values of search: what operations take and return, and errors."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from shopwright.kit.money import Money

CHOICES = ("category", "brand", "in_stock")

# Each facet with choices is counted by itself.
MOST_FACETS, MOST_CHOICES = 8, 50

Sort = Literal["relevance", "price", "-price", "newest", "rating", "bestselling"]


class Rating(msgspec.Struct, frozen=True):
    """The average rating (1 to 5) and the number of reviews."""

    average: float
    count: int


class Card(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product in a list. `variant_id` is set for a single variant, which can be added to the cart at once.

    `swatches`: the names of its colours; `colours`: their #rrggbb, where defined.
    """

    id: str
    slug: str
    title: str
    brand: str
    price: Money | None
    compare_at: Money | None = None
    in_stock: bool
    image: str
    rating: Rating
    image_alt: str = ""
    second_image: str = ""
    swatches: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    variant_id: str = ""
    price_varies: bool = False


class FacetValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value of a facet; `count`: matching products; `swatch`: #rrggbb of a colour."""

    value: str
    title: str
    count: int
    selected: bool
    swatch: str = ""


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """A filter. Range ends are in minor units."""

    name: str
    title: str
    kind: Literal["terms", "range", "boolean"]
    values: tuple[FacetValue, ...] = ()
    low: int | None = None
    high: int | None = None


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A search. `category`, `collection`: the page's. `chosen`: facet name (category, attr.color) → any of values.

    `after`: the `next` of a previous page, in place of a page number.
    """

    text: str = ""
    category: str = ""
    collection: str = ""
    chosen: Mapping[str, tuple[str, ...]] = {}
    price_min: int | None = None
    price_max: int | None = None
    rating_min: float | None = None
    sort: Sort = "relevance"
    page: int = 1
    after: str = ""
    limit: int = 24
    exact: bool = False


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """Search results. `items` are cards as encoded JSON.

    `highlights`: the title of each as HTML with matches in <mark>; "" without a match. `partial`: the search engine is
    unavailable, so there is a fixed sort order and there are no facets. `next`: the cursor of the next page; null at
    the end, and while the engine is unavailable.
    """

    items: tuple[msgspec.Raw, ...]
    highlights: tuple[str, ...] = ()
    total: int
    facets: tuple[Facet, ...]
    corrected_query: str | None = None
    partial: bool = False
    next: str | None = None


def chosen(pairs: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The facet choices of a query string; a name may occur several times."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if (name in CHOICES or name.startswith("attr.")) and value:
            found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items() if name != "in_stock" or values[-1] == "true"}
