"""The contract of buses: events are handled once and in order, retried after failures, and taken over from dead processes."""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import aio_pika
import pytest

from shopwright.app import Shop
from shopwright.engines.bus import open_bus
from shopwright.engines.bus.consumer import Consumer, ReceivedMessage
from shopwright.engines.bus.dispatcher import ATTEMPTS, Dispatcher
from shopwright.engines.bus.local import LocalBus
from shopwright.engines.bus.rabbitmq import pack, unpack
from shopwright.kit.clock import HandClock
from shopwright.kit.data.events import Delivery, EventHandler, ScheduledJob, StoredEvent
from shopwright.kit.data.unit_of_work import AlreadyDone
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.observability import tracing
from shopwright.kit.tasks import ended
from shopwright.operations.process_admin import LocalProcessAdmin
from tests.builders.buses import Buses
from tests.builders.environment import server
from tests.builders.events import SampleEvent, emit_events
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.shops import QUICK, Post, make_settings
from tests.builders.tcp_proxy import TcpProxy

T = TypeVar("T")


async def until(found: Callable[[], Awaitable[list[T]]], several: int = 1) -> list[T]:
    """Wait until this many events were handled."""
    for _ in range(500):
        if len(some := await found()) >= several:
            return some
        await asyncio.sleep(0.02)
    raise AssertionError


async def test_an_event_is_handled_once_by_each_handler_and_in_order(shop: Shop, buses: Buses) -> None:
    delivered: list[tuple[str, int]] = []

    async def on_event(one: Delivery) -> None:
        async with shop.databases["search"].begin(dedup_key=one.key):
            delivered.append((one.handler, one.event.n))

    bus = buses(
        [shop.databases["users"]],
        [EventHandler("one", SampleEvent, on_event), EventHandler("two", SampleEvent, on_event)],
    )
    await emit_events(shop, ("one", "two"), ("a", 1), ("a", 2))
    await bus.settle()
    await bus.settle()
    assert sorted(delivered) == [("one", 1), ("one", 2), ("two", 1), ("two", 2)]
    assert await shop.databases["users"].fetch("SELECT * FROM deliveries") == []


async def test_many_events_of_one_transaction_are_each_handled_once_and_in_order(shop: Shop, buses: Buses) -> None:
    delivered: list[int] = []

    async def on_event(one: Delivery) -> None:
        async with shop.databases["search"].begin(dedup_key=one.key):
            delivered.append(one.event.n)

    bus = buses([shop.databases["users"]], [EventHandler("one", SampleEvent, on_event)])
    async with shop.databases["users"].begin() as tx:
        shop.databases["users"].subscriptions.by_event = {"SampleEvent": ("one",)}
        await tx.emit(*(SampleEvent(key="a", n=n) for n in range(250)))
    await emit_events(shop, ("one",), ("a", 250))
    await bus.settle()
    assert delivered == list(range(251))
    assert await shop.databases["users"].fetch("SELECT * FROM deliveries") == []


async def test_another_process_takes_over_when_the_first_has_died(shop: Shop, buses: Buses) -> None:
    delivered = []

    async def on_event(one: Delivery) -> None:
        delivered.append(one.event.n)

    buses([shop.databases["users"]], [])  # emits, and dies before it delivers
    await emit_events(shop, ("one",), ("a", 1), ("a", 2))
    other = buses([shop.databases["users"]], [EventHandler("one", SampleEvent, on_event)])
    assert await other.settle() == 0  # the lease has not expired yet
    shop.clock.move(seconds=21)
    await other.settle()
    assert delivered == [1, 2]


async def test_a_long_delivery_is_not_taken_over_while_its_process_lives(shop: Shop, buses: Buses) -> None:
    delivered = []

    async def on_event(one: Delivery) -> None:
        delivered.append(one.event.n)

    busy = buses([shop.databases["users"]], [])
    await emit_events(shop, ("one",), ("a", 1))
    shop.clock.move(seconds=2)
    await busy.renew(0)
    shop.clock.move(seconds=2)
    other = buses([shop.databases["users"]], [EventHandler("one", SampleEvent, on_event)])
    assert await other.settle() == 0
    shop.clock.move(seconds=2)  # it has died
    await other.settle()
    assert delivered == [1]


