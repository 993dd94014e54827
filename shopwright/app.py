"""The page on which the whole system can be seen.

Engines are opened, services built in river order, reactions started; `web.py` mounts the routes.

    sources   users   catalog   inventory   pricing   payments
    flow      carts → orders
    readers   reviews  search  recommendations  notifications  insights
    faces     shelf  person  storefront  backoffice
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import httpx
from argon2 import PasswordHasher

from shopwright.engines.bus import Bus, open_bus
from shopwright.engines.cache import open_cache, open_marks
from shopwright.engines.database import open_database
from shopwright.engines.documents import open_documents
from shopwright.engines.files import open_files
from shopwright.engines.messages import open_postbox
from shopwright.engines.providers.pretend.provider import PretendProvider
from shopwright.engines.search import open_search
from shopwright.faces.shelf.view import Shelf
from shopwright.kit import outgoing
from shopwright.kit.clock import Clock, SystemClock
from shopwright.kit.database import Database
from shopwright.kit.facts import Hearers, Reaction, Timer
from shopwright.kit.ids import Ids
from shopwright.kit.ports import Provider, SendWebhook
from shopwright.kit.web.observe import Numbers
from shopwright.kit.work import Work
from shopwright.services import RIVER
from shopwright.services.carts import reactions as carts_reactions
from shopwright.services.carts.wishes import Wishes
from shopwright.services.catalog import reactions as catalog_reactions
from shopwright.services.catalog.intake import Intake
from shopwright.services.insights import reactions as insights_reactions
from shopwright.services.insights.service import Ledgerkeeper
from shopwright.services.inventory import reactions as inventory_reactions
from shopwright.services.inventory.promises import Promises
from shopwright.services.notifications import reactions as notifications_reactions
from shopwright.services.notifications.preferences import Correspondence
from shopwright.services.orders import reactions as orders_reactions
from shopwright.services.orders.fulfilment import Fulfilment
from shopwright.services.payments import reactions as payments_reactions
from shopwright.services.payments.service import Till
from shopwright.services.pricing.service import Reckoner
from shopwright.services.recommendations import reactions as recommendations_reactions
from shopwright.services.recommendations.memory import Companion
from shopwright.services.reviews import reactions as reviews_reactions
from shopwright.services.reviews.service import Opinions
from shopwright.services.search import reactions as search_reactions
from shopwright.services.search.service import Finder
from shopwright.services.users.second_factor import Guarded
from shopwright.settings import Settings

log = logging.getLogger("shopwright")
Part = TypeVar("Part")
HOME = Path(__file__).parent
KEEP_DOCUMENTS = ("catalog", "reviews")
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
    """A whole shop in one process. `parts`: classes to be used in place of our own, by those."""

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
    ) -> None:
        self.settings = settings
        self._around = around or Around()
        self._parts = parts or {}
        self.clock = clock or SystemClock()
        self.ids = Ids(self.clock, chance)
        self.numbers = Numbers()
        self._hearers = Hearers()
        self._open_engines(send_webhook or self._post_webhook)
        self._build_sources(hasher)
        self._build_flow()
        self._build_readers()
        self._build_faces()
        self.bus = self._open_bus()

    def _open_engines(self, send_webhook: SendWebhook) -> None:
        settings = self.settings
        self.marks = open_marks(settings.cache)
        self.works: dict[str, Work] = {name: self._work(name) for name in (*RIVER, "pretend")}
        self.documents = open_documents(settings.documents)
        self.cache = open_cache(settings.cache)
        self.files = open_files(settings.files)
        self.index = open_search(settings.search)
        post = self.works["notifications"]
        self.postboxes = {
            "email": open_postbox("mail", settings.mail, post, settings.mail_from),
            "sms": open_postbox("sms", settings.sms, post, settings.shop_name),
            "push": open_postbox("push", settings.push, post, settings.shop_name),
        }
        self.outside = outgoing.client(timeout_s=10)
        self.pretend = PretendProvider(self.works["pretend"], settings.url, send_webhook)

    def _build_sources(self, hasher: PasswordHasher | None) -> None:
        settings = self.settings
        self.users = self._part(Guarded)(
            self.works["users"], hasher, staff_need_factor=settings.staff_second_factor == "required"
        )
        self.catalog = self._part(Intake)(self.works["catalog"], self.documents, self.files)
        self.inventory = self._part(Promises)(self.works["inventory"])
        self.pricing = self._part(Reckoner)(
            self.works["pricing"], home_country=settings.country, prices_include_tax=settings.prices_include_tax
        )
        self.payments = self._part(Till)(
            self.works["payments"], {"pretend": self._around.provider(self.pretend)}, settings.capture
        )

    def _build_flow(self) -> None:
        self.carts = self._part(Wishes)(
            self.works["carts"],
            catalog=self.catalog,
            inventory=self.inventory,
            pricing=self.pricing,
            currency=self.settings.currency,
        )
        self.orders = self._part(Fulfilment)(
            self.works["orders"],
            carts=self.carts,
            inventory=self.inventory,
            pricing=self.pricing,
            payments=self.payments,
        )

    def _build_readers(self) -> None:
        settings = self.settings
        self.reviews = self._part(Opinions)(self.works["reviews"], self.documents)
        self.search = self._part(Finder)(self.works["search"], self.index, catalog=self.catalog)
        self.recommendations = self._part(Companion)(self.works["recommendations"], catalog=self.catalog)
        self.notifications = self._part(Correspondence)(
            self.works["notifications"],
            self.postboxes,
            users=self.users,
            catalog=self.catalog,
            shop=settings.shop_name,
            url=settings.url,
        )
        self.insights = self._part(Ledgerkeeper)(self.works["insights"], currency=settings.currency)

    def _build_faces(self) -> None:
        self.shelf = Shelf(
            catalog=self.catalog,
            inventory=self.inventory,
            pricing=self.pricing,
            search=self.search,
            currency=self.settings.currency,
        )

    def _work(self, name: str) -> Work:
        marks = self.marks if name in SEEN_BY_ALL else None
        database = self._around.database(name, open_database(self.settings.database, name, marks))
        work = Work(name, database, self.clock, self.ids, self._hearers)
        work.marks = marks if name in CHANGES_SELDOM else None
        return work

    def _part(self, ours: type[Part]) -> type[Part]:
        return self._parts.get(ours, ours)

    @property
    def reactions(self) -> list[Reaction]:
        """Everything that is heard by anyone."""
        return [
            *carts_reactions.reactions(self.carts),
            *orders_reactions.reactions(self.orders),
            *reviews_reactions.reactions(self.reviews),
            *search_reactions.reactions(self.search),
            *recommendations_reactions.reactions(self.recommendations),
            *notifications_reactions.reactions(self.notifications),
            *insights_reactions.reactions(self.insights),
        ]

    @property
    def timers(self) -> list[Timer]:
        """Everything that is done as time passes."""
        return [
            *catalog_reactions.timers(self.catalog),
            *inventory_reactions.timers(self.inventory),
            *carts_reactions.timers(self.carts),
            *payments_reactions.timers(self.payments),
            *orders_reactions.timers(self.orders),
            *search_reactions.timers(self.search),
            *recommendations_reactions.timers(self.recommendations),
            *notifications_reactions.timers(self.notifications),
            *self.pretend.timers(),
            *self.documents.timers([self.works[name] for name in KEEP_DOCUMENTS]),
            *(Timer(f"{name}.tidy", timedelta(hours=1), work.tidy) for name, work in self.works.items()),
        ]

    def _open_bus(self) -> Bus:
        reactions = self.reactions
        by_event: dict[str, tuple[str, ...]] = {}
        for reaction in reactions:
            by_event[reaction.event.__name__] = (*by_event.get(reaction.event.__name__, ()), reaction.name)
        self._hearers.by_event = by_event
        return open_bus(self.settings.bus, list(self.works.values()), reactions, self.timers)

    # --- life

    async def migrate(self) -> list[str]:
        """Bring every database to this version; answers what was applied."""
        applied = []
        for name, work in self.works.items():
            applied += [f"{name}: {migration}" for migration in await work.database.migrate(migrations_of(name))]
        await self.pretend.prepare()
        return applied

    @asynccontextmanager
    async def running(self, *, deliver: bool = True) -> AsyncIterator["Shop"]:
        """The shop while it is open; with `deliver` this process sees to it that facts are carried: by itself or by others."""
        await self.pretend.prepare()
        await self.search.heal()
        carry = self.bus.run if self.settings.carry == "here" else self.bus.leave_to_others
        delivering = asyncio.create_task(carry()) if deliver else None
        try:
            yield self
        finally:
            if delivering is not None:
                delivering.cancel()
                with suppress(asyncio.CancelledError):
                    await delivering
            await self.close()

    async def close(self) -> None:
        """Let go of every engine."""
        await self.bus.close()
        for work in self.works.values():
            await work.database.close()
        for postbox in self.postboxes.values():
            await postbox.close()
        await self.index.close()
        await self.documents.close()
        await self.cache.close()
        if self.marks is not None:
            await self.marks.close()
        await self.outside.aclose()

    async def _post_webhook(self, provider: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Call a payment webhook over the network, as a provider would."""
        try:
            url = f"{self.settings.url}/v1/payment-webhooks/{provider}"
            return (await self.outside.post(url, content=body, headers=dict(headers))).is_success
        except httpx.HTTPError as error:
            log.info("a webhook was not taken: %r", error)
            return False
