"""What others may know of search."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.data.events import Event
from shopwright.kit.money import Money
from shopwright.kit.rpc.operations import idempotent

CHOICES = ("category", "brand", "in_stock")
# Each facet one chooses from is counted by itself.
MOST_FACETS, MOST_CHOICES = 8, 50
Sort = Literal["relevance", "price", "-price", "newest", "rating", "bestselling"]


class Rating(msgspec.Struct, frozen=True):
    """What buyers think: an average of 1 to 5, and of how many."""

    average: float
    count: int


class Card(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product in a list. `variant_id` only where there is one to choose, so that it can be added at once.

    `swatches` are the names of its colours, `colours` the #rrggbb of those that are described.
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
    """A value that can be chosen; `count`: how many products there would be; `swatch`: the #rrggbb of a colour."""

    value: str
    title: str
    count: int
    selected: bool
    swatch: str = ""


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """A way to narrow down. Ranges tell their ends in minor units."""

    name: str
    title: str
    kind: Literal["terms", "range", "boolean"]
    values: tuple[FacetValue, ...] = ()
    low: int | None = None
    high: int | None = None


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for. `category`, `collection`: on whose page. `chosen`: facet name (category, brand, in_stock, attr.color) → values, any of them.

    `after`: `next` of the same search, in place of a page.
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
    """What was found. `items` are cards, as JSON that is ready to be answered.

    `highlights`: the title of each as HTML, what was searched for in <mark>; "" where the title has nothing of it.
    `partial`: the search engine does not answer; this is what is known without it, in one order, without facets.
    `next`: where the list goes on, however deep; null at its end, and while the search engine does not answer.
    """

    items: tuple[msgspec.Raw, ...]
    highlights: tuple[str, ...] = ()
    total: int
    facets: tuple[Facet, ...]
    corrected_query: str | None = None
    partial: bool = False
    next: str | None = None


def chosen(pairs: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The facet choices in a query string: each name may come more than once."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if (name in CHOICES or name.startswith("attr.")) and value:
            found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items() if name != "in_stock" or values[-1] == "true"}


class SearchesMade(Event, frozen=True, kw_only=True):
    """So often was searched for these words since the last time this was told, by anyone."""

    SUBJECT: ClassVar[str] = "day"
    day: str
    counts: dict[str, int]


class Search(Protocol):
    """The verbs of search."""

    @idempotent
    async def find(self, request: SearchRequest) -> Results:
        """Products that fit. Raises Invalid for a page too deep."""
        ...

    async def rebuild(self) -> int:
        """Build the index anew from what is known."""
        ...

    async def searched(self, counts: Mapping[str, int]) -> None:
        """These words were searched for so often, by nobody in particular."""
        ...

    @idempotent
    async def suggest(self, text: str, limit: int = 6) -> list[Card]:
        """As you type."""
        ...

    @idempotent
    async def cards(self, product_ids: tuple[str, ...]) -> list[Card]:
        """The cards of these products, of those that can be seen, in that order."""
        ...

    @idempotent
    async def rating(self, product_id: str) -> Rating:
        """What buyers think of a product."""
        ...
