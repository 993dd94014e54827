"""A split shop with real processes of each service under supervisord, nginx as gateway, and every engine a server."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from shopwright.app import Shop
from tests.builders.chromium import CHROMIUM, SIZES, filled, guest_buys
from tests.builders.cluster import Cluster, running
from tests.builders.customers import sign_in
from tests.builders.documented_api import answers_as_documented
from tests.builders.environment import ON_SERVERS, SOAK, bare_environment, need
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.load import Load
from tests.builders.next_version import MARK, today, tomorrow
from tests.builders.processes import settled
from tests.builders.server import all_at_once, buy
from tests.builders.shops import OWNER, QUICK, fresh, make_settings

SHOPPERS = int(os.environ.get("SHOPPERS", "3"))
REQUESTS = int(os.environ.get("REQUESTS", "0"))  # during the upgrade: at least this many
BUYERS = int(os.environ.get("BUYERS", "60"))  # for the rest
LEFT = int(os.environ.get("LEFT", "1"))
KILLED = ("orders", "web")
EACH = 2 if SOAK else 1  # processes of a service: two where some are killed and upgraded
WALKS = tuple(zip(SIZES, (True, False), strict=True)) if SOAK else ((next(iter(SIZES)), True),)
EXAMPLES = 3  # more of each operation are tried in one process
RENEWED = os.environ.get("RENEWED", "orders carts").split()  # services that run another version for a while


class Apart(NamedTuple):
    """A cluster, its data, and its products: plenty of `lamp`, and few of `last`."""

    cluster: Cluster
    data: tuple[Path, str]
    lamp: str
    last: str


@asynccontextmanager
async def opened(migrated: tuple[Path, str], folder: Path) -> AsyncIterator[Apart]:
    async with fresh(migrated, folder) as data:
        await filled(data)
        shop = Shop(make_settings(*data), hasher=QUICK)
        lamp = await sell(shop, "Lamp", on_hand=100_000)
        last = await sell(shop, "Last", on_hand=LEFT)
        await shop.search.bring_up_to_date()
        await shop.close()
        async with running(Cluster(*data), EACH) as cluster:
            yield Apart(cluster, data, lamp.variants[0].sku, last.variants[0].sku)


@pytest.fixture(scope="module")
def made(migrated: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """One cluster for both tests: it takes half a minute to start."""
    if not ON_SERVERS:
        pytest.skip("processes of several services share servers")
    with asyncio.Runner() as runner:
        apart = opened(migrated, tmp_path_factory.mktemp("apart") / "data")
        yield runner.run(apart.__aenter__())
        runner.run(apart.__aexit__(None, None, None))


@pytest.mark.soak
async def test_a_split_shop_sells_survives_and_is_upgraded_without_a_lost_request(made: Apart) -> None:
    shop, data, lamp, last = made
    status = await shop.status()
    assert set(status) == {"gateway", "services", "engines"}
    assert all(len(ones) == 2 and all(one["ready"] for one in ones) for ones in status["services"].values())
    assert ":loopback" not in json.dumps(status["engines"])  # the password of the test servers
    await internal_parts_are_unreachable_from_outside(shop.url)
    await customer_and_staff_use_the_shop(shop.url, lamp)
    answers = await all_at_once(shop.url, BUYERS, last, at_once=min(BUYERS // 2, 60))
    assert Counter(answer.status_code for answer in answers) == {201: LEFT, 409: BUYERS - LEFT}
    acknowledged = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    acknowledged |= await any_process_is_killed_and_the_shop_goes_on(shop, lamp)
    acknowledged |= await renewed_without_a_lost_request(shop, lamp)
    await less_is_shown_and_nothing_fails_without(shop, "search", "reviews", "recommendations", "notifications")
    assert "orders-" in await shop.run("logs", "orders")
    local_shop = await settled(data)
    try:
        orders = {row["id"] for row in await local_shop.databases["orders"].fetch("SELECT id FROM orders")}
        assert acknowledged <= orders
        messages = await local_shop.databases["notifications"].fetch("SELECT recipient, subject FROM viewer")
        assert len({(row["recipient"], row["subject"]) for row in messages}) == len(messages)
        assert await wrong(local_shop) == []
    finally:
        await local_shop.close()


@pytest.mark.slow
async def test_guests_buy_in_a_browser_and_the_api_is_as_documented(made: Apart, tmp_path: Path) -> None:
    """Use the shop through nginx; in the soak also in a browser without JavaScript and by requests to the whole API."""
    need(bool(CHROMIUM), "Chromium")
    url = made.cluster.url
    for size, script in WALKS:
        await guest_buys(url, size, f"{size}-{script}@example.com".lower(), script=script)
    if SOAK:
        await asyncio.to_thread(answers_as_documented, url, tmp_path, EXAMPLES)
    local_shop = await settled(made.data)
    try:
        assert await wrong(local_shop) == []
    finally:
        await local_shop.close()


async def internal_parts_are_unreachable_from_outside(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        for path in ("/internal/orders/get", "/internal/identify", "/metrics"):
            assert (await client.get(path)).status_code == 404
        for made_up in ("x", "eyJhbGciOiJub25lIn0.eyJjYWxsZXIiOnt9fQ."):
            answer = await client.get("/v1/me", headers={"Shopwright-Identity": made_up})
            assert answer.json()["code"] == "unauthenticated"
        refused = await client.get("/v1/me", headers={"Authorization": "Bearer nonsense"})
        assert refused.status_code == 401


async def customer_and_staff_use_the_shop(url: str, sku: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        account = {"email": "grace@example.com", "password": "a-long-password-of-grace", "name": "Grace Hopper"}
        assert (await client.post("/v1/users", json=account)).status_code == 201
        grace = await sign_in(client, account["email"], account["password"])
        assert (await client.get("/v1/me", headers=grace)).json()["name"] == "Grace Hopper"
        placed = await buy(client, sku, "ada")
        assert placed.status_code == 201
        owner = await sign_in(client, *OWNER)
        seen = await client.get(f"/v1/orders/{placed.json()['id']}", headers=owner)
        assert seen.json()["status"] == "paid"
        assert (await client.get(f"/v1/orders/{placed.json()['id']}", headers=grace)).status_code == 404
        parcel = {"carrier": "DHL", "tracking_number": "1"}
        shipped = await client.post(f"/v1/orders/{placed.json()['id']}/shipments", json=parcel, headers=owner)
        assert shipped.json()["status"] == "shipped"
        document = (await client.get("/openapi.json")).json()
        assert {"/v1/orders", "/v1/products", "/v1/me"} <= set(document["paths"])


async def under_load(shop: Cluster, sku: str, actions: Callable[[Load], Awaitable[None]]) -> Load:
    load = Load(shop.url, sku, actions.__name__)
    shoppers = [asyncio.create_task(load.shopper()) for _ in range(SHOPPERS)]
    try:
        await actions(load)
    finally:
        load.stopping = True
        await asyncio.gather(*shoppers)
    return load


async def any_process_is_killed_and_the_shop_goes_on(shop: Cluster, sku: str) -> set[str]:
    async def kill_each(_load: Load) -> None:
        for service in KILLED:
            os.kill((await shop.pids(service))[0], signal.SIGKILL)
            await shop.all_ready()

    load = await under_load(shop, sku, kill_each)
    assert len(load.acknowledged) > 10, load.statuses
    assert not [name for name in load.statuses if name.startswith("page 5")], load.statuses
    return load.acknowledged


async def renewed_without_a_lost_request(shop: Cluster, sku: str) -> set[str]:
    before = await shop.pids("orders")

    async def renew(load: Load) -> None:
        """Upgrade to a version of tomorrow and back, while the other services are of today."""
        while True:
            for version in (tomorrow, today):
                shop.install(version)
                await shop.run("restart", *RENEWED)
                assert await of_tomorrow(shop.url) == (version is tomorrow)
                await asyncio.sleep(3)
            if load.count.requests >= REQUESTS:
                break
        await shop.run("scale", "pricing=3")
        assert len(await shop.pids("pricing")) == 3
        await shop.run("scale", "pricing=2")

    load = await under_load(shop, sku, renew)
    assert not set(before) & set(await shop.pids("orders"))
    assert set(load.statuses) == {"page 200", "order 201"}, load.statuses
    return load.acknowledged


async def of_tomorrow(url: str) -> bool:
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        cart = (await client.post("/v1/carts")).json()
    return MARK in cart["totals"]["total"]


async def less_is_shown_and_nothing_fails_without(shop: Cluster, *services: str) -> None:
    for pid in [pid for service in services for pid in await shop.pids(service)]:
        os.kill(pid, signal.SIGKILL)
    async with httpx.AsyncClient(base_url=shop.url, timeout=30, trust_env=False) as client:
        for path in ("/", "/p/lamp", "/search?q=lamp", "/v1/products/lamp"):
            answer = await client.get(path)
            assert answer.status_code == 200, f"{path}: {answer.text[:200]}"
    await shop.all_ready()


@pytest.mark.slow
def test_a_cluster_names_the_setting_it_lacks(tmp_path: Path) -> None:
    environment = bare_environment()

    def complaint(*words: str) -> str:
        result = subprocess.run(
            [sys.executable, "-m", "shopwright", "cluster", *words, "--data", str(tmp_path)],
            env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert result.returncode == 1, result
        assert "Traceback" not in result.stderr
        return result.stderr

    assert "SHOPWRIGHT_DATABASE, SHOPWRIGHT_BUS" in complaint("up")
    assert "There is no cluster here" in complaint("status")
    assert "does not run" in complaint("down")
    assert "example: orders=3" in complaint("scale", "orders")
