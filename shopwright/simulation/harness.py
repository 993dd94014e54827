"""The shop of a simulation, its customers, and what they were told."""

import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TypeVar

import msgspec
from argon2 import PasswordHasher

from shopwright.app import Shop
from shopwright.demo.load import load_rules
from shopwright.kit.addresses import Address
from shopwright.kit.auth import GUEST, SYSTEM, Caller
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import ShopError, Unavailable
from shopwright.kit.money import Money
from shopwright.kit.provider import Capture
from shopwright.services.inventory.contract import Adjustment, Location, Receipt, Stock, StockRule
from shopwright.services.pricing.contract import Coupon, Promotion
from shopwright.settings import Settings, complete
from shopwright.simulation.faults import Faults, FaultyEngines, WebhookTransport
from shopwright.web.product_view import write

T = TypeVar("T")
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PLACE = Address(name="Ada Lovelace", line1="Torstraße 1", city="Berlin", postal_code="10119", country="DE")
GOODS = (("Kettle", 6400, 4), ("Lamp", 12_999, 2), ("Bowl", 1333, 9), ("Vase", 999, 1), ("Rug", 70_001, 3))
BACKORDERED, WITHOUT_COST = {"Vase"}, {"Lamp"}
WITH_COST = 5  # receipts of this many units have a unit cost
LIMITED, ONCE = "THREE", "ONCE"
CUSTOMERS = ("ada@example.com", "grace@example.com", "mary@example.com")
INSISTENCE = 4


class ConfirmedOrder(msgspec.Struct, frozen=True):
    """An order confirmed to someone."""

    order_id: str
    total: Money


class Harness:
    """A shop that can die and be reopened, and its environment."""

    def __init__(
        self, folder: Path, overrides: Mapping[type, type] | None = None, capture: Capture = "automatic"
    ) -> None:
        self.capture: Capture = capture
        self.faults = Faults()
        self.clock = HandClock()
        self.webhooks = WebhookTransport()
        self.confirmed: dict[str, ConfirmedOrder] = {}
        self.complaints: list[str] = []
        self.refunds: dict[str, set[str]] = {}
        self.adjusted: list[Adjustment] = []
        self.asked: list[tuple[str, Adjustment]] = []
        self.crashes = 0
        self._folder = folder
        self._overrides = overrides or {}
        self._ids = Random(4711)  # noqa: S311 -- ids of a simulation
        self.shop = self._open()
        self.customers: list[Caller] = []
        self.variants: list[str] = []

    def _open(self) -> Shop:
        settings = complete(
            Settings(
                data=str(self._folder),
                limits="off",
                payments="pretend:",
                messages_per_hour=1_000_000,  # its guests all have one address
                url="http://shop.test",
                secret="0" * 64,
                capture=self.capture,
            )
        )
        return Shop(
            settings,
            clock=self.clock,
            chance=self._ids.randbytes,
            send_webhook=self.webhooks,
            hasher=QUICK,
            around=FaultyEngines(self.faults),
            overrides=self._overrides,
        )

    async def enter(self) -> None:
        """Open the shop as the template left it."""
        await self.shop.pretend.prepare()
        self.customers = [GUEST]
        for email in CUSTOMERS:
            user = await self.shop.users.by_email(email)
            if user is not None:
                self.customers.append(Caller(user_id=user.id, email=user.email, name=user.name))
        products = await self.shop.catalog.list_products(limit=100)
        self.variants = [variant.id for product in products for variant in product.variants]
        stock = await self.shop.inventory.stock(self.variants)
        self.opening = {variant_id: one.on_hand for variant_id, one in stock.items()}

    async def restart(self) -> None:
        """Replace the dead process by another on the same disk."""
        armed, self.faults.armed = self.faults.armed, False
        self.faults.dead = True
        await self.shop.close()
        self.faults.dead = False
        self.shop = self._open()
        await self.shop.pretend.prepare()
        self.faults.armed = armed
        self.crashes += 1

    async def close(self) -> None:
        self.faults.armed = False
        await self.shop.close()

    async def insist(self, act: Callable[[], Awaitable[T]]) -> T | None:
        """Retry without an answer, like a client. None if it gave up or was refused."""
        for _ in range(INSISTENCE):
            try:
                return await act()
            except Unavailable:
                continue
            except ShopError:
                return None
        return None

    async def book(self, key: str, one: Adjustment) -> dict[str, Stock]:
        """Book goods: many with a cost, a few without."""
        if one.delta is None or one.delta < WITH_COST:
            return await self.shop.inventory.adjust([one], key=key)
        receipt = Receipt(
            variant_id=one.variant_id,
            quantity=one.delta,
            location=one.location,
            total_cost=Money(one.delta * 333 + 1, "EUR"),  # never the same for each
        )
        return await self.shop.inventory.receive([receipt], key=key)

    async def settle(self) -> None:
        """Deliver events and run jobs, as far as the engines allow."""
        try:
            await self.shop.bus.settle()
        except ShopError:
            return

    async def on_event(self, chance: Random) -> None:
        """Deliver webhooks in any order, some twice, some never."""
        for provider, headers, body in self.webhooks.take(chance):
            try:
                await self.shop.payments.webhook(provider, headers, body)
            except ShopError:
                continue

    async def calm(self) -> None:
        """Stop failures until everything has finished."""
        self.faults.armed = False
        for key, one in self.asked:
            await self.book(key, one)
            self.adjusted.append(one)
        self.asked.clear()
        for _ in range(9):
            await self.on_event(Random(1))  # noqa: S311 -- the road's, not a secret
            self.clock.move(minutes=10)
            await self.settle()
            if self.capture == "manual":
                await self._take_money()
        await self.shop.search.bring_up_to_date()

    async def _take_money(self) -> None:
        """Capture authorised payments; failures are retried in the next round."""
        for order in await self.shop.orders.search(status="placed", limit=500):
            with suppress(ShopError):
                await self.shop.orders.capture(order.id, SYSTEM)


async def template(folder: Path) -> None:
    """Create a small shop with scarce goods, limited coupons and three customers."""
    harness = Harness(folder)
    shop = harness.shop
    await shop.migrate()
    await load_rules(shop)
    for title, price, on_hand in GOODS:
        new = write.ProductWrite(
            title=title,
            status="published",
            variants=(write.VariantWrite(price=Money(price, "EUR"), on_hand=on_hand, weight=500),),
        )
        product = await write.create(shop.product_views, new, "opening stock")
        if title not in WITHOUT_COST:
            await shop.inventory.set_cost(product.variants[0].id, Money(price // 3, "EUR"))
        if title in BACKORDERED:
            await shop.inventory.put_rule(product.variants[0].id, StockRule(backorder=4, low_at=2))
    await shop.inventory.put_location(Location("annex", "Annex", 1))
    await shop.pricing.put_coupon(Coupon(code=LIMITED, kind="percentage", value=1500, limit_total=3))
    await shop.pricing.put_coupon(Coupon(code=ONCE, kind="fixed", value=333, currency="EUR", limit_per_customer=1))
    await shop.pricing.put_promotion(Promotion(title="A seventh off", kind="percentage", value=1429, minimum=20_000))
    for email in CUSTOMERS:
        await shop.users.register(email, "harbour at seven", email.partition("@")[0])
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    await harness.close()


def copy(source: Path, target: Path) -> None:
    """Copy the folder for one run."""
    shutil.copytree(source, target)
