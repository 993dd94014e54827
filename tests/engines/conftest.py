"""What several contracts of engines need."""

from collections.abc import AsyncIterator

import pytest

from shopwright.engines.cache import open_cache, open_marks
from shopwright.kit.ports import Cache
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
