"""The whole system on one page.

Engines are opened, and services built from their specs in river order; `web/application.py` mounts the routes.

    sources   users   catalog   inventory   pricing   payments   giftcards
    flow      carts → orders
    readers   reviews  search  recommendations  books  notifications  insights
    web       product_view  privacy  storefront  backoffice

A process serves all of it or some (`local_services`); it calls the rest over the network, by the same contracts.
"""

import asyncio
import secrets
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from argon2 import PasswordHasher

from shopwright import __version__, event_handlers, lifecycle
from shopwright.engines.bus import Bus, open_bus
from shopwright.engines.database import open_database
from shopwright.engines.payments.pretend.provider import PretendProvider
from shopwright.engines.traces import open_traces
from shopwright.fallbacks import WithFallbacks
from shopwright.kit.clock import Clock, SystemClock
from shopwright.kit.clock_watch import ClockWatch
from shopwright.kit.data.events import EventHandler, Subscriptions
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.ids import Ids
from shopwright.kit.observability.buffered_counter import BufferedCounter
from shopwright.kit.observability.metrics import Metrics
from shopwright.kit.provider import SendWebhook
from shopwright.open_engines import EngineDecorator, Engines
from shopwright.overrides import Overrides
from shopwright.registry import ServiceRegistry, serving, with_databases
from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.specs import spec_of, specs
from shopwright.settings import Settings
from shopwright.shop_services import ShopServices
from shopwright.web.product_view.view import ProductViews


