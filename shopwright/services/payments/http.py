"""The webhook route of payments."""

from typing import Any

from litestar import Request, post
from litestar.params import FromPath

from shopwright.kit.auth import anyone
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.http.request_bodies import NOTICE, takes
from shopwright.kit.http.routes import Routes
from shopwright.services.payments.contract import Payments

Service = Dependency[Payments]


@post(
    "/v1/payment-webhooks/{provider:str}",
    opt=allow(anyone) | takes(NOTICE),
    tags=["payments"],
    operation_id="payment_webhook",
    status_code=204,
)
async def payment_webhook(payments: Service, provider: FromPath[str], request: Request[Any, Any, Any]) -> None:
    """Receive a payment provider's signed webhook."""
    await payments.webhook(provider, dict(request.headers), await request.body())


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [payment_webhook]
    return Routes("/", route_handlers=handlers)
