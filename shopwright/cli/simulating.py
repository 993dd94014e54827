"""`shopwright simulate`: the whole shop in one process, through thousands of hours of trouble."""

import asyncio
import logging
import tempfile
from pathlib import Path
from random import SystemRandom

from shopwright.kit.translation import gettext as _
from shopwright.simulation.run import SimulationStage, scenario, shrink

MOST_ACTIONS = 1_000_000
SHRINK_S = 60.0


def simulate(seed: int | None, hours: float, folder: Path | None) -> int:
    """Return 0 if everything held, else 1 with the seed and the shortest failing scenario."""
    logging.disable(logging.CRITICAL)  # what fails here is meant to
    chosen = seed if seed is not None else SystemRandom().randrange(10**9)
    memory = Path("/dev/shm")  # noqa: S108 -- a folder of our own is made in it
    where = folder or (memory if memory.is_dir() else None)
    with tempfile.TemporaryDirectory(dir=where, prefix="shopwright-simulate-") as made:
        # A third of all seeds use manual capture.
        stage = SimulationStage(Path(made), capture="manual" if chosen % 3 == 0 else "automatic")
        return asyncio.run(_simulate(stage, chosen, hours))


async def _simulate(stage: SimulationStage, seed: int, hours: float) -> int:
    await stage.prepare()
    print(_("Seed {seed}: {hours} hours.", seed=seed, hours=f"{hours:g}"), flush=True)
    steps = scenario(seed, int(min(hours * 40 + 40, MOST_ACTIONS)))
    outcome = await stage.play(steps, hours)
    print(
        _(
            "{actions} actions in {hours} hours: {orders} orders, {crashes} crashes.",
            actions=outcome.actions,
            hours=f"{outcome.hours:.0f}",
            orders=outcome.orders,
            crashes=outcome.crashes,
        )
    )
    if not outcome.wrong:
        print(_("All invariants held."))
        return 0
    for sentence in outcome.wrong:
        print(f"  {sentence}")
    print(_("Shrinking the scenario …"), flush=True)
    short = await shrink(stage, steps[: outcome.actions], SHRINK_S)
    ending = await stage.play(short)
    print(_("With seed {seed}, these {count} actions break it:", seed=seed, count=len(short)))
    for name, one in short:
        print(f"  {name} {one}")
    for sentence in ending.wrong:
        print(f"→ {sentence}")
    return 1
