"""REST routes of preferences and back-in-stock alerts."""

from typing import Any

import msgspec
from litestar import get, post, put
from litestar.params import JSONBody

from shopwright.kit.auth import anyone, signed_in
from shopwright.kit.bounds import Email, Token
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.routes import Routes
from shopwright.kit.translation import gettext as _
from shopwright.services.notifications.contract import Notifications, Preferences

Service = Dependency[Notifications]


class NewAlert(msgspec.Struct, forbid_unknown_fields=True):
    """The variant to watch, by id or SKU; `email` for guests."""

    sku: str = ""
    variant_id: str = ""
    email: Email = ""


class AlertToken(msgspec.Struct, forbid_unknown_fields=True):
    """The token of the confirmation e-mail."""

    token: Token


@get("/v1/me/notification-preferences", opt=allow(signed_in), tags=["notifications"], operation_id="get_preferences")
async def get_preferences(notifications: Service, caller: CurrentCaller) -> Preferences:
    """Get one's preferences by topic and channel."""
    return await notifications.preferences(caller.person)


@put("/v1/me/notification-preferences", opt=allow(signed_in), tags=["notifications"], operation_id="set_preferences")
async def set_preferences(notifications: Service, caller: CurrentCaller, data: JSONBody[Preferences]) -> Preferences:
    """Set preferences; omitted topics stay. Messages about orders and account security are always sent."""
    return await notifications.set_preferences(caller.person, data)


@post(
    "/v1/stock-alerts",
    opt=allow(anyone, "message"),
    tags=["notifications"],
    operation_id="watch_stock",
    status_code=202,
)
async def watch_stock(notifications: Service, caller: CurrentCaller, data: JSONBody[NewAlert]) -> dict[str, str]:
    """Request one message when an item is back in stock; an unverified address confirms by e-mail first."""
    if bool(data.sku) == bool(data.variant_id):
        raise Invalid.at("/sku", _("Name the variant either by sku or by variant_id."))
    email = caller.email if caller.user_id is not None else data.email
    if not email:
        raise Invalid.at("/email", _("Say which address to write to, or sign in."))
    await notifications.watch(data.sku or data.variant_id, email, caller.user_id or "")
    return {"status": "watching" if caller.verified else "confirmation_sent"}


@post(
    "/v1/stock-alerts/confirmations",
    opt=allow(anyone, "guess"),
    tags=["notifications"],
    operation_id="confirm_stock_alert",
    status_code=202,
)
async def confirm_stock_alert(notifications: Service, data: JSONBody[AlertToken]) -> dict[str, str]:
    """Confirm a back-in-stock alert with the token of the e-mail."""
    await notifications.confirm_alert(data.token)
    return {"status": "watching"}


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [get_preferences, set_preferences, watch_stock, confirm_stock_alert]
    return Routes("/", route_handlers=handlers)
