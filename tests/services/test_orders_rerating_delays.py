"""Parcels that are taxed later: pricing is unavailable, or an earlier version shipped them."""

import asyncio

import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Unavailable
from shopwright.services.orders import model, store
from shopwright.services.orders.contract import LineQuantity, Order, Shipment
from shopwright.services.orders.tax_corrections import AT_ONCE
from shopwright.services.orders.tax_store import SEEN_TO
from shopwright.services.pricing.contract import TaxRate
from tests.builders.json_values import plus_one
from tests.builders.orders import kettles, leaves
from tests.builders.rerating import back, bodies, statement, taxed, wrong
from tests.builders.taxes import becomes


class Away:
    """A pricing service that does not answer, at once or ever."""

    def __init__(self, *, hangs: bool) -> None:
        self._hangs = hangs

    async def supply_rates(self, *_arguments: object) -> dict[str, tuple[TaxRate, ...]]:
        if self._hangs:
            await asyncio.sleep(3600)
        raise Unavailable("Pricing does not answer.")


@pytest.mark.parametrize("hangs", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_a_parcel_leaves_without_pricing_and_is_taxed_later(
    local_shop: Shop, clock: HandClock, hangs: bool
) -> None:
    """The rates are those of the time of shipping, though another applies when they can be read."""
    order = await kettles(local_shop)
    await becomes(local_shop, clock, 1600)
    await local_shop.bus.settle()
    corrections = local_shop.orders.tax_corrections
    pricing, corrections._pricing = corrections._pricing, Away(hangs=hangs)
    sent = await leaves(local_shop, order)
    assert (sent.status, sent.tax_corrections) == ("shipped", ())
    corrections._pricing = pricing
    await becomes(local_shop, clock, 2000)
    for _ in range(2):  # completed work is not repeated
        await corrections.correct_waiting()
    found = await local_shop.orders.get(order.id)
    assert taxed(found.tax_parts) == [(160_000, 6290, 868)]
    assert [one.supplied for one in found.tax_corrections] == [sent.shipments[0].shipped_at]
    assert await statement(local_shop) == {160_000: (5422, 868, 0), 190_000: (0, 0, 1)}
    assert await wrong(local_shop) == []


async def test_parcels_that_cannot_be_taxed_delay_no_other(local_shop: Shop, clock: HandClock) -> None:
    """The limit of one run, and before it in the order of their ids."""
    order = await kettles(local_shop)
    await becomes(local_shop, clock, 1600)
    corrections = local_shop.orders.tax_corrections
    pricing, corrections._pricing = corrections._pricing, Away(hangs=False)
    sent = await leaves(local_shop, order)
    corrections._pricing = pricing
    async with local_shop.databases["orders"].begin() as tx:
        await tx.run_many(
            "INSERT INTO shipments (id, order_id, status, body, rates_due)"
            " SELECT :other, 'ord_gone', status, body, 1 FROM shipments WHERE id = :id",
            [{"other": f"a{number}", "id": sent.shipments[0].id} for number in range(AT_ONCE)],
        )
    for _ in range(2):
        await corrections.correct_waiting()
    assert taxed((await local_shop.orders.get(order.id)).tax_parts) == [(160_000, 6290, 868)]


async def test_a_refund_before_its_rates_were_known_stays_unchanged(local_shop: Shop, clock: HandClock) -> None:
    order = await kettles(local_shop)
    await becomes(local_shop, clock, 1600)
    await local_shop.bus.settle()
    corrections = local_shop.orders.tax_corrections
    pricing, corrections._pricing = corrections._pricing, Away(hangs=False)
    await leaves(local_shop, order)
    one = (LineQuantity(order.lines[0].id, 1),)
    assert await back(local_shop, order, lines=one, returned=True) == [(2900, 190_000, 463)]
    corrections._pricing = pricing
    await corrections.correct_waiting()
    found = await local_shop.orders.get(order.id)
    assert taxed(found.lines[0].tax_parts) == [(190_000, 2900, 463), (160_000, 2900, 400)]
    assert await back(local_shop, order, lines=one, returned=True) == [(2900, 160_000, 400)]
    assert await wrong(local_shop) == []


async def test_an_order_of_a_version_without_rate_rows_stays_unchanged(local_shop: Shop, clock: HandClock) -> None:
    order = await kettles(local_shop)
    async with local_shop.databases["orders"].begin() as tx:
        await tx.run("UPDATE orders SET taxes = NULL")
    await local_shop.orders.write_taxes()
    await becomes(local_shop, clock, 1600)
    sent = await leaves(local_shop, order)
    assert (sent.tax_corrections, taxed(sent.tax_parts)) == ((), [(190_000, 6290, 1004)])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ((5, 0, 2, 0, 3, 0, 1), "5801 that was paid became 5800"),
        ((5, 0, 2, 0, 4, 0, 2), "but differ from that now"),
        ((1, 0, 0, 2), "but differ from that now"),
        ((2, 0, 2), "the tax of its parts adds up to"),
        ((5, 0, 2, 0, 1), "for 3 of a line, of which the parcel contains 2"),
    ],
)
async def test_inconsistent_corrected_taxes_are_found(
    local_shop: Shop, clock: HandClock, path: tuple[int, ...], words: str
) -> None:
    order = await kettles(local_shop)
    await becomes(local_shop, clock, 1600)
    await leaves(local_shop, order)
    assert await wrong(local_shop) == []
    async with local_shop.databases["orders"].begin() as tx:
        row = await tx.one("SELECT taxes FROM orders")
        assert row is not None
        stored = msgspec.json.encode(plus_one(msgspec.json.decode(row["taxes"]), path)).decode()
        await tx.run("UPDATE orders SET taxes = :kept", kept=stored)
    assert any(words in sentence for sentence in await wrong(local_shop))


