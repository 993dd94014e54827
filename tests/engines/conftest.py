"""What several contracts of engines need."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shopwright.engines.cache import open_cache, open_marks
from shopwright.engines.search import open_search
from shopwright.kit.ports import Cache, SearchIndex
from shopwright.kit.work import Marks
from tests.conftest import server


@pytest.fixture(params=["memory", "redis", "memcached"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    """One of each kind."""
    made = open_cache("memory:" if request.param == "memory" else server(request.param.upper()))
    yield made
    await made.close()


@pytest.fixture
async def marks() -> AsyncIterator[Marks]:
    """Versions that all processes share."""
    made = open_marks(server("REDIS"))
    assert made is not None
    yield made
    await made.close()


@pytest.fixture(params=["tantivy", "opensearch"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SearchIndex]:
    """Empty, one of each kind."""
    if request.param == "tantivy":
        yield open_search(f"tantivy://{tmp_path}")
        return
    prefix = f"test-{secrets.token_hex(6)}"
    made = open_search(f"{server('OPENSEARCH')}/{prefix}")
    yield made
    await made.close()
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.delete(f"{server('OPENSEARCH').replace('opensearch', 'http', 1)}/{prefix}-*")
