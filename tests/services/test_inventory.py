"""Stock that cannot be oversold."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.errors import Conflict, Invalid, Missing, Refused
from shopwright.services.inventory.contract import Adjustment, Location, SoldOut, StockRule, VariantQuantity


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
        await shop.inventory.reserve("ord_1", [VariantQuantity("var_a", 2), VariantQuantity("var_b", 2)], later)
    assert refused.value.data == {"left": {"var_b": 1}}
    assert await stock(shop, "var_a") == (5, 0)
    await shop.inventory.reserve("ord_1", [VariantQuantity("var_a", 2), VariantQuantity("var_b", 1)], later)
    await shop.inventory.reserve("ord_1", [VariantQuantity("var_a", 2), VariantQuantity("var_b", 1)], later)
    assert await stock(shop, "var_a") == (5, 2)
    assert await shop.inventory.check_consistency() == []


async def test_stock_is_opened_once_by_concurrent_requests(shop: Shop) -> None:
    await put(shop, 5, "var_7")
    lines = [VariantQuantity(f"var_{n}", n) for n in range(1_203)]
    await shop.inventory.open_stock(lines, "imported")
    await shop.inventory.open_stock([VariantQuantity("var_9", 1), VariantQuantity("var_new", 2)], "imported")
    found = await shop.inventory.stock([f"var_{n}" for n in range(1_203)])
    assert {name: one.on_hand for name, one in found.items()} == {f"var_{n}": 5 if n == 7 else n for n in range(1_203)}
    assert await stock(shop, "var_new") == (2, 0)
    assert [one.delta for one in await shop.inventory.movements("var_9")] == [9]
    assert await shop.inventory.check_consistency() == []


async def test_of_a_hundred_buyers_one_gets_the_last_unit(shop: Shop) -> None:
    await put(shop, 1)
    later = shop.clock.now() + timedelta(minutes=30)
    results = await asyncio.gather(
        *(shop.inventory.reserve(f"ord_{n}", [VariantQuantity("var_lamp", 1)], later) for n in range(100)),
        return_exceptions=True,
    )
    assert sum(result is None for result in results) == 1
    assert all(result is None or isinstance(result, SoldOut) for result in results)
    assert await stock(shop) == (1, 1)


async def test_a_committed_reservation_reduces_stock_once(shop: Shop) -> None:
    await put(shop, 3)
    await shop.inventory.reserve("ord_1", [VariantQuantity("var_lamp", 2)], shop.clock.now() + timedelta(minutes=30))
    assert [await shop.inventory.commit_reservation("ord_1") for _ in range(3)] == ["taken"] * 3
    assert await stock(shop) == (1, 0)
    assert await shop.inventory.commit_reservation("ord_none") == "expired"
    assert [one.delta for one in await shop.inventory.movements("var_lamp")] == [-2, 3]


async def test_an_expired_reservation_releases_stock_and_can_be_made_again(shop: Shop, clock) -> None:
    await put(shop, 1)
    await shop.inventory.reserve("ord_1", [VariantQuantity("var_lamp", 1)], clock.now() + timedelta(minutes=30))
    clock.move(minutes=31)
    await shop.inventory.expire()
    assert await stock(shop) == (1, 0)
    assert await shop.inventory.commit_reservation("ord_1") == "expired"
    await shop.inventory.reserve("ord_1", [VariantQuantity("var_lamp", 1)], clock.now() + timedelta(minutes=10))
    assert await shop.inventory.commit_reservation("ord_1") == "taken"


async def test_stock_is_not_set_below_its_reservations(shop: Shop) -> None:
    await put(shop, 3)
    await shop.inventory.reserve("ord_1", [VariantQuantity("var_lamp", 2)], shop.clock.now() + timedelta(minutes=30))
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
async def test_an_impossible_change_is_refused(shop: Shop, wrong: dict) -> None:
    with pytest.raises(Invalid):
        await shop.inventory.adjust([Adjustment(**{"variant_id": "var_lamp", "reason": "counted", **wrong})])


async def test_events_report_low_stock_and_its_return(shop: Shop) -> None:
    changes = [(event.type, event.data.available) for event in await shop.databases["inventory"].events_after("", 100)]
    assert changes == []
    await put(shop, 5)
    await put(shop, 2)
    changes = [(event.type, event.data.available) for event in await shop.databases["inventory"].events_after("", 100)]
    assert sorted(changes) == [("BackInStock", 5), ("StockChanged", 2), ("StockChanged", 5), ("StockRanLow", 2)]


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
async def test_stock_always_equals_its_movements(shop: Shop, actions) -> None:
    for n, (what, order, quantity) in enumerate(actions):
        name = f"ord_{order}"
        try:
            if what == "reserve":
                await shop.inventory.reserve(
                    name,
                    [VariantQuantity("var_a", quantity), VariantQuantity("var_b", 1)],
                    shop.clock.now() + timedelta(minutes=quantity),
                )
            elif what == "take":
                await shop.inventory.commit_reservation(name)
            elif what == "release":
                await shop.inventory.release_reservation(name)
            elif what == "restock":
                await shop.inventory.restock(name, [VariantQuantity("var_a", quantity)], key=f"{name}/{n % 3}")
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
        assert await shop.inventory.check_consistency() == []


# --- several locations


async def levels(shop: Shop, variant: str = "var_lamp") -> dict[str, tuple[int, int]]:
    return {name: (one.on_hand, one.reserved) for name, one in (await shop.inventory.by_location(variant)).items()}


async def test_an_order_ships_from_one_location_if_possible_and_else_from_several(shop: Shop) -> None:
    await shop.inventory.put_location(Location("north", "Northern store", -1))
    for location, count in (("main", 5), ("north", 2)):
        await shop.inventory.adjust(
            [Adjustment(variant_id="var_lamp", on_hand=count, reason="counted", location=location)]
        )
    later = shop.clock.now() + timedelta(minutes=30)
    await shop.inventory.reserve("ord_1", [VariantQuantity("var_lamp", 2)], later)
    assert await levels(shop) == {"north": (2, 2), "main": (5, 0)}
    await shop.inventory.release_reservation("ord_1")
    await shop.inventory.reserve("ord_2", [VariantQuantity("var_lamp", 6)], later)
    assert await levels(shop) == {"north": (2, 2), "main": (5, 4)}
    with pytest.raises(SoldOut):
        await shop.inventory.reserve("ord_3", [VariantQuantity("var_lamp", 2)], later)
    assert await shop.inventory.commit_reservation("ord_2") == "taken"
    assert await levels(shop) == {"north": (0, 0), "main": (1, 0)}
    assert await shop.inventory.check_consistency() == []


async def test_goods_are_transferred_between_locations_completely_or_not_at_all(shop: Shop) -> None:
    await shop.inventory.put_location(Location("north", "Northern store"))
    await put(shop, 3)
    move = [
        Adjustment(variant_id="var_lamp", delta=-4, reason="to the north"),
        Adjustment(variant_id="var_lamp", delta=4, reason="from main", location="north"),
    ]
    with pytest.raises(Refused):
        await shop.inventory.adjust(move)
    assert await levels(shop) == {"main": (3, 0)}
    with pytest.raises(Conflict, match="empty"):
        await shop.inventory.delete_location("main")
    await shop.inventory.delete_location("north")
    with pytest.raises(Missing):
        await shop.inventory.delete_location("north")
    with pytest.raises(Invalid, match="main"):
        await shop.inventory.adjust(move)


# --- on backorder


async def order(shop: Shop, name: str, quantity: int) -> None:
    await shop.inventory.reserve(
        name, [VariantQuantity("var_lamp", quantity)], shop.clock.now() + timedelta(minutes=30)
    )


async def test_backorders_are_limited_by_the_cap(shop: Shop) -> None:
    await shop.inventory.put_rule("var_lamp", StockRule(backorder=3))
    await put(shop, 2)
    assert (await shop.inventory.stock(["var_lamp"]))["var_lamp"].available == 5
    await order(shop, "ord_1", 4)
    with pytest.raises(SoldOut) as refused:
        await order(shop, "ord_2", 2)
    assert refused.value.data == {"left": {"var_lamp": 1}}
    results = await asyncio.gather(*(order(shop, f"ord_x{n}", 1) for n in range(20)), return_exceptions=True)
    assert sum(result is None for result in results) == 1
    await shop.inventory.release_reservation("ord_1")
    assert (await shop.inventory.stock(["var_lamp"]))["var_lamp"].available == 4
    assert await shop.inventory.check_consistency() == []


async def test_arriving_goods_go_to_the_oldest_backorders(shop: Shop, clock) -> None:
    await shop.inventory.put_rule("var_lamp", StockRule(backorder=10))
    for name, quantity in (("ord_1", 2), ("ord_2", 3)):
        await order(shop, name, quantity)
        assert await shop.inventory.commit_reservation(name) == "taken"
        clock.move(minutes=1)
    await shop.inventory.adjust([Adjustment(variant_id="var_lamp", delta=4, reason="delivery")])
    assert [await shop.inventory.backordered(name) for name in ("ord_1", "ord_2")] == [{}, {"var_lamp": 1}]
    assert await stock(shop) == (0, 0)
    await shop.inventory.restock("ord_2", [VariantQuantity("var_lamp", 3)], key="cancel")
    assert await stock(shop) == (2, 0)  # one of the three had never been shipped
    assert await shop.inventory.backordered("ord_2") == {}
    assert await shop.inventory.check_consistency() == []


async def test_returned_goods_go_to_backorders(shop: Shop) -> None:
    await shop.inventory.put_rule("var_lamp", StockRule(backorder=1))
    await put(shop, 1)
    await order(shop, "ord_unpaid", 1)
    await order(shop, "ord_paid", 1)
    await shop.inventory.commit_reservation("ord_paid")
    assert await shop.inventory.backordered("ord_paid") == {"var_lamp": 1}
    await shop.inventory.release_reservation("ord_unpaid")
    assert await shop.inventory.backordered("ord_paid") == {}
    assert await stock(shop) == (0, 0)
    assert await shop.inventory.check_consistency() == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    actions=st.lists(
        st.tuples(st.sampled_from(["order", "take", "release", "deliver"]), st.integers(1, 4)), max_size=25
    )
)
async def test_every_unit_is_accounted_for_after_any_actions(shop: Shop, actions: list[tuple[str, int]]) -> None:
    variant = shop.ids.new("var")
    await shop.inventory.put_rule(variant, StockRule(backorder=5))
    orders: dict[str, int] = {}
    came = sold = 0
    for action, n in actions:
        name = list(orders)[n % len(orders)] if orders else ""
        if action == "order":
            made = shop.ids.new("ord")
            with suppress(SoldOut):
                await shop.inventory.reserve(
                    made, [VariantQuantity(variant, n)], shop.clock.now() + timedelta(minutes=30)
                )
                orders[made] = n
        elif action == "deliver":
            await shop.inventory.adjust([Adjustment(variant_id=variant, delta=n, reason="delivery")])
            came += n
        elif action == "take" and name and await shop.inventory.commit_reservation(name) == "taken":
            sold += orders.pop(name)
            came += n  # a committed one may be returned: with its own key
            await shop.inventory.restock(name, [VariantQuantity(variant, n)], key=shop.ids.new("key"))
        elif action == "release" and name:
            await shop.inventory.release_reservation(name)
            orders.pop(name)
    known = (await shop.inventory.stock([variant]))[variant]
    waits = sum([(await shop.inventory.backordered(one)).get(variant, 0) for one in await _orders(shop)])
    assert known.on_hand - waits == came - sold
    assert not (waits and known.on_shelf)
    assert await shop.inventory.check_consistency() == []


async def _orders(shop: Shop) -> list[str]:
    return [row["order_id"] for row in await shop.databases["inventory"].fetch("SELECT DISTINCT order_id FROM owed")]


async def test_orders_of_products_never_in_stock_do_not_block_each_other(shop: Shop) -> None:
    """A variant without stock has only a rule to lock: reservations and releases lock in the same order."""
    await shop.inventory.put_rules({"var_a": StockRule(backorder=1000), "var_b": StockRule(backorder=1000)})
    await shop.inventory.adjust([Adjustment(variant_id="var_b", delta=5, reason="counted")])

    async def order(who: int) -> None:
        for number in range(12):
            name = f"ord_{who}_{number}"
            lines = [VariantQuantity("var_a", 1), VariantQuantity("var_b", 2)]
            await shop.inventory.reserve(name, lines, shop.clock.now() + timedelta(minutes=30))
            await shop.inventory.release_reservation(name)

    await asyncio.gather(*(order(who) for who in range(8)))
    stock = await shop.inventory.stock(["var_a", "var_b"])
    assert [(one.reserved, one.backorder) for one in stock.values()] == [(0, 1000), (0, 1000)]
