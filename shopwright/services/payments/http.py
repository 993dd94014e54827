"""REST routes of payments: webhooks, and the keys of providers."""

from typing import Any

import msgspec
from litestar import Request, delete, get, post, put
from litestar.params import FromPath, JSONBody

from shopwright.kit.auth import anyone, staff
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.pagination import Page
from shopwright.kit.http.request_bodies import NOTICE, takes
from shopwright.kit.http.routes import Routes
from shopwright.services.payments.contract import Payments, ProviderConnection, ProviderExamination

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


class NewKeys(msgspec.Struct, forbid_unknown_fields=True):
    """Keys of a provider by name; those not given stay as they are."""

    keys: dict[str, str]


@get("/v1/payment-providers", opt=allow(staff("payments.write")), tags=["payments"], operation_id="payment_providers")
async def payment_providers(payments: Service) -> Page[ProviderConnection]:
    """List the payment providers of the shop's setting, with the state of their keys."""
    return Page(await payments.connections(), None)


@put(
    "/v1/payment-providers/{provider:str}",
    opt=allow(staff("payments.write")),
    tags=["payments"],
    operation_id="connect_payment_provider",
)
async def connect(
    payments: Service, caller: CurrentCaller, provider: FromPath[str], data: JSONBody[NewKeys]
) -> ProviderConnection:
    """Connect a payment provider. Keys are stored encrypted and never returned."""
    return await payments.connect(provider, data.keys, caller.user_id or "")


@delete(
    "/v1/payment-providers/{provider:str}",
    opt=allow(staff("payments.write")),
    tags=["payments"],
    operation_id="disconnect_payment_provider",
)
async def disconnect(payments: Service, provider: FromPath[str]) -> None:
    """Delete the keys of a payment provider; payments and refunds that need it wait."""
    await payments.disconnect(provider)


@post(
    "/v1/payment-providers/{provider:str}/examine",
    opt=allow(staff("payments.write")),
    tags=["payments"],
    operation_id="examine_payment_provider",
    status_code=200,
)
async def examine(payments: Service, provider: FromPath[str]) -> ProviderExamination:
    """Ask a payment provider whether the shop's keys work."""
    return await payments.examine(provider)


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [payment_webhook, payment_providers, connect, disconnect, examine]
    return Routes("/", route_handlers=handlers)
