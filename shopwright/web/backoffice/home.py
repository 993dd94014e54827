"""The dashboard: recent sales and open tasks, as far as the viewer may see them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from litestar import Response, get
from litestar.response import Redirect

from shopwright.kit import money
from shopwright.kit.auth import anyone
from shopwright.kit.days import write_day_of_year
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop, ngettext
from shopwright.services.books.contract import Books, SalesDay
from shopwright.services.insights.contract import Insights, Step
from shopwright.services.orders.contract import Orders
from shopwright.services.pricing.contract import Pricing
from shopwright.services.search.contract import Search, SearchRequest
from shopwright.web import render
from shopwright.web.backoffice.office_context import OfficeDep
from shopwright.web.storefront.page_context import OrdersDep, SearchDep, UsersDep

InsightsDep = Dependency[Insights]
BooksDep = Dependency[Books]
PricingDep = Dependency[Pricing]
SHOWN = 10
SUMS = ("goods", "discounts", "returned", "shipping", "net", "tax", "gross")
STEP_TITLES: dict[Step, str] = {
    "viewed": gettext_noop("Products looked at"),
    "cart": gettext_noop("Carts begun"),
    "checkout": gettext_noop("Checkouts begun"),
    "placed": gettext_noop("Orders placed"),
    "paid": gettext_noop("Orders paid"),
}


@get("/office", opt=allow(anyone), include_in_schema=False)
async def home(
    office: OfficeDep,
    insights: InsightsDep,
    books: BooksDep,
    orders: OrdersDep,
    search: SearchDep,
    users: UsersDep,
    pricing: PricingDep,
    caller: CurrentCaller,
) -> Response[bytes] | Redirect:
    """Show the dashboard."""
    if not caller.is_staff:
        needs_factor = caller.user_id is not None and (await users.get(caller.user_id)).role
        return Redirect("/account/second-factor" if needs_factor else "/sign-in?next=/office")
    context: dict[str, Any] = {"sales": None, "orders": None, "untaxed": []}
    if caller.may("insights.read"):
        context["sales"] = await _sales(insights, books, search)
    if caller.may("orders.read"):
        context["orders"] = await _open_orders(orders)
    if caller.may("prices.write"):
        context["untaxed"] = render.plain(await pricing.untaxed_places())
    return office.show("home.html", context)


async def _sales(insights: Insights, books: Books, search: Search) -> dict[str, Any]:
    """Sales of the last days from the ledger, with analytics."""
    days = await books.sales_days()
    orders = {day.day: day.orders for day in await insights.days()}
    currency = days[0].gross.currency
    return {
        "chart": chart(days, orders),
        "sums": {name: render.plain(money.add_up((getattr(day, name) for day in days), currency)) for name in SUMS},
        "count": sum(orders.values()),
        "top": render.plain(await insights.top_products()),
        "funnel": await _funnel(insights),
        "searches": await _searches(insights, search),
    }


async def _open_orders(orders: Orders) -> dict[str, Any]:
    """Open tasks with orders: total counts, the first orders shown."""
    return {
        "to_ship": await orders.count("to_ship"),
        "authorised": await orders.count("authorised"),
        "waiting": render.plain(await orders.search(status="to_ship", limit=SHOWN)),
    }


async def _funnel(insights: Insights) -> list[dict[str, Any]]:
    """Funnel steps with their share of the previous one, as bars."""
    steps = await insights.funnel()
    most = max((one.count for one in steps), default=0) or 1
    return [
        {
            "title": _(STEP_TITLES[one.step]),
            "count": one.count,
            "width": round(100 * one.count / most, 1),
            "of_before": round(100 * one.count / before.count)
            if before is not None and 0 < one.count <= before.count
            else None,
        }
        for one, before in zip(steps, [None, *steps], strict=False)
    ]


async def _searches(insights: Insights, search: Search) -> list[dict[str, Any]]:
    """Top searches with today's number of results, as none calls for action."""
    return [
        {"words": one.words, "count": one.count, "found": (await search.find(SearchRequest(text=one.words))).total}
        for one in await insights.top_searches()
    ]


def chart(days: list[SalesDay], orders: Mapping[date, int]) -> list[dict[str, Any]]:
    """Bars of a 600 × 120 chart, scaled to the best day."""
    best = max((day.gross.amount for day in days), default=0) or 1
    width = 600 / max(len(days), 1)
    return [
        {
            "x": round(number * width + 2, 1),
            "y": round(120 - 118 * max(day.gross.amount, 0) / best - 1, 1),
            "width": round(width - 4, 1),
            "height": round(118 * max(day.gross.amount, 0) / best + 1, 1),
            "title": ngettext(
                "{day}: {count} order, {gross}",
                "{day}: {count} orders, {gross}",
                orders.get(day.day, 0),
                day=write_day_of_year(day.day),
                gross=money.write(day.gross),
            ),
        }
        for number, day in enumerate(days)
    ]


HANDLERS: list[Any] = [home]
