"""Browsing: home, categories, collections and search."""

import itertools
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from litestar.status_codes import HTTP_204_NO_CONTENT

from shopwright.kit.auth import anyone
from shopwright.kit.currencies import minor_digits
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.errors import Missing
from shopwright.kit.folding import fold
from shopwright.kit.http.access import allow
from shopwright.kit.money import Money, symbol, write
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.kit.typed import digits_or
from shopwright.services.catalog.contract import Category
from shopwright.services.search.contract import (
    MOST_CHOICES,
    MOST_FACETS,
    Card,
    Facet,
    Results,
    Search,
    SearchRequest,
    Sort,
    chosen,
)
from shopwright.web import render
from shopwright.web.storefront.page_context import NO_CDN, FrameDep, SearchDep, top_level

PAGE = 24
MOST_VALUES = MOST_CHOICES // MOST_FACETS
QUOTES = 3  # of buyers, on the front page
GOOD = 4  # stars of what is quoted on the front page
LARGEST = Decimal(10) ** 12
SORTS: dict[Sort, str] = {
    "relevance": gettext_noop("Best match"),
    "bestselling": gettext_noop("Bestselling"),
    "newest": gettext_noop("Newest"),
    "price": gettext_noop("Price, low to high"),
    "-price": gettext_noop("Price, high to low"),
    "rating": gettext_noop("Best rated"),
}
Pairs = list[tuple[str, str]]


EAGER = 4  # pictures that are in sight at once are not loaded lazily


def cards(results: Results, eager: int = 0) -> list[str]:
    """Render found products as list cards, titles with highlighted matches; the first `eager` pictures load at once."""
    pairs = zip(results.items, results.highlights or itertools.repeat(""), strict=False)
    items = [{"item": item, "lazy": n >= eager, "marked": marked} for n, (item, marked) in enumerate(pairs)]
    return render.fragments("storefront/templates/card.html", items)


def cards_of(found: Sequence[Card]) -> list[str]:
    """Render cards without highlights."""
    return render.fragments(
        "storefront/templates/card.html", [{"item": one, "lazy": True, "marked": ""} for one in found]
    )


