"""One unattended machine: faults, what shoppers see, which alarm reports them, and that nothing is lost.

TABLE=docs/failures-one-server.md writes what happened as the table of the docs. MINUTES=60 is how long the soak lasts.
"""

import asyncio
import contextlib
import logging
import os
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from tests.builders import one_server as machines
from tests.builders.environment import ON_SERVERS, POSTGRES
from tests.builders.load import Load
from tests.builders.one_server import FAULTS, Fault, OneServer, one_server, until, well_again
from tests.builders.prometheus import prometheus
from tests.builders.server import buy
from tests.builders.shops import QUICK, make_settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.soak,
    pytest.mark.skipif(bool(POSTGRES) or ON_SERVERS, reason="one machine is everything embedded"),
]
log = logging.getLogger("soak")
MINUTES = float(os.environ.get("MINUTES", "60"))
RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"
REPORTED_WITHIN_S = 60
LASTS_S = 8
# Thresholds for a small disk and a busy machine, where alerts do not wait for minutes.
NOT_OF_A_FAULT = {
    "DiskLow",
    "DiskFilling",
    "EventsLate",
    "LoopLate",
    "SlownessFast",
    "SlownessSteady",
    "SlownessSlow",
    "not yet",
}
CLOCK_WAS_AHEAD = re.compile(r"The clock is \d+ seconds behind the newest event of \w+")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with machines.small_disk(tmp_path / "disk") as made:
        yield made


class Row(msgspec.Struct):
    """The results of one fault: a row of the table."""

    fault: Fault
    saw: str
    light: str
    light_s: float
    recovered_s: float


async def lights(machine: OneServer, firing: Callable[[], Awaitable[set[str]]]) -> set[str]:
    alerts = {f"alert {name}" for name in await firing() if name not in NOT_OF_A_FAULT}
    return alerts | await machine.lights()


def saw(statuses: Counter[str]) -> str:
    """The row of the table."""
    named = {"page": "pages", "order": "orders"}
    states: dict[str, list[str]] = {}
    for name, count in sorted(statuses.items()):
        kind, _, what = name.partition(" ")
        states.setdefault(named[kind], []).append(f"{count} × {what}")
    return "; ".join(f"{kind}: {', '.join(each)}" for kind, each in states.items()) or "nothing"


async def test_every_fault_of_one_server_has_an_alarm_a_page_and_an_end(
    migrated: tuple[Path, str], tmp_path: Path, disk: Path
) -> None:
    rows: list[Row] = []
    async with one_server(migrated[0], disk) as machine:
        load = Load(machine.server.url, machine.sku)
        shoppers = [asyncio.create_task(load.shopper()) for _ in range(2)]
        targets = {"all": [f"127.0.0.1:{machine.server.port}"]}
        (tmp_path / "prometheus").mkdir()
        async with prometheus(tmp_path / "prometheus", targets) as firing:
            await load.well_since(time.monotonic())
            for fault in FAULTS:
                row = await inflicted(machine, load, fault, firing)
                rows = [*rows, row]
        load.stopping = True
        await asyncio.gather(*shoppers, return_exceptions=True)
        await nothing_is_lost(machine, load)
    report(rows)
    for row in rows:
        page = (RUNBOOKS / f"{row.fault.runbook}.md").read_text()
        assert row.fault.typed in page, f"{row.fault.runbook}.md does not say {row.fault.typed}"
    assert [row.fault.name for row in rows if not row.light] == [], "no light changed within a minute"


async def inflicted(machine: OneServer, load: Load, fault: Fault, firing: Callable[[], Awaitable[set[str]]]) -> Row:
    quiet = await until(lambda: no_alarm(machine, firing), 180)
    assert quiet is not None, f"before “{fault.name}”: {await lights(machine, firing)}"
    before = await lights(machine, firing)
    load.statuses.clear()
    began = time.monotonic()
    await fault.begins(machine)
    shining: set[str] = set()

    async def shines() -> bool:
        shining.update(one for one in await lights(machine, firing) - before if fault.light in one)
        return bool(shining)

    light_s = await until(shines, REPORTED_WITHIN_S)
    await asyncio.sleep(max(0.0, began + LASTS_S - time.monotonic()))
    statuses = Counter(load.statuses)
    if fault.sells:
        assert statuses["order 201"], f"nothing was sold while {fault.name}: {statuses}"
    await fault.ends(machine)
    recovered = await well_again(load, time.monotonic())
    return Row(fault, saw(statuses), ", ".join(sorted(shining)), light_s or 0.0, recovered)


async def no_alarm(machine: OneServer, firing: Callable[[], Awaitable[set[str]]]) -> bool:
    return not await lights(machine, firing)


