"""The shop as an ASGI application: routes, authentication and middleware."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from granian.utils.proxies import wrap_asgi_with_proxy_headers
from litestar import Litestar, Request, Response, Router
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.types import ASGIApp

from shopwright import __version__
from shopwright.app import Shop
from shopwright.engines.cache.windows import open_windows
from shopwright.engines.payments.pretend import pages as pretend_pages
from shopwright.kit.auth import Caller, anyone
from shopwright.kit.caching.page_cache import AnonymousOnly, CachePolicy, PageCache, ServiceVersions
from shopwright.kit.caching.shared_page_cache import SharedPageCache
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Unavailable
from shopwright.kit.http import problems
from shopwright.kit.http.access import Access, allow, every_route_has_a_rule, provide_caller
from shopwright.kit.http.access_log import AccessLog
from shopwright.kit.http.app_context import AppContext, current_app
from shopwright.kit.http.audit import Audit
from shopwright.kit.http.body_limit import BodyLimit
from shopwright.kit.http.canonical_path import CanonicalPath
from shopwright.kit.http.fetch_metadata_csrf import FetchMetadataCsrf
from shopwright.kit.http.forward_auth import IDENTITY, ForwardAuth, caller_of, identified
from shopwright.kit.http.head_requests import HeadRequests
from shopwright.kit.http.idempotency import Idempotency
from shopwright.kit.http.limits import KindLimits, Limiter, Limits, every_route_has_a_kind
from shopwright.kit.http.query_parameters import Queries, learn_queries
from shopwright.kit.http.request_bodies import MOST_FIELDS, ReceivingBodies, RequestBodies
from shopwright.kit.http.routes import Routes, takes_cookies
from shopwright.kit.http.rpc_endpoint import RpcEndpoint
from shopwright.kit.http.strict import StrictRequest
from shopwright.kit.http.telemetry import Telemetry
from shopwright.kit.http.view_counter import ViewCounter
from shopwright.kit.observability.process_admin import ProcessAdmin
from shopwright.kit.rpc.calls import RpcServer
from shopwright.kit.rpc.service_tokens import CALL_LASTS_S, ServiceTokens
from shopwright.kit.settings import listed
from shopwright.operations.process_admin import LocalProcessAdmin, operator_routes
from shopwright.registry import PARTS, PROCESS, WEB, may_ask
from shopwright.services import RIVER
from shopwright.services.specs import spec_of, specs
from shopwright.settings import Settings
from shopwright.web.api_docs import pages as docs
from shopwright.web.audit import Trail
from shopwright.web.backoffice import pages as backoffice
from shopwright.web.privacy import http as person
from shopwright.web.product_view import http as product_routes
from shopwright.web.render import assets_fingerprint
from shopwright.web.storefront import pages as storefront
from shopwright.web.storefront.status import LastStatus
from shopwright.web.storefront.visitors import PageVisitors, forms
from shopwright.web.storefront.waiting_room import WaitingRoomGate
from shopwright.web.trail import http as trail

OF_SHOP = (*RIVER, "product_views", "pretend")
OF_RUNTIME = ("process_admin", "process_admins", "last_status")


def session_cookie(url: str) -> str:
    """The name of the session cookie, bound to its host (RFC 6265bis, __Host-) under TLS."""
    return "__Host-session" if url.startswith("https://") else "session"


def behind_gateway(shop: Shop) -> bool:
    """Whether a gateway in front may authenticate callers."""
    return shop.registry.apart or bool(shop.settings.proxies)


class Runtime:
    """A shop behind the routes. `deliver`: whether it delivers events while serving."""

    def __init__(self, shop: Shop, *, deliver: bool) -> None:
        self.shop = shop
        self.deliver = deliver
        self.process_admin = LocalProcessAdmin(shop)
        self.process_admins = process_admins(shop, self.process_admin)
        self.last_status = LastStatus()
        self.trail = Trail(shop)
        self.unfinished = ReceivingBodies()
        settings = shop.settings
        self.windows = open_windows(settings.cache, shop.cache, shop.clock, Path(settings.data))
        self.limiter = Limiter(self.windows, settings.writes_per_minute) if settings.limits == "on" else None
        self._gateway = behind_gateway(shop)
        self._cookie = session_cookie(settings.url)

    async def caller(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
        """Return the caller: by bearer token at the API, by session cookie on pages, or as told by the gateway."""
        cookies = takes_cookies(connection.scope["route_handler"])
        if self._gateway and (identity := connection.headers.get(IDENTITY)):
            return identified(self.shop.registry.callers, identity, cookies=cookies)
        return await caller_of(connection, self.shop.users, self._cookie if cookies else None)


async def identify(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """Return the caller of the shop this request is for."""
    runtime: Runtime = current_app()
    return await runtime.caller(connection)


def service_routes(here: frozenset[str]) -> list[Router]:
    """The API routes of each service, which keep responses by Idempotency-Key in its own database."""
    routers = {name: one() for name, one in ROUTES.items() if name in here}
    for name, router in routers.items():
        router.middleware.append(
            DefineMiddleware(Idempotency, work=_work_of(name), secret=lambda: current_app().shop.settings.secret)
        )
    return list(routers.values())


def _work_of(name: str) -> Callable[[], ServiceDatabase]:
    return lambda: current_app().shop.databases[name]


def _routes_of(name: str) -> Router:
    """The API routes of a service; product views belong to the catalog."""
    router = spec_of(name).routes()
    if name == "catalog":
        router.register(product_routes.routes())
    return router


# Parts of the shop with responses: the services' API, and pages.
ROUTES: dict[str, Callable[[], Router]] = {name: partial(_routes_of, name) for name in RIVER}
# The most frequent reads: these and what is below them ("/" only itself) are equal for all who are not signed in.
KEPT_API = ("/v1/products", "/v1/search", "/v1/categories")
KEPT_PAGES = ("/", "/c", "/collections", "/p", "/search")
# The settings that responses depend on.
SHOWS_IN_ANSWERS = ("url", "shop_name", "currency", "country", "prices_include_tax", "language", "cdn")
# Below these, a missing page is reported as to a program.
PROGRAMS = ("/v1", "/health", "/metrics", "/.well-known", "/media", "/openapi")
ROUTES_OF_WEB = (person.routes, trail.routes, storefront.routes, backoffice.routes, docs.routes)


@cache
def build_api() -> Litestar:
    """All API routes without handlers, for the API document where services are split."""
    return Litestar(
        route_handlers=[*(one() for one in ROUTES.values()), person.routes(), trail.routes(), operator_routes()],
        dependencies={name: _provide(lambda: None) for name in (*OF_SHOP, *OF_RUNTIME, "settings", "caller")},
        openapi_config=openapi(),
        logging_config=None,
    )


def error_answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Return problem details to programs, a page to people."""
    route = request.scope.get("route_handler")
    if request.scope["path"].startswith(PROGRAMS) or (route is not None and not takes_cookies(route)):
        return problems.answer(request, error)
    return storefront.error_page(request, error)


