"""REST routes of recently viewed products, with consent."""

from typing import Any

import msgspec
from litestar import get, post, put
from litestar.params import JSONBody

from shopwright.kit.auth import signed_in
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.routes import Routes
from shopwright.services.recommendations.contract import Recommendations

Service = Dependency[Recommendations]


class Consent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`remember`: whether views may be remembered."""

    remember: bool


class ViewedBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product by id or slug."""

    product: str


@get("/v1/me/consents", opt=allow(signed_in), tags=["recommendations"], operation_id="get_consents")
async def get_consents(recommendations: Service, caller: CurrentCaller) -> Consent:
    """Get one's consent."""
    return Consent(remember=await recommendations.has_consent(caller.user_id or ""))


@put("/v1/me/consents", opt=allow(signed_in), tags=["recommendations"], operation_id="put_consents")
async def put_consents(recommendations: Service, caller: CurrentCaller, data: JSONBody[Consent]) -> Consent:
    """Give or withdraw consent; withdrawal deletes remembered views at once."""
    await recommendations.set_consent(caller.user_id or "", wanted=data.remember)
    return data


@post("/v1/me/views", opt=allow(signed_in), tags=["recommendations"], operation_id="add_view", status_code=204)
async def add_view(recommendations: Service, caller: CurrentCaller, data: JSONBody[ViewedBody]) -> None:
    """Record a product view, if one consented."""
    await recommendations.record_view(caller.user_id or "", data.product)


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [get_consents, put_consents, add_view]
    return Routes("/", route_handlers=handlers)
