"""The backlog of a process: it is handled in order, and deliveries of others are left alone."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.engines.bus.backlog import MOST
from shopwright.engines.bus.leases import PORTION
from shopwright.engines.bus.local import LocalBus
from shopwright.engines.bus.relay import EMITTED_AT_ONCE
from shopwright.kit.clock import HandClock, to_micros
from shopwright.kit.data.events import Delivery, EventHandler
from shopwright.kit.data.unit_of_work import LEASE
from shopwright.kit.tasks import ended
from tests.builders.buses import Buses
from tests.builders.events import SampleEvent, emit_events
from tests.builders.shops import QUICK, make_settings

READ_BATCH = pytest.mark.parametrize("before", [1, MOST])


async def emit_many(shop: Shop, count: int, *handlers: str, subjects: int = 1) -> None:
    """Emit all of them in one transaction."""
    users = shop.databases["users"]
    users.subscriptions.by_event = {"SampleEvent": handlers or ("one",)}
    async with users.begin() as tx:
        await tx.emit(*(SampleEvent(key="a" if subjects == 1 else f"a{n % subjects}", n=n) for n in range(count)))


async def others_do(shop: Shop, statement: str, **params: int) -> None:
    async with shop.databases["users"].begin() as tx:
        await tx.run(statement, **params)


async def due_now(shop: Shop) -> int:
    users = shop.databases["users"]
    [row] = await users.fetch("SELECT count(*) AS n FROM deliveries WHERE due <= :now", now=to_micros(users.now()))
    return int(row["n"])


async def test_events_behind_a_long_backlog_are_stored_by_id_and_handled_once_and_in_order(shop: Shop) -> None:
    delivered: list[int] = []

    async def on_event(one: Delivery) -> None:
        delivered.append(one.event.n)

    users = shop.databases["users"]
    bus = LocalBus([users], [EventHandler("one", SampleEvent, on_event)], [])
    await emit_many(shop, MOST)
    await emit_many(shop, 2 * EMITTED_AT_ONCE)
    await emit_events(shop, ("one",), ("a", -1))
    shop.clock.move(seconds=10)
    await bus.renew(-60)  # all of it: a poll finds nothing due
    assert await LocalBus([users], [EventHandler("one", SampleEvent, on_event)], []).settle() == 0
    await bus.settle()
    assert delivered == [*range(MOST), *range(2 * EMITTED_AT_ONCE), -1]
    assert await users.fetch("SELECT * FROM deliveries") == []


async def test_a_long_backlog_of_a_stopping_process_is_taken_over_at_once(shop: Shop) -> None:
    users = shop.databases["users"]
    first = LocalBus([users], [], [])
    await emit_many(shop, MOST)
    await emit_events(shop, ("one",), ("b", -1), ("c", -2))
    await first.close()
    waiting = await users.fetch("SELECT count(*) AS n FROM deliveries WHERE due <= :now", now=to_micros(users.now()))
    assert waiting[0]["n"] == MOST + 2


@READ_BATCH
@pytest.mark.parametrize("how", ["renewed", "given back"])
async def test_taking_over_keeps_the_retry_delay_of_a_handler_that_failed_elsewhere(
    shop: Shop, before: int, how: str
) -> None:
    users = shop.databases["users"]
    bus = LocalBus([users], [], [])
    await emit_many(shop, before)
    await emit_events(shop, ("one", "two"), ("b", -1))
    shop.clock.move(seconds=4)
    await others_do(shop, "DELETE FROM deliveries WHERE subject = 'a'")
    later = to_micros(users.now() + timedelta(hours=1))
    await others_do(shop, "UPDATE deliveries SET due = :later WHERE subject = 'b' AND hearer = 'one'", later=later)
    for _ in range(2):  # updates of the rest leave deliveries of others alone
        shop.clock.move(seconds=1)
        await bus.renew(0)
    ours = to_micros(users.now() + LEASE)
    if how == "given back":
        await bus.close()
        ours = to_micros(users.now())
    rows = await users.fetch("SELECT hearer, due FROM deliveries WHERE subject = 'b'")
    assert {row["hearer"]: row["due"] for row in rows} == {"one": later, "two": ours}


@READ_BATCH
@pytest.mark.parametrize("done", ["heard", "dead", "taken"])
async def test_deliveries_handled_by_others_meanwhile_are_not_repeated(
    shop: Shop, buses: Buses, before: int, done: str
) -> None:
    delivered: list[tuple[str, int]] = []

    async def on_event(one: Delivery) -> None:
        delivered.append((one.handler, one.event.n))

    users = shop.databases["users"]
    bus = buses([users], [EventHandler("one", SampleEvent, on_event), EventHandler("two", SampleEvent, on_event)])
    await emit_many(shop, before)
    await emit_events(shop, ("one", "two"), ("b", -1))
    shop.clock.move(seconds=4)  # its process was paused for longer than its lease
    await others_do(shop, "DELETE FROM deliveries WHERE subject = 'a'")
    theirs = {
        "heard": "DELETE FROM deliveries WHERE",
        "dead": "UPDATE deliveries SET state = 'dead' WHERE",
        "taken": "UPDATE deliveries SET due = due + 9000000 WHERE",
    }
    await others_do(shop, f"{theirs[done]} subject = 'b' AND hearer = 'one'")
    await bus.settle()
    assert delivered == [("two", -1)]
    rows = await users.fetch("SELECT hearer, state FROM deliveries")
    outcomes = {"heard": [], "dead": [("one", "dead")], "taken": [("one", "waiting")]}
    assert [(row["hearer"], row["state"]) for row in rows] == outcomes[done]


@pytest.mark.parametrize("before", [0, MOST])
async def test_leases_of_a_large_transaction_are_renewed_in_batches_between_which_others_write(
    shop: Shop, before: int
) -> None:
    await written_in_portions(shop, before, lambda bus: bus.renew(-60), LEASE)


@pytest.mark.parametrize("before", [0, MOST])
async def test_a_stopping_process_without_time_for_all_releases_the_first(shop: Shop, before: int) -> None:
    await written_in_portions(shop, before, lambda bus: bus.close(), timedelta(0))


async def written_in_portions(
    shop: Shop, before: int, act: Callable[[LocalBus], Awaitable[None]], lease: timedelta
) -> None:
    users = shop.databases["users"]
    bus = LocalBus([users], [], [])
    if before:
        await emit_many(shop, before)
        await others_do(shop, "DELETE FROM deliveries")
    await emit_many(shop, 8 * PORTION)
    shop.clock.move(seconds=1)
    due = to_micros(users.now() + lease)

    async def written() -> int:
        async with users.begin() as tx:  # writers wait for one batch
            [row] = await tx.fetch("SELECT count(*) AS n FROM deliveries WHERE due = :due", due=due)
            return int(row["n"])

    acting = asyncio.create_task(act(bus))  # type: ignore[arg-type]
    seen = [0]
    while not seen[-1]:
        await asyncio.sleep(0)
        seen.append(await written())
    assert seen[-1] < 8 * PORTION
    await ended([acting])
    assert seen[-1] <= await written() < 8 * PORTION


@pytest.mark.slow
@pytest.mark.parametrize("how", ["killed", "closed", "held"])
async def test_when_one_of_two_processes_stops_amid_thousands_nothing_is_lost_and_order_is_kept(
    shop: Shop, data: tuple[Path, str], clock: HandClock, how: str
) -> None:
    """`held`: the process continues after its leases have expired and while another takes over."""
    search = shop.databases["search"]
    total = 2 * (MOST // 2 + 4 * PORTION)
    order: dict[tuple[str, str], list[int]] = {}
    calls: Counter[str] = Counter()
    middle = asyncio.Event()

    def process(its: Shop) -> LocalBus:
        async def on_event(one: Delivery) -> None:
            async with its.databases["search"].begin(dedup_key=one.key) as tx:
                await tx.run("UPDATE timers SET due = due + 1 WHERE name = 'counter'")
            place = (one.handler, one.event.key)
            calls[one.key] += 1
            order.setdefault(place, []).append(one.event.n)
            if calls.total() == 2 * EMITTED_AT_ONCE:
                middle.set()

        handlers = [EventHandler(name, SampleEvent, on_event) for name in ("search.one", "search.two")]
        return LocalBus([its.databases["users"]], handlers, [])

    async with search.begin() as tx:
        await tx.run("INSERT INTO timers (name, due) VALUES ('counter', 0)")
    first, other = process(shop), process(beside := Shop(make_settings(*data), clock=clock, hasher=QUICK))
    await emit_many(shop, total // 2, "search.one", "search.two", subjects=50)
    running = asyncio.create_task(first.run())
    await middle.wait()
    if how == "held":
        shop.clock.move(seconds=4)
        helping = asyncio.create_task(other.run())
        await asyncio.sleep(0.2)
        await ended([helping])
    else:
        await ended([running])
    if how == "closed":
        await first.close()
        assert await due_now(shop) == await waiting(shop)
    while left := await waiting(shop):
        shop.clock.move(seconds=4)
        await other.settle()
        await asyncio.sleep(0)
        assert await waiting(shop) < left
    await ended([running])
    await beside.close()
    [row] = await search.fetch("SELECT due FROM timers WHERE name = 'counter'")
    assert row["due"] == total == len(calls)
    assert calls.total() <= total + EMITTED_AT_ONCE + PORTION  # the delivery in progress when a process ended
    assert all(list(dict.fromkeys(ns)) == sorted(set(ns)) for ns in order.values())


async def waiting(shop: Shop) -> int:
    [row] = await shop.databases["users"].fetch("SELECT count(*) AS n FROM deliveries")
    return int(row["n"])
