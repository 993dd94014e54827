"""What people and programs do, through nginx, in a shop of two processes a service with every engine a server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.apart.cluster import Cluster, running
from tests.conftest import ON_SERVERS, need
from tests.pages.test_browser import CHROMIUM, SIZES, a_stranger_buys, filled
from tests.process.test_processes import settled, wrong
from tests.security.test_schema import answers_as_documented

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not ON_SERVERS, reason="parts apart share servers")]
EXAMPLES = 3  # 20 of each operation are tried in one process


@pytest.fixture
async def url(data: tuple[Path, str]) -> AsyncIterator[str]:
    need(bool(CHROMIUM), "Chromium")
    await filled(data)
    async with running(Cluster(*data)) as cluster:
        yield cluster.url


async def test_strangers_buy_in_a_browser_and_the_api_is_as_documented(
    url: str, data: tuple[Path, str], tmp_path: Path
) -> None:
    """On a phone and at a desk, with and without JavaScript; then thousands of right and wrong requests."""
    for size in SIZES:
        for script in (True, False):
            await a_stranger_buys(url, size, f"{size}-{script}@example.com".lower(), script=script)
    await asyncio.to_thread(answers_as_documented, url, tmp_path, EXAMPLES)
    whole = await settled(data)
    try:
        assert await wrong(whole) == []
    finally:
        await whole.close()