async def test_a_delivery_that_could_not_be_postponed_is_retried_when_its_lease_ends(shop: Shop) -> None:
    """A full disk fails the handler and then the record of the failure: the lease is not renewed."""
    users = shop.databases["users"]
    delivered: list[int] = []
    away = False

    async def rename(table: str, to: str) -> None:
        async with users.begin() as tx:
            await tx.run(f"ALTER TABLE {table} RENAME TO {to}")

    async def on_event(one: Delivery) -> None:
        nonlocal away
        if away:
            away = False
            await rename("deliveries", "unwritable")
            raise Unavailable("The disk is full.")
        delivered.append(one.event.n)

    bus = LocalBus([users], [EventHandler("one", SampleEvent, on_event)], [])
    for emitted_before in (False, True):  # its fresh events, and those it takes over
        away = True
        await emit_events(shop, ("one",), ("a", int(emitted_before)), ("b", 2))
        if emitted_before:
            bus = LocalBus([users], [EventHandler("one", SampleEvent, on_event)], [])
            shop.clock.move(seconds=4)
        with pytest.raises(Exception, match="deliveries"):
            await bus.settle()
        await rename("unwritable", "deliveries")
        for _ in range(4):
            shop.clock.move(seconds=1)
            await bus.renew(0)
        await bus.settle()
        assert set(delivered) == {int(emitted_before), 2}
        assert await users.fetch("SELECT * FROM deliveries") == []
        delivered.clear()


async def test_deliveries_left_by_a_stopping_process_are_taken_over_at_once(shop: Shop, buses: Buses) -> None:
    delivered, begun = [], asyncio.Event()

    async def wait(_: Delivery) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def on_event(one: Delivery) -> None:
        delivered.append(one.event.n)

    first = LocalBus([shop.databases["users"]], [EventHandler("one", SampleEvent, wait)], [])
    running = asyncio.create_task(first.run())
    await emit_events(shop, ("one",), ("a", 1), ("b", 2))
    await begun.wait()
    await ended([running])  # in the middle of one
    await emit_events(shop, ("one",), ("c", 3))  # buffered counts are written when a process ends
    await first.close()
    await buses([shop.databases["users"]], [EventHandler("one", SampleEvent, on_event)]).settle()
    assert sorted(delivered) == [1, 2, 3]


async def test_processes_that_died_during_delivery_do_not_count_as_failures(shop: Shop) -> None:
    delivered, fails = [], True

    async def on_event(one: Delivery) -> None:
        if fails:
            raise RuntimeError("not now")
        delivered.append(one.event.n)

    work = shop.databases["users"]
    LocalBus([work], [], [])
    await emit_events(shop, ("one",), ("a", 1))
    for _ in range(ATTEMPTS + 1):
        shop.clock.move(seconds=21)
        claimed, _ = await LocalBus([work], [], [])._claim(work)  # and dies
        assert len(claimed) == 1
    shop.clock.move(seconds=21)
    bus = LocalBus([work], [EventHandler("one", SampleEvent, on_event)], [])
    await bus.settle()
    fails = False
    shop.clock.move(seconds=1)
    await bus.settle()
    assert delivered == [1]


async def test_processes_that_take_over_at_once_do_not_deadlock(shop: Shop) -> None:
    delivered: Counter[str] = Counter()

    async def on_event(one: Delivery) -> None:
        delivered[one.event.key] += 1

    work = shop.databases["users"]
    for lap in range(8):
        LocalBus([work], [], [])  # emits, and dies
        await emit_events(shop, ("one",), *((f"{lap}/{n}", n) for n in range(100)))
        shop.clock.move(seconds=21)
        several = [LocalBus([work], [EventHandler("one", SampleEvent, on_event)], []) for _ in range(10)]
        await asyncio.gather(*(bus.settle() for bus in several))
    assert len(delivered) == 800
    assert set(delivered.values()) == {1}


async def test_what_follows_from_an_event_belongs_to_its_request(shop: Shop, buses: Buses) -> None:
    seen: list[tuple[str, str]] = []

    async def on_event(one: Delivery) -> None:
        seen.append((one.stored.request, tracing.request_id()))

    bus = buses([shop.databases["users"]], [EventHandler("one", SampleEvent, on_event)])
    with tracing.for_request("my-request-7"):
        await emit_events(shop, ("one",), ("a", 1))
    await emit_events(shop, ("one",), ("b", 1))
    with tracing.for_request("another-one"):
        await bus.settle()
    assert seen == [("my-request-7", "my-request-7"), ("", "")]


