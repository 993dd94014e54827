"""Fixtures of several tests of services."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.simulation.faults import FaultyEngines
from tests.builders.damage import sell_some
from tests.builders.einvoices import Rules, rules_of
from tests.builders.refunds import Wire
from tests.builders.shops import QUICK, Post, fresh, make_settings


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def far(data: tuple[Path, str], clock, post: Post, wire: Wire) -> AsyncIterator[Shop]:
    """A shop far from its provider."""
    made = Shop(make_settings(*data), clock=clock, hasher=QUICK, send_webhook=post, around=FaultyEngines(wire))
    post.shop = made
    async with made.running(deliver=False):
        yield made


@pytest.fixture(scope="module")
def rules() -> Rules:
    return rules_of()


@pytest.fixture(scope="module")
def with_orders(migrated: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with some pages of orders, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("lived") / "data"
    shutil.copytree(migrated[0], folder)
    asyncio.run(sell_some(folder))
    return folder


@pytest.fixture
def data_folder(with_orders: Path, tmp_path: Path) -> Path:
    return shutil.copytree(with_orders, tmp_path / "data")


@pytest.fixture
async def other(data: tuple[Path, str], migrated: tuple[Path, str], tmp_path: Path) -> AsyncIterator[Shop]:
    """Another new shop."""
    async with fresh(migrated, tmp_path / "other") as found:
        shop = Shop(make_settings(*found), clock=HandClock(), hasher=QUICK)
        async with shop.running(deliver=False):
            yield shop
