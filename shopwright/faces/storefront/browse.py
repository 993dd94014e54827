"""Looking around: home, categories, search, products."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.faces import render
from shopwright.faces.shelf.view import ProductView
from shopwright.faces.storefront.frame import (
    FrameDep,
    SearchDep,
    top_level,
)
from shopwright.kit.auth import anyone
from shopwright.kit.errors import Missing
from shopwright.kit.money import major
from shopwright.kit.web.access import allow
from shopwright.services.catalog.contract import Category
from shopwright.services.search.contract import Card, Facet, Results, Search, SearchRequest, Sort, chosen

PAGE = 24
LARGEST = 10.0**12
SORTS: dict[Sort, str] = {
    "relevance": "Best match",
    "bestselling": "Bestselling",
    "newest": "Newest",
    "price": "Price, low to high",
    "-price": "Price, high to low",
    "rating": "Best rated",
}
Pairs = list[tuple[str, str]]


EAGER = 4  # pictures that are in sight at once are not loaded lazily


def cards(results: Results, eager: int = 0) -> list[str]:
    """Found items as they stand in a list."""
    return [card(bytes(item), lazy=number >= eager) for number, item in enumerate(results.items)]


@lru_cache(maxsize=4096)
def card(item: bytes, *, lazy: bool = True) -> str:
    """A card, made once for each content: it says nothing of who looks at it."""
    context = {"item": msgspec.json.decode(item), "lazy": lazy}
    return render.ENVIRONMENT.render_template("storefront/templates/card.html", **context)


def cards_of(found: Sequence[Card]) -> list[str]:
    """The same for cards that were not searched for."""
    return [card(msgspec.json.encode(one)) for one in found]


def _number(pairs: Pairs, name: str) -> float | None:
    value = next((value for key, value in reversed(pairs) if key == name), "")
    try:
        number = float(value.replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) < LARGEST else None  # also where it is not a number at all


def request_of(pairs: Pairs, *, category: str = "") -> SearchRequest:
    """What the address of a listing asks for; prices in addresses are in whole units. Nonsense is as if it were not there."""
    values = dict(pairs)
    groups = chosen(pairs)
    if category:
        groups.pop("category", None)
    low, high = _number(pairs, "min"), _number(pairs, "max")
    sort = values.get("sort", "relevance")
    page = values.get("page", "1")
    return SearchRequest(
        text=values.get("q", "").strip()[:200],
        category=category,
        chosen=groups,
        price_min=None if low is None else int(max(low, 0) * 100),
        price_max=None if high is None else int(max(high, 0) * 100),
        rating_min=_number(pairs, "rating_min"),
        sort=sort if sort in SORTS else "relevance",
        page=min(max(int(page), 1), 400) if page.isdigit() else 1,
        limit=PAGE,
        exact=values.get("exact") == "1",
    )


def chips(pairs: Pairs, facets: Sequence[Facet]) -> list[dict[str, str]]:
    """The choices made, each with the address without it."""
    titles = {(facet.name, value.value): f"{value.title}" for facet in facets for value in facet.values}
    names = {"min": "From €", "max": "Up to €"}
    made = []
    for name, value in pairs:
        if (name, value) in titles:
            title = titles[name, value]
        elif name in names:
            title = names[name] + value
        else:
            continue
        rest = [(key, other) for key, other in pairs if (key, other) != (name, value) and key != "page"]
        made.append({"title": title, "href": "?" + urlencode(rest)})
    return made


def listing(pairs: Pairs, asked: SearchRequest, results: Results) -> dict[str, Any]:
    """What the listing template needs."""
    pages = -(-results.total // PAGE)
    more = [(key, value) for key, value in pairs if key != "page"]

    def at(number: int) -> str:
        return "?" + urlencode([*more, ("page", str(number))] if number > 1 else more)

    return {
        "items": cards(results, EAGER),
        "total": results.total,
        "facets": render.plain(results.facets),
        "chips": chips(pairs, results.facets),
        "pairs": [{"name": name, "value": value} for name, value in pairs if name == "q"],
        "chosen_min": dict(pairs).get("min", ""),
        "chosen_max": dict(pairs).get("max", ""),
        "sorts": [
            {"value": value, "title": title} for value, title in SORTS.items() if value != "relevance" or asked.text
        ],
        "sort": asked.sort,
        "page": asked.page,
        "pages": pages,
        "next_page": at(asked.page + 1) if asked.page < pages else "",
        "previous_page": at(asked.page - 1) if asked.page > 1 else "",
    }


@get("/", opt=allow(anyone), include_in_schema=False)
async def home(frame: FrameDep) -> Response[bytes]:
    """The front page."""
    search, reviews, catalog = frame.search, frame.reviews, frame.catalog
    best = await search.find(SearchRequest(sort="bestselling", limit=8))
    known = [msgspec.json.decode(item, type=Card) for item in best.items]
    story = await search.find(SearchRequest(chosen={"category": ("table",)}, sort="bestselling", limit=3))
    quotes: list[dict[str, Any]] = []
    for one in known:
        found = await reviews.of_product(one.id, limit=1)
        quotes += [{"review": render.plain(review), "card": render.plain(one)} for review in found]
    return await frame.show(
        "home.html",
        {
            "new": cards(await search.find(SearchRequest(sort="newest", limit=8))),
            "hero": render.plain(known[0]) if known else None,
            "best": cards(best),
            "categories": render.plain(top_level(await catalog.categories())),
            "quotes": quotes[:3],
            "story": [msgspec.json.decode(item) for item in story.items],
        },
    )


@get("/c/{slug:str}", opt=allow(anyone), include_in_schema=False)
async def category(frame: FrameDep, slug: FromPath[str]) -> Response[bytes]:
    """A category with its facets."""
    request, search, catalog = frame.request, frame.search, frame.catalog
    categories = await catalog.categories()
    here = next((one for one in categories if one.slug == slug), None)
    if here is None:
        raise Missing("There is no such category.")
    pairs: Pairs = list(request.query_params.multi_items())
    asked = request_of([pair for pair in pairs if pair[0] not in {"category", "q"}], category=slug)
    results = await search.find(asked)
    below = [one for one in categories if one.parent_id == here.id]
    shown = msgspec.structs.replace(
        results, facets=tuple(facet for facet in results.facets if facet.name != "category")
    )
    return await frame.show(
        "listing.html",
        {
            "title": here.title,
            "intro": here.description,
            "below": render.plain(below),
            "trail": render.plain(_trail(here, categories)),
            **listing(pairs, asked, shown),
        },
    )


def _trail(here: Category, categories: list[Category]) -> list[Category]:
    by_id = {one.id: one for one in categories}
    trail: list[Category] = []
    current = by_id.get(here.parent_id or "")
    while current is not None and current not in trail:
        trail.insert(0, current)
        current = by_id.get(current.parent_id or "")
    return trail


@get("/search", opt=allow(anyone), include_in_schema=False)
async def find(frame: FrameDep) -> Response[bytes]:
    """Search results; where there are none, a way on."""
    request, search = frame.request, frame.search
    pairs: Pairs = [(name, value) for name, value in request.query_params.multi_items() if value]
    asked = request_of(pairs)
    results = await search.find(asked)
    context = {
        "title": f"“{results.corrected_query or asked.text}”" if asked.text else "Everything",
        "query": asked.text,
        "corrected": results.corrected_query,
        **listing(pairs, asked, results),
    }
    if not results.total:
        context["popular"] = await _popular(search)
    return await frame.show("listing.html", context)


async def _popular(search: Search) -> list[str]:
    return cards(await search.find(SearchRequest(sort="bestselling", limit=4)))


@get("/search/suggestions", opt=allow(anyone), include_in_schema=False)
async def suggestions(search: SearchDep, q: FromQuery[str] = "") -> Response[bytes]:
    """What the search box offers while one types."""
    found = render.plain(await search.suggest(q))
    return render.page("storefront/templates/suggestions.html", {"items": found, "query": q})


@get("/p/{slug:str}", opt=allow(anyone), include_in_schema=False)
async def product(frame: FrameDep, slug: FromPath[str]) -> Response[bytes] | Redirect:
    """A product, in the variant the address chooses."""
    request, shelf, reviews, recommendations, caller = (
        frame.request,
        frame.shelf,
        frame.reviews,
        frame.recommendations,
        frame.caller,
    )
    shown = await shelf.product(slug, drafts=caller.may("catalog.write"))
    if shown.slug != slug:
        return Redirect(f"/p/{shown.slug}", status_code=301)
    together = await recommendations.recommend("bought_together", products=[shown.id], limit=4)
    similar = await recommendations.recommend("similar", products=[shown.id], limit=4)
    stars = (await reviews.histogram(shown.id)).counts
    chosen_one = choice(shown, request.query_params.get("variant", ""), dict(request.query_params))
    return await frame.show(
        "product.html",
        {
            "product": {**render.plain(shown), "media": pictures(shown, chosen_one["variant"])},
            **chosen_one,
            "reviews": render.plain(await reviews.of_product(shown.id)),
            "histogram": [
                {"stars": n, "count": stars[n - 1], "share": round(100 * stars[n - 1] / max(sum(stars), 1))}
                for n in range(5, 0, -1)
            ],
            "together": cards_of(await shelf.cards([one.product_id for one in together])),
            "similar": cards_of(await shelf.cards([one.product_id for one in similar])),
            "facts": [
                {"name": name.replace("_", " ").capitalize(), "value": _fact(value)}
                for name, value in shown.attributes.items()
            ],
            "json_ld": json_ld(shown, frame.settings.url),
        },
    )


def _fact(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return f"{value:g}" if isinstance(value, float) else str(value)


def pictures(shown: ProductView, variant: dict[str, Any] | None) -> Any:
    """The pictures, that of the chosen variant first."""
    own = variant.get("media", "") if variant else ""
    return render.plain(sorted(shown.media, key=lambda media: bool(own) and media.url != own))


def choice(shown: ProductView, variant_id: str, wanted: dict[str, str]) -> dict[str, Any]:
    """The variant chosen, and for each option value the address that chooses it, crossed out where it cannot be had."""
    variants = shown.variants
    chosen_one = next((one for one in variants if one.id == variant_id), None)
    if chosen_one is None:
        fits = [
            one
            for one in variants
            if all(one.options.get(name) == wanted[name] for name in one.options if name in wanted)
        ]
        pool = fits or variants
        chosen_one = next((one for one in pool if one.available > 0), pool[0] if pool else None)
    options = []
    for option in shown.options:
        values = []
        for value in option.values:
            target = {**(chosen_one.options if chosen_one else {}), option.name: value}
            exact = next((one for one in variants if one.options == target), None)
            near = exact or next((one for one in variants if one.options.get(option.name) == value), None)
            values.append(
                {
                    "title": value,
                    "selected": chosen_one is not None and chosen_one.options.get(option.name) == value,
                    "href": f"/p/{shown.slug}?variant={near.id}" if near else "",
                    "available": near is not None and near.available > 0,
                }
            )
        options.append({"name": option.name, "values": values, "colour": option.name.casefold() in {"color", "colour"}})
    return {"variant": render.plain(chosen_one) if chosen_one else None, "options": options}


def json_ld(shown: ProductView, url: str) -> str:
    """The product for search engines (schema.org Product); "<" is written so that it cannot end the script."""
    priced = [variant for variant in shown.variants if variant.price]
    offers = [
        {
            "@type": "Offer",
            "sku": variant.sku,
            "price": major(variant.price),
            "priceCurrency": variant.price.currency,
            "availability": "https://schema.org/" + ("InStock" if variant.available else "OutOfStock"),
            "url": f"{url}/p/{shown.slug}?variant={variant.id}",
        }
        for variant in priced
        if variant.price
    ]
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": shown.title,
        "brand": {"@type": "Brand", "name": shown.brand},
        "image": [url + media.url if media.url.startswith("/") else media.url for media in shown.media],
        "offers": offers,
    }
    if shown.rating.count:
        data["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": shown.rating.average,
            "reviewCount": shown.rating.count,
        }
    return msgspec.json.encode(data).decode().replace("<", "\\u003c")


HANDLERS: list[Any] = [home, category, find, suggestions, product]
