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
from shopwright.simulation.actions import DEEDS
from shopwright.simulation.faults import Crash
from shopwright.simulation.harness import Harness, copy, template

REST = 40  # deeds between two times of rest
Step = tuple[str, int]


class RunOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a scenario: what was wrong (nothing: all held), after which action, and how much happened."""

    wrong: list[str]
    deeds: int
    orders: int = 0
    crashes: int = 0
    hours: float = 0.0


def story(seed: int, length: int) -> list[Step]:
    """The actions of a seed."""
    chance = Random(seed)  # noqa: S311 -- a story, not a secret
    names, weights = list(DEEDS), [weight for _, weight in DEEDS.values()]
    return [(chance.choices(names, weights)[0], chance.getrandbits(32)) for _ in range(length)]


class SimulationStage:
    """Where scenarios run: a template shop, copied for each. `capture`: automatic or manual."""

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
            world = Harness(Path(folder) / "data", self._overrides, self._capture)
            start = world.clock.now()
            await world.enter()
            try:
                done, wrong = await _play(world, steps, hours)
                orders = await world.shop.databases["orders"].one("SELECT count(*) AS n FROM orders")
            finally:
                await world.close()
        return RunOutcome(
            wrong=wrong,
            deeds=done,
            orders=orders["n"] if orders else 0,
            crashes=world.crashes,
            hours=(world.clock.now() - start).total_seconds() / 3600,
        )


async def _play(world: Harness, steps: Sequence[Step], hours: float) -> tuple[int, list[str]]:
    start = world.clock.now()
    for number, (name, seed) in enumerate(steps, start=1):
        if wrong := await _do(world, name, seed):
            return number, wrong
        over = hours and (world.clock.now() - start).total_seconds() > hours * 3600
        if number % REST == 0 or number == len(steps) or over:
            await world.calm()
            if wrong := await invariants.at_rest(world):
                return number, wrong
        if over:
            return number, []
    return len(steps), []


async def _do(world: Harness, name: str, seed: int) -> list[str]:
    world.faults.chance, world.faults.armed = Random(seed + 1), True  # noqa: S311 -- faults, not a secret
    try:
        await DEEDS[name][0](world, Random(seed))  # noqa: S311 -- a deed, not a secret
    except ShopError:
        pass
    except Crash:
        await world.restart()
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is a bug, and its story is told
        return [f"{name} ended in {error!r}."]
    finally:
        world.faults.armed = False
    return await invariants.always(world)


async def shrink(stage: SimulationStage, steps: Sequence[Step], seconds: float) -> list[Step]:
    """The shortest failing part of a scenario found in that time (delta debugging, Zeller 1999)."""
    best, size = list(steps), max(len(steps) // 2, 1)
    until = time.monotonic() + seconds
    while size and time.monotonic() < until:
        at = 0
        while at < len(best) and time.monotonic() < until:
            shorter = best[:at] + best[at + size :]
            if shorter and (await stage.play(shorter)).wrong:
                best = shorter
            else:
                at += size
        size //= 2
    return best
