"""The value of stock: at the moving average, to the last minor unit, after receipts, sales, returns and counts."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid, Refused
from shopwright.kit.money import LARGEST, Money
from shopwright.operations.repair import repair
from shopwright.services.inventory import value_store
from shopwright.services.inventory.contract import Adjustment, Location, Receipt, StockRule, VariantQuantity
from shopwright.services.inventory.valuation import Out, StockMove, Valuation, follow
from tests.builders.customers import sign_in
from tests.builders.goods import sell
from tests.builders.shops import QUICK, make_settings
from tests.builders.statements import Looking

WORDS = "three words will do"


def euros(amount: int) -> Money:
    return Money(amount, "EUR")


async def receive(shop: Shop, quantity: int, each: int | None, variant: str = "var_lamp", **more: str) -> None:
    cost = None if each is None else euros(each)
    await shop.inventory.receive([Receipt(variant_id=variant, quantity=quantity, unit_cost=cost, **more)], "Ann")


async def take(shop: Shop, order: str, quantity: int, variant: str = "var_lamp") -> None:
    await shop.inventory.reserve(order, [VariantQuantity(variant, quantity)], shop.clock.now() + timedelta(minutes=30))
    await shop.inventory.commit_reservation(order)


async def worth(shop: Shop, variant: str = "var_lamp") -> tuple[int, int]:
    """Units with a cost, and their value; the movements add up to it."""
    assert await shop.inventory.check_consistency() == []
    found = (await shop.inventory.values([variant]))[variant]
    return found.units, found.value.amount


async def carried(shop: Shop, variant: str = "var_lamp") -> list[int | None]:
    """The value of each movement, the oldest first."""
    found = await shop.inventory.movements(variant)
    return [one.value.amount if one.value is not None else None for one in reversed(found)]


async def test_goods_leave_at_the_average_cost_and_return_at_the_cost_they_left_at(shop: Shop) -> None:
    """On paper: 10 at 4.00 and 10 at 5.00 are 90.00, 4.50 each. 5 sold: 22.50 leave, 67.50 stay. 5 more at 6.00 are 97.50
    for 20, 4.875 each; 2 of the 5 sold come back at 2 × 4.50 = 9.00: 106.50 for 22; one is missing: 106.50 / 22 = 4.84.
    """
    await receive(shop, 10, 400, reference="LS-1")
    await receive(shop, 10, 500)
    assert await worth(shop) == (20, 9000)
    await take(shop, "ord_1", 5)
    assert await worth(shop) == (15, 6750)
    await receive(shop, 5, 600)
    await shop.inventory.restock("ord_1", [VariantQuantity("var_lamp", 2)], key="rfd_1")
    assert await worth(shop) == (22, 10650)
    await shop.inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=21, reason="counted")])
    assert await worth(shop) == (21, 10166)
    assert await carried(shop) == [4000, 5000, -2250, 3000, 900, -484]
    assert [one.reason for one in await shop.inventory.movements("var_lamp")][-1] == "received LS-1 (Ann)"


async def test_three_units_for_ten_lose_no_cent(shop: Shop) -> None:
    """On paper: 10.00 / 3 = 3.33, of 6.67 the half is 3.34 (half up), and the last unit takes the rest: 3.33."""
    await shop.inventory.receive([Receipt(variant_id="var_lamp", quantity=3, total_cost=euros(1000))])
    for order in ("ord_1", "ord_2", "ord_3"):
        await take(shop, order, 1)
    assert await carried(shop) == [1000, -333, -334, -333]
    assert await worth(shop) == (0, 0)
    await shop.inventory.restock("ord_2", [VariantQuantity("var_lamp", 1)], key="rfd_1")
    assert await worth(shop) == (1, 334)


def test_money_without_cents_is_divided_to_its_smallest_unit() -> None:
    """On paper: 7 at ¥100 and 3 more for ¥200 are ¥900 for 10, ¥90 each; 4 leave with ¥360; of ¥540 for 6 each has ¥90.
    Three for ¥100: 33, then 67 / 2 = 33.5, half up 34, then the rest, 33.
    """
    there, out = {"v": Valuation(currency="JPY")}, Out()
    moves = [(7, 700), (3, 200), (-4, None), (-6, None), (3, 100), (-1, None), (-1, None), (-1, None)]
    found = follow(
        [
            StockMove(
                variant_id="v",
                location="main",
                delta=delta,
                reason="",
                cause="received" if delta > 0 else "sold",
                cost=Money(cost, "JPY") if cost is not None else None,
            )
            for delta, cost in moves
        ],
        there,
        out,
        "JPY",
    )
    assert [one.value for one in found] == [700, 200, -360, -540, 100, -33, -34, -33]
    assert (there["v"].units, there["v"].value) == (0, 0)


async def test_goods_without_cost_have_no_value_and_are_listed(shop: Shop) -> None:
    await receive(shop, 4, None)
    await receive(shop, 2, 300)
    await receive(shop, 1, 100, "var_known")
    await take(shop, "ord_1", 1)
    assert await worth(shop) == (1, 300)
    assert await shop.inventory.without_cost() == ["var_lamp"]
    set_now = await shop.inventory.set_cost("var_lamp", euros(250), "Ann", key="k")
    await shop.inventory.set_cost("var_lamp", euros(250), "Ann", key="k")
    assert (set_now.units, set_now.value, set_now.without_cost) == (5, euros(1300), 0)
    assert await worth(shop) == (5, 1300)
    assert await shop.inventory.without_cost() == []
    with pytest.raises(Refused):
        await shop.inventory.set_cost("var_lamp", euros(250))
    assert (await shop.inventory.stock(["var_lamp"]))["var_lamp"].on_hand == 5


async def test_units_found_at_zero_stock_have_the_last_average_cost(shop: Shop) -> None:
    """So goods transferred between locations keep their value."""
    await receive(shop, 3, 333)
    for delta in (-3, 3):
        await shop.inventory.adjust([Adjustment(variant_id="var_lamp", delta=delta, reason="moved")])
    assert await worth(shop) == (3, 999)
    assert await carried(shop) == [999, -999, 999]


async def test_a_count_adds_no_more_value_than_counts_removed(shop: Shop) -> None:
    """On paper: 4 of 10 cost 40.00. None are counted, then 10: the 4 are back with 40.00, and 6 still have no cost."""
    await receive(shop, 6, None)
    await receive(shop, 4, 1000)
    for count in (0, 10):
        await shop.inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=count, reason="counted")])
    assert await worth(shop) == (4, 4000)
    await shop.inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=12, reason="counted")])
    assert await worth(shop) == (4, 4000)
    assert await shop.inventory.without_cost() == ["var_lamp"]


async def test_goods_moved_between_locations_in_portions_keep_their_value(shop: Shop) -> None:
    await shop.inventory.put_location(Location("annex", "Annex", 1))
    await shop.inventory.receive([Receipt(variant_id="var_lamp", quantity=7, total_cost=euros(1000))])
    for units in (3, 2, 2):
        for delta, location in ((-units, "main"), (units, "annex")):
            one = Adjustment(variant_id="var_lamp", delta=delta, location=location, reason="moved")
            await shop.inventory.adjust([one])
        assert await worth(shop) == (7, 1000)


async def test_a_count_of_expensive_goods_has_computable_value(shop: Shop) -> None:
    """One unit at the largest sum, and a count of very many; lost, received again, and found again."""
    await receive(shop, 1, LARGEST)
    await shop.inventory.adjust([Adjustment(variant_id="var_lamp", delta=5_000_000, reason="counted")])
    assert await worth(shop) == (1, LARGEST)
    await shop.inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=0, reason="counted")])
    await receive(shop, 1, LARGEST)
    await shop.inventory.adjust([Adjustment(variant_id="var_lamp", delta=1, reason="counted")])
    assert await worth(shop) == (1, LARGEST)
    await take(shop, "ord_1", 1)
    await receive(shop, 1, LARGEST)
    await shop.inventory.restock("ord_1", [VariantQuantity("var_lamp", 1)], key="rfd_1")
    assert (await worth(shop))[1] == LARGEST


async def test_simultaneous_counts_of_expensive_goods_are_each_reported(shop: Shop) -> None:
    variants = ["var_a", "var_b"]
    await shop.inventory.receive([Receipt(variant_id=one, quantity=1, unit_cost=euros(LARGEST)) for one in variants])
    await shop.inventory.adjust([Adjustment(variant_id=one, on_hand=0, reason="counted") for one in variants])
    assert [await worth(shop, one) for one in variants] == [(0, 0), (0, 0)]


async def test_goods_for_backorders_leave_at_once_with_their_value(shop: Shop) -> None:
    await shop.inventory.put_rule("var_lamp", StockRule(backorder=5))
    await take(shop, "ord_1", 2)
    await receive(shop, 3, 200)
    assert await worth(shop) == (1, 200)
    assert await carried(shop) == [600, -400]
    await shop.inventory.restock("ord_1", [VariantQuantity("var_lamp", 2)], key="rfd_1")
    assert await worth(shop) == (3, 600)


async def test_opening_stock_has_its_known_costs(shop: Shop) -> None:
    lines = [VariantQuantity("var_a", 3), VariantQuantity("var_b", 2)]
    for _ in range(2):
        await shop.inventory.open_stock(lines, "imported", {"var_a": euros(150)})
    assert (await worth(shop, "var_a"), await worth(shop, "var_b")) == ((3, 450), (0, 0))


async def test_a_receipt_is_booked_once_and_a_wrong_one_not_at_all(shop: Shop) -> None:
    one = Receipt(variant_id="var_lamp", quantity=1, unit_cost=euros(100))
    for _ in range(2):
        await shop.inventory.receive([one], key="k")
    assert await worth(shop) == (1, 100)
    wrong = [
        {"quantity": 0},
        {"quantity": 1, "location": "moon"},
        {"quantity": 1, "unit_cost": Money(1, "JPY")},
        {"quantity": 1, "unit_cost": euros(-1)},
        {"quantity": 1, "unit_cost": euros(1), "total_cost": euros(1)},
        {"quantity": 10_000_000, "unit_cost": euros(10**12)},
        {"quantity": 1, "reference": "x" * 101},
    ]
    for fields in wrong:
        with pytest.raises(Invalid):
            await shop.inventory.receive([one, Receipt(variant_id="var_lamp", **fields)])
    assert await worth(shop) == (1, 100)


async def test_concurrent_commits_of_the_last_units_take_all_of_the_value(
    local_shop: Shop, data: tuple[Path, str], clock: HandClock
) -> None:
    """Of two processes; after the last unit has left the value is 0, and what left is what was received."""
    second = Shop(make_settings(*data), clock=clock, hasher=QUICK)
    first, shops = local_shop, (local_shop, second)
    await receive(first, 10, None)
    await first.inventory.receive([Receipt(variant_id="var_lamp", quantity=10, total_cost=euros(1001))])

    async def one(number: int) -> None:
        shop = shops[number % len(shops)]
        with suppress(Refused):
            await take(shop, f"ord_{number}", 1)
        if number % 5 == 0:
            await receive(shop, 1, 70 + number)
        if number % 7 == 0:
            await shop.inventory.restock(f"ord_{number}", [VariantQuantity("var_lamp", 1)], key=f"rfd_{number}")

    async with second.running(deliver=False):
        await asyncio.gather(*(one(number) for number in range(40)))
    left = (await first.inventory.stock(["var_lamp"]))["var_lamp"].on_hand
    await worth(first)
    if left:
        await take(first, "ord_rest", left)
    assert await worth(first) == (0, 0)
    out = await first.databases["inventory"].one("SELECT CAST(sum(value) AS BIGINT) AS value FROM order_costs")
    moved = await first.inventory.movements("var_lamp", 500)
    came = sum(one.value.amount for one in moved if one.value is not None and one.reason.startswith("received"))
    assert out is not None
    assert out["value"] == came


async def test_concurrent_orders_of_several_products_at_several_locations_lose_no_value(
    local_shop: Shop, data: tuple[Path, str], clock: HandClock
) -> None:
    """No caller has to retry: rows are locked in the same order by all."""
    second = Shop(make_settings(*data), clock=clock, hasher=QUICK)
    variants = ("var_a", "var_b", "var_c")
    await local_shop.inventory.put_location(Location("annex", "Annex", 1))
    await local_shop.inventory.put_rules({one: StockRule(backorder=9) for one in variants})
    for location in ("main", "annex"):
        came = [Receipt(variant_id=one, quantity=9, location=location, total_cost=euros(1003)) for one in variants]
        await local_shop.inventory.receive(came)

    async def one(number: int) -> None:
        inventory = (local_shop, second)[number % 2].inventory
        order, later = f"ord_{number}", clock.now() + timedelta(minutes=30)
        lines = [VariantQuantity(one, 1 + number % 2) for one in variants]
        with suppress(Refused):
            await inventory.reserve(order, lines, later)
            await inventory.commit_reservation(order)
        if number % 3 == 0:
            back = [VariantQuantity(one, 1) for one in variants]
            await inventory.restock(order, back, key=f"rfd_{number}")
        if number % 4 == 0:
            more = [Receipt(variant_id=one, quantity=2, location="annex", total_cost=euros(77)) for one in variants]
            await inventory.receive(more, key=order)
        if number % 5 == 0:
            moves = [
                Adjustment(variant_id=one, delta=delta, location=location, reason="moved")
                for one in variants
                for delta, location in ((-1, "main"), (1, "annex"))
            ]
            with suppress(Refused):
                await inventory.adjust(moves)

    async with second.running(deliver=False):
        await asyncio.gather(*(one(number) for number in range(24)))
    out = await local_shop.databases["inventory"].one("SELECT CAST(sum(value) AS BIGINT) AS value FROM order_costs")
    assert out is not None
    there = sum([(await worth(local_shop, variant))[1] for variant in variants])
    assert there + out["value"] == 3 * (2 * 1003 + 6 * 77)


async def test_another_line_needs_no_more_statements_for_its_value(data: tuple[Path, str], clock: HandClock) -> None:
    looking = Looking()
    async with Shop(make_settings(*data), clock=clock, hasher=QUICK, around=looking).running(deliver=False) as shop:
        variants = [f"var_{n}" for n in range(6)]
        await shop.inventory.receive([Receipt(variant_id=one, quantity=9, unit_cost=euros(100)) for one in variants])
        statements = []
        for chosen in (variants[:1], variants):
            later = shop.clock.now() + timedelta(minutes=30)
            await shop.inventory.reserve(f"ord_{len(chosen)}", [VariantQuantity(one, 1) for one in chosen], later)
            looking.asked.clear()
            await shop.inventory.commit_reservation(f"ord_{len(chosen)}")
            statements.append([sql for _, sql, _ in looking.asked if not sql.startswith("UPDATE stock SET")])
    assert len(statements[0]) == len(statements[1])


async def test_goods_without_costs_write_no_value(shop: Shop) -> None:
    await receive(shop, 5, None)
    await take(shop, "ord_1", 2)
    await shop.inventory.restock("ord_1", [VariantQuantity("var_lamp", 1)], key="rfd_1")
    await shop.inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=9, reason="counted")])
    for table in ("stock_values", "order_costs", "facts WHERE type = 'StockValued'"):
        assert await shop.databases["inventory"].fetch(f"SELECT * FROM {table}") == []
    assert await carried(shop) == [None] * 4


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), st.integers(1, 9), st.none() | st.integers(0, 999)),
        st.tuples(st.just("take"), st.integers(1, 9), st.integers(0, 3)),
        st.tuples(st.just("return"), st.integers(1, 9), st.integers(0, 3)),
        st.tuples(st.just("count"), st.integers(-9, 9).filter(bool), st.just(0)),
    ),
    max_size=30,
)


@given(STEPS)
def test_each_minor_unit_is_accounted_for_within_half_of_one_of_the_exact_value(steps) -> None:
    there, out = {"v": Valuation(currency="EUR")}, Out()
    on_hand = received = 0
    for name, count, more in steps:
        now, left = there["v"], out.get((f"o{more}", "v"), Valuation(currency="EUR"))
        if name == "receive":
            cost = None if more is None else euros(more)
            move = StockMove(variant_id="v", location="main", delta=count, reason="", cause="received", cost=cost)
            paper = (Fraction(more) if more is not None else None, count if more is not None else 0)
        elif name == "return":
            back = min(count, left.units)
            move = StockMove(
                variant_id="v", location="main", delta=count, reason="", cause="returned", order_id=f"o{more}"
            )
            paper = (Fraction(left.value * back, left.units) if back else Fraction(0), back)
        else:
            delta = max(-count, -on_hand) if name == "take" else max(count, -on_hand)
            cause = "sold" if name == "take" else "counted"
            order = f"o{more}" if name == "take" else ""
            move = StockMove(variant_id="v", location="main", delta=delta, reason="", cause=cause, order_id=order)
            units = max(delta, -now.units) if delta < 0 else min(delta, now.counted_units)
            of = (now.units, now.value) if delta < 0 else (now.counted_units, now.counted_value)
            paper = (Fraction(of[1], of[0]) * units if of[0] else Fraction(0), units)
        [one] = follow([move], there, out, "EUR")
        on_hand += move.delta
        received += move.cost.amount if move.cause == "received" and move.cost is not None else 0
        assert one.units == paper[1]
        assert abs(one.value - (paper[0] or 0)) <= Fraction(1, 2)
        after = there["v"]
        assert (after.units, after.value) == (now.units + one.units, now.value + one.value)
        assert after.value + after.counted_value + sum(left.value for left in out.values()) == received
        assert 0 <= after.units <= on_hand
        assert after.units or not after.value
        assert after.value >= 0
        if move.order_id and one.units:
            of_order = out[move.order_id, "v"]
            assert (of_order.units, of_order.value) == (left.units - one.units, left.value - one.value)
            assert of_order.units or not of_order.value


async def test_value_in_another_currency_is_not_added(shop: Shop) -> None:
    await receive(shop, 1, 100)
    async with shop.databases["inventory"].begin() as tx:
        await tx.run("UPDATE stock_values SET currency = 'JPY'")
    with pytest.raises(Refused, match="Count them out first"):
        await receive(shop, 1, 100)
    await shop.inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=0, reason="counted")])
    await shop.inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=1, reason="counted")])
    await receive(shop, 1, 90)
    assert await value_store.totals(shop.databases["inventory"]) == {"EUR": 90}


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE stock_values SET value = value + 1", "worth 201, but its movements carried 2, worth 200"),
        ("UPDATE movements SET value = value - 1", "worth 200, but its movements carried 2, worth 199"),
        ("UPDATE stock_values SET units = 0", "is worth 200 without a unit"),
        ("UPDATE stock SET on_hand = 1", "has 2 units with a cost, but 1 on hand"),
    ],
)
async def test_an_inconsistent_value_is_found(shop: Shop, sql: str, words: str) -> None:
    await receive(shop, 2, 100)
    async with shop.databases["inventory"].begin() as tx:
        await tx.run(sql)
    assert any(words in one for one in await shop.inventory.check_consistency())


async def test_value_is_repaired_from_movements(local_shop: Shop) -> None:
    await receive(local_shop, 2, 100)
    async with local_shop.databases["inventory"].begin() as tx:
        await tx.run("UPDATE stock_values SET units = 1, value = 777")
    assert "1 stocks are worth what their movements carried." in await repair(local_shop, ())
    assert await worth(local_shop) == (2, 200)


async def test_costs_are_shown_only_with_permission(shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    variant = (await sell(shop, on_hand=1)).variants[0]
    line = {"sku": variant.sku, "quantity": 3, "total_cost": {"amount": 1000, "currency": "EUR"}}
    body = {"reference": "LS-7", "lines": [line]}
    sent = [await api.post("/v1/stock-receipts", headers=staff | {"Idempotency-Key": "a"}, json=body) for _ in range(2)]
    assert [one.status_code for one in sent] == [201, 201]
    assert sent[0].json()["items"][0]["on_hand"] == 4
    found = (await api.get(f"/v1/stock-values/{variant.sku}", headers=staff)).json()
    assert (found["units"], found["value"]["amount"], found["average"]["amount"]) == (3, 1000, 333)
    listed = (await api.get("/v1/stock-without-cost", headers=staff)).json()
    assert [one["variant_id"] for one in listed["items"]] == [variant.id]
    set_now = await api.post(
        "/v1/stock-costs", headers=staff, json={"sku": variant.sku, "unit_cost": {"amount": 300, "currency": "EUR"}}
    )
    assert set_now.json()["value"]["amount"] == 1300
    await shop.users.register("packer@example.com", WORDS, "Pat", role="orders")
    packer = await sign_in(api, "packer@example.com", WORDS)
    for headers, seen in ((staff, True), (packer, False)):
        movements = (await api.get(f"/v1/stock/{variant.sku}", headers=headers)).json()["movements"]
        assert any(one["value"] for one in movements) == seen
    assert (await api.get(f"/v1/stock-values/{variant.sku}", headers=packer)).status_code == 403
    assert (await api.post("/v1/stock-receipts", headers=packer, json=body)).status_code == 403
    plain = {"lines": [{"variant_id": variant.id, "quantity": 1}]}
    assert (await api.post("/v1/stock-receipts", headers=packer, json=plain)).status_code == 201
    await shop.bus.settle()
    log = (await api.get("/v1/events", headers=staff)).text
    assert "StockValued" not in log
