"""REST routes of reviews."""

from typing import Annotated, Any, cast

import msgspec
from litestar import get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from shopwright.kit.auth import anyone, signed_in, staff
from shopwright.kit.bounds import Text
from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.pagination import Limit, Page, after_id, page
from shopwright.kit.http.routes import Routes
from shopwright.kit.ids import is_id
from shopwright.kit.translation import gettext as _
from shopwright.services.reviews.contract import NewReview, Review, Reviews, Status

Service = Dependency[Reviews]
ReviewCursor = Annotated[str, after_id("rev")]


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """The decision on a review, and the shop's reply."""

    status: Status | None = None
    reply: Text | None = None


@get("/v1/products/{product_id:str}/reviews", opt=allow(anyone), tags=["reviews"], operation_id="list_reviews")
async def list_reviews(
    reviews: Service, product_id: FromPath[str], after: ReviewCursor = "", limit: Limit = 20
) -> Page[Review]:
    """List published reviews of a product, by product id."""
    if not is_id(product_id, "prd"):
        raise Missing(_("There is no product “{product_id}”.", product_id=product_id))
    return page(await reviews.of_product(product_id, after, limit + 1), limit, lambda review: review.id)


@post("/v1/products/{product_id:str}/reviews", opt=allow(signed_in), tags=["reviews"], operation_id="write_review")
async def write_review(
    reviews: Service, caller: CurrentCaller, product_id: FromPath[str], data: JSONBody[NewReview]
) -> Review:
    """Write or change one's review of a purchased product."""
    return await reviews.write(product_id, data, caller)


@post("/v1/reviews/{review_id:str}/votes", opt=allow(signed_in), tags=["reviews"], operation_id="vote_review")
async def vote_review(reviews: Service, caller: CurrentCaller, review_id: FromPath[str]) -> Review:
    """Mark a review as helpful."""
    return await reviews.vote(review_id, caller)


@patch(
    "/v1/reviews/{review_id:str}",
    opt=allow(staff("reviews.moderate")),
    tags=["reviews"],
    operation_id="moderate_review",
)
async def moderate_review(reviews: Service, review_id: FromPath[str], data: JSONBody[Decision]) -> Review:
    """Publish or reject a review, or reply to it ("" removes the reply)."""
    if data.status is None and data.reply is None:
        raise Invalid.at("/status", _("Give a status, a reply, or both."))
    made = await reviews.reply(review_id, data.reply) if data.reply is not None else None
    return await reviews.moderate(review_id, data.status) if data.status is not None else cast("Review", made)


@get("/v1/reviews", opt=allow(staff("reviews.moderate")), tags=["reviews"], operation_id="review_queue")
async def review_queue(
    reviews: Service, status: FromQuery[Status] = "pending", after: ReviewCursor = "", limit: Limit = 20
) -> Page[Review]:
    """List reviews with a status, oldest first; by default those pending."""
    return page(await reviews.queue(status, after, limit + 1), limit, lambda review: review.id)


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [list_reviews, write_review, vote_review, moderate_review, review_queue]
    return Routes("/", route_handlers=handlers)
