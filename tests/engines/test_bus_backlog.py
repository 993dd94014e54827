"""What a process told and nobody is at yet: it is heard in order, and what is another's by now is let be."""

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
from shopwright.engines.bus.relay import TOLD_AT_ONCE
from shopwright.kit.clock import HandClock, to_micros
from shopwright.kit.data.events import Delivery, EventHandler
from shopwright.kit.data.unit_of_work import LEASE
from shopwright.kit.tasks import ended
from tests.builders.events import Rang, ring
from tests.builders.shops import QUICK, make_settings
from tests.engines.conftest import Buses

WHOLE_OR_UNREAD = pytest.mark.parametrize("before", [1, MOST])


async def ring_many(shop: Shop, count: int, *hearers: str, subjects: int = 1) -> None:
    """All of them in one transaction."""
    users = shop.databases["users"]
    users.hearers.by_event = {"Rang": hearers or ("one",)}
    async with users.begin() as tx:
        await tx.emit(*(Rang(bell="a" if subjects == 1 else f"a{n % subjects}", n=n) for n in range(count)))


async def others_do(shop: Shop, statement: str, **params: int) -> None:
    async with shop.databases["users"].begin() as tx:
        await tx.run(statement, **params)


async def due_now(shop: Shop) -> int:
    users = shop.databases["users"]
    [row] = await users.fetch("SELECT count(*) AS n FROM deliveries WHERE due <= :now", now=to_micros(users.now()))
    return int(row["n"])


async def test_what_is_told_while_very_many_wait_is_kept_by_its_ids_and_heard_once_and_in_order(shop: Shop) -> None:
    heard: list[int] = []

    async def on_event(one: Delivery) -> None:
        heard.append(one.event.n)

    users = shop.databases["users"]
    bus = LocalBus([users], [EventHandler("one", Rang, on_event)], [])
    await ring_many(shop, MOST)
    await ring_many(shop, 2 * TOLD_AT_ONCE)
    await ring(shop, ("one",), ("a", -1))
    shop.clock.move(seconds=10)
    await bus.renew(-60)  # all of it: whoever looks at what is due finds nothing
    assert await LocalBus([users], [EventHandler("one", Rang, on_event)], []).settle() == 0
    await bus.settle()
    assert heard == [*range(MOST), *range(2 * TOLD_AT_ONCE), -1]
    assert await users.fetch("SELECT * FROM deliveries") == []


async def test_of_very_many_that_a_process_leaves_when_it_ends_all_are_taken_over_at_once(shop: Shop) -> None:
    users = shop.databases["users"]
    first = LocalBus([users], [], [])
    await ring_many(shop, MOST)
    await ring(shop, ("one",), ("b", -1), ("c", -2))
    await first.close()
    waiting = await users.fetch("SELECT count(*) AS n FROM deliveries WHERE due <= :now", now=to_micros(users.now()))
    assert waiting[0]["n"] == MOST + 2


@WHOLE_OR_UNREAD
@pytest.mark.parametrize("how", ["renewed", "given back"])
async def test_of_one_fact_the_pause_of_who_failed_elsewhere_stays_and_only_what_is_ours_is(
    shop: Shop, before: int, how: str
) -> None:
    users = shop.databases["users"]
    bus = LocalBus([users], [], [])
    await ring_many(shop, before)
    await ring(shop, ("one", "two"), ("b", -1))
    shop.clock.move(seconds=4)
    await others_do(shop, "DELETE FROM deliveries WHERE subject = 'a'")
    later = to_micros(users.now() + timedelta(hours=1))
    await others_do(shop, "UPDATE deliveries SET due = :later WHERE subject = 'b' AND hearer = 'one'", later=later)
    for _ in range(2):  # what is written for the rest says nothing of what is another's
        shop.clock.move(seconds=1)
        await bus.renew(0)
    ours = to_micros(users.now() + LEASE)
    if how == "given back":
        await bus.close()
        ours = to_micros(users.now())
    rows = await users.fetch("SELECT hearer, due FROM deliveries WHERE subject = 'b'")
    assert {row["hearer"]: row["due"] for row in rows} == {"one": later, "two": ours}