async def nothing_is_lost(machine: OneServer, load: Load) -> None:
    """Everything acknowledged exists, jobs run, and the doctor finds nothing but that the clock was ahead."""
    wrong: list[str] = []
    for _ in range(30):  # work postponed during an outage is completed
        done = await asyncio.to_thread(machine.server.run, "doctor")
        wrong = [
            line for line in done.stdout.splitlines() if line.startswith("  ") and not CLOCK_WAS_AHEAD.search(line)
        ]
        if not wrong and "Traceback" not in done.stderr:
            break
        await asyncio.sleep(2)
    shop = Shop(make_settings(machine.data), hasher=QUICK)
    orders = {row["id"] for row in await shop.databases["orders"].fetch("SELECT id FROM orders")}
    due = {
        row["name"]: row["due"]
        for work in shop.databases.values()
        for row in await work.fetch("SELECT name, due FROM timers WHERE name <> 'claim'")
    }
    await shop.close()
    assert load.acknowledged <= orders, f"{len(load.acknowledged - orders)} acknowledged orders are gone"
    now = time.time() * 1_000_000
    late = {name: (now - at) / 1e6 for name, at in due.items() if at < now - 90e6}
    assert late == {}, f"jobs that have stopped, and for how many seconds: {late}"
    assert wrong == [], done.stdout + done.stderr


def report(rows: list[Row]) -> None:
    """Write the table on request."""
    if not (path := os.environ.get("TABLE")):
        return
    lines = [
        "# Failures on one server",
        "",
        "Generated by `tests/process/test_one_server_faults.py`. Two shoppers browse and buy without pause in a shop on one machine (embedded",
        "engines, SMTP, a disk of 400 MB, restarted by a supervisor after two seconds). One fault follows another, each for at least eight",
        "seconds. “Signal”: the change in readiness, on the status page or among the alerts, whose `for:` is set to one second and whose windows",
        "to fifteen. “Recovered”: the time from the end of the fault to the next successful page and order. Afterwards every acknowledged order",
        "was there, every job ran, and `shopwright doctor` reported only that the clock had been ahead.",
        "",
        "| fault | shoppers saw | signal | after | runbook and command | recovered |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.fault.name} | {row.saw} | {row.light} | {row.light_s:.0f} s"
        f" | [{row.fault.runbook}](runbooks/{row.fault.runbook}.md): {row.fault.typed if '`' in row.fault.typed else f'`{row.fault.typed}`'}"
        f" | {row.recovered_s:.1f} s |"
        for row in rows
    ]
    with contextlib.suppress(OSError):
        Path(path).write_text("\n".join(lines) + "\n")


class AlarmWatcher:
    """Buys repeatedly; if that fails while every alarm is green, the alarms are wrong."""

    def __init__(self, machine: OneServer) -> None:
        self.machine = machine
        self.lies: list[str] = []
        self.number = 0
        self.looks = 0

    async def look(self) -> None:
        while True:
            self.looks += 1
            if failed := await self._failed():
                shining = await self.machine.lights()
                log.info("%s: %s", failed, sorted(shining))
                again = await self._failed()
                if again and not shining and not await self.machine.lights():
                    self.lies.append(f"{failed}; again: {again}")
                    log.warning("all lights are green: %s", self.lies[-1])
            await asyncio.sleep(0.5)

    async def _failed(self) -> str:
        self.number += 1
        async with httpx.AsyncClient(base_url=self.machine.server.url, timeout=30, trust_env=False) as client:
            try:
                answer = await buy(client, self.machine.sku, f"truth{self.number}")
            except (httpx.HTTPError, KeyError, ValueError) as error:
                return repr(error)
        return "" if answer.status_code == 201 else f"{answer.status_code} {answer.text[:200]}"


@pytest.mark.timeout(MINUTES * 60 + 1200)
async def test_an_hour_of_random_faults_loses_nothing_and_no_alarm_is_false(
    migrated: tuple[Path, str], disk: Path
) -> None:
    chance = random.Random(int(os.environ.get("SEED", "0")) or None)
    chosen = [one for one in FAULTS if one.runbook != "DatabaseDamaged"]
    done: Counter[str] = Counter()
    async with one_server(migrated[0], disk) as machine:
        load = Load(machine.server.url, machine.sku)
        truth = AlarmWatcher(machine)
        tasks = [asyncio.create_task(load.shopper()) for _ in range(2)] + [asyncio.create_task(truth.look())]
        ends = time.monotonic() + MINUTES * 60
        while time.monotonic() < ends:
            fault = chance.choice(chosen)
            log.info("%s", fault.name)
            done[fault.name] += 1
            await fault.begins(machine)
            await asyncio.sleep(chance.uniform(0.5, 20))
            if chance.random() < 0.3:  # two at once
                await machines.killed(machine)
                await asyncio.sleep(chance.uniform(0, 4))
            await fault.ends(machine)
            machine.set_clock("+0")
            await asyncio.sleep(chance.uniform(0.5, 10))
        load.stopping = True
        await until(lambda: is_well(machine), 120)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(65)  # each job with an interval of a minute has run
        await nothing_is_lost(machine, load)
        sent = set(re.findall(r"We have your order (\d+)", "\n".join(machine.mail.subjects)))
    assert truth.lies == [], f"{len(truth.lies)} of {truth.looks} looks"
    assert len(sent) >= len(load.acknowledged), f"{len(sent)} confirmations for {len(load.acknowledged)} orders"
    account = f"{sum(done.values())} faults, {len(load.acknowledged)} orders, {truth.looks} looks: {dict(done)}"
    log.warning("%s", account)


async def is_well(machine: OneServer) -> bool:
    return not await machine.lights()
