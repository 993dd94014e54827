"""The page on which the whole system can be seen.

Engines are opened, services built in river order, reactions started; `web.py` mounts the routes.

    sources   users   catalog   inventory   pricing   payments   giftcards
    flow      carts → orders
    readers   reviews  search  recommendations  books  notifications  insights
    faces     shelf  person  storefront  backoffice

One process serves all of it, or some (`here`): what it does not serve itself is asked over the network, by the same contract.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from argon2 import PasswordHasher

from shopwright import __version__, handlers, parts
from shopwright.damage_watch import watch_for_damage
from shopwright.engines.bus import Bus, open_bus
from shopwright.engines.cache import open_cache, open_hot, open_marks
from shopwright.engines.database import open_database
from shopwright.engines.documents import open_documents
from shopwright.engines.edges import open_edge
from shopwright.engines.files import open_files
from shopwright.engines.providers.pretend.provider import PretendProvider
from shopwright.engines.search import open_search
from shopwright.engines.traces import open_traces
from shopwright.faces.shelf.view import Shelf
from shopwright.kit import outgoing, trace
from shopwright.kit.clock import Clock, SystemClock
from shopwright.kit.clock_watch import ClockWatch, continue_ids
from shopwright.kit.database import Database
from shopwright.kit.derived import KeyedHash, derived_key
from shopwright.kit.facts import Hearers, Reaction
from shopwright.kit.ids import Ids
from shopwright.kit.noted import Noted
from shopwright.kit.numbers import Numbers
from shopwright.kit.provider import Provider, SendWebhook
from shopwright.kit.tally import Tally
from shopwright.kit.tasks import ended
from shopwright.kit.work import Work
from shopwright.lenient import SPARED, Lenient
from shopwright.parts import vault as open_vault
from shopwright.services.books.contract import Books
from shopwright.services.carts.contract import Carts
from shopwright.services.carts.waiting import Doorkeeper
from shopwright.services.catalog.contract import Catalog
from shopwright.services.catalog.intake import Intake
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.insights.contract import Insights
from shopwright.services.insights.service import Ledgerkeeper
from shopwright.services.inventory.contract import Inventory
from shopwright.services.inventory.promises import Promises
from shopwright.services.notifications.contract import Notifications
from shopwright.services.notifications.preferences import Correspondence
from shopwright.services.orders.contract import Orders
from shopwright.services.orders.fulfilment import Fulfilment
from shopwright.services.orders.links import OrderLinks
from shopwright.services.orders.order_sources import OrderSources
from shopwright.services.payments.contract import Payments
from shopwright.services.payments.service import Till
from shopwright.services.pricing.contract import Pricing
from shopwright.services.pricing.service import Reckoner
from shopwright.services.recommendations.contract import Recommendations
from shopwright.services.recommendations.memory import Companion
from shopwright.services.reviews.contract import Reviews
from shopwright.services.reviews.service import Opinions
from shopwright.services.search.contract import Search
from shopwright.services.search.service import Finder
from shopwright.services.users.contract import Users
from shopwright.services.users.second_factor import Guarded
from shopwright.settings import Settings
from shopwright.ways import Ways, serving, with_databases

log = logging.getLogger("shopwright")
Part = TypeVar("Part")
HOME = Path(__file__).parent
COUNTED_EVERY_S = 10
# What pages and lists are made from that are the same for everyone.
SEEN_BY_ALL = ("catalog", "pricing", "inventory", "search", "reviews")
# Of these, those whose versions are worth asking for where they are read: every order changes the others.
CHANGES_SELDOM = ("catalog", "pricing", "reviews")


def migrations_of(service: str) -> list[Path]:
    """The folders its database is made from."""
    own = HOME / "services" / service if service != "pretend" else HOME / "engines" / "providers" / "pretend"
    return [HOME / "kit" / "migrations", HOME / "engines" / "documents" / "migrations", own / "migrations"]


class Around:
    """What stands between a shop and its engines: nothing, unless someone wants to see them fail."""

    def database(self, _name: str, database: Database) -> Database:
        return database

    def provider(self, provider: Provider) -> Provider:
        return provider


class Shop:
    """A whole shop in one process, or of it the services that are `here`; `ways` lead to the others.

    `parts`: classes to be used in place of our own, by those.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        chance: Callable[[int], bytes] = secrets.token_bytes,
        send_webhook: SendWebhook | None = None,
        hasher: PasswordHasher | None = None,
        around: Around | None = None,
        parts: Mapping[type, type] | None = None,
        here: Collection[str] = (),
        ways: Ways | None = None,
    ) -> None:
        self.settings = settings
        self.here = serving(here)
        self.ways = ways or Ways(settings, self.here)
        self._around = around or Around()
        self._parts = parts or {}
        self.contracts: dict[str, type[Any]] = {}
        self.clock = clock or SystemClock()
        self.ids = Ids(self.clock, chance)
        self.numbers = Numbers(__version__)
        self.ways.called = self.numbers.called
        self.tracer = open_traces(settings.traces, "+".join(sorted(here)) or "shop", __version__)
        self.clock_watch = ClockWatch(self.clock, self.numbers.clock_jumped)
        self._hearers = Hearers()
        self._open_engines(send_webhook)
        self.vault = open_vault(settings)
        self._build_sources(hasher)
        self._build_flow()
        self._build_readers()
        self._build_faces()
        self.bus = self._open_bus()

    def _open_engines(self, send_webhook: SendWebhook | None) -> None:
        settings = self.settings
        self.marks = self.ways.marks = open_marks(settings.cache)
        self.works: dict[str, Work] = {name: self._work(name) for name in with_databases(()) if name in self.here}
        self.documents = open_documents(settings.documents)
        self.cache = open_cache(settings.cache)
        # Redis alone: that of Memcached costs as much as it spares.
        self.cart_counts = self.ways.cart_counts = Noted(self.cache if self.marks is not None else None, "cart")
        self.hot = open_hot(settings.hot_reads, self.cache, settings.cache)
        self.caches = {"cache": self.cache}
        if self.hot is not None and self.hot is not self.cache:
            self.caches["hot reads"] = self.hot
        self.files = open_files(settings.files)
        self.edge = open_edge(settings.cdn)
        self.index = open_search(settings.search)
        self.postboxes = parts.postboxes(settings, self.works["notifications"]) if "notifications" in self.here else {}
        self.outside = outgoing.client(timeout_s=10)
        self._send_webhook = send_webhook or partial(parts.post_webhook, self.outside, settings.url)

    def _build_sources(self, hasher: PasswordHasher | None) -> None:
        settings, works = self.settings, self.works
        self.users = self._service(
            "users",
            Users,
            lambda: self._part(Guarded)(
                works["users"],
                hasher,
                staff_factor=settings.staff_second_factor,
                audit_key=derived_key(settings.secret, "audit log"),
                vault=self.vault,
            ),
        )
        self.catalog = self._service(
            "catalog", Catalog, lambda: self._part(Intake)(works["catalog"], self.documents, self.files)
        )
        self.inventory = self._service(
            "inventory", Inventory, lambda: self._part(Promises)(works["inventory"], settings.currency)
        )
        self.pricing = self._service(
            "pricing",
            Pricing,
            lambda: self._part(Reckoner)(
                works["pricing"],
                KeyedHash(settings.secret, "coupons"),
                **parts.pricing(settings, self.outside),
            ),
        )
        self.payments = self._service("payments", Payments, self._open_till)
        self.giftcards = self._service("giftcards", GiftCards, lambda: parts.giftcards(self))

    def _open_till(self) -> Till:
        settings, work = self.settings, self.works["payments"]
        self.pretend = PretendProvider(self.works["pretend"], settings.url, self._send_webhook, self.vault)
        offered = parts.offered(settings, self._around.provider(self.pretend), work)
        tries = parts.attempts(settings, work)
        return self._part(Till)(work, offered, parts.returns(settings), tries, settings.capture)

    def _build_flow(self) -> None:
        self.carts = self._service(
            "carts",
            Carts,
            lambda: self._part(Doorkeeper)(
                self.works["carts"],
                self.cart_counts,
                catalog=self.catalog,
                inventory=self.inventory,
                pricing=self.pricing,
                currency=self.settings.currency,
                stop_untaxed=self.settings.untaxed_places == "stop",
            ),
        )
        self.orders = self._service(
            "orders",
            Orders,
            lambda: self._part(Fulfilment)(
                self.works["orders"],
                parts.holds(self.settings, self.works["orders"], self.inventory),
                carts=self.carts,
                inventory=self.inventory,
                pricing=self.pricing,
                payments=self.payments,
                links=OrderLinks(self.settings.secret),
                forgetting=parts.forgetting(self.settings, self.works["orders"], self.vault, self.payments),
                sources=OrderSources(self.works["orders"], self.vault),
            ),
        )

    def _build_readers(self) -> None:
        works, settings, catalog = self.works, self.settings, self.catalog
        self.reviews = self._service("reviews", Reviews, lambda: self._part(Opinions)(works["reviews"], self.documents))
        self.search = self._service(
            "search", Search, lambda: self._part(Finder)(works["search"], self.index, catalog=catalog, edge=self.edge)
        )
        self.recommendations = self._service(
            "recommendations",
            Recommendations,
            lambda: self._part(Companion)(works["recommendations"], catalog=catalog),
        )
        self.books = self._service("books", Books, lambda: parts.books(self))
        self.notifications = self._service(
            "notifications",
            Notifications,
            lambda: self._part(Correspondence)(
                works["notifications"],
                self.postboxes,
                users=self.users,
                catalog=catalog,
                orders=self.orders,
                books=self.books,
                shop=settings.shop_name,
                url=settings.url,
                an_hour=settings.messages_per_hour,
            ),
        )
        self.insights = self._service(
            "insights",
            Insights,
            lambda: self._part(Ledgerkeeper)(
                works["insights"], currency=settings.currency, kept_days=settings.events_kept
            ),
        )
        self._spared = {name: Lenient(name, getattr(self, name), self.ways.note_outage) for name in SPARED & self.here}
        self.looked = Tally(self.recommendations.looked)
        self.searched = Tally(self.search.searched)

    def _service(self, name: str, contract: type[Any], build: Callable[[], Part]) -> Part:
        """It, or the way to it: then no more than its contract says."""
        self.contracts[name] = contract
        return build() if name in self.here else cast("Part", self.ways.to(name, contract))

    def for_pages(self, name: str) -> Any:
        """A service as pages ask it: one they can go without answers with less where it fails."""
        return self._spared.get(name) or getattr(self, name)

    def _build_faces(self) -> None:
        self.shelf = Shelf(
            catalog=self.catalog,
            inventory=self.inventory,
            pricing=self.pricing,
            search=self.for_pages("search"),
            currency=self.settings.currency,
        )

    def _work(self, name: str) -> Work:
        marks = self.marks if name in SEEN_BY_ALL else None
        database = self._around.database(name, open_database(self.settings.database, name, marks))
        work = Work(name, database, self.clock, self.ids, self._hearers)
        work.marks = marks if name in CHANGES_SELDOM else None
        work.counted = self.numbers.told
        work.zone = self.settings.zone
        return work

    def _part(self, ours: type[Part]) -> type[Part]:
        return self._parts.get(ours, ours)

    @property
    def reactions(self) -> list[Reaction]:
        """Everything that is heard by anyone; what is elsewhere is known by name only."""
        return handlers.reactions(self)

    def _open_bus(self) -> Bus:
        reactions = self.reactions
        by_event: dict[str, tuple[str, ...]] = {}
        for reaction in reactions:
            by_event[reaction.event.__name__] = (*by_event.get(reaction.event.__name__, ()), reaction.name)
        self._hearers.by_event = by_event
        own = [reaction for reaction in reactions if reaction.service in self.here]
        return open_bus(self.settings.bus, list(self.works.values()), own, handlers.timers(self))

    # --- life

    async def migrate(self) -> list[str]:
        """Bring every database to this version; answers what was applied."""
        applied = []
        for name, work in self.works.items():
            applied += [f"{name}: {migration}" for migration in await work.database.migrate(migrations_of(name))]
        if "payments" in self.here:
            await self.pretend.prepare()
        await self.protect()
        return applied

    async def protect(self, *, anew: bool = False) -> int:
        """Secrets that lie plain in a database are encrypted, `anew`: all of them, with the newest key."""
        here = [getattr(self, name) for name in ("users", "orders", "books", "giftcards") if name in self.here]
        count: int = sum([await service.protect(anew=anew) for service in here])
        return count + (await self.pretend.protect(anew=anew) if "payments" in self.here else 0)

    async def is_demo(self) -> bool:
        """Is this a demo shop? The data of every service say so; those who have none (pages alone) ask payments."""
        for work in self.works.values():
            return await work.is_demo()
        return (await self.payments.setup()).demo

    @asynccontextmanager
    async def running(self, *, deliver: bool = True) -> AsyncIterator["Shop"]:
        """The shop while it is open; with `deliver` this process sees to it that facts are carried: by itself or by others."""
        if "payments" in self.here:
            await self.pretend.prepare()
        if "search" in self.here:
            await self.search.heal()
        carry = self.bus.run if self.settings.carry == "here" else self.bus.leave_to_others
        await continue_ids(self.ids, self.works.values())
        tasks = [
            self._tell_counts(),
            self.clock_watch.run(),
            self.numbers.watch_the_loop(),
            *([carry(), watch_for_damage(self.works.values(), Path(self.settings.data))] if deliver else []),
        ]
        with trace.watched_by(self.tracer):
            running = [asyncio.create_task(task) for task in tasks]
        try:
            yield self
        finally:
            await ended(running)
            await self._told_counts()
            await self.close()

    async def tell_counts(self) -> None:
        """What this process has counted is told of."""
        for tally in (self.looked, self.searched):
            await tally.flush()

    async def _tell_counts(self) -> None:
        while True:
            await asyncio.sleep(COUNTED_EVERY_S)
            await self._told_counts()

    async def _told_counts(self) -> None:
        try:
            await self.tell_counts()
        except Exception:
            log.exception("what was counted could not be told of")

    async def close(self) -> None:
        """Let go of every engine."""
        await self.bus.close()
        for work in self.works.values():
            await work.database.close()
        for postbox in self.postboxes.values():
            await postbox.close()
        await self.index.close()
        await self.documents.close()
        for cache in self.caches.values():
            await cache.close()
        if self.marks is not None:
            await self.marks.close()
        await self.outside.aclose()
        if self.edge is not None:
            await self.edge.close()
        await self.ways.close()
        if self.tracer is not None:
            await asyncio.to_thread(self.tracer.close)
