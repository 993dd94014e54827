"""One order from the first click to a refund, told by a process of its own that dies at a step it is told.

Without a step it names them all, each time it passes one.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from shopwright.app import Shop
from shopwright.cli.importing import ImportOptions, run
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.data.database import Database
from shopwright.kit.provider import Provider
from shopwright.open_engines import EngineDecorator
from shopwright.services.orders.contract import NewRefund, NewShipment, Order, PaymentChoice, PlaceOrder
from shopwright.simulation.faults import OUTSIDE, Faults, FaultyDatabase, FaultyProvider
from tests.builders.shops import QUICK, make_settings

WRITES = re.compile(r"^\s*(INSERT INTO|UPDATE|DELETE FROM) (\w+)")
UNTOLD = {"facts", "deliveries", "inbox", "timers"}


def say(line: str) -> None:
    """To whoever started us, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Steps(Faults):
    """Every commit and every call of the provider; at the one that is asked for, the process is killed."""

    def __init__(self, deadly: str) -> None:
        super().__init__()
        self._deadly = deadly
        self._passed: dict[str, int] = {}

    def reach(self, what: str) -> None:
        self._passed[what] = self._passed.get(what, 0) + 1
        name = f"{what} #{self._passed[what]}"
        if name == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.armed and not self._deadly:
            say(f"step {name}")

    def before(self, what: str) -> None:
        """Reads and calls that have not happened yet change nothing."""

    def after(self, what: str) -> None:
        self.reach(what)


class Noting:
    """A transaction that knows which tables it changed."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.tables: dict[str, None] = {}

    def _note(self, sql: str) -> None:
        if found := WRITES.match(sql):
            self.tables[found.group(2)] = None

    async def fetch(self, sql: str, params: Mapping[str, Any]) -> Any:
        self._note(sql)
        return await self._inner.fetch(sql, params)

    async def run(self, sql: str, params: Mapping[str, Any]) -> int:
        self._note(sql)
        return await self._inner.run(sql, params)

    async def run_many(self, sql: str, rows: Any) -> None:
        self._note(sql)
        await self._inner.run_many(sql, rows)


class SteppedDatabase(FaultyDatabase):
    """Each transaction is two steps: just before it is committed, and just after."""

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        async with self._inner.begin() as session:
            noting = Noting(session)
            yield noting
            told = [table for table in noting.tables if table not in UNTOLD] or list(noting.tables)[:1]
            name = f"{self._name} {'+'.join(told[:3]) or 'nothing'}"
            self._faults.reach(f"{name}, before")
        self._faults.reach(f"{name}, after")


class Stepped(EngineDecorator):
    """Around a shop that dies at a step."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def database(self, name: str, database: Database) -> Database:
        return database if name in OUTSIDE else SteppedDatabase(database, self._steps, name)

    def provider(self, provider: Provider) -> Provider:
        return FaultyProvider(provider, self._steps)


def open_shop(data: Path, database: str, clock: HandClock, around: EngineDecorator | None = None) -> Shop:
    async def webhook(provider: str, headers: Mapping[str, str], body: bytes) -> bool:
        await shop.payments.webhook(provider, headers, body)
        return True

    shop = Shop(make_settings(data, database), clock=clock, hasher=QUICK, around=around, send_webhook=webhook)
    return shop


async def place(shop: Shop, cart_id: str) -> Order:
    cart = await shop.carts.get(cart_id)
    choice = PaymentChoice(provider="pretend", token="pretend_ok")
    return await shop.orders.place(
        PlaceOrder(cart_id=cart_id, expected_total=cart.totals.total, payment=choice), "story", GUEST
    )


async def ship(shop: Shop, order_id: str) -> None:
    if not (await shop.orders.get(order_id)).shipments:  # who got no answer looks before asking again
        await shop.orders.ship(order_id, NewShipment(carrier="DHL", tracking_number="1"), SYSTEM)


async def refund(shop: Shop, order: Order) -> None:
    asked = NewRefund(amount=order.lines[0].unit_price, reason="dented")
    await shop.orders.refund(order.id, asked, "story", SYSTEM)


async def tell(data: Path, database: str, cart_id: str, deadly: str) -> None:
    clock = HandClock()
    steps = Steps(deadly)
    shop = open_shop(data, database, clock, Stepped(steps))
    await shop.pretend.prepare()
    steps.armed = True
    order = await place(shop, cart_id)
    say(f"placed {order.id}")
    await shop.bus.settle()
    await ship(shop, order.id)
    say("shipped")
    await shop.bus.settle()
    await refund(shop, order)
    say("refunded")
    await shop.bus.settle()
    say("ended")
    await shop.close()


async def take_file(data: Path, database: str, file: str, deadly: str) -> None:
    """An import."""
    steps = Steps(deadly)
    shop = open_shop(data, database, HandClock(), Stepped(steps))
    steps.armed = True
    code = await run(shop, "shopify", Path(file), ImportOptions(fetch=False))
    say(f"ended {code}")
    await shop.close()


Story = Callable[[Path, str, str, str], Awaitable[None]]


def tell_into(file: Path, data: Path, database: str, about: str, deadly: str = "", story: Story = tell) -> None:
    """What a process of its own does; all it says goes into the file."""
    with file.open("w", encoding="utf-8") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)

    async def whole() -> None:
        await story(data, database, about, deadly)

    asyncio.run(whole())
