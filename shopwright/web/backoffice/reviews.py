"""Reviews: moderation and replies."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import staff
from shopwright.kit.errors import Invalid, ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Catalog
from shopwright.services.reviews.contract import Reviews, Status
from shopwright.web import render
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.storefront.page_context import CatalogDep, ReviewsDep, Web, form_of

NOTHING: Mapping[str, str] = {}
PAGE = 20
STATES: dict[str, Status] = {"pending": "pending", "published": "published", "rejected": "rejected"}


@get("/office/reviews", opt=allow(staff("reviews.moderate")), include_in_schema=False)
async def review_list(
    office: OfficeDep,
    reviews: ReviewsDep,
    catalog: CatalogDep,
    status: FromQuery[str] = "pending",
    after: FromQuery[str] = "",
) -> Response[bytes]:
    """Show the queue, oldest first."""
    return await _list(office, reviews, catalog, STATES.get(status, "pending"), after)


async def _list(
    office: OfficeContext,
    reviews: Reviews,
    catalog: Catalog,
    state: Status,
    after: str = "",
    problem: str = "",
    typed: Mapping[str, str] = NOTHING,
) -> Response[bytes]:
    found = await reviews.queue(state, after, PAGE + 1)
    products = {one.id: one for one in await catalog.get_many([review.product_id for review in found])}
    shown = [
        {
            **render.plain(review),
            "typed": typed.get(review.id, review.reply),
            "product": products[review.product_id].title
            if review.product_id in products
            else _("A product that is gone"),
            "slug": products[review.product_id].slug if review.product_id in products else "",
        }
        for review in found[:PAGE]
    ]
    context = {
        "reviews": shown,
        "status": state,
        "statuses": list(STATES),
        "problem": problem,
        "next": found[PAGE - 1].id if len(found) > PAGE else "",
    }
    return office.show("reviews.html", context, 422 if problem else 200)


@post("/office/reviews/{review_id:str}", opt=allow(staff("reviews.moderate")), include_in_schema=False, status_code=200)
async def decide(
    office: OfficeDep, request: Web, reviews: ReviewsDep, catalog: CatalogDep, review_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Publish, reject or reply."""
    form = await form_of(request)
    here = STATES.get(form.get("here", ""), "pending")
    try:
        if form.get("do", "") not in {"", "reply", *STATES}:
            raise Invalid.at("/do", _("Choose whether to publish, reject or answer it."))
        # A typed reply is saved whichever button is pressed, and comes first, as it may be refused.
        if "reply" in form and (form.get("do") == "reply" or form["reply"].strip() != form.get("was", "").strip()):
            await reviews.reply(review_id, form["reply"])
        if form.get("do") in STATES:
            await reviews.moderate(review_id, STATES[form["do"]])
    except ShopError as error:
        typed = {review_id: form.get("reply", "")}
        return await _list(office, reviews, catalog, here, problem=error.detail, typed=typed)
    return Redirect(f"/office/reviews?status={here}", status_code=303)


HANDLERS: list[Any] = [review_list, decide]
