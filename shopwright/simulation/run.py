"""A run by its seed, and the shortest failing scenario."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import msgspec

from shopwright.kit.errors import ShopError
from shopwright.kit.provider import Capture
from shopwright.simulation import invariants
from shopwright.simulation.actions import ACTIONS
from shopwright.simulation.faults import Crash
from shopwright.simulation.harness import Harness, copy, template

REST = 40  # actions between two pauses
Step = tuple[str, int]


class RunOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a scenario: what was wrong (nothing: all held), after which action, and how much happened."""

    wrong: list[str]
    actions: int
    orders: int = 0
    crashes: int = 0
    hours: float = 0.0


def scenario(seed: int, length: int) -> list[Step]:
    """The actions of a seed."""
    chance = Random(seed)  # noqa: S311 -- a scenario, not a secret
    names, weights = list(ACTIONS), [weight for _, weight in ACTIONS.values()]
    return [(chance.choices(names, weights)[0], chance.getrandbits(32)) for _ in range(length)]


class SimulationStage:
    """Environment of scenarios: a template shop, copied for each. `capture`: automatic or manual."""

    def __init__(
        self, folder: Path, overrides: Mapping[type, type] | None = None, capture: Capture = "automatic"
    ) -> None:
        self._folder = folder
        self._capture: Capture = capture
        self._overrides = overrides
        self._runs = 0

    async def prepare(self) -> None:
        """Create the template once."""
        if not (self._folder / "template").exists():
            await template(self._folder / "template")

    async def play(self, steps: Sequence[Step], hours: float = 0.0) -> RunOutcome:
        """Run a scenario to its end (or for `hours`), or to the first error."""
        self._runs += 1
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            copy(self._folder / "template", Path(folder) / "data")
            harness = Harness(Path(folder) / "data", self._overrides, self._capture)
            start = harness.clock.now()
            await harness.enter()
            try:
                done, wrong = await _play(harness, steps, hours)
                orders = await harness.shop.databases["orders"].one("SELECT count(*) AS n FROM orders")
            finally:
                await harness.close()
        return RunOutcome(
            wrong=wrong,
            actions=done,
            orders=orders["n"] if orders else 0,
            crashes=harness.crashes,
            hours=(harness.clock.now() - start).total_seconds() / 3600,
        )


async def _play(harness: Harness, steps: Sequence[Step], hours: float) -> tuple[int, list[str]]:
    start = harness.clock.now()
    for number, (name, seed) in enumerate(steps, start=1):
        if wrong := await _do(harness, name, seed):
            return number, wrong
        over = hours and (harness.clock.now() - start).total_seconds() > hours * 3600
        if number % REST == 0 or number == len(steps) or over:
            await harness.calm()
            if wrong := await invariants.at_rest(harness):
                return number, wrong
        if over:
            return number, []
    return len(steps), []


async def _do(harness: Harness, name: str, seed: int) -> list[str]:
    harness.faults.chance, harness.faults.armed = Random(seed + 1), True  # noqa: S311 -- faults, not a secret
    try:
        await ACTIONS[name][0](harness, Random(seed))  # noqa: S311 -- a deed, not a secret
    except ShopError:
        pass
    except Crash:
        await harness.restart()
    except Exception as error:  # noqa: BLE001 -- any exception is a bug, reported with its scenario
        return [f"{name} ended in {error!r}."]
    finally:
        harness.faults.armed = False
    return await invariants.always(harness)


async def shrink(simulation: SimulationStage, steps: Sequence[Step], seconds: float) -> list[Step]:
    """The shortest failing part of a scenario found in that time (delta debugging, Zeller 1999)."""
    best, size = list(steps), max(len(steps) // 2, 1)
    until = time.monotonic() + seconds
    while size and time.monotonic() < until:
        at = 0
        while at < len(best) and time.monotonic() < until:
            shorter = best[:at] + best[at + size :]
            if shorter and (await simulation.play(shorter)).wrong:
                best = shorter
            else:
                at += size
        size //= 2
    return best
