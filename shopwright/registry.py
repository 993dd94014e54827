"""Local services, and clients of remote ones."""

import difflib
import importlib
from collections.abc import Callable, Collection
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from shopwright.fallbacks import WithFallbacks
from shopwright.kit.caching.cached_counter import CachedCounter, CounterShortcut
from shopwright.kit.data.unit_of_work import VersionStore
from shopwright.kit.errors import Invalid
from shopwright.kit.observability.process_admin import ProcessAdmin
from shopwright.kit.rpc.calls import PREFIX, Called, Channel, rpc_client
from shopwright.kit.rpc.response_cache import RpcResponseCache
from shopwright.kit.rpc.service_tokens import CallTokens, ServiceTokens
from shopwright.kit.settings import client_of
from shopwright.kit.translation import gettext as _
from shopwright.services import RIVER
from shopwright.services.specs import spec_of
from shopwright.settings import Settings

if TYPE_CHECKING:
    from shopwright.kit.rpc.transport import Transport

PROCESS = "process"  # the admin interface of a process itself
WEB = "web"  # storefront, back office and API description, served like a service
PARTS = (*RIVER, WEB)
# The pretend provider's tables are beside payments.
ALONG = {"payments": "pretend"}
EMBEDDED = {"database": "sqlite:", "bus": "local:", "cache": "memory:", "search": "tantivy:", "files": "file:"}
# Where parts record staff actions, and look up callers.
AUDIT = "users"
T = TypeVar("T")
Connect = Callable[[str], "Transport"]


def serving(names: Collection[str]) -> frozenset[str]:
    """The parts a process serves; all if none is named. Raises Invalid with “did you mean”."""
    for name in names:
        if name not in PARTS:
            near = difflib.get_close_matches(name, PARTS, n=1)
            hint = _("Did you mean {name}?", name=near[0]) if near else _("There are: {names}.", names=", ".join(PARTS))
            raise Invalid(_("There is no service {name}. {hint}", name=name, hint=hint))
    chosen = set(names) or set(PARTS)
    return frozenset(chosen | {ALONG[name] for name in chosen if name in ALONG})


def with_databases(names: Collection[str]) -> tuple[str, ...]:
    """The served parts that have a database. Raises Invalid."""
    served = serving(names)
    return tuple(name for name in (*RIVER, *ALONG.values()) if name in served)


@cache
def asks(name: str) -> tuple[str, ...]:
    """The parts that this one calls."""
    if name == WEB:
        return tuple(part for part in PARTS if part != WEB)
    spec = spec_of(name)
    audited = () if name == AUDIT else (AUDIT,)
    return tuple(dict.fromkeys((*spec.manifest.asks, *spec.beside, *audited)))


def may_ask(caller: str, service: str) -> bool:
    """Whether a process that serves these parts (“orders+payments”) may call that service."""
    parts = [part for part in caller.split("+") if part in PARTS]
    if service == PROCESS:
        return WEB in parts
    return any(service in asks(part) for part in parts)


def embedded(settings: Settings) -> list[str]:
    """The engines embedded in the process or its folder."""
    return [name for name, scheme in EMBEDDED.items() if str(getattr(settings, name)).startswith(scheme)]


class RemoteStub:
    """Stands in for a remote service where only the names of its event handlers are needed."""

    def __getattr__(self, name: str) -> Any:
        async def on_event(_delivery: object) -> None:
            raise LookupError(f"{name} is heard in another process")

        return on_event


REMOTE_STUB: Any = RemoteStub()


def check_apart(settings: Settings, here: Collection[str]) -> bool:
    """Whether this process calls others. Raises Invalid if settings for that are missing."""
    if set(here) >= set(PARTS):
        return False
    if "{service}" not in settings.services:
        raise Invalid(
            _(
                "SHOPWRIGHT_SERVICES must give the addresses of the other services; example: {example}.",
                example="http://{service}.shop.internal:8000",
            )
        )
    for name in embedded(settings):
        if name in {"bus", "database"}:
            raise Invalid(
                _(
                    "SHOPWRIGHT_{upper} is {embedded}, which only processes that serve everything can share.",
                    upper=name.upper(),
                    embedded=EMBEDDED[name],
                )
            )
    with client_of("apart"):
        importlib.import_module("shopwright.kit.rpc.client")
        importlib.import_module("shopwright.kit.rpc.transport")
    return True


class ServiceRegistry:
    """Connections to remote services. Raises Invalid if settings for them are missing.

    `connect`: opens a transport other than HTTP.
    """

    def __init__(self, settings: Settings, here: Collection[str], connect: Connect | None = None) -> None:
        self._connect = connect
        self._settings = settings
        self._name = "+".join(sorted(here))
        self._channels: list[Any] = []
        self._outages = 0
        self.versions: VersionStore | None = None
        self.cart_counts: CachedCounter | None = None
        self.called: Called = lambda _service, _outcome, _seconds: None
        self.calls = CallTokens(settings.secret)
        self.callers = ServiceTokens(settings.secret, "callers")
        self.apart = check_apart(settings, here)

    def to(self, service: str, contract: type[T]) -> T:
        """Return an object with the operations of that contract."""
        spec, channel = spec_of(service), self._channel(service)
        if self.versions is not None:
            channel = RpcResponseCache(channel, service, self.versions, spec.cached, spec.reads)
        found = rpc_client(contract, channel)
        if service == "carts" and self.cart_counts is not None:
            found = cast("T", CounterShortcut(found, "count", self.cart_counts))
        return cast("T", WithFallbacks(spec, found, self.note_outage)) if spec.fallbacks else found

    def note_outage(self) -> None:
        """Record a fallback answer."""
        self._outages += 1

    def outages(self) -> int:
        """The number of fallback answers; pages made from them are not cached."""
        return self._outages

    def process_admin(self, part: str) -> ProcessAdmin:
        """Return the admin interface of a process that serves that part."""
        return rpc_client(ProcessAdmin, self._channel(part, PROCESS))

    def _channel(self, service: str, what: str = "") -> Channel:
        with client_of("apart"):
            from shopwright.kit.rpc.client import ResilientClient  # noqa: PLC0415 -- only who is apart needs its libraries
            from shopwright.kit.rpc.transport import HttpTransport  # noqa: PLC0415 -- as above
        address = self._settings.services.replace("{service}", service).rstrip("/")
        transport = (self._connect or HttpTransport)(f"{address}{PREFIX}{what or service}/")
        client = ResilientClient(
            service,
            transport,
            lambda operation, body: self.calls.sign(what or service, operation, body, self._name),
            self._called,
        )
        self._channels.append(client)
        return client

    def _called(self, service: str, outcome: str, seconds: float) -> None:
        self.called(service, outcome, seconds)

    async def close(self) -> None:
        """Close all connections."""
        for client in self._channels:
            await client.close()
