"""Fixtures of several tests of services."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.simulation.faults import FaultyEngines
from tests.builders.damage import shop_with_orders
from tests.builders.einvoices import Rules, rules_of
from tests.builders.refunds import ProviderFaults
from tests.builders.shops import QUICK, Post, fresh, make_settings, running_shop


@pytest.fixture
def provider_faults() -> ProviderFaults:
    return ProviderFaults()


@pytest.fixture
async def far(data: tuple[Path, str], clock, post: Post, provider_faults: ProviderFaults) -> AsyncIterator[Shop]:
    """A shop with an unreliable connection to its provider."""
    async with running_shop(data, clock, post, around=FaultyEngines(provider_faults)) as made:
        yield made


@pytest.fixture(scope="module")
def rules() -> Rules:
    return rules_of()


@pytest.fixture(scope="module")
def with_orders(migrated: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with some pages of orders, made once and copied for each test."""
    return shop_with_orders(migrated[0], tmp_path_factory.mktemp("lived") / "data")


@pytest.fixture
def data_folder(with_orders: Path, tmp_path: Path) -> Path:
    return shutil.copytree(with_orders, tmp_path / "data")


@pytest.fixture
async def other(data: tuple[Path, str], migrated: tuple[Path, str], tmp_path: Path) -> AsyncIterator[Shop]:
    """A second new shop."""
    async with fresh(migrated, tmp_path / "other") as found:
        shop = Shop(make_settings(*found), clock=HandClock(), hasher=QUICK)
        async with shop.running(deliver=False):
            yield shop
