"""Clocks that jump: nothing waits for a wrong time, ids stay in order, and the jump is reported."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shopwright import event_handlers
from shopwright.app import Shop
from shopwright.engines.bus import open_bus
from shopwright.kit.clock import HandClock, to_micros
from shopwright.kit.clock_watch import ClockWatch, continue_ids, reset_times
from shopwright.kit.data.events import ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.ids import Ids
from shopwright.kit.observability.metrics import Metrics
from shopwright.operations.doctor import look
from shopwright.operations.process_admin import LocalProcessAdmin
from tests.builders.goods import sell

pytestmark = pytest.mark.slow


class CountingJob:
    """A job with an interval of ten seconds that counts its runs."""

    def __init__(self) -> None:
        self.runs = 0

    async def run(self) -> None:
        self.runs += 1

    def on(self, work: ServiceDatabase):
        return open_bus("local:", [work], [], [ScheduledJob("users.bell", timedelta(seconds=10), self.run)])


async def wrong(shop: Shop) -> str:
    return " ".join(sentence for finding in await look(shop) for sentence in finding.wrong)


async def test_after_a_clock_was_three_hours_ahead_jobs_run_again_within_their_interval(
    local_shop: Shop, clock: HandClock
) -> None:
    job = CountingJob()
    bus = job.on(local_shop.databases["users"])
    await bus.settle()
    clock.set_wrong(hours=3)
    await bus.settle()
    assert job.runs == 2
    clock.set_wrong(hours=-3)
    clock.move(seconds=11)
    await bus.settle()
    assert job.runs == 3
    clock.move(seconds=11)
    await job.on(local_shop.databases["users"]).settle()  # another process, or the same after a restart
    assert job.runs == 4
    await bus.settle()
    assert job.runs == 4


async def test_a_clock_that_is_set_back_again_and_again_delays_no_job(local_shop: Shop, clock: HandClock) -> None:
    job = CountingJob()
    bus = job.on(local_shop.databases["users"])
    for _ in range(60):
        await bus.settle()
        clock.move(seconds=1)
        clock.set_wrong(seconds=-1)
    assert job.runs >= 3


async def test_ids_never_go_below_the_last_one_and_stay_unguessable(local_shop: Shop, clock: HandClock) -> None:
    ids = Ids(clock)
    clock.set_wrong(hours=3)
    ahead = ids.new("ord")
    clock.set_wrong(hours=-3)
    made = [ids.new("ord") for _ in range(1000)]
    assert [ahead, *made] == sorted([ahead, *made])
    assert len(set(made)) == 1000
    clock.set_wrong(hours=3)
    async with local_shop.databases["catalog"].begin() as tx:
        await tx.run(
            "INSERT INTO facts (id, type, subject, time, data) VALUES (:id, 'ProductRetired', 'x', :time, '{}')",
            id=Ids(clock).new("evt"),
            time=to_micros(tx.now),
        )
    last = await local_shop.databases["catalog"].one("SELECT max(id) AS id FROM facts")
    clock.set_wrong(hours=-3)
    restarted = Ids(clock)
    await continue_ids(restarted, local_shop.databases.values())
    assert last is not None
    assert restarted.new("evt") > last["id"]


async def test_a_retry_postponed_by_a_clock_that_was_ahead_is_due_again(local_shop: Shop, clock: HandClock) -> None:
    now = to_micros(clock.now())
    hours = 3 * 3_600_000_000
    async with local_shop.databases["users"].begin() as tx:
        rows: Sequence[tuple[str, int]] = (("evt_9", now + hours), ("evt_8", now + 300_000_000))
        await tx.run_many(
            "INSERT INTO deliveries (fact_id, hearer, subject, due, state) VALUES (:id, 'x.y', 'x', :due, 'waiting')",
            [{"id": name, "due": due} for name, due in rows],
        )
    async with local_shop.databases["notifications"].begin() as tx:
        await tx.run(
            "INSERT INTO messages (id, channel, recipient, subject, text, html, state, due, created_at)"
            " VALUES ('msg_1', 'email', 'a@example.com', 'Hello', '', '', 'waiting', :due, :now)",
            due=now + hours,
            now=now,
        )
    for name, work in local_shop.databases.items():
        await reset_times(work, event_handlers.due_times(name))
    found = await local_shop.databases["users"].fetch("SELECT fact_id, due FROM deliveries WHERE hearer = 'x.y'")
    assert {row["fact_id"]: row["due"] for row in found} == {"evt_9": now, "evt_8": now + 300_000_000}
    clock.move(seconds=1)
    await local_shop.bus.settle()
    assert (await local_shop.notifications.message("msg_1")).summary.state == "sent"


async def test_a_shop_whose_clock_jumped_by_seconds_goes_on_selling_and_reports_it(
    local_shop: Shop, clock: HandClock
) -> None:
    process_admin = LocalProcessAdmin(local_shop)
    assert (await process_admin.condition()).warnings == {}
    clock.set_wrong(hours=3)
    local_shop.clock_watch.look()
    kettle = await sell(local_shop)
    clock.set_wrong(hours=-3)
    local_shop.clock_watch.look()
    assert "-10800 seconds" in (await process_admin.condition()).warnings["clock"]
    assert b'shopwright_clock_jumps_total{direction="back"} 1.0' in await process_admin.metrics()
    assert b'shopwright_clock_behind_seconds{service="catalog"} 10800.0' in await process_admin.metrics()
    assert "The clock is 10800 seconds behind the newest event of catalog" in await wrong(local_shop)
    clock.move(seconds=61)
    await local_shop.bus.settle()
    lamp = await sell(local_shop, "Lamp")
    assert lamp.id > kettle.id
    clock.move(seconds=11)
    await local_shop.bus.settle()
    await local_shop.search.bring_up_to_date()
    assert [one.count for one in await local_shop.bus.under_way()] == []
    clock.move(hours=3)
    assert "clock" not in await wrong(local_shop)
    assert (await process_admin.condition()).warnings == {}


@pytest.mark.parametrize(("by", "jumps"), [(1.0, []), (-1.0, []), (3600.0, [3600.0]), (-5.0, [-5.0])])
def test_small_corrections_are_no_jump(by: float, jumps: list[float]) -> None:
    clock = HandClock()
    reported: list[float] = []
    watch = ClockWatch(clock, reported.append)
    clock.move(seconds=1)
    watch.look()
    clock.set_wrong(seconds=by)
    clock.move(seconds=1)
    watch.look()
    assert reported == jumps
    assert bool(watch.problem()) == bool(jumps)


def test_no_jump_is_counted_as_zero_so_that_the_first_one_is_an_increase() -> None:
    metrics = Metrics().text().decode()
    for direction in ("forwards", "back"):
        assert f'shopwright_clock_jumps_total{{direction="{direction}"}} 0.0' in metrics
