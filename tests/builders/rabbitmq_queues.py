"""Queue prefixes of shops on RabbitMQ. A quorum queue is slow to declare: emptied queues are used again."""

import asyncio
import os
import uuid
from collections.abc import Sequence

import aio_pika
from aio_pika.exceptions import ChannelClosed

ENDED_S = 30  # time-out for emptying them
_empty: list[str] = []


def _known(shop: str) -> str:
    """The environment variable with the prefix, for processes that a test starts."""
    return f"TEST_QUEUES_{shop}"


def place(shop: str) -> str:
    """The prefix of the shop of this name, the same for all its processes."""
    if _known(shop) not in os.environ:
        os.environ[_known(shop)] = _empty.pop() if _empty else f"test-{uuid.uuid4().hex[:12]}"
    return os.environ[_known(shop)]


async def leave(url: str, shop: str, names: Sequence[str]) -> None:
    """Purge the queues of processes that have ended."""
    if not (prefix := os.environ.pop(_known(shop), "")):
        return
    async with asyncio.timeout(ENDED_S), await aio_pika.connect(url) as connection:
        try:
            channel = await connection.channel()
            for name in names:
                await _empty_out(channel, f"{prefix}.{name}")
        except ChannelClosed:  # not all of them exist
            await _remove(await connection.channel(), prefix, names)
    _empty.append(prefix)


async def _empty_out(channel: aio_pika.abc.AbstractChannel, name: str) -> None:
    while True:
        queue = await channel.declare_queue(name, passive=True)
        declared = queue.declaration_result
        if not declared.consumer_count:  # so no unacknowledged message can return
            break
        await asyncio.sleep(0.01)
    if declared.message_count:
        await queue.purge()


async def remove_all(url: str, names: Sequence[str]) -> None:
    """Delete emptied queues."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        while _empty:
            await _remove(channel, _empty.pop(), names)


async def _remove(channel: aio_pika.abc.AbstractChannel, prefix: str, names: Sequence[str]) -> None:
    for name in names:
        await channel.queue_delete(f"{prefix}.{name}")
    for name in ("facts", "dead"):
        await channel.exchange_delete(f"{prefix}.{name}")