def test_a_message_of_the_previous_version_names_no_request(shop: Shop) -> None:
    event = StoredEvent(
        id="evt_1",
        type="SampleEvent",
        time=shop.clock.now(),
        subject="a",
        data=SampleEvent(n=1, key="a"),
        request="req-1234",
    )
    message = pack(Delivery(event, "one"))
    assert unpack(message, "one").stored.request == "req-1234"
    body = json.loads(message.body)
    del body["request"]
    message.body = json.dumps(body).encode()
    assert unpack(message, "one").stored.request == ""


async def test_a_failed_handler_is_retried_later_and_keeps_its_order(shop: Shop, buses: Buses) -> None:
    delivered, broken = [], True

    async def on_event(one: Delivery) -> None:
        if broken and one.event.key == "a":
            raise RuntimeError("not now")
        delivered.append((one.event.key, one.event.n))

    bus = buses([shop.databases["users"]], [EventHandler("one", SampleEvent, on_event)])
    await emit_events(shop, ("one",), ("a", 1), ("b", 1), ("a", 2))
    await bus.settle()
    assert delivered == [("b", 1)]
    broken = False
    for _ in range(4):
        shop.clock.move(seconds=30)
        await bus.settle()
    assert delivered == [("b", 1), ("a", 1), ("a", 2)]


async def test_an_event_about_the_same_subject_waits_behind_a_failed_one(shop: Shop) -> None:
    delivered: list[int] = []
    work = shop.databases["users"]

    def message(n: int) -> ReceivedMessage:
        event = StoredEvent(
            id=f"evt_{n}", type="SampleEvent", time=shop.clock.now(), subject="a", data=SampleEvent(n=n, key="a")
        )
        return ReceivedMessage(None, Delivery(event, "one"))  # a message without channel is never acknowledged

    async def on_event(one: Delivery) -> None:
        if not delivered and not later:
            later.append(message(2))
            desk.take(later[0])
            raise RuntimeError("not now")
        delivered.append(one.event.n)

    later: list[ReceivedMessage] = []
    desk = Consumer("one", Dispatcher([work], [EventHandler("one", SampleEvent, on_event)]))
    desk.take(message(1))
    for _ in range(3):
        await desk.on_event(shop.clock.monotonic())
    assert delivered == []
    shop.clock.move(seconds=30)
    await desk.on_event(shop.clock.monotonic())
    assert delivered == [1, 2]


async def test_a_batch_of_events_is_one_transaction_and_a_failed_one_fails_alone(
    shop: Shop, clock: HandClock, buses: Buses
) -> None:
    work = shop.databases["users"]
    delivered: list[int] = []
    broken = {2}

    async def on_event(one: Delivery) -> None:
        async with work.begin(dedup_key=one.key) as tx:
            await tx.run("UPDATE timers SET due = due + 1 WHERE name = 'users.count'")
            delivered.append(one.event.n)
            if one.event.n in broken:
                raise RuntimeError("not this one")

    handler = EventHandler("users.count", SampleEvent, on_event, alone=False)
    bus = buses([work], [handler])
    work.subscriptions.by_event = {"SampleEvent": ("users.count",)}
    async with work.begin() as tx:
        await tx.run("INSERT INTO timers (name, due) VALUES ('users.count', 0)")
        await tx.emit(*(SampleEvent(n=n, key=f"bell {n}") for n in range(4)))
    await bus.settle()
    row = await work.one("SELECT due FROM timers WHERE name = 'users.count'")
    assert dict(row or {}) == {"due": 3}  # counts of the broken transaction are rolled back, then counted once
    assert set(delivered) == {0, 1, 2, 3}
    broken.clear()
    clock.move(seconds=1)
    await bus.settle()
    row = await work.one("SELECT due FROM timers WHERE name = 'users.count'")
    assert dict(row or {}) == {"due": 4}


async def test_a_batch_of_handlers_commits_completely_or_not_at_all(shop: Shop) -> None:
    work = shop.databases["users"]
    with pytest.raises(Unavailable):
        async with work.batch():
            async with work.begin(dedup_key="a"):
                pass
            with suppress(ValueError):
                async with work.begin(dedup_key="b"):
                    raise ValueError
    assert await work.fetch("SELECT key FROM inbox WHERE key IN ('a', 'b')") == []
    async with work.batch():
        async with work.begin(dedup_key="a"):
            pass
        with pytest.raises(AlreadyDone):
            async with work.begin(dedup_key="a"):
                raise AssertionError
    assert [row["key"] for row in await work.fetch("SELECT key FROM inbox WHERE key IN ('a', 'b')")] == ["a"]


