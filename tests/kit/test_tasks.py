"""Background tasks end when they are cancelled, whatever they use."""

import asyncio
import contextlib
import logging

import pytest

from shopwright.kit.tasks import ended, woken


async def test_a_task_that_swallows_its_cancellation_ends_nevertheless() -> None:
    """As clients of RabbitMQ and MongoDB do sometimes: 11 of 60 servers under load did not stop."""
    there = asyncio.Event()

    async def deaf() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await there.wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await ended([task])
    assert task.cancelled()


async def test_a_finished_task_is_ignored_and_a_failed_one_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise ValueError("the reason")

    async def does_nothing() -> None:
        return

    tasks = [asyncio.create_task(fails()), asyncio.create_task(does_nothing())]
    await asyncio.wait(tasks)
    with caplog.at_level(logging.ERROR, "shopwright.tasks"):
        await ended(tasks)
    assert "ValueError: the reason" in caplog.text


@pytest.mark.parametrize("steps", range(5))
async def test_a_task_cancelled_as_it_is_woken_stops(steps: int) -> None:
    event = asyncio.Event()

    async def carry() -> None:
        while True:
            event.clear()
            await woken(event, 60)

    carrying = asyncio.create_task(carry())
    await asyncio.sleep(0.01)
    event.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    carrying.cancel()
    done, _ = await asyncio.wait({carrying}, timeout=1)
    assert done
    assert carrying.cancelled()


async def test_a_waiter_that_is_not_woken_in_time_continues() -> None:
    event = asyncio.Event()
    assert not await woken(event, 0.01)
    event.set()
    assert await woken(event, None)