@WHOLE_OR_UNREAD
@pytest.mark.parametrize("done", ["heard", "dead", "taken"])
async def test_what_others_have_had_meanwhile_is_not_heard_again(
    shop: Shop, buses: Buses, before: int, done: str
) -> None:
    heard: list[tuple[str, int]] = []

    async def on_event(one: Delivery) -> None:
        heard.append((one.hearer, one.event.n))

    users = shop.databases["users"]
    bus = buses([users], [EventHandler("one", Rang, on_event), EventHandler("two", Rang, on_event)])
    await ring_many(shop, before)
    await ring(shop, ("one", "two"), ("b", -1))
    shop.clock.move(seconds=4)  # its process was held for longer than its lease
    await others_do(shop, "DELETE FROM deliveries WHERE subject = 'a'")
    theirs = {
        "heard": "DELETE FROM deliveries WHERE",
        "dead": "UPDATE deliveries SET state = 'dead' WHERE",
        "taken": "UPDATE deliveries SET due = due + 9000000 WHERE",
    }
    await others_do(shop, f"{theirs[done]} subject = 'b' AND hearer = 'one'")
    await bus.settle()
    assert heard == [("two", -1)]
    rows = await users.fetch("SELECT hearer, state FROM deliveries")
    kept = {"heard": [], "dead": [("one", "dead")], "taken": [("one", "waiting")]}
    assert [(row["hearer"], row["state"]) for row in rows] == kept[done]


@pytest.mark.parametrize("before", [0, MOST])
async def test_the_leases_of_one_large_transaction_are_renewed_in_portions_between_which_others_write(
    shop: Shop, before: int
) -> None:
    await written_in_portions(shop, before, lambda bus: bus.renew(-60), LEASE)


@pytest.mark.parametrize("before", [0, MOST])
async def test_who_ends_and_has_no_time_for_all_has_given_back_the_first(shop: Shop, before: int) -> None:
    await written_in_portions(shop, before, lambda bus: bus.close(), timedelta(0))


async def written_in_portions(
    shop: Shop, before: int, act: Callable[[LocalBus], Awaitable[None]], lease: timedelta
) -> None:
    users = shop.databases["users"]
    bus = LocalBus([users], [], [])
    if before:
        await ring_many(shop, before)
        await others_do(shop, "DELETE FROM deliveries")
    await ring_many(shop, 8 * PORTION)
    shop.clock.move(seconds=1)
    due = to_micros(users.now() + lease)

    async def written() -> int:
        async with users.begin() as tx:  # who writes waits for a portion
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
async def test_of_two_processes_one_of_which_ends_in_the_middle_of_thousands_nothing_is_lost_and_order_is_kept(
    shop: Shop, data: tuple[Path, str], clock: HandClock, how: str
) -> None:
    """`held`: it goes on, after its leases have run out and while the other takes over."""
    search = shop.databases["search"]
    total = 2 * (MOST // 2 + 4 * PORTION)
    order: dict[tuple[str, str], list[int]] = {}
    calls: Counter[str] = Counter()
    middle = asyncio.Event()

    def process(its: Shop) -> LocalBus:
        async def on_event(one: Delivery) -> None:
            async with its.databases["search"].begin(dedup_key=one.key) as tx:
                await tx.run("UPDATE timers SET due = due + 1 WHERE name = 'counter'")
            place = (one.hearer, one.event.bell)
            calls[one.key] += 1
            order.setdefault(place, []).append(one.event.n)
            if calls.total() == 2 * TOLD_AT_ONCE:
                middle.set()

        reactions = [EventHandler(hearer, Rang, on_event) for hearer in ("search.one", "search.two")]
        return LocalBus([its.databases["users"]], reactions, [])

    async with search.begin() as tx:
        await tx.run("INSERT INTO timers (name, due) VALUES ('counter', 0)")
    first, other = process(shop), process(beside := Shop(make_settings(*data), clock=clock, hasher=QUICK))
    await ring_many(shop, total // 2, "search.one", "search.two", subjects=50)
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
    assert calls.total() <= total + TOLD_AT_ONCE + PORTION  # what one was at when it ended
    assert all(list(dict.fromkeys(ns)) == sorted(set(ns)) for ns in order.values())


async def waiting(shop: Shop) -> int:
    [row] = await shop.databases["users"].fetch("SELECT count(*) AS n FROM deliveries")
    return int(row["n"])