def openapi() -> OpenAPIConfig:
    """The OpenAPI 3.1 document at /openapi.json."""
    bearer = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
    names = (
        "users",
        "catalog",
        "inventory",
        "pricing",
        "carts",
        "orders",
        "payments",
        "gift cards",
        "reviews",
        "search",
        "recommendations",
        "notifications",
        "events",
        "operator",
    )
    return OpenAPIConfig(
        title="Shopwright",
        version=__version__,
        description="The complete API of a shop. Money is in minor units; times are RFC 3339 in UTC; errors are RFC 9457.",
        tags=[Tag(name=name) for name in names],
        components=Components(security_schemes={"bearer": bearer}),
        openapi_router=Router("/schema", route_handlers=[], opt=allow(anyone) | Routes.OPT, include_in_schema=False),
        use_handler_docstrings=True,
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    )


def process_admins(shop: Shop, here: ProcessAdmin) -> dict[str, ProcessAdmin]:
    """All processes of the shop, distinguished by what they serve."""
    elsewhere = {part: shop.registry.process_admin(part) for part in PARTS if part not in shop.local_services}
    return {"+".join(sorted(shop.local_services & set(PARTS))) if elsewhere else "all": here, **elsewhere}


@asynccontextmanager
async def lifespan(_app: Litestar) -> AsyncIterator[None]:
    """Run the shop while it is served."""
    runtime: Runtime = current_app()
    async with runtime.shop.running(deliver=runtime.deliver):
        yield
    runtime.windows.close()


