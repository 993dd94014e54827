"""REST routes of search."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery, Parameter

from shopwright.kit.auth import anyone
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.http.openapi_document import answers
from shopwright.kit.http.pagination import AfterPlace
from shopwright.kit.http.query_parameters import also_asks
from shopwright.kit.http.routes import Routes
from shopwright.kit.money import LARGEST
from shopwright.services.search.contract import Card, Facet, Results, Search, SearchRequest, Sort, chosen

Service = Dependency[Search]
Price = Annotated[int | None, Parameter(ge=0, le=LARGEST, description="minor units")]


class SearchResults(msgspec.Struct, frozen=True):
    """Search results in the API documentation."""

    items: list[Card]
    highlights: list[str]
    total: int
    facets: list[Facet]
    corrected_query: str | None
    partial: bool
    next: str | None


@get(
    "/v1/search",
    opt=allow(anyone, "search") | also_asks("category", "brand", "in_stock", begins="attr."),
    tags=["search"],
    operation_id="search",
    responses=answers(SearchResults, "Products that fit, and ways to narrow down."),
)
async def find(
    search: Service,
    request: Request[Any, Any, Any],
    q: FromQuery[str] = "",
    collection: FromQuery[str] = "",
    price_min: Price = None,
    price_max: Price = None,
    rating_min: Annotated[float | None, Parameter(ge=0, le=5)] = None,
    sort: FromQuery[Sort] = "relevance",
    page: Annotated[int, Parameter(ge=1)] = 1,
    after: AfterPlace = "",
    limit: Annotated[int, Parameter(ge=1, le=100)] = 24,
    *,
    exact: FromQuery[bool] = False,
) -> Response[bytes]:
    """Search and filter: category, brand, in_stock and attr.NAME may each be repeated (any of them)."""
    results: Results = await search.find(
        SearchRequest(
            text=q,
            collection=collection,
            chosen=chosen(list(request.query_params.multi_items())),
            price_min=price_min,
            price_max=price_max,
            rating_min=rating_min,
            sort=sort,
            page=page,
            after=after,
            limit=limit,
            exact=exact,
        )
    )
    return Response(msgspec.json.encode(results), media_type="application/json")


@get("/v1/search/suggestions", opt=allow(anyone, "search"), tags=["search"], operation_id="suggest")
async def suggest(search: Service, q: FromQuery[str] = "") -> dict[str, list[Card]]:
    """Suggest products while typing."""
    return {"items": await search.suggest(q)}


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [find, suggest]
    return Routes("/", route_handlers=handlers)
