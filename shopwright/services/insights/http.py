"""REST routes of the event log and the dashboard."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get

from shopwright.kit.auth import staff
from shopwright.kit.http.access import allow, audited
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.http.openapi_document import answers
from shopwright.kit.http.pagination import AfterNumber, Limit, Page, page
from shopwright.kit.http.routes import Routes
from shopwright.services.insights.contract import Day, FunnelStep, Insights, TopProduct, TopSearch, TopView

Service = Dependency[Insights]


class Dashboard(msgspec.Struct, frozen=True):
    """The last 30 days: sales, top products, conversion funnel, top searches and views."""

    days: list[Day]
    top_products: list[TopProduct]
    funnel: list[FunnelStep]
    top_searches: list[TopSearch]
    top_views: list[TopView]


class LoggedEvent(msgspec.Struct, frozen=True):
    """A logged event in the API documentation."""

    id: str
    type: str
    time: datetime
    subject: str
    data: dict[str, Any]
    cursor: str
    request_id: str = ""
    trace_id: str = ""


@get(
    "/v1/events",
    opt=audited(allow(staff("events.read"))),
    tags=["events"],
    operation_id="list_events",
    responses=answers(Page[LoggedEvent], "Events in order, and the cursor of the next page."),
)
async def list_events(insights: Service, after: AfterNumber = "", limit: Limit = 100) -> Response[bytes]:
    """List events in order, after a cursor."""
    found = await insights.events(after, limit + 1)
    answer = page(found, limit, lambda event: event.cursor)
    return Response(msgspec.json.encode(answer), media_type="application/json")


@get("/v1/insights", opt=allow(staff("insights.read")), tags=["events"], operation_id="get_insights")
async def get_insights(insights: Service) -> Dashboard:
    """Get the dashboard of the last 30 days."""
    return Dashboard(
        await insights.days(),
        await insights.top_products(),
        await insights.funnel(),
        await insights.top_searches(),
        await insights.top_views(),
    )


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [list_events, get_insights]
    return Routes("/", route_handlers=handlers)
