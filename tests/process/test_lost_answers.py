"""The database commits, and its answer is lost, so that the outcome is unknown. Nothing is lost, nothing is done twice."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Unavailable
from tests.builders.environment import ON_SERVERS, need
from tests.builders.killed_orders import judge, prepared, settled
from tests.builders.scenario import open_shop, place, refund, ship
from tests.builders.shops import fresh
from tests.builders.tcp_proxy import TcpProxy

T = TypeVar("T")
COMMIT = b"COMMIT;"
EVERY = int(os.environ.get("EVERY", "12"))


async def insist(action: Callable[[], Awaitable[T]]) -> T:
    """Repeat an unanswered request, as a client does."""
    for _ in range(5):
        try:
            return await action()
        except Unavailable:
            await asyncio.sleep(0.05)
    return await action()


async def play_with_lost_answer(data: Path, database: str, lost: int) -> int:
    """An order from checkout to refund, while the answer to one commit is lost; returns how many commits there were."""
    cart = await prepared(data, database)
    proxy = TcpProxy(database)
    await proxy.open()
    clock = HandClock()
    shop = open_shop(data, proxy.url, clock)
    try:
        await shop.pretend.prepare()
        proxy.lose(COMMIT, lost)
        order = await insist(lambda: place(shop, cart))
        await insist(lambda: settled(shop, clock))
        await insist(lambda: ship(shop, order.id))
        await insist(lambda: settled(shop, clock))
        await insist(lambda: refund(shop, order))
        await insist(lambda: settled(shop, clock))
        await judge(shop, order.id)
    finally:
        await shop.close()
        await proxy.cut()
    return proxy.passed


@pytest.mark.soak
async def test_an_order_is_placed_paid_shipped_and_refunded_once_whichever_commit_is_unacknowledged(
    migrated: tuple[Path, str], data: tuple[Path, str], tmp_path: Path
) -> None:
    need(bool(data[1]), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    if ON_SERVERS:
        pytest.skip("nothing but the database answers late here")
    commits = await play_with_lost_answer(*data, 0)
    assert commits > 30
    for number in range(1, commits + 1, EVERY):
        async with fresh(migrated, tmp_path / f"run{number}") as own:
            try:
                assert await play_with_lost_answer(*own, number) >= number
            except AssertionError as error:
                raise AssertionError(f"commit {number} of {commits}: {error}") from error
