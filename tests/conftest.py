"""The shop of the tests: the real one, on embedded engines, with a clock moved by hand.

SHOPWRIGHT_TEST_POSTGRES=postgresql://… runs every test that uses the `shop` on PostgreSQL instead of SQLite;
SHOPWRIGHT_TEST_SHAPE=servers on all servers there are.
"""

import asyncio
import gc
import hashlib
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from shopwright.app import Shop
from shopwright.demo.load import load_rules
from shopwright.kit import outgoing
from shopwright.kit.addresses import Address
from shopwright.kit.clock import HandClock
from shopwright.kit.money import Money
from shopwright.services.carts.contract import Cart, CartChange
from shopwright.services.catalog.contract import Option, Product
from shopwright.settings import Settings, complete
from shopwright.web.application import build
from shopwright.web.product_view import write
from tests import queues

# A property is right or wrong, however busy the machine is.
# The gate tries the same examples each time; `make soak` draws new ones.
SOAK = bool(os.environ.get("SOAK"))
# What a person runs tries fewer of them.
EXAMPLES = int(os.environ.get("SHOPWRIGHT_TEST_EXAMPLES", "100"))
settings.register_profile(
    "gate", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=not SOAK, max_examples=EXAMPLES
)
settings.load_profile("gate")

POSTGRES = os.environ.get("SHOPWRIGHT_TEST_POSTGRES", "")
SHAPE = os.environ.get("SHOPWRIGHT_TEST_SHAPE", "")
ON_SERVERS = SHAPE in {"servers", "apart"}
MONGODB = os.environ.get("SHOPWRIGHT_TEST_MONGODB", "")
APART = SHAPE == "apart"  # on all servers, each service by itself, as far as the API goes
QUEUES: list[str] = []  # those of a shop
LONGEST_S = {"soak": 3600, "slow": 600, "browser": 600}  # a test may take; all others 120 s (pyproject.toml)
REQUIRED = os.environ.get("ENGINES") == "required"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
BERLIN = Address(name="Ada Lovelace", line1="Torstraße 1", city="Berlin", postal_code="10119", country="DE")
OWNER = ("owner@example.com", "owner-password")


def pytest_report_header() -> str:
    return f"shop on {'all servers' if ON_SERVERS else 'PostgreSQL' if POSTGRES else 'SQLite'}; engines {'required' if REQUIRED else 'as they are there'}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--second-engine", action="store_true", help="leave out what touches no database: it ran before")
    parser.addoption("--one-case", action="store_true", help="one of the inputs of each test: all were tried before")


def pytest_collection_finish() -> None:
    """What was imported stays: looking for garbage in it again and again would take a fifth of all time."""
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


