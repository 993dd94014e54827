"""The contract of buses: events are handled, once, in order, again where it failed, by another process where one died."""

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
from tests.builders.environment import server
from tests.builders.events import Rang, ring
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.shops import QUICK, Post, make_settings
from tests.builders.tcp_proxy import TcpProxy
from tests.engines.conftest import Buses

T = TypeVar("T")


async def until(found: Callable[[], Awaitable[list[T]]], several: int = 1) -> list[T]:
    """What is found, as soon as there are so many."""
    for _ in range(500):
        if len(some := await found()) >= several:
            return some
        await asyncio.sleep(0.02)
    raise AssertionError


async def test_a_fact_is_heard_once_by_each_and_in_order(shop: Shop, buses: Buses) -> None:
    heard: list[tuple[str, int]] = []

    async def on_event(one: Delivery) -> None:
        async with shop.databases["search"].begin(dedup_key=one.key):
            heard.append((one.hearer, one.event.n))

    bus = buses([shop.databases["users"]], [EventHandler("one", Rang, on_event), EventHandler("two", Rang, on_event)])
    await ring(shop, ("one", "two"), ("a", 1), ("a", 2))
    await bus.settle()
    await bus.settle()
    assert sorted(heard) == [("one", 1), ("one", 2), ("two", 1), ("two", 2)]
    assert await shop.databases["users"].fetch("SELECT * FROM deliveries") == []


async def test_many_that_are_told_in_one_transaction_are_each_heard_once_and_in_order(shop: Shop, buses: Buses) -> None:
    heard: list[int] = []

    async def on_event(one: Delivery) -> None:
        async with shop.databases["search"].begin(dedup_key=one.key):
            heard.append(one.event.n)

    bus = buses([shop.databases["users"]], [EventHandler("one", Rang, on_event)])
    async with shop.databases["users"].begin() as tx:
        shop.databases["users"].hearers.by_event = {"Rang": ("one",)}
        await tx.emit(*(Rang(bell="a", n=n) for n in range(250)))
    await ring(shop, ("one",), ("a", 250))
    await bus.settle()
    assert heard == list(range(251))
    assert await shop.databases["users"].fetch("SELECT * FROM deliveries") == []


async def test_another_process_takes_over_when_the_first_has_died(shop: Shop, buses: Buses) -> None:
    heard = []

    async def on_event(one: Delivery) -> None:
        heard.append(one.event.n)

    buses([shop.databases["users"]], [])  # tells, and dies before it delivers
    await ring(shop, ("one",), ("a", 1), ("a", 2))
    other = buses([shop.databases["users"]], [EventHandler("one", Rang, on_event)])
    assert await other.settle() == 0  # the lease is not over yet
    shop.clock.move(seconds=21)
    await other.settle()
    assert heard == [1, 2]


async def test_what_takes_longer_than_a_lease_is_not_given_to_others_while_its_process_lives(
    shop: Shop, buses: Buses
) -> None:
    heard = []

    async def on_event(one: Delivery) -> None:
        heard.append(one.event.n)

    busy = buses([shop.databases["users"]], [])
    await ring(shop, ("one",), ("a", 1))
    shop.clock.move(seconds=2)
    await busy.renew(0)
    shop.clock.move(seconds=2)
    other = buses([shop.databases["users"]], [EventHandler("one", Rang, on_event)])
    assert await other.settle() == 0
    shop.clock.move(seconds=2)  # it has died
    await other.settle()
    assert heard == [1]


async def test_what_could_not_be_put_off_either_is_tried_again_when_its_lease_is_over(shop: Shop) -> None:
    """A disk that is full fails the hearer, and then the note of it: nobody renews the lease of what nobody is at."""
    users = shop.databases["users"]
    heard: list[int] = []
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
        heard.append(one.event.n)

    bus = LocalBus([users], [EventHandler("one", Rang, on_event)], [])
    for told_before in (False, True):  # what it has just told, and what it takes over
        away = True
        await ring(shop, ("one",), ("a", int(told_before)), ("b", 2))
        if told_before:
            bus = LocalBus([users], [EventHandler("one", Rang, on_event)], [])
            shop.clock.move(seconds=4)
        with pytest.raises(Exception, match="deliveries"):
            await bus.settle()
        await rename("unwritable", "deliveries")
        for _ in range(4):
            shop.clock.move(seconds=1)
            await bus.renew(0)
        await bus.settle()
        assert set(heard) == {int(told_before), 2}
        assert await users.fetch("SELECT * FROM deliveries") == []
        heard.clear()


