"""Fixtures for tests of several engines."""

import secrets
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.engines.bus import Bus, open_bus
from shopwright.engines.cache import open_cache, open_versions
from shopwright.engines.search import open_search
from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase, VersionStore
from shopwright.kit.ports import Cache, SearchIndex
from tests.builders.buses import Buses
from tests.builders.environment import server


@pytest.fixture(params=["memory", "redis", "memcached"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    """A cache of each kind."""
    made = open_cache("memory:" if request.param == "memory" else server(request.param.upper()))
    yield made
    await made.close()


@pytest.fixture
async def versions() -> AsyncIterator[VersionStore]:
    """Versions shared by all processes."""
    made = open_versions(server("REDIS"))
    assert made is not None
    yield made
    await made.close()


@pytest.fixture(params=["tantivy", "opensearch"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SearchIndex]:
    """An empty index of each kind."""
    if request.param == "tantivy":
        yield open_search(f"tantivy://{tmp_path}")
        return
    prefix = f"test-{secrets.token_hex(6)}"
    made = open_search(f"{server('OPENSEARCH')}/{prefix}")
    yield made
    await made.close()
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.delete(f"{server('OPENSEARCH').replace('opensearch', 'http', 1)}/{prefix}-*")


@pytest.fixture
def rabbit() -> str:
    """A queue prefix of this test on RabbitMQ."""
    return f"{server('RABBITMQ')}?prefix={uuid.uuid4().hex[:12]}"


@pytest.fixture(params=["local", "rabbitmq"])
async def buses(request: pytest.FixtureRequest, shop: Shop) -> AsyncIterator[Buses]:
    made: list[Bus] = []
    url = "local:" if request.param == "local" else request.getfixturevalue("rabbit")

    def make(
        works: Sequence[ServiceDatabase], handlers: Sequence[EventHandler] = (), timers: Sequence[ScheduledJob] = ()
    ) -> Bus:
        made.append(open_bus(url, works, handlers, timers))
        return made[-1]

    yield make
    for one in made:
        await one.close()
