"""The simulator: the shop holds through its stories, and shops broken on purpose do not."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopwright.simulation.run import RunOutcome, SimulationStage, shrink, story
from tests.builders.environment import POSTGRES
from tests.simulate.broken import BROKEN, CountsWhatItReadBefore

PATIENCE_S = 60.0
VARIANTS = [(ours, broken) for ours, ones in BROKEN.items() for broken in ones]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(POSTGRES), reason="a simulation has SQLite files of its own")]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What fails in a simulation is meant to."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
async def stage(tmp_path: Path) -> SimulationStage:
    made = SimulationStage(tmp_path)
    await made.prepare()
    return made


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_the_shop_holds_through_stories_that_are_always_the_same(stage: SimulationStage, seed: int) -> None:
    outcome = await stage.play(story(seed, 120))
    assert outcome.wrong == []
    assert outcome.orders > 5
    assert outcome.crashes > 0


@pytest.mark.parametrize("seed", [5, 6])
async def test_a_shop_that_takes_money_by_hand_holds_too(tmp_path: Path, seed: int) -> None:
    stage = SimulationStage(tmp_path, capture="manual")
    await stage.prepare()
    outcome = await stage.play(story(seed, 120))
    assert outcome.wrong == []
    assert outcome.orders > 5


async def test_a_story_ends_the_same_each_time_it_is_told(stage: SimulationStage) -> None:
    outcomes = [await stage.play(story(7, 60)) for _ in range(2)]
    assert outcomes[0] == outcomes[1]
    assert story(7, 60) != story(8, 60)


async def test_a_story_that_breaks_is_told_short(tmp_path: Path) -> None:
    stage = SimulationStage(tmp_path, {CountsWhatItReadBefore.__base__: CountsWhatItReadBefore})
    await stage.prepare()
    for seed in range(20):
        steps = story(seed, 120)
        outcome = await stage.play(steps)
        if outcome.wrong:
            break
    assert outcome.wrong
    short = await shrink(stage, steps[: outcome.deeds], 20)
    assert 1 <= len(short) <= 5
    assert (await stage.play(short)).wrong


@pytest.mark.soak
async def test_the_shop_holds_through_stories_nobody_has_told_yet(stage: SimulationStage, tmp_path: Path) -> None:
    first = int(time.time()) * 300
    by_hand = SimulationStage(tmp_path / "by_hand", capture="manual")
    await by_hand.prepare()
    for seed in range(first, first + 12):
        outcome = await (by_hand if seed % 3 == 0 else stage).play(story(seed, 300))
        assert outcome.wrong == [], f"shopwright simulate --seed {seed}"


def test_a_broken_shop_replaces_what_the_shop_has() -> None:
    """An override of a method that was renamed would break nothing, and be found out only by chance."""
    missing = [
        f"{broken.__name__}.{name}"
        for ours, broken in VARIANTS
        for name, value in vars(broken).items()
        if callable(value) and not hasattr(ours, name)
    ]
    assert missing == []


@pytest.mark.soak
@pytest.mark.parametrize(("ours", "broken"), VARIANTS, ids=[broken.__name__ for _, broken in VARIANTS])
async def test_a_shop_that_is_broken_is_found_out_within_a_minute(tmp_path: Path, ours: type, broken: type) -> None:
    stage = SimulationStage(tmp_path, {ours: broken})
    await stage.prepare()
    until = time.monotonic() + PATIENCE_S
    seed, outcome = 0, RunOutcome(wrong=[], deeds=0)
    while not outcome.wrong and time.monotonic() < until:
        outcome = await stage.play(story(seed, 200))
        seed += 1
    assert outcome.wrong, f"{broken.__name__} was not found in {seed} stories"