async def test_what_a_process_that_ends_had_not_brought_on_its_way_is_taken_over_at_once(
    shop: Shop, buses: Buses
) -> None:
    heard, begun = [], asyncio.Event()

    async def wait(_: Delivery) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def on_event(one: Delivery) -> None:
        heard.append(one.event.n)

    first = LocalBus([shop.databases["users"]], [EventHandler("one", Rang, wait)], [])
    running = asyncio.create_task(first.run())
    await ring(shop, ("one",), ("a", 1), ("b", 2))
    await begun.wait()
    await ended([running])  # in the middle of one
    await ring(shop, ("one",), ("c", 3))  # what is counted is told of when a process ends
    await first.close()
    await buses([shop.databases["users"]], [EventHandler("one", Rang, on_event)]).settle()
    assert sorted(heard) == [1, 2, 3]


async def test_processes_that_died_while_they_delivered_do_not_count_as_failures(shop: Shop) -> None:
    heard, fails = [], True

    async def on_event(one: Delivery) -> None:
        if fails:
            raise RuntimeError("not now")
        heard.append(one.event.n)

    work = shop.databases["users"]
    LocalBus([work], [], [])
    await ring(shop, ("one",), ("a", 1))
    for _ in range(ATTEMPTS + 1):
        shop.clock.move(seconds=21)
        claimed, _ = await LocalBus([work], [], [])._claim(work)  # and dies
        assert len(claimed) == 1
    shop.clock.move(seconds=21)
    bus = LocalBus([work], [EventHandler("one", Rang, on_event)], [])
    await bus.settle()
    fails = False
    shop.clock.move(seconds=1)
    await bus.settle()
    assert heard == [1]


async def test_processes_that_take_over_at_once_do_not_wait_for_each_other_in_a_ring(shop: Shop) -> None:
    heard: Counter[str] = Counter()

    async def on_event(one: Delivery) -> None:
        heard[one.event.bell] += 1

    work = shop.databases["users"]
    for lap in range(8):
        LocalBus([work], [], [])  # tells, and dies
        await ring(shop, ("one",), *((f"{lap}/{n}", n) for n in range(100)))
        shop.clock.move(seconds=21)
        several = [LocalBus([work], [EventHandler("one", Rang, on_event)], []) for _ in range(10)]
        await asyncio.gather(*(bus.settle() for bus in several))
    assert len(heard) == 800
    assert set(heard.values()) == {1}


async def test_what_follows_from_a_fact_is_done_for_the_request_it_was_told_in(shop: Shop, buses: Buses) -> None:
    seen: list[tuple[str, str]] = []

    async def on_event(one: Delivery) -> None:
        seen.append((one.stored.request, tracing.request_id()))

    bus = buses([shop.databases["users"]], [EventHandler("one", Rang, on_event)])
    with tracing.for_request("my-request-7"):
        await ring(shop, ("one",), ("a", 1))
    await ring(shop, ("one",), ("b", 1))
    with tracing.for_request("another-one"):
        await bus.settle()
    assert seen == [("my-request-7", "my-request-7"), ("", "")]


def test_a_message_of_the_version_before_names_no_request(shop: Shop) -> None:
    event = StoredEvent(
        id="evt_1", type="Rang", time=shop.clock.now(), subject="a", data=Rang(n=1, bell="a"), request="req-1234"
    )
    message = pack(Delivery(event, "one"))
    assert unpack(message, "one").stored.request == "req-1234"
    told = json.loads(message.body)
    del told["request"]
    message.body = json.dumps(told).encode()
    assert unpack(message, "one").stored.request == ""


async def test_a_reaction_that_fails_is_tried_again_later_and_keeps_its_order(shop: Shop, buses: Buses) -> None:
    heard, broken = [], True

    async def on_event(one: Delivery) -> None:
        if broken and one.event.bell == "a":
            raise RuntimeError("not now")
        heard.append((one.event.bell, one.event.n))

    bus = buses([shop.databases["users"]], [EventHandler("one", Rang, on_event)])
    await ring(shop, ("one",), ("a", 1), ("b", 1), ("a", 2))
    await bus.settle()
    assert heard == [("b", 1)]
    broken = False
    for _ in range(4):
        shop.clock.move(seconds=30)
        await bus.settle()
    assert heard == [("b", 1), ("a", 1), ("a", 2)]