@pytest.mark.usefixtures("seller")
async def test_an_earlier_refund_reduces_the_price_on_the_invoice(shop: Shop, clock: HandClock) -> None:
    order = await kettles(shop)
    await back(shop, order, amount=629)
    await becomes(shop, clock, 1600)
    await leaves(shop, order)
    lines = {one.title: one.gross.amount for one in (await bodies(shop))[-1][1].lines}
    assert lines["Part of the price at the earlier tax rate: Harbour Kettle"] == 580
    assert lines["Harbour Kettle"] == 5220


async def leaves_by_earlier_version(shop: Shop, order: Order) -> None:
    """A parcel shipped by a version without rates of the day of supply."""
    async with shop.databases["orders"].begin() as tx:
        held = await store.held(tx, order.id)
        assert held is not None
        chosen = model.lines_to_ship(held, None)
        parcel = Shipment(
            id=shop.ids.new("shp"), carrier="DHL", tracking_number="", tracking_url="", status="shipped",
            lines=tuple(LineQuantity(line.id, count) for line, count in chosen), shipped_at=tx.now,
        )  # fmt: skip
        await store.insert_shipment(tx, order.id, parcel)
        await store.write_counts(tx, model.shipped(held, chosen))


async def pass_minutes(shop: Shop, clock: HandClock, minutes: int) -> None:
    for _ in range(minutes):
        clock.move(minutes=1)
        await shop.bus.settle()


async def test_a_parcel_of_an_earlier_version_is_found_and_taxed_later(shop: Shop, clock: HandClock) -> None:
    """A parcel from before this version stays as it was; one shipped beside it is corrected once, on its day."""
    before, beside, here = [await kettles(shop) for _ in range(3)]
    await becomes(shop, clock, 1600)
    await leaves_by_earlier_version(shop, before)
    async with shop.databases["orders"].begin() as tx:  # as where this version has just begun
        await tx.run("DELETE FROM counters WHERE name = :name", name=SEEN_TO)
    await pass_minutes(shop, clock, 7)
    await leaves_by_earlier_version(shop, beside)
    await leaves(shop, here)
    await pass_minutes(shop, clock, 15)
    found = [await shop.orders.get(one.id) for one in (before, beside, here)]
    assert [taxed(one.lines[0].tax_parts) for one in found] == [
        [(190_000, 5800, 926)],
        [(160_000, 5800, 800)],
        [(160_000, 5800, 800)],
    ]
    assert [len(one.tax_corrections) for one in found] == [0, 1, 1]
    assert found[1].tax_corrections[0].supplied == found[1].shipments[0].shipped_at
    assert await wrong(shop) == []