async def test_a_delivery_that_always_fails_is_dead_and_handled_when_it_is_replayed(shop: Shop, buses: Buses) -> None:
    delivered, broken = [], True

    async def on_event(one: Delivery) -> None:
        if broken and one.event.n == 1:
            raise RuntimeError("never")
        delivered.append(one.event.n)

    bus = buses([shop.databases["users"]], [EventHandler("one", SampleEvent, on_event)])
    await emit_events(shop, ("one",), ("a", 1), ("a", 2))
    for _ in range(ATTEMPTS + 2):
        await bus.settle()
        shop.clock.move(hours=1)
    assert delivered == [2]  # it waited, and continued when there was nothing left to wait for
    dead = await until(bus.dead)
    assert [(one.type, one.subject, one.source, one.hearer, "never" in one.problem) for one in dead] == [
        ("SampleEvent", "a", "users", "one", True)
    ]
    broken = False
    await bus.replay(dead)
    await bus.settle()
    assert delivered == [2, 1]
    assert await bus.dead() == []


async def test_a_scheduled_job_runs_in_one_process_only(shop: Shop, clock: HandClock, buses: Buses) -> None:
    rung = []

    async def job() -> None:
        rung.append(clock.now())
        await asyncio.sleep(0)

    timers = [ScheduledJob("users.bell", timedelta(seconds=10), job)]
    several = [buses([shop.databases["users"]], [], timers) for _ in range(3)]
    await asyncio.gather(*(bus.settle() for bus in several))
    assert len(rung) == 1
    clock.move(seconds=11)
    await asyncio.gather(*(bus.settle() for bus in several))
    assert len(rung) == 2


# --- RabbitMQ alone


async def test_processes_that_start_at_once_all_listen_while_their_queues_are_declared(shop: Shop) -> None:
    for _ in range(3):
        prefix = uuid.uuid4().hex[:12]
        url = f"{server('RABBITMQ')}?prefix={prefix}"
        together = [open_bus(url, list(shop.databases.values()), [], []) for _ in range(10)]
        results = await asyncio.gather(*(bus.settle() for bus in together), return_exceptions=True)
        await asyncio.gather(*(bus.close() for bus in together))
        async with await aio_pika.connect(server("RABBITMQ")) as connection:
            channel = await connection.channel()
            for name in shop.databases:
                await channel.queue_delete(f"{prefix}.dead.{name}")
        assert results == [0] * 10


async def test_deliveries_of_a_killed_process_are_handled_by_another_in_the_same_order(shop: Shop, rabbit: str) -> None:
    first: list[int] = []
    second: list[int] = []
    stuck = asyncio.Event()

    async def never_ends(one: Delivery) -> None:
        first.append(one.event.n)
        stuck.set()
        await asyncio.Event().wait()

    async def on_event(one: Delivery) -> None:
        second.append(one.event.n)

    work = shop.databases["users"]
    other = open_bus(rabbit, [work], [EventHandler("one", SampleEvent, on_event)], [])
    dying = open_bus(rabbit, [work], [EventHandler("one", SampleEvent, never_ends)], [])
    running = asyncio.create_task(dying.run())
    await emit_events(shop, ("one",), *(("a", n) for n in range(20)))
    await stuck.wait()
    running.cancel()
    await dying.close()
    for _ in range(50):
        await other.settle()
        if len(second) == 20:
            break
        await asyncio.sleep(0.1)
        shop.clock.move(seconds=21)
    await other.close()
    assert first == [0]
    assert list(dict.fromkeys(second)) == list(range(20))


async def test_without_rabbitmq_events_wait_and_scheduled_jobs_run(shop: Shop, rabbit: str) -> None:
    delivered, rung = [], []

    async def on_event(one: Delivery) -> None:
        delivered.append(one.event.n)

    async def job() -> None:
        rung.append(1)

    work = shop.databases["users"]
    timers = [ScheduledJob("users.bell", timedelta(seconds=10), job)]
    down = open_bus("amqp://127.0.0.1:1", [work], [], timers)
    await emit_events(shop, ("one",), ("a", 1))
    with pytest.raises(Unavailable, match="RabbitMQ"):
        await down.settle()
    assert rung == [1]
    shop.clock.move(seconds=21)
    bus = open_bus(rabbit, [work], [EventHandler("one", SampleEvent, on_event)], [])
    await bus.settle()
    await bus.close()
    assert delivered == [1]