async def test_what_comes_while_one_about_the_same_is_heard_waits_behind_it_when_it_fails(shop: Shop) -> None:
    heard: list[int] = []
    work = shop.databases["users"]

    def letter(n: int) -> ReceivedMessage:
        event = StoredEvent(id=f"evt_{n}", type="Rang", time=shop.clock.now(), subject="a", data=Rang(n=n, bell="a"))
        return ReceivedMessage(None, Delivery(event, "one"))  # what came by no line is never acknowledged

    async def on_event(one: Delivery) -> None:
        if not heard and not later:
            later.append(letter(2))
            desk.take(later[0])
            raise RuntimeError("not now")
        heard.append(one.event.n)

    later: list[ReceivedMessage] = []
    desk = Consumer("one", Dispatcher([work], [EventHandler("one", Rang, on_event)]))
    desk.take(letter(1))
    for _ in range(3):
        await desk.on_event(shop.clock.monotonic())
    assert heard == []
    shop.clock.move(seconds=30)
    await desk.on_event(shop.clock.monotonic())
    assert heard == [1, 2]


async def test_facts_heard_together_are_one_transaction_and_one_that_fails_takes_no_other_with_it(
    shop: Shop, clock: HandClock, buses: Buses
) -> None:
    work = shop.databases["users"]
    heard: list[int] = []
    broken = {2}

    async def on_event(one: Delivery) -> None:
        async with work.begin(dedup_key=one.key) as tx:
            await tx.run("UPDATE timers SET due = due + 1 WHERE name = 'users.count'")
            heard.append(one.event.n)
            if one.event.n in broken:
                raise RuntimeError("not this one")

    reaction = EventHandler("users.count", Rang, on_event, alone=False)
    bus = buses([work], [reaction])
    work.hearers.by_event = {"Rang": ("users.count",)}
    async with work.begin() as tx:
        await tx.run("INSERT INTO timers (name, due) VALUES ('users.count', 0)")
        await tx.emit(*(Rang(n=n, bell=f"bell {n}") for n in range(4)))
    await bus.settle()
    row = await work.one("SELECT due FROM timers WHERE name = 'users.count'")
    assert dict(row or {}) == {"due": 3}  # what the broken transaction had counted is undone, then counted once
    assert set(heard) == {0, 1, 2, 3}
    broken.clear()
    clock.move(seconds=1)
    await bus.settle()
    row = await work.one("SELECT due FROM timers WHERE name = 'users.count'")
    assert dict(row or {}) == {"due": 4}


async def test_deeds_done_together_are_all_there_or_none(shop: Shop) -> None:
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


async def test_what_never_works_is_kept_as_dead_and_heard_when_it_is_brought_again(shop: Shop, buses: Buses) -> None:
    heard, broken = [], True

    async def on_event(one: Delivery) -> None:
        if broken and one.event.n == 1:
            raise RuntimeError("never")
        heard.append(one.event.n)

    bus = buses([shop.databases["users"]], [EventHandler("one", Rang, on_event)])
    await ring(shop, ("one",), ("a", 1), ("a", 2))
    for _ in range(ATTEMPTS + 2):
        await bus.settle()
        shop.clock.move(hours=1)
    assert heard == [2]  # it waited, and went on when there was nothing left to wait for
    dead = await until(bus.dead)
    assert [(one.type, one.subject, one.source, one.hearer, "never" in one.problem) for one in dead] == [
        ("Rang", "a", "users", "one", True)
    ]
    broken = False
    await bus.replay(dead)
    await bus.settle()
    assert heard == [2, 1]
    assert await bus.dead() == []


async def test_a_timer_rings_in_one_process_only(shop: Shop, clock: HandClock, buses: Buses) -> None:
    rung = []

    async def bell() -> None:
        rung.append(clock.now())
        await asyncio.sleep(0)

    timers = [ScheduledJob("users.bell", timedelta(seconds=10), bell)]
    several = [buses([shop.databases["users"]], [], timers) for _ in range(3)]
    await asyncio.gather(*(bus.settle() for bus in several))
    assert len(rung) == 1
    clock.move(seconds=11)
    await asyncio.gather(*(bus.settle() for bus in several))
    assert len(rung) == 2


# --- RabbitMQ alone


async def test_processes_that_start_at_once_all_listen_though_their_queues_are_just_being_made(shop: Shop) -> None:
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


async def test_what_a_process_was_hearing_when_it_died_is_heard_by_another_in_its_old_order(
    shop: Shop, rabbit: str
) -> None:
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
    other = open_bus(rabbit, [work], [EventHandler("one", Rang, on_event)], [])
    dying = open_bus(rabbit, [work], [EventHandler("one", Rang, never_ends)], [])
    running = asyncio.create_task(dying.run())
    await ring(shop, ("one",), *(("a", n) for n in range(20)))
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


