"""Fixtures of several tests of pages."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.builders.chromium import CHROMIUM, filled
from tests.builders.environment import need
from tests.builders.server import Server


@pytest.fixture
async def url(data: tuple[Path, str]) -> AsyncIterator[str]:
    need(bool(CHROMIUM), "Chromium")
    await filled(data)
    server = await asyncio.to_thread(Server(*data).start)
    yield server.url
    assert server.stop() == 0
