"""The declaration of a service in its `spec.py`; others know a service by this and its contract."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx
from argon2 import PasswordHasher

from shopwright.kit.caching.cached_counter import CachedCounter
from shopwright.kit.clock_watch import DueTime
from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.kit.data.retention import Retention
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.manifest import ServiceManifest
from shopwright.kit.ports import Cdn, DocumentStore, Files, MessageTransport, SearchIndex, TaxRegister
from shopwright.kit.provider import Keys, Offered
from shopwright.kit.vault import Vault
from shopwright.settings import Settings

if TYPE_CHECKING:
    from litestar import Router

S = TypeVar("S")
C = TypeVar("C")


@dataclass(frozen=True, kw_only=True)
class BuildContext:
    """Database, engines, settings and collaborators for building a service."""

    work: ServiceDatabase
    settings: Settings
    vault: Vault
    documents: DocumentStore
    files: Files
    index: SearchIndex
    cdn: Cdn | None
    outside: httpx.AsyncClient
    hasher: PasswordHasher | None
    cart_counts: CachedCounter
    tax_register: Callable[[], TaxRegister | None]
    transports: Callable[[], dict[str, MessageTransport]]
    providers: Callable[[Callable[[str], Keys]], Offered]
    services: Mapping[type[Any], Any]
    overrides: Callable[[type[Any]], type[Any]]

    def ask(self, contract: type[C]) -> C:
        """Return the service with this contract, local or remote. Raises KeyError if it is built later."""
        found: C = self.services[contract]
        return found

    def chosen(self, own: type[S]) -> type[S]:
        """Return the service's class, or its replacement in a test."""
        return self.overrides(own)


def _none(_service: Any) -> list[Any]:
    return []


@dataclass(frozen=True, kw_only=True)
class ServiceSpec(Generic[C, S]):
    """A service: contract, construction, event handlers and jobs.

    `cached`: operations whose results depend on its database only; `reads`: other read-only ones. `fallbacks`:
    results used when it fails and a page can do with less (`ACTIVITIES` of `web/storefront/status.py` names such a
    service). `public`: shared pages depend on it; `rarely_changes`: its versions change rarely enough to be worth
    asking for. `documents`: it stores documents. `due_times`: its retry times. `start`, `protect`: called when a
    process starts, and when secrets are encrypted. `beside`: further calls its process makes.
    """

    package: str
    manifest: ServiceManifest
    contract: type[C]
    build: Callable[[BuildContext], S]
    handlers: Callable[[S], list[EventHandler]] = _none
    jobs: Callable[[S], list[ScheduledJob]] = _none
    cached: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    fallbacks: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    public: bool = False
    rarely_changes: bool = False
    documents: bool = False
    due_times: tuple[DueTime, ...] = ()
    start: Callable[[S], Awaitable[None]] | None = None
    protect: Callable[[S, bool], Awaitable[int]] | None = None
    beside: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its folder, database and shop attribute."""
        return self.package.rpartition(".")[2]

    @cached_property
    def retention(self) -> tuple[Retention, ...]:
        """The retention rules of its tables."""
        found: tuple[Retention, ...] = import_module(f"{self.package}.retention").RETENTION
        return found

    @property
    def migrations(self) -> Path:
        """The folder of its migrations."""
        return Path(str(import_module(self.package).__file__)).parent / "migrations"

    def routes(self) -> "Router":
        """Its REST routes, imported when served, so that commands load no web framework."""
        found: Router = import_module(f"{self.package}.http").routes()
        return found
