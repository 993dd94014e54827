"""The simulator: the shop survives its scenarios, and shops broken on purpose do not."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopwright.simulation.run import RunOutcome, SimulationStage, scenario, shrink
from tests.builders.environment import POSTGRES
from tests.simulate.broken import BROKEN, LosesUpdates

PATIENCE_S = 60.0
VARIANTS = [(ours, broken) for ours, ones in BROKEN.items() for broken in ones]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(POSTGRES), reason="a simulation has SQLite files of its own")]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Failures in a simulation are intended."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
async def stage(tmp_path: Path) -> SimulationStage:
    made = SimulationStage(tmp_path)
    await made.prepare()
    return made


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_the_shop_survives_fixed_scenarios(stage: SimulationStage, seed: int) -> None:
    outcome = await stage.play(scenario(seed, 120))
    assert outcome.wrong == []
    assert outcome.orders > 5
    assert outcome.crashes > 0


@pytest.mark.parametrize("seed", [5, 6])
async def test_a_shop_with_manual_capture_survives_too(tmp_path: Path, seed: int) -> None:
    stage = SimulationStage(tmp_path, capture="manual")
    await stage.prepare()
    outcome = await stage.play(scenario(seed, 120))
    assert outcome.wrong == []
    assert outcome.orders > 5


async def test_a_scenario_replays_identically(stage: SimulationStage) -> None:
    outcomes = [await stage.play(scenario(7, 60)) for _ in range(2)]
    assert outcomes[0] == outcomes[1]
    assert scenario(7, 60) != scenario(8, 60)


async def test_a_failing_scenario_is_shortened(tmp_path: Path) -> None:
    stage = SimulationStage(tmp_path, {LosesUpdates.__base__: LosesUpdates})
    await stage.prepare()
    for seed in range(20):
        steps = scenario(seed, 120)
        outcome = await stage.play(steps)
        if outcome.wrong:
            break
    assert outcome.wrong
    short = await shrink(stage, steps[: outcome.actions], 20)
    assert 1 <= len(short) <= 5
    assert (await stage.play(short)).wrong


@pytest.mark.soak
async def test_the_shop_survives_new_scenarios(stage: SimulationStage, tmp_path: Path) -> None:
    first = int(time.time()) * 300
    by_hand = SimulationStage(tmp_path / "by_hand", capture="manual")
    await by_hand.prepare()
    for seed in range(first, first + 12):
        outcome = await (by_hand if seed % 3 == 0 else stage).play(scenario(seed, 300))
        assert outcome.wrong == [], f"shopwright simulate --seed {seed}"


def test_a_broken_class_replaces_that_of_the_shop() -> None:
    """An override of a renamed method would break nothing, and would be found only by chance."""
    missing = [
        f"{broken.__name__}.{name}"
        for ours, broken in VARIANTS
        for name, value in vars(broken).items()
        if callable(value) and not hasattr(ours, name)
    ]
    assert missing == []


@pytest.mark.soak
@pytest.mark.parametrize(("ours", "broken"), VARIANTS, ids=[broken.__name__ for _, broken in VARIANTS])
async def test_a_broken_shop_is_found_within_a_minute(tmp_path: Path, ours: type, broken: type) -> None:
    stage = SimulationStage(tmp_path, {ours: broken})
    await stage.prepare()
    until = time.monotonic() + PATIENCE_S
    seed, outcome = 0, RunOutcome(wrong=[], actions=0)
    while not outcome.wrong and time.monotonic() < until:
        outcome = await stage.play(scenario(seed, 200))
        seed += 1
    assert outcome.wrong, f"{broken.__name__} was not found in {seed} stories"
