"""One order from the first click to a refund, made by a process of its own that dies at a given step.

Without a step it prints the name of each step it passes.
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
UNREPORTED = {"facts", "deliveries", "inbox", "timers"}


def log(line: str) -> None:
    """Print a line for the parent process at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Steps(Faults):
    """Every commit and every call of the provider is a step; at the chosen one, the process is killed."""

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
            log(f"step {name}")

    def before(self, what: str) -> None:
        """Reads and calls that have not happened yet change nothing."""

    def after(self, what: str) -> None:
        self.reach(what)


class Noting:
    """A transaction that records the tables it changes."""

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
            tables = [table for table in noting.tables if table not in UNREPORTED] or list(noting.tables)[:1]
            name = f"{self._name} {'+'.join(tables[:3]) or 'nothing'}"
            self._faults.reach(f"{name}, before")
        self._faults.reach(f"{name}, after")


class Stepped(EngineDecorator):
    """Wraps the engines of a shop that dies at a step."""

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
    if not (await shop.orders.get(order_id)).shipments:  # an unanswered client looks before it repeats
        await shop.orders.ship(order_id, NewShipment(carrier="DHL", tracking_number="1"), SYSTEM)


async def refund(shop: Shop, order: Order) -> None:
    new_refund = NewRefund(amount=order.lines[0].unit_price, reason="dented")
    await shop.orders.refund(order.id, new_refund, "story", SYSTEM)


async def play(data: Path, database: str, cart_id: str, deadly: str) -> None:
    clock = HandClock()
    steps = Steps(deadly)
    shop = open_shop(data, database, clock, Stepped(steps))
    await shop.pretend.prepare()
    steps.armed = True
    order = await place(shop, cart_id)
    log(f"placed {order.id}")
    await shop.bus.settle()
    await ship(shop, order.id)
    log("shipped")
    await shop.bus.settle()
    await refund(shop, order)
    log("refunded")
    await shop.bus.settle()
    log("ended")
    await shop.close()


async def take_file(data: Path, database: str, file: str, deadly: str) -> None:
    """Import the file."""
    steps = Steps(deadly)
    shop = open_shop(data, database, HandClock(), Stepped(steps))
    steps.armed = True
    code = await run(shop, "shopify", Path(file), ImportOptions(fetch=False))
    log(f"ended {code}")
    await shop.close()


Scenario = Callable[[Path, str, str, str], Awaitable[None]]


def play_into(file: Path, data: Path, database: str, about: str, deadly: str = "", scenario: Scenario = play) -> None:
    """Run a scenario in this process; its output goes into the file."""
    with file.open("w", encoding="utf-8") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)

    async def run() -> None:
        await scenario(data, database, about, deadly)

    asyncio.run(run())
