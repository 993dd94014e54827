"""Stock that cannot be oversold."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.errors import Invalid, Refused
from shopwright.services.inventory.contract import Adjustment, SoldOut, Wanted


async def stock(shop: Shop, variant: str = "var_lamp") -> tuple[int, int]:
    found = (await shop.inventory.stock([variant]))[variant]
    return found.on_hand, found.reserved


async def put(shop: Shop, count: int, variant: str = "var_lamp") -> None:
    await shop.inventory.adjust([Adjustment(variant_id=variant, on_hand=count, reason="counted")])


async def test_a_reservation_takes_all_lines_or_none(shop: Shop) -> None:
    await put(shop, 5, "var_a")
    await put(shop, 1, "var_b")
    later = shop.clock.now() + timedelta(minutes=30)
    with pytest.raises(SoldOut) as refused:
        await shop.inventory.reserve("ord_1", [Wanted("var_a", 2), Wanted("var_b", 2)], later)
    assert refused.value.data == {"left": {"var_b": 1}}
    assert await stock(shop, "var_a") == (5, 0)
    await shop.inventory.reserve("ord_1", [Wanted("var_a", 2), Wanted("var_b", 1)], later)
    await shop.inventory.reserve("ord_1", [Wanted("var_a", 2), Wanted("var_b", 1)], later)
    assert await stock(shop, "var_a") == (5, 2)
    assert await shop.inventory.damage() == []


async def test_the_last_unit_goes_to_one_of_a_hundred(shop: Shop) -> None:
    await put(shop, 1)
    later = shop.clock.now() + timedelta(minutes=30)
    results = await asyncio.gather(
        *(shop.inventory.reserve(f"ord_{n}", [Wanted("var_lamp", 1)], later) for n in range(100)),
        return_exceptions=True,
    )
    assert sum(result is None for result in results) == 1
    assert all(result is None or isinstance(result, SoldOut) for result in results)
    assert await stock(shop) == (1, 1)


async def test_what_is_taken_leaves_the_shelf_once(shop: Shop) -> None:
    await put(shop, 3)
    await shop.inventory.reserve("ord_1", [Wanted("var_lamp", 2)], shop.clock.now() + timedelta(minutes=30))
    assert [await shop.inventory.take("ord_1") for _ in range(3)] == ["taken"] * 3
    assert await stock(shop) == (1, 0)
    assert await shop.inventory.take("ord_none") == "expired"
    assert [one.delta for one in await shop.inventory.movements("var_lamp")] == [-2, 3]


async def test_a_reservation_that_runs_out_gives_back_and_can_be_made_again(shop: Shop, clock) -> None:
    await put(shop, 1)
    await shop.inventory.reserve("ord_1", [Wanted("var_lamp", 1)], clock.now() + timedelta(minutes=30))
    clock.move(minutes=31)
    await shop.inventory.expire()
    assert await stock(shop) == (1, 0)
    assert await shop.inventory.take("ord_1") == "expired"
    await shop.inventory.reserve("ord_1", [Wanted("var_lamp", 1)], clock.now() + timedelta(minutes=10))
    assert await shop.inventory.take("ord_1") == "taken"


async def test_stock_is_not_set_below_what_is_promised(shop: Shop) -> None:
    await put(shop, 3)
    await shop.inventory.reserve("ord_1", [Wanted("var_lamp", 2)], shop.clock.now() + timedelta(minutes=30))
    with pytest.raises(Refused, match="2 of them reserved"):
        await put(shop, 1)
    assert await stock(shop) == (3, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"delta": 1, "on_hand": 1},
        {},
        {"on_hand": -1},
        {"delta": 10**9},
        {"delta": 1, "reason": " "},
        {"delta": 1, "location": "moon"},
    ],
)
async def test_a_change_that_cannot_be_is_refused(shop: Shop, wrong: dict) -> None:
    with pytest.raises(Invalid):
        await shop.inventory.adjust([Adjustment(**{"variant_id": "var_lamp", "reason": "counted", **wrong})])


async def test_facts_tell_of_low_stock_and_of_its_return(shop: Shop) -> None:
    told = [(fact.type, fact.data.available) for fact in await shop.works["inventory"].facts_after("", 100)]
    assert told == []
    await put(shop, 5)
    await put(shop, 2)
    told = [(fact.type, fact.data.available) for fact in await shop.works["inventory"].facts_after("", 100)]
    assert sorted(told) == [("BackInStock", 5), ("StockChanged", 2), ("StockChanged", 5), ("StockRanLow", 2)]


steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "take", "release", "expire", "adjust", "restock"]),
        st.integers(0, 4),
        st.integers(1, 5),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
async def test_whatever_happens_stock_is_its_movements(shop: Shop, story) -> None:
    for n, (what, order, quantity) in enumerate(story):
        name = f"ord_{order}"
        try:
            if what == "reserve":
                await shop.inventory.reserve(
                    name,
                    [Wanted("var_a", quantity), Wanted("var_b", 1)],
                    shop.clock.now() + timedelta(minutes=quantity),
                )
            elif what == "take":
                await shop.inventory.take(name)
            elif what == "release":
                await shop.inventory.release(name)
            elif what == "restock":
                await shop.inventory.restock(name, [Wanted("var_a", quantity)], key=f"{name}/{n % 3}")
            elif what == "adjust":
                await shop.inventory.adjust(
                    [
                        Adjustment(variant_id="var_a", delta=quantity - 2, reason="x"),
                        Adjustment(variant_id="var_b", delta=quantity, reason="x"),
                    ]
                )
            else:
                shop.clock.move(minutes=2)
                await shop.inventory.expire()
        except Refused:
            continue
        assert await shop.inventory.damage() == []
