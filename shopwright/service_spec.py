"""What a service declares of itself in its `spec.py`: the rest of the house knows a service by this and by its contract."""

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
from shopwright.kit.provider import Offered
from shopwright.kit.vault import Vault
from shopwright.settings import Settings

if TYPE_CHECKING:
    from litestar import Router

S = TypeVar("S")
C = TypeVar("C")


@dataclass(frozen=True, kw_only=True)
class BuildContext:
    """What a service is built from: its database, the engines, the settings, and the services it asks."""

    work: ServiceDatabase
    settings: Settings
    vault: Vault
    documents: DocumentStore
    files: Files
    index: SearchIndex
    edge: Cdn | None
    outside: httpx.AsyncClient
    hasher: PasswordHasher | None
    cart_counts: CachedCounter
    tax_register: Callable[[], TaxRegister | None]
    postboxes: Callable[[], dict[str, MessageTransport]]
    providers: Callable[[], Offered]
    services: Mapping[type[Any], Any]
    overrides: Callable[[type[Any]], type[Any]]

    def ask(self, contract: type[C]) -> C:
        """The service with this contract, here or elsewhere. Raises KeyError for one that is built later."""
        found: C = self.services[contract]
        return found

    def chosen(self, own: type[S]) -> type[S]:
        """The service's class, or the one that a test has given in its place."""
        return self.overrides(own)


def _none(_service: Any) -> list[Any]:
    return []


@dataclass(frozen=True, kw_only=True)
class ServiceSpec(Generic[C, S]):
    """A service: what others may ask of it, how it is built, what it hears and does as time passes.

    `cached`: operations whose answers follow from its database alone, whoever asks and whenever; `reads`: others that change
    nothing. `fallbacks`: what is answered instead where it fails and a page can do with less. `public`: pages that are the
    same for everyone are made from it; `seldom`: its versions change so seldom that they are worth asking for. `documents`:
    it keeps documents. `due_times`: what it tries again later. `start` and `protect`: when a process starts, and when
    secrets are encrypted (with the newest key). `beside`: what else its process asks.
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
    seldom: bool = False
    documents: bool = False
    due_times: tuple[DueTime, ...] = ()
    start: Callable[[S], Awaitable[None]] | None = None
    protect: Callable[[S, bool], Awaitable[int]] | None = None
    beside: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of its folder, its database and its attribute of the shop."""
        return self.package.rpartition(".")[2]

    @cached_property
    def retention(self) -> tuple[Retention, ...]:
        """How long the rows of its tables are kept."""
        found: tuple[Retention, ...] = import_module(f"{self.package}.retention").RETENTION
        return found

    @property
    def migrations(self) -> Path:
        """The folder its tables are made from."""
        return Path(str(import_module(self.package).__file__)).parent / "migrations"

    def routes(self) -> "Router":
        """Its REST routes, loaded when they are served: commands that serve nothing load no web framework."""
        found: Router = import_module(f"{self.package}.http").routes()
        return found