class Shop(ShopServices):
    """A shop in one process, or the `local_services` of one; `registry` connects to the others.

    `overrides`: replacements for our classes. Raises LookupError for a class no service is built from.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        chance: Callable[[int], bytes] = secrets.token_bytes,
        send_webhook: SendWebhook | None = None,
        hasher: PasswordHasher | None = None,
        around: EngineDecorator | None = None,
        overrides: Mapping[type, type] | None = None,
        local_services: Collection[str] = (),
        registry: ServiceRegistry | None = None,
    ) -> None:
        self.settings = settings
        self.local_services = serving(local_services)
        self.registry = registry or ServiceRegistry(settings, self.local_services)
        self.contracts: dict[str, type[Any]] = {spec.name: spec.contract for spec in specs()}
        self.clock = clock or SystemClock()
        self.ids = Ids(self.clock, chance)
        self.metrics = Metrics(__version__)
        self.registry.called = self.metrics.called
        self.tracer = open_traces(settings.traces, "+".join(sorted(local_services)) or "shop", __version__)
        self.clock_watch = ClockWatch(self.clock, self.metrics.clock_jumped)
        self._subscriptions = Subscriptions()
        self._around = around or EngineDecorator()
        self._open_engines(send_webhook)
        self._build_services(hasher, Overrides(overrides or {}))
        self.product_views = ProductViews(
            catalog=self.catalog,
            inventory=self.inventory,
            pricing=self.pricing,
            search=self.for_pages("search"),
            currency=settings.currency,
        )
        self.record_view_counts = BufferedCounter(self.recommendations.record_view_counts)
        self.record_searches = BufferedCounter(self.search.record_searches)
        self.bus = self._open_bus()

    def _open_engines(self, send_webhook: SendWebhook | None) -> None:
        engines = self.engines = Engines(self.settings)
        self.versions = self.registry.versions = engines.versions
        self.registry.cart_counts = engines.cart_counts
        self.documents, self.files, self.index = engines.documents, engines.files, engines.index
        self.cache, self.caches, self.cdn = engines.cache, engines.caches, engines.cdn
        self.shared_pages, self.vault = engines.shared_pages, engines.vault
        self.transports = engines.transports
        self.databases: dict[str, ServiceDatabase] = {
            name: self._work(name) for name in with_databases(()) if name in self.local_services
        }
        self.send_webhook = send_webhook or engines.post_webhook
        if "payments" in self.local_services:
            self.pretend = PretendProvider(self.databases["pretend"], self.settings.url, self.send_webhook, self.vault)

    def _work(self, name: str) -> ServiceDatabase:
        spec = None if name == "pretend" else spec_of(name)
        versions = self.versions if spec is not None and spec.public else None
        database = self._around.database(name, open_database(self.settings.database, name, versions))
        work = ServiceDatabase(name, database, self.clock, self.ids, self._subscriptions)
        work.versions = versions if spec is not None and spec.rarely_changes else None
        work.counted = self.metrics.count_events
        work.zone = self.settings.zone
        return work

    def _build_services(self, hasher: PasswordHasher | None, overrides: Overrides) -> None:
        services: dict[type[Any], Any] = {}
        for spec in specs():
            if spec.name in self.local_services:
                found = spec.build(self._context(spec, hasher, services, overrides))
            else:
                found = self.registry.to(spec.name, spec.contract)
            services[spec.contract] = found
            setattr(self, spec.name, found)
        overrides.check(self.local_services)
        self._spared = {
            spec.name: WithFallbacks(spec, getattr(self, spec.name), self.registry.note_outage)
            for spec in specs()
            if spec.fallbacks and spec.name in self.local_services
        }

    def _context(
        self,
        spec: ServiceSpec[Any, Any],
        hasher: PasswordHasher | None,
        services: Mapping[type[Any], Any],
        overrides: Overrides,
    ) -> BuildContext:
        engines, work = self.engines, self.databases[spec.name]
        return BuildContext(
            work=work,
            settings=self.settings,
            vault=self.vault,
            documents=self.documents,
            files=self.files,
            index=self.index,
            cdn=self.cdn,
            outside=engines.outside,
            hasher=hasher,
            cart_counts=engines.cart_counts,
            tax_register=engines.tax_register,
            transports=partial(engines.open_transports, work),
            providers=lambda keys_of: engines.open_providers(self._around.provider(self.pretend), work, keys_of),
            services=services,
            overrides=overrides,
        )

    def for_pages(self, name: str) -> Any:
        """Return a service as pages use it, with fallbacks if the page can do without."""
        return self._spared.get(name) or getattr(self, name)

    @property
    def handlers(self) -> list[EventHandler]:
        """Return all event handlers; those of other processes by name only."""
        return event_handlers.event_handlers(self)

    def _open_bus(self) -> Bus:
        handlers = self.handlers
        by_event: dict[str, tuple[str, ...]] = {}
        for handler in handlers:
            by_event[handler.event.__name__] = (*by_event.get(handler.event.__name__, ()), handler.name)
        self._subscriptions.by_event = by_event
        own = [handler for handler in handlers if handler.service in self.local_services]
        return open_bus(self.settings.bus, list(self.databases.values()), own, event_handlers.scheduled_jobs(self))

    # --- lifecycle

    async def migrate(self) -> list[str]:
        """Bring every database to this version. Returns what was applied."""
        return await lifecycle.migrate(self)

    async def protect(self, *, anew: bool = False) -> int:
        """Encrypt plain secrets in databases; `anew`: all, with the newest key. Returns how many."""
        return await lifecycle.protect(self, anew=anew)

    async def is_demo(self) -> bool:
        """Whether this is a demo shop, by the data of any service; processes without data ask payments."""
        for work in self.databases.values():
            return await work.is_demo()
        return (await self.payments.setup()).demo

    def running(self, *, deliver: bool = True) -> AbstractAsyncContextManager["Shop"]:
        """The open shop; with `deliver` its events are delivered, by this process or others."""
        return lifecycle.running(self, deliver=deliver)

    async def flush_counts(self) -> None:
        """Report this process's counts."""
        for counter in (self.record_view_counts, self.record_searches):
            await counter.flush()

    async def close(self) -> None:
        """Close every engine."""
        await self.bus.close()
        for work in self.databases.values():
            await work.database.close()
        await self.engines.close()
        await self.registry.close()
        if self.tracer is not None:
            await asyncio.to_thread(self.tracer.close)
