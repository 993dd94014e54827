"""The first page of the back office: what was sold lately, and what waits to be done, as far as one may see it."""

from typing import Any

from litestar import Response, get
from litestar.response import Redirect

from shopwright.faces import render
from shopwright.faces.backoffice.frame import OfficeDep
from shopwright.faces.storefront.frame import OrdersDep, SearchDep, UsersDep
from shopwright.kit import money
from shopwright.kit.auth import anyone
from shopwright.kit.web.access import allow
from shopwright.kit.web.given import Asking, Given
from shopwright.services.insights.contract import Day, Insights, Step
from shopwright.services.orders.contract import Orders
from shopwright.services.pricing.contract import Pricing
from shopwright.services.search.contract import Search, SearchRequest

InsightsDep = Given[Insights]
PricingDep = Given[Pricing]
SHOWN = 10
STEP_TITLES: dict[Step, str] = {
    "viewed": "Products looked at",
    "cart": "Carts begun",
    "checkout": "Checkouts begun",
    "placed": "Orders placed",
    "paid": "Orders paid",
}


@get("/office", opt=allow(anyone), include_in_schema=False)
async def home(
    office: OfficeDep,
    insights: InsightsDep,
    orders: OrdersDep,
    search: SearchDep,
    users: UsersDep,
    pricing: PricingDep,
    caller: Asking,
) -> Response[bytes] | Redirect:
    """What happened lately, and what waits to be done."""
    if not caller.is_staff:
        needs_factor = caller.user_id is not None and (await users.get(caller.user_id)).role
        return Redirect("/account/second-factor" if needs_factor else "/sign-in?next=/office")
    context: dict[str, Any] = {"sales": None, "orders": None, "untaxed": []}
    if caller.may("insights.read"):
        context["sales"] = await _sales(insights, search)
    if caller.may("orders.read"):
        context["orders"] = await _open_orders(orders)
    if caller.may("prices.write"):
        context["untaxed"] = render.plain(await pricing.untaxed_places())
    return office.show("home.html", context)


async def _sales(insights: Insights, search: Search) -> dict[str, Any]:
    """What was sold lately; what was cancelled or refunded since is in none of it."""
    days = await insights.days()
    revenue = money.add_up((day.revenue for day in days), days[0].revenue.currency)
    return {
        "chart": chart(days),
        "revenue": render.plain(revenue),
        "count": sum(day.orders for day in days),
        "top": render.plain(await insights.top_products()),
        "funnel": await _funnel(insights),
        "searches": await _searches(insights, search),
    }


async def _open_orders(orders: Orders) -> dict[str, Any]:
    """What waits to be done with orders: counted whole, the first of them shown."""
    return {
        "to_ship": await orders.count("to_ship"),
        "authorised": await orders.count("authorised"),
        "waiting": render.plain(await orders.search(status="to_ship", limit=SHOWN)),
    }


async def _funnel(insights: Insights) -> list[dict[str, Any]]:
    """Steps with their share of the one before, as bars."""
    steps = await insights.funnel()
    most = max((one.count for one in steps), default=0) or 1
    return [
        {
            "title": STEP_TITLES[one.step],
            "count": one.count,
            "width": round(100 * one.count / most, 1),
            "of_before": round(100 * one.count / before.count)
            if before is not None and 0 < one.count <= before.count
            else None,
        }
        for one, before in zip(steps, [None, *steps], strict=False)
    ]


async def _searches(insights: Insights, search: Search) -> list[dict[str, Any]]:
    """What was searched for most, with what is found today: nothing found is something to be done."""
    return [
        {"words": one.words, "count": one.count, "found": (await search.find(SearchRequest(text=one.words))).total}
        for one in await insights.top_searches()
    ]


def chart(days: list[Day]) -> list[dict[str, Any]]:
    """Bars of a 600 × 120 drawing, the best day as high as it goes."""
    best = max((day.revenue.amount for day in days), default=0) or 1
    width = 600 / max(len(days), 1)
    return [
        {
            "x": round(number * width + 2, 1),
            "y": round(120 - 118 * max(day.revenue.amount, 0) / best - 1, 1),
            "width": round(width - 4, 1),
            "height": round(118 * max(day.revenue.amount, 0) / best + 1, 1),
            "title": f"{day.day:%d %B}: {day.orders} orders, {money.write(day.revenue)}",
        }
        for number, day in enumerate(days)
    ]


HANDLERS: list[Any] = [home]
