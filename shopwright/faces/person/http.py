"""REST routes of a person: everything the shop knows of them."""

from typing import Any

import msgspec
from litestar import Response, get

from shopwright.faces.person.gather import everything
from shopwright.kit.auth import signed_in
from shopwright.kit.web.access import allow
from shopwright.kit.web.behind import behind
from shopwright.kit.web.document import answers
from shopwright.kit.web.given import Asking
from shopwright.kit.web.routes import Routes


@get(
    "/v1/me/export",
    opt=allow(signed_in),
    tags=["users"],
    operation_id="export_me",
    responses=answers(dict[str, Any], "Everything."),
)
async def export_me(caller: Asking) -> Response[bytes]:
    """Everything the shop knows of oneself, as one JSON document to keep or to take elsewhere."""
    return answer(await everything(behind().shop, caller.user_id or ""))


def answer(known: dict[str, Any]) -> Response[bytes]:
    """The document, as a file to be saved."""
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": "private, no-store"}
    return Response(msgspec.json.encode(known), media_type="application/json", headers=headers)


def routes() -> Routes:
    """All routes of this face."""
    handlers: list[Any] = [export_me]
    return Routes("/", route_handlers=handlers)