def _number(pairs: Pairs, name: str) -> Decimal | None:
    value = next((value for key, value in reversed(pairs) if key == name), "")
    try:
        number = Decimal(value.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < LARGEST else None


def _minor(number: Decimal | None, currency: str, rounding: str) -> int | None:
    """A price from a URL in minor units, rounded so that no named price is excluded."""
    if number is None:
        return None
    return int(max(number, Decimal()).scaleb(minor_digits(currency)).to_integral_value(rounding))


def request_of(pairs: Pairs, currency: str, *, category: str = "", collection: str = "") -> SearchRequest:
    """The search of a listing URL; prices there are in whole units. Invalid values are ignored."""
    values = dict(pairs)
    groups = {name: values[:MOST_VALUES] for name, values in list(chosen(pairs).items())[:MOST_FACETS]}
    # Invalid and excessive values in a URL are ignored.
    if category:
        groups.pop("category", None)
    low, high = _number(pairs, "min"), _number(pairs, "max")
    sort = values.get("sort", "relevance")
    page = values.get("page", "1")
    return SearchRequest(
        text=values.get("q", "").strip()[:200],
        category=category,
        collection=collection,
        chosen=groups,
        price_min=_minor(low, currency, ROUND_CEILING),
        price_max=_minor(high, currency, ROUND_FLOOR),
        rating_min=float(stars) if (stars := _number(pairs, "rating_min")) is not None else None,
        sort=sort if sort in SORTS else "relevance",
        page=min(max(digits_or(page, 1), 1), 400),
        limit=PAGE,
        exact=values.get("exact") == "1",
    )


def chips(pairs: Pairs, search: SearchRequest, facets: Sequence[Facet], currency: str) -> list[dict[str, str]]:
    """The chosen filters, each with the URL that removes it."""
    if not pairs:
        return []
    titles = {(facet.name, value.value): f"{value.title}" for facet in facets for value in facet.values}
    prices = {
        "min": (gettext_noop("From {price}"), search.price_min),
        "max": (gettext_noop("Up to {price}"), search.price_max),
    }
    made = []
    for name, value in pairs:
        word, amount = prices.get(name, ("", None))
        if (name, value) in titles:
            title = titles[name, value]
        elif amount is not None:
            title = _(word, price=write(Money(amount, currency)))
        else:
            continue
        rest = [(key, other) for key, other in pairs if (key, other) != (name, value) and key != "page"]
        made.append({"title": title, "href": "?" + urlencode(rest)})
    return made


def listing(pairs: Pairs, search: SearchRequest, results: Results, currency: str) -> dict[str, Any]:
    """The template context of a listing."""
    pages = -(-results.total // PAGE)
    more = [(key, value) for key, value in pairs if key != "page"]
    query = [{"name": name, "value": value} for name, value in pairs if name == "q"]
    low, high = dict(pairs).get("min", ""), dict(pairs).get("max", "")

    def at(number: int) -> str:
        return "?" + urlencode([*more, ("page", str(number))] if number > 1 else more)

    return {
        "items": cards(results, EAGER),
        "total": results.total,
        "partial": results.partial,
        "facets": render.fragment(
            "storefront/templates/facets.html",
            facets=results.facets,
            pairs=query,
            sort=search.sort,
            chosen_min=low,
            chosen_max=high,
            symbol=symbol(currency),
            **_ends(results.facets, currency),
        ),
        "kept": [*query, *_kept(results.facets, low, high)],
        "chips": chips(pairs, search, results.facets, currency),
        "sorts": [
            {"value": value, "title": _(title)} for value, title in SORTS.items() if value != "relevance" or search.text
        ],
        "sort": search.sort,
        "page": search.page,
        "pages": pages,
        "next_page": at(search.page + 1) if search.page < pages else "",
        "previous_page": at(search.page - 1) if search.page > 1 else "",
    }


def _ends(facets: Sequence[Facet], currency: str) -> dict[str, str]:
    """The lowest and highest price, in whole units."""
    found = next((facet for facet in facets if facet.kind == "range"), None)
    if found is None or found.low is None or found.high is None:
        return {"lowest": "", "highest": ""}
    unit = 10 ** minor_digits(currency)
    return {"lowest": str(found.low // unit), "highest": str(-(-found.high // unit))}


def _kept(facets: Sequence[Facet], low: str, high: str) -> list[dict[str, str]]:
    """The filters that stay when the sort order changes."""
    chips = [{"name": facet.name, "value": value.value} for facet in facets for value in facet.values if value.selected]
    return chips + [{"name": name, "value": value} for name, value in (("min", low), ("max", high)) if value]


@get("/", opt=allow(anyone), include_in_schema=False)
async def home(frame: FrameDep) -> Response[bytes]:
    """Show the home page."""
    search, reviews, catalog = frame.search, frame.reviews, frame.catalog
    best = await search.find(SearchRequest(sort="bestselling", limit=8))
    known = [decode_tolerant(item, Card) for item in best.items]
    table_setting = await search.find(SearchRequest(chosen={"category": ("table",)}, sort="bestselling", limit=3))
    quotes: list[dict[str, Any]] = []
    for one in [card for card in known if card.rating.count]:
        praise = [
            review for review in await reviews.review_page(one.id, "best") if review.rating >= GOOD and review.body
        ]
        new = next(
            (review for review in praise if review.body not in {quote["review"]["body"] for quote in quotes}), None
        )
        if new is not None and len(quotes) < QUOTES:
            quotes.append({"review": render.plain(new), "card": render.plain(one)})
    return await frame.show(
        "home.html",
        {
            "new": cards(await search.find(SearchRequest(sort="newest", limit=8))),
            "hero": render.plain(known[0]) if known else None,
            "best": cards(best),
            "categories": render.plain(top_level(await catalog.categories())),
            "quotes": quotes,
            "story": [msgspec.json.decode(item) for item in table_setting.items],
        },
    )


@get("/c/{slug:str}", opt=allow(anyone), include_in_schema=False)
async def category(frame: FrameDep, slug: FromPath[str]) -> Response[bytes] | Redirect:
    """Show a category with its filters."""
    request, search, catalog = frame.request, frame.search, frame.catalog
    categories = await catalog.categories()
    currency = frame.settings.currency
    here = next((one for one in categories if one.slug in {slug, slugify(slug)}), None)
    if here is None:
        raise Missing(_("There is no such category."))
    if here.slug != slug:
        return Redirect(f"/c/{here.slug}", status_code=301)
    pairs: Pairs = list(request.query_params.multi_items())
    search_request = request_of([pair for pair in pairs if pair[0] not in {"category", "q"}], currency, category=slug)
    results = await search.find(search_request)
    return await frame.show("listing.html", _said(here, categories, pairs, search_request, results, currency))


@get("/collections/{slug:str}", opt=allow(anyone), include_in_schema=False)
async def collection(frame: FrameDep, slug: FromPath[str]) -> Response[bytes] | Redirect:
    """Show a collection with its filters."""
    here = next((one for one in await frame.catalog.collections() if one.slug in {slug, slugify(slug)}), None)
    if here is None:
        raise Missing(_("There is no such collection."))
    if here.slug != slug:
        return Redirect(f"/collections/{here.slug}", status_code=301)
    pairs: Pairs = list(frame.request.query_params.multi_items())
    search = request_of([pair for pair in pairs if pair[0] != "q"], frame.settings.currency, collection=slug)
    results = await frame.search.find(search)
    context = {
        "title": here.title,
        "seo_title": here.seo_title,
        "seo_description": here.seo_description,
        "intro": here.description,
        **listing(pairs, search, results, frame.settings.currency),
    }
    return await frame.show("listing.html", context)


def _said(
    here: Category, categories: list[Category], pairs: Pairs, search: SearchRequest, results: Results, currency: str
) -> dict[str, Any]:
    """The part of a category page that is the same for everyone."""
    below = [one for one in categories if one.parent_id == here.id]
    visible = msgspec.structs.replace(
        results, facets=tuple(facet for facet in results.facets if facet.name != "category")
    )
    return {
        "title": here.title,
        "intro": here.description,
        "below": render.plain(below),
        "trail": render.plain(_trail(here, categories)),
        **listing(pairs, search, visible, currency),
    }


def _trail(here: Category, categories: list[Category]) -> list[Category]:
    by_id = {one.id: one for one in categories}
    trail: list[Category] = []
    current = by_id.get(here.parent_id or "")
    while current is not None and current not in trail:
        trail.insert(0, current)
        current = by_id.get(current.parent_id or "")
    return trail


@get("/search", opt=allow(anyone, "search"), include_in_schema=False)
async def find(frame: FrameDep) -> Response[bytes]:
    """Show search results, or suggestions if there are none."""
    request, search = frame.request, frame.search
    pairs: Pairs = [(name, value) for name, value in request.query_params.multi_items() if value]
    search_request = request_of(pairs, frame.settings.currency)
    results = await search.find(search_request)
    context = {
        "title": f"“{results.corrected_query or search_request.text}”" if search_request.text else _("All products"),
        "query": search_request.text,
        "corrected": results.corrected_query,
        "signs": search_request.text and not any(map(str.isalnum, fold(search_request.text))),
        "searched": frame.settings.cdn != NO_CDN and search_request.text and search_request.page == 1,
        **listing(pairs, search_request, results, frame.settings.currency),
    }
    if not results.total:
        context["popular"] = await _popular(search)
    return await frame.show("listing.html", context)


@get("/searched", opt=allow(anyone), include_in_schema=False, status_code=HTTP_204_NO_CONTENT)
async def searched() -> None:
    """Count a search whose page came from the CDN; the count is taken in `ViewCounter`."""


async def _popular(search: Search) -> list[str]:
    return cards(await search.find(SearchRequest(sort="bestselling", limit=4)))


@get("/search/suggestions", opt=allow(anyone, "search"), include_in_schema=False)
async def suggestions(search: SearchDep, q: FromQuery[str] = "") -> Response[bytes]:
    """Return the search box's suggestions."""
    found = render.plain(await search.suggest(q))
    return render.page("storefront/templates/suggestions.html", {"items": found, "query": q})


HANDLERS: list[Any] = [home, category, collection, find, searched, suggestions]
