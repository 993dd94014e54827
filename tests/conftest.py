"""The shop of the tests: the real one, on embedded engines, with a clock set by hand.

SHOPWRIGHT_TEST_POSTGRES=postgresql://… runs every test that uses the `shop` on PostgreSQL instead of SQLite;
SHOPWRIGHT_TEST_SHAPE=servers on all servers there are.
"""

import asyncio
import gc
import os
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings

from shopwright.app import Shop
from shopwright.demo.load import load_rules
from shopwright.kit.clock import HandClock
from shopwright.web.application import build
from tests.builders import rabbitmq_queues
from tests.builders.customers import sign_in
from tests.builders.environment import (
    APART,
    ON_SERVERS,
    POSTGRES,
    QUEUES,
    REQUIRED,
    SOAK,
    database_url,
    leave,
    postgres_do,
    server,
)
from tests.builders.pages import Browser
from tests.builders.sellers import NORTHLIGHT, Register, register
from tests.builders.shops import OWNER, QUICK, Post, fresh, make_settings, running_shop

# A property is right or wrong, whatever the load.
# The gate tries the same examples each time; `make soak` draws new ones.
# Runs by hand try fewer of them.
EXAMPLES = int(os.environ.get("SHOPWRIGHT_TEST_EXAMPLES", "100"))
settings.register_profile(
    "gate", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=not SOAK, max_examples=EXAMPLES
)
settings.load_profile("gate")

LONGEST_S = {"soak": 3600, "slow": 600, "browser": 600}  # for each test; all others 120 s (pyproject.toml)


def pytest_report_header() -> str:
    return f"shop on {'all servers' if ON_SERVERS else 'PostgreSQL' if POSTGRES else 'SQLite'}; engines {'required' if REQUIRED else 'as they are there'}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--second-engine", action="store_true", help="leave out what touches no database: it ran before")
    parser.addoption("--one-case", action="store_true", help="one of the inputs of each test: all were tried before")


def pytest_collection_finish() -> None:
    """Freeze imported objects: collecting garbage among them would take a fifth of the time."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if seconds := next((LONGEST_S[mark] for mark in LONGEST_S if item.get_closest_marker(mark)), 0):
            item.add_marker(pytest.mark.timeout(seconds))
    if config.getoption("--second-engine"):
        keep(config, items, [one for one in items if {"migrated", "database"} & set(getattr(one, "fixturenames", ()))])
    if config.getoption("--one-case"):
        firsts: dict[str, pytest.Item] = {}
        for item in items:
            firsts.setdefault(item.nodeid.partition("[")[0], item)
        keep(config, items, firsts.values())


def keep(config: pytest.Config, items: list[pytest.Item], selected: Iterable[pytest.Item]) -> None:
    selected = list(selected)
    config.hook.pytest_deselected(items=[item for item in items if item not in set(selected)])
    items[:] = selected


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Databases of a new shop, made once: a folder to copy, or a template to create from."""
    folder = tmp_path_factory.mktemp("migrated")
    template = f"template_{uuid.uuid4().hex[:12]}"

    async def make() -> None:
        if POSTGRES:
            await postgres_do(f"CREATE DATABASE {template}")
        shop = Shop(make_settings(folder, database_url(template) if POSTGRES else ""), hasher=QUICK, clock=HandClock())
        QUEUES.extend(dict.fromkeys(handler.name for handler in shop.handlers))
        QUEUES.extend(f"dead.{name}" for name in shop.databases)
        await shop.migrate()
        await load_rules(shop)
        await shop.users.ensure_owner(*OWNER)
        await shop.bus.settle()
        await shop.close()

    asyncio.run(make())
    asyncio.run(leave(folder))
    yield folder, template
    if ON_SERVERS:
        asyncio.run(rabbitmq_queues.remove_all(server("RABBITMQ"), QUEUES))
    if POSTGRES:
        asyncio.run(postgres_do(f"DROP DATABASE {template}"))


@pytest.fixture
async def data(migrated: tuple[Path, str], tmp_path: Path) -> AsyncIterator[tuple[Path, str]]:
    """A data folder and a database URL of this test."""
    async with fresh(migrated, tmp_path / "data") as found:
        yield found


@pytest.fixture(scope="module")
def stripe_server() -> Iterator[Any]:
    """A double of Stripe, served on loopback."""
    from tests.builders.stripe_double import serving_double

    with serving_double() as found:
        yield found


@pytest.fixture
def stripe_double(stripe_server: Any) -> Any:
    """Stripe's double, answering as it should."""
    stripe_server.failures.clear()
    stripe_server.after.clear()
    stripe_server.calls.clear()
    return stripe_server


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def local_shop(data: tuple[Path, str], clock: HandClock, post: Post) -> AsyncIterator[Shop]:
    """A new shop in one process with taxes, shipping, a coupon and an owner, without products."""
    async with running_shop(data, clock, post) as made:
        yield made


@pytest.fixture
async def careful(data: tuple[Path, str], clock: HandClock, post: Post) -> AsyncIterator[Shop]:
    """A shop with manual capture."""
    async with running_shop(data, clock, post, capture="manual") as made:
        yield made


@pytest.fixture
async def gateway(local_shop: Shop, post: Post) -> AsyncIterator[Any]:
    """The gateway of the same shop where it is split."""
    if not APART:
        yield None
        return
    from tests.builders.split_shop import apart

    async with apart(local_shop, hasher=QUICK, send_webhook=post) as found:
        yield found


@pytest.fixture
async def shop(local_shop: Shop, gateway: Any) -> AsyncIterator[Shop]:
    """`local_shop`; where it is split, its services are called over RPC."""
    if not APART:
        yield local_shop
        return
    from tests.builders.split_shop import over_rpc

    async with over_rpc(local_shop, gateway) as statements:
        yield statements


@pytest.fixture
async def api(shop: Shop, gateway: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API, not signed in."""
    transport = httpx.ASGITransport(app=gateway or build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


@pytest.fixture
async def staff(api: httpx.AsyncClient) -> dict[str, str]:
    """Headers of the owner."""
    return await sign_in(api, *OWNER)


@pytest.fixture
async def office(shop: Shop, api: httpx.AsyncClient) -> httpx.AsyncClient:
    """The owner's browser."""
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    return api


@pytest.fixture
async def readable_messages(shop: Shop) -> None:
    """The viewer shows the links of messages, as that of a demo shop does."""
    await shop.databases["notifications"].mark_demo()


@pytest.fixture
def vies() -> Iterator[Register]:
    with register() as found:
        yield found


@pytest.fixture
def browser(api: httpx.AsyncClient) -> Browser:
    return Browser(api)


@pytest.fixture
async def seller(shop: Shop) -> None:
    await shop.pricing.set_seller(NORTHLIGHT)