async def test_with_rabbitmq_down_facts_wait_and_timers_ring(shop: Shop, rabbit: str) -> None:
    heard, rung = [], []

    async def on_event(one: Delivery) -> None:
        heard.append(one.event.n)

    async def bell() -> None:
        rung.append(1)

    work = shop.databases["users"]
    timers = [ScheduledJob("users.bell", timedelta(seconds=10), bell)]
    down = open_bus("amqp://127.0.0.1:1", [work], [], timers)
    await ring(shop, ("one",), ("a", 1))
    with pytest.raises(Unavailable, match="RabbitMQ"):
        await down.settle()
    assert rung == [1]
    shop.clock.move(seconds=21)
    bus = open_bus(rabbit, [work], [EventHandler("one", Rang, on_event)], [])
    await bus.settle()
    await bus.close()
    assert heard == [1]


async def test_a_message_nobody_can_read_is_kept_as_dead(shop: Shop, rabbit: str) -> None:
    async def on_event(_one: Delivery) -> None:
        raise AssertionError

    work = shop.databases["users"]
    bus = open_bus(rabbit, [work], [EventHandler("one", Rang, on_event)], [])
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


async def test_facts_about_one_subject_keep_their_order_through_several_processes(shop: Shop, rabbit: str) -> None:
    heard: dict[str, list[int]] = {}

    async def on_event(one: Delivery) -> None:
        await asyncio.sleep(0)
        heard.setdefault(one.event.bell, []).append(one.event.n)

    work = shop.databases["users"]
    several = [open_bus(rabbit, [work], [EventHandler("one", Rang, on_event)], []) for _ in range(3)]
    running = [asyncio.create_task(bus.run()) for bus in several]
    for n in range(20):
        work.after_commit = several[n % 3]._committed
        await ring(shop, ("one",), *((f"bell {k}", n) for k in range(10)))
    async with asyncio.timeout(20):
        while sum(len(set(ones)) for ones in heard.values()) < 200:  # on a busy machine some come twice
            await asyncio.sleep(0.05)
            shop.clock.move(seconds=1)
    for task, bus in zip(running, several, strict=True):
        task.cancel()
        await bus.close()
    assert all(list(dict.fromkeys(ones)) == list(range(20)) for ones in heard.values()), heard


@pytest.mark.parametrize("trouble", ["cut", "hush"])
async def test_while_rabbitmq_is_gone_orders_are_taken_and_their_facts_flow_when_it_is_back(
    data: tuple[Path, str], clock: HandClock, post: Post, rabbit: str, trouble: str
) -> None:
    road = TcpProxy(rabbit)
    await road.open()
    shop = Shop(make_settings(*data, bus=road.url), clock=clock, hasher=QUICK, send_webhook=post)
    post.shop, process_admin = shop, LocalProcessAdmin(shop)

    async def letters() -> list[str]:
        clock.move(seconds=1)
        rows = await shop.databases["notifications"].fetch("SELECT subject FROM viewer ORDER BY subject")
        return [row["subject"] for row in rows if row["subject"].startswith("Payment received")]

    async with shop.running():
        kettle = await sell(shop)
        assert (await place(shop, kettle)).status == "paid"
        assert await until(letters) == ["Payment received for order 1001"]
        await (road.cut() if trouble == "cut" else asyncio.to_thread(road.hush))
        placed = [await place(shop, kettle) for _ in range(3)]
        assert {order.status for order in placed} == {"paid"}
        await asyncio.sleep(0.5)
        assert await letters() == ["Payment received for order 1001"]
        # Who hangs is not known to be gone before a heartbeat is missing.
        assert trouble == "hush" or (await process_admin.engines())["bus"] == "RabbitMQ does not answer."
        await road.open()
        await until(letters, 4)
        await asyncio.sleep(0.3)
        assert await letters() == [f"Payment received for order {number}" for number in range(1001, 1005)]
        assert await shop.bus.dead() == []
        assert (await process_admin.engines())["bus"] == "ok"
    await road.cut()


def test_an_address_of_a_bus_that_is_wrong_says_what_is_right() -> None:
    for url, words in (
        ("ampq://localhost", "Did you mean amqp:"),
        ("amqp://localhost?prefx=a", "Known here: ca, prefix"),
        ("amqp://", "names no host"),
        ("amqp://localhost?prefix=my shop", "letters, digits"),
    ):
        with pytest.raises(Invalid, match=words):
            open_bus(url, [], [], [])