class RouterKey(NamedTuple):
    """Key of a set of registered routes."""

    local_services: frozenset[str]
    apart: bool
    url: str
    secret: str
    largest_body: int


@lru_cache(maxsize=len(PARTS) + 1)
def routes_of(shape: RouterKey) -> Litestar:
    """Register all routes. Raises LookupError if one does not declare who may call it."""
    handlers: list[Any] = [*service_routes(shape.local_services), operator_routes()]
    handlers += [one() for one in ROUTES_OF_WEB] if WEB in shape.local_services else []
    handlers += [pretend_pages.routes()] if "payments" in shape.local_services else []
    app = Litestar(
        route_handlers=handlers,
        dependencies={
            **{name: _provide(_of_shop(name)) for name in (*OF_SHOP, "settings")},
            **{name: _provide(_of_runtime(name)) for name in OF_RUNTIME},
            "caller": Provide(provide_caller),
        },
        middleware=[
            DefineMiddleware(Access, identify=identify),
            DefineMiddleware(KindLimits, limiter=_of_runtime("limiter")),
            DefineMiddleware(Queries),
            DefineMiddleware(RequestBodies, largest=shape.largest_body, unfinished=_of_runtime("unfinished")),
            DefineMiddleware(Audit, trail=_of_runtime("trail")),
        ],
        exception_handlers={Exception: error_answer},
        csrf_config=forms(shape.url, shape.secret),
        openapi_config=openapi(),
        request_class=StrictRequest,
        lifespan=[lifespan],
        request_max_body_size=shape.largest_body,
        multipart_form_part_limit=MOST_FIELDS,
        logging_config=None,
        type_encoders={msgspec.Raw: bytes},
    )
    app.state.api = build_api if shape.apart else lambda: app
    every_route_has_a_rule(app)
    every_route_has_a_kind(app)
    learn_queries(app)
    return app


def shape_of(shop: Shop) -> RouterKey:
    """The key of this shop's routes."""
    settings = shop.settings
    return RouterKey(
        frozenset(shop.local_services), shop.registry.apart, settings.url, settings.secret, settings.largest_body
    )


def build(shop: Shop, *, deliver: bool = True) -> ASGIApp:
    """Build the application: the routes, inside the middleware."""
    runtime = Runtime(shop, deliver=deliver)
    app: ASGIApp = AppContext(routes_of(shape_of(shop)), runtime, shop.settings.language)
    for wrap in reversed([*middleware(shop, runtime)]):
        app = wrap(app)
    return app


