"""Each alert by its real fault: a broken shop raises it in a real Prometheus."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.deployment.targets.alerts import alerts
from shopwright.kit.clock import to_micros
from shopwright.kit.tasks import ended
from shopwright.registry import PARTS
from tests.builders.environment import ON_SERVERS
from tests.builders.goods import sell
from tests.builders.prometheus import EVERY_S, comes, prometheus
from tests.builders.server import Server, buy
from tests.builders.shops import QUICK, make_settings
from tests.builders.tcp_proxy import TcpProxy

IN_ONE = {"EngineAway", "EventsDead", "PartDown", "ProcessDown"}  # seen where the shop is one process
OF_THE_DISK = {
    "DiskLow",
    "DiskFilling",
    "BackupOld",
    "DrillOld",
}  # a full one is in tests/process/test_full_disk.py, the rules in test_prometheus_rules.py


@pytest.mark.soak
async def test_faults_of_a_real_shop_raise_alerts(data: tuple[Path, str], tmp_path: Path) -> None:
    server = Server(*data, cache="redis://127.0.0.1:1/0")  # where no process listens
    await asyncio.to_thread(server.start)
    shop = Shop(make_settings(*data))
    killed = False
    try:
        async with prometheus(tmp_path, {"all": [f"127.0.0.1:{server.port}"]}) as firing:
            await comes(firing, "EngineAway")
            assert await firing() == {"EngineAway"}
            async with shop.databases["orders"].begin() as tx:
                await tx.run(
                    "INSERT INTO deliveries (fact_id, hearer, subject, due, attempts, state, problem)"
                    " VALUES ('evt_x', 'insights.OrderPlaced', 'ord_x', 0, 12, 'dead', 'x')"
                )
            await comes(firing, "EventsDead")
            async with shop.databases["orders"].begin() as tx:
                await tx.run("DELETE FROM deliveries WHERE fact_id = 'evt_x'")
            await comes(firing, "EventsDead", there=False)
            server.kill()
            killed = True
            await comes(firing, "PartDown")
            await comes(firing, "ProcessDown")
    finally:
        await shop.close()
        if not killed:
            assert await asyncio.to_thread(server.stop) == 0


@asynccontextmanager
async def meanwhile(action: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Repeat an action in the background, ignoring its failures."""

    async def again() -> None:
        while True:
            with suppress(httpx.HTTPError, ValueError, KeyError):
                await action()
            await asyncio.sleep(0.05)

    tasks = [asyncio.create_task(again()) for _ in range(6)]
    try:
        yield
    finally:
        await ended(tasks)


@pytest.mark.soak
@pytest.mark.skipif(not ON_SERVERS, reason="parts apart share servers")
async def test_every_other_alert_fires_of_its_fault(data: tuple[Path, str], tmp_path: Path) -> None:
    """One process serves everything but reviews, which no process serves; no `work` runs, so that events are not delivered."""
    shop = Shop(make_settings(*data), hasher=QUICK)
    sku = (await sell(shop, "Lamp", on_hand=1000)).variants[0].sku
    await shop.search.bring_up_to_date()
    proxy = TcpProxy(data[1])
    await proxy.open()
    server = Server(
        data[0], f"{proxy.url}&connections=2&wait_seconds=3", parts=[one for one in PARTS if one != "reviews"],
        services="http://127.0.0.1:1/{service}", carry="elsewhere",
    )  # fmt: skip
    await asyncio.to_thread(server.start)
    seen: set[str] = set()
    try:
        async with (
            prometheus(tmp_path, {"all": [f"127.0.0.1:{server.port}"]}) as firing,
            httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as client,
        ):

            async def fires(*names: str) -> None:
                for name in names:
                    await comes(firing, name)
                    seen.add(name)

            async def begin() -> object:
                return await client.post("/v1/carts")

            async def page() -> object:
                return await client.get("/p/lamp")

            await comes(firing, "PartDown", there=False)
            for number in range(30):
                assert (await buy(client, sku, f"buyer{number}", "pretend_delayed")).status_code == 201
                if number == 0:  # increases are known from the second scrape on
                    await asyncio.sleep(4 * EVERY_S)
            await fires("EventsLate")
            await fires("OrdersStopped")
            async with meanwhile(page):
                await fires("CallsFail")
            # Half an hour and more later.
            async with shop.databases["payments"].begin() as tx:
                await tx.run("UPDATE payments SET created_at = 1")
                await tx.run(
                    "INSERT INTO refunds (key, payment_id, amount, state, asked_at, ask_at)"
                    " SELECT 'rfd_x', min(id), 1, 'asked', 1, 9000000000000000000 FROM payments"
                )
            async with shop.databases["inventory"].begin() as tx:
                await tx.run("UPDATE reservations SET expires_at = 1")
            await fires("PaymentsUndecided", "ReservationsOverdue", "RefundsWaiting")
            await ahead(shop)
            await fires("ClockJumped")
            await undelivered(shop)
            await fires("MessagesLate", "MessagesGivenUp", "MessagesRefused")
            await starved(server, lambda: fires("LoopLate"))
            proxy.slow(0.25)
            async with meanwhile(begin):  # a page may be cached: then no service is called
                await fires("SlownessFast", "SlownessSteady", "SlownessSlow")
            await proxy.open()
            async with shop.databases["carts"].begin() as tx:
                await tx.run("LOCK TABLE carts IN ACCESS EXCLUSIVE MODE")  # as a careless migration does
                async with meanwhile(begin):
                    await fires("ConnectionsShort")
            await proxy.cut()
            async with meanwhile(begin):
                await fires("ErrorsFast", "ErrorsSteady", "ErrorsSlow")
    finally:
        await shop.close()
        await proxy.cut()
        server.kill()
    assert seen | IN_ONE | OF_THE_DISK == {one.name for one in alerts()}


async def ahead(shop: Shop) -> None:
    """Emit an event while the clock is three hours ahead."""
    async with shop.databases["orders"].begin() as tx:
        await tx.run(
            "INSERT INTO facts (id, type, subject, time, data) VALUES ('evt_z', 'x', 'x', :time, '{}')",
            time=to_micros(tx.now) + 3 * 3_600_000_000,
        )


async def undelivered(shop: Shop) -> None:
    """A mail server that is away, and one that refuses all our mail: what the attempts leave behind."""
    now = to_micros(shop.clock.now())
    async with shop.databases["notifications"].begin() as tx:
        await tx.run_many(
            "INSERT INTO messages (id, channel, recipient, subject, text, html, state, attempts, due, created_at,"
            " expires_at, away_since) VALUES (:id, 'email', :id, 'x', '', '', :state, 1, :due, 1, :ends, :away)",
            [
                {"id": "msg_late", "state": "waiting", "due": now, "ends": now * 2, "away": now - 3_600_000_000},
                {"id": "msg_over", "state": "failed", "due": now, "ends": now, "away": 0},
                *({"id": f"msg_no{n}", "state": "failed", "due": now, "ends": now * 2, "away": 0} for n in range(30)),
            ],
        )


async def starved(server: Server, fires: Callable[[], Awaitable[None]]) -> None:
    """Stop the process most of the time, as a busy machine does."""

    async def stutter() -> None:
        while True:
            os.kill(server.process.pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(0.5)
            finally:
                os.kill(server.process.pid, signal.SIGCONT)
            await asyncio.sleep(0.3)

    task = asyncio.create_task(stutter())
    try:
        await fires()
    finally:
        await ended([task])