async def test_an_unreadable_message_is_dead(shop: Shop, rabbit: str) -> None:
    async def on_event(_one: Delivery) -> None:
        raise AssertionError

    work = shop.databases["users"]
    bus = open_bus(rabbit, [work], [EventHandler("one", SampleEvent, on_event)], [])
    await bus.settle()
    connection = await aio_pika.connect(server("RABBITMQ"))
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(rabbit.rpartition("=")[2] + ".facts")
        for body in (b"{", b'{"id":"evt_2","type":"Unheard","subject":"x","time":1,"data":{}}'):
            await exchange.publish(aio_pika.Message(body, message_id="evt_1"), "users.one")
    dead = await until(bus.dead, 2)
    assert [(one.event_id, one.hearer, "cannot be read" in one.problem) for one in dead] == [
        ("evt_1", "one", True),
        ("evt_2", "one", True),
    ]
    await bus.close()


async def test_events_about_one_subject_keep_their_order_through_several_processes(shop: Shop, rabbit: str) -> None:
    delivered: dict[str, list[int]] = {}

    async def on_event(one: Delivery) -> None:
        await asyncio.sleep(0)
        delivered.setdefault(one.event.key, []).append(one.event.n)

    work = shop.databases["users"]
    several = [open_bus(rabbit, [work], [EventHandler("one", SampleEvent, on_event)], []) for _ in range(3)]
    running = [asyncio.create_task(bus.run()) for bus in several]
    for n in range(20):
        work.after_commit = several[n % 3]._committed
        await emit_events(shop, ("one",), *((f"bell {k}", n) for k in range(10)))
    async with asyncio.timeout(20):
        while sum(len(set(ones)) for ones in delivered.values()) < 200:  # under load some are delivered twice
            await asyncio.sleep(0.05)
            shop.clock.move(seconds=1)
    for task, bus in zip(running, several, strict=True):
        task.cancel()
        await bus.close()
    assert all(list(dict.fromkeys(ones)) == list(range(20)) for ones in delivered.values()), delivered


@pytest.mark.parametrize("fault", ["cut", "hush"])
async def test_without_rabbitmq_orders_are_placed_and_their_events_follow_later(
    data: tuple[Path, str], clock: HandClock, post: Post, rabbit: str, fault: str
) -> None:
    proxy = TcpProxy(rabbit)
    await proxy.open()
    shop = Shop(make_settings(*data, bus=proxy.url), clock=clock, hasher=QUICK, send_webhook=post)
    post.shop, process_admin = shop, LocalProcessAdmin(shop)

    async def subjects() -> list[str]:
        clock.move(seconds=1)
        rows = await shop.databases["notifications"].fetch("SELECT subject FROM viewer ORDER BY subject")
        return [row["subject"] for row in rows if row["subject"].startswith("Payment received")]

    async with shop.running():
        kettle = await sell(shop)
        assert (await place(shop, kettle)).status == "paid"
        assert await until(subjects) == ["Payment received for order 1001"]
        await (proxy.cut() if fault == "cut" else asyncio.to_thread(proxy.hush))
        placed = [await place(shop, kettle) for _ in range(3)]
        assert {order.status for order in placed} == {"paid"}
        await asyncio.sleep(0.5)
        assert await subjects() == ["Payment received for order 1001"]
        # A hanging server is detected only by a missing heartbeat.
        assert fault == "hush" or (await process_admin.engines())["bus"] == "RabbitMQ does not answer."
        await proxy.open()
        await until(subjects, 4)
        await asyncio.sleep(0.3)
        assert await subjects() == [f"Payment received for order {number}" for number in range(1001, 1005)]
        assert await shop.bus.dead() == []
        assert (await process_admin.engines())["bus"] == "ok"
    await proxy.cut()


def test_an_invalid_bus_address_is_refused_with_a_valid_example() -> None:
    for url, words in (
        ("ampq://localhost", "Did you mean amqp:"),
        ("amqp://localhost?prefx=a", "Known here: ca, prefix"),
        ("amqp://", "names no host"),
        ("amqp://localhost?prefix=my shop", "letters, digits"),
    ):
        with pytest.raises(Invalid, match=words):
            open_bus(url, [], [], [])