def middleware(shop: Shop, runtime: Runtime) -> Iterator[Callable[[ASGIApp], ASGIApp]]:
    """The middleware around the routes, in the order in which a request passes it."""
    settings = shop.settings
    cookie, own_forms = session_cookie(settings.url), forms(settings.url, settings.secret)
    if settings.proxies:
        yield lambda app: wrap_asgi_with_proxy_headers(app, trusted_hosts=list(listed(settings.proxies)))
    access_log, tls = AccessLog(settings.access_log), settings.url.startswith("https://")
    yield lambda app: Telemetry(app, shop.ids, shop.metrics, access_log, shop.tracer, tls=tls)
    yield lambda app: BodyLimit(app, settings.largest_body)
    yield CanonicalPath
    if behind_gateway(shop) and "users" in shop.local_services:
        yield lambda app: ForwardAuth(app, shop.users, shop.registry.callers, cookie)
    if shop.registry.apart:
        called = rpc_servers(shop, runtime)
        yield lambda app: RpcEndpoint(app, called, shop.registry.calls, may_ask, first_time(shop))
    if (limiter := runtime.limiter) is not None:
        yield lambda app: Limits(app, limiter)
    views, searches = shop.record_view_counts.count, shop.record_searches.count
    yield lambda app: ViewCounter(app, views, searches, behind_cdn=shop.cdn is not None)
    yield HeadRequests
    tickets = ServiceTokens(settings.secret, "waiting room")
    yield lambda app: WaitingRoomGate(app, shop.carts, tickets, shop.clock, settings)
    shared = None if shop.shared_pages is None else SharedPageCache(shop.shared_pages, made_by(settings))
    yield lambda app: PageCache(app, plans(shop), data_versions(shop), shop.metrics.prepared, shop.cdn, shared)
    if shop.cdn is not None:
        yield lambda app: FetchMetadataCsrf(app, own_forms, settings.url)


def data_versions(shop: Shop) -> ServiceVersions:
    """The versions of the data that public pages are made from."""
    versions = {
        name: shop.databases[name].database.version if name in shop.local_services else _unknown_version
        for name in public_services()
    }
    return ServiceVersions(versions, shop.versions)


def rpc_servers(shop: Shop, runtime: Runtime) -> dict[str, RpcServer]:
    """The RPC servers of this process: its services, and its administration."""
    exposed = {
        name: RpcServer(contract, getattr(shop, name))
        for name, contract in shop.contracts.items()
        if name in shop.local_services
    }
    exposed[PROCESS] = RpcServer(ProcessAdmin, runtime.process_admin)
    return exposed


def first_time(shop: Shop) -> Callable[[str], Awaitable[bool]]:
    """Whether a mutating call is the first with this nonce, across processes that share a cache."""

    async def once(nonce: str) -> bool:
        try:
            return await shop.cache.increment(f"call:{nonce}", timedelta(seconds=2 * CALL_LASTS_S)) == 1
        except Unavailable:
            return True  # this process remembers it; the shop goes on while its cache is gone

    return once


def public_services() -> tuple[str, ...]:
    """The services whose data public pages and lists are made from."""
    return tuple(spec.name for spec in specs() if spec.public)


def made_by(settings: Settings) -> str:
    """Return a digest of all that public responses depend on besides data: version, templates and settings."""
    shown_settings = [getattr(settings, name) for name in SHOWS_IN_ANSWERS]
    return repr((__version__, assets_fingerprint(), shown_settings))


def _unknown_version() -> None:
    """The unknown version of a database in another process."""


def plans(shop: Shop) -> dict[str, CachePolicy]:
    """The most frequent reads, and the data they depend on."""

    def minute() -> int:
        return int(shop.clock.now().timestamp()) // 60

    anonymous = AnonymousOnly()
    found = shop.search.outages if "search" in shop.local_services else lambda: 0
    made_from = {"/v1/products": public_services(), "/v1/search": ("catalog", "search"), "/v1/categories": ("catalog",)}
    api = {path: CachePolicy(made_from[path], anonymous, own=[found, shop.registry.outages]) for path in KEPT_API}
    # Recommendations change with every view; pages may lag behind them by a minute.
    visitors = PageVisitors(shop.carts, shop.settings, all_alike=shop.cdn is not None)
    page = CachePolicy(public_services(), visitors, others=[minute], own=[found, shop.registry.outages])
    return api if shop.settings.pages == "fresh" else api | dict.fromkeys(KEPT_PAGES, page)


def _provide(value: Callable[[], Any]) -> Provide:
    return Provide(value, sync_to_thread=False)


def _of_shop(name: str) -> Callable[[], Any]:
    return lambda: getattr(current_app().shop, name, None)


def _of_runtime(name: str) -> Callable[[], Any]:
    return lambda: getattr(current_app(), name)