def keep(config: pytest.Config, items: list[pytest.Item], kept: Iterable[pytest.Item]) -> None:
    kept = list(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def need(present: bool, what: str) -> None:
    """Skip aloud where a server is missing, unless engines are required."""
    if not present:
        if REQUIRED:
            pytest.fail(f"{what} is required here and not there")
        pytest.skip(f"{what} is not there")


def bare_environment() -> dict[str, str]:
    """The environment without settings: those of the tests are none that the shop knows."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SHOPWRIGHT_")}


def no_settings() -> dict[str, str | None]:
    """The same for a `CliRunner`, which is told what to leave out."""
    return {name: None for name in os.environ if name.startswith("SHOPWRIGHT_")}


def server(name: str) -> str:
    """The URL of a real server that `make servers` started."""
    url = os.environ.get(f"SHOPWRIGHT_TEST_{name}", "")
    if not url and not SOAK and name.startswith("MONGODB"):
        pytest.skip("FerretDB is built from source, which takes minutes: `make soak` has it")
    need(bool(url), f"{name} (SHOPWRIGHT_TEST_{name})")
    return url


async def postgres_do(*statements: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(POSTGRES)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def database_url(name: str) -> str:
    url = POSTGRES.rsplit("/", 1)[0] + "/" + name
    return f"{url}?roles=shop" if ON_SERVERS else url


def place(data: Path) -> str:
    """A name on shared servers for the shop in this folder, the same for all its processes."""
    return "test-" + hashlib.sha256(str(data).encode()).hexdigest()[:16]


def engines(data: Path) -> dict[str, str]:
    """The engines beside the database: embedded, or a place of this shop's own on each server."""
    if not ON_SERVERS:
        return {}
    return {
        "search": f"{server('OPENSEARCH')}/{place(data)}",
        "files": server("S3").replace("?", f"/{place(data)}?"),
        "cache": f"{server('REDIS')}?prefix={place(data)}",
        "bus": f"{server('RABBITMQ')}?prefix={queues.place(place(data))}",
        **({"documents": mongo_url(data)} if MONGODB else {}),
    }


def mongo_url(data: Path) -> str:
    """A database of this shop's own."""
    return server("MONGODB").rpartition("/")[0] + "/" + place(data).replace("-", "_")


async def leave(data: Path) -> None:
    """Give up the place on servers that are slow with many."""
    if ON_SERVERS:
        async with outgoing.client(30) as client:
            await client.delete(f"{server('OPENSEARCH').replace('opensearch', 'http', 1)}/{place(data)}-*")
        await queues.leave(server("RABBITMQ"), place(data), QUEUES)
        if MONGODB:
            async with pymongo.AsyncMongoClient(mongo_url(data)) as mongo:
                await mongo.drop_database(mongo.get_default_database())


def make_settings(data: Path, database: str = "", **more) -> Settings:
    given = {
        "data": str(data),
        "database": database,
        "limits": "off",
        "staff_second_factor": "optional",
        "url": "http://shop.test",
        "payments": "pretend:",
    }
    return complete(Settings(**(given | engines(data) | more)))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Databases of a new shop, made once: a folder to copy, or a template to create from."""
    folder = tmp_path_factory.mktemp("migrated")
    template = f"template_{uuid.uuid4().hex[:12]}"

    async def make() -> None:
        if POSTGRES:
            await postgres_do(f"CREATE DATABASE {template}")
        shop = Shop(make_settings(folder, database_url(template) if POSTGRES else ""), hasher=QUICK, clock=HandClock())
        QUEUES.extend(dict.fromkeys(reaction.name for reaction in shop.handlers))
        QUEUES.extend(f"dead.{name}" for name in shop.works)
        await shop.migrate()
        await load_rules(shop)
        await shop.users.ensure_owner(*OWNER)
        await shop.bus.settle()
        await shop.close()

    asyncio.run(make())
    asyncio.run(leave(folder))
    yield folder, template
    if ON_SERVERS:
        asyncio.run(queues.remove_all(server("RABBITMQ"), QUEUES))
    if POSTGRES:
        asyncio.run(postgres_do(f"DROP DATABASE {template}"))


@asynccontextmanager
async def fresh(migrated: tuple[Path, str], folder: Path) -> AsyncIterator[tuple[Path, str]]:
    """The data folder and database URL of a new shop."""
    source, template = migrated
    shutil.copytree(source, folder)
    if not POSTGRES:
        yield folder, ""
        return
    name = f"test_{uuid.uuid4().hex[:12]}"
    await postgres_do(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # half as long, without fsync
    yield folder, database_url(name)
    await postgres_do(f"DROP DATABASE {name} WITH (FORCE)")
    await leave(folder)


@pytest.fixture
async def data(migrated: tuple[Path, str], tmp_path: Path) -> AsyncIterator[tuple[Path, str]]:
    """A data folder and a database URL of this test's own."""
    async with fresh(migrated, tmp_path / "data") as found:
        yield found


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


class Post:
    """The road between the pretend provider and the shop: delivers webhooks, or loses them while it is `closed`."""

    def __init__(self) -> None:
        self.shop: Shop | None = None
        self.closed = False
        self.sent: list[tuple[dict[str, str], bytes]] = []

    async def __call__(self, provider: str, headers, body: bytes) -> bool:
        self.sent.append((dict(headers), body))
        if self.closed or self.shop is None:
            return False
        await self.shop.payments.webhook(provider, headers, body)
        return True


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def whole(data: tuple[Path, str], clock: HandClock, post: Post) -> AsyncIterator[Shop]:
    """A new shop in one process with taxes, shipping, a coupon and an owner; nothing is for sale yet."""
    made = Shop(make_settings(*data), clock=clock, hasher=QUICK, send_webhook=post)
    post.shop = made
    async with made.running(deliver=False):
        yield made


@pytest.fixture
async def careful(data: tuple[Path, str], clock: HandClock, post: Post) -> AsyncIterator[Shop]:
    """A shop that takes money by hand."""
    made = Shop(make_settings(*data, capture="manual"), clock=clock, hasher=QUICK, send_webhook=post)
    post.shop = made
    async with made.running(deliver=False):
        yield made


@pytest.fixture
async def gateway(whole: Shop, post: Post) -> AsyncIterator[Any]:
    """In front of the same shop when it is apart."""
    if not APART:
        yield None
        return
    from tests.apart.inside import apart

    async with apart(whole, hasher=QUICK, send_webhook=post) as found:
        yield found


@pytest.fixture
async def shop(whole: Shop, gateway: Any) -> AsyncIterator[Shop]:
    """The same; where it is apart, its services are asked on the wire."""
    if not APART:
        yield whole
        return
    from tests.apart.inside import on_the_wire

    async with on_the_wire(whole, gateway) as asked:
        yield asked


@pytest.fixture
async def api(shop: Shop, gateway: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A program at the API, as anyone."""
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


async def sign_in(api: httpx.AsyncClient, email: str, password: str) -> dict[str, str]:
    answer = await api.post("/v1/sessions", json={"email": email, "password": password})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
async def open_letters(shop: Shop) -> None:
    """The viewer shows the links of messages, as that of a demo shop does."""
    await shop.works["notifications"].mark_demo()


async def send_all(shop: Shop) -> None:
    """What was written is handed over."""
    for _ in range(2):
        await shop.bus.settle()
        shop.clock.move(seconds=1)
    await shop.bus.settle()


async def confirm(shop: Shop, email: str) -> None:
    """The address is proved by who made its account."""
    user = await shop.users.by_email(email)
    assert user is not None
    await shop.users.verify_email(await shop.users.letter_token(user.id, "verification"), user.id)
    await shop.bus.settle()


async def letter(shop: Shop, subject: str, to: str = "ada@example.com") -> str:
    """The newest e-mail with this subject, as its reader has it (see `open_letters`)."""
    await send_all(shop)
    found = [one for one in await shop.notifications.messages(text=to) if one.subject == subject]
    return (await shop.notifications.message(found[0].id)).text


async def sell(
    shop: Shop,
    title: str = "Harbour Kettle",
    price: int = 6400,
    on_hand: int = 5,
    colours: tuple[str, ...] = (),
    **more,
) -> Product:
    """Put something on the shelf, and let everyone hear of it."""
    variants = [
        write.VariantWrite(
            options={"Colour": colour} if colour else {}, price=Money(price, "EUR"), on_hand=on_hand, weight=900
        )
        for colour in colours or ("",)
    ]
    options = (Option("Colour", colours),) if colours else ()
    new = write.ProductWrite(title=title, status="published", variants=tuple(variants), options=options, **more)
    product = await write.create(shop.shelf, new, "opening stock")
    await shop.bus.settle()
    return product


async def fill_cart(
    shop: Shop, *wanted: tuple[Product, int], email: str = "ada@example.com", customer: str | None = None
) -> Cart:
    """A cart that is ready to be ordered."""
    cart = await shop.carts.create(customer)
    for product, quantity in wanted:
        cart = await shop.carts.add(cart.id, product.variants[0].id, quantity)
    return await shop.carts.change(
        cart.id, CartChange(email=email, shipping_address=BERLIN, shipping_option_id="shr_standard")
    )
