"""One unreadable row stops no loop: it is skipped, logged and reported, and a time without zone is in that of the shop."""

import json

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.operations.doctor import examine
from shopwright.services.catalog.contract import ProductInput
from shopwright.services.pricing.contract import Coupon, Promotion
from tests.builders.environment import APART
from tests.builders.goods import sell
from tests.builders.orders import fill_cart

NAIVE = "2020-01-01T00:00:00"


async def rewrite(shop: Shop, service: str, table: str, name: str, body: str, column: str = "id") -> None:
    """Damage a row, as an earlier version or a bad disk might."""
    async with shop.databases[service].begin() as tx:
        await tx.run(f"UPDATE {table} SET body = :body WHERE {column} = :name", body=body, name=name)
    shop.databases[service].aside.found.clear()


async def findings(shop: Shop) -> str:
    return " ".join(sentence for finding in await examine(shop) for sentence in finding.wrong)


async def test_a_stored_time_without_a_zone_is_in_the_zone_of_the_shop_and_every_cart_is_answered(
    shop: Shop, clock: HandClock
) -> None:
    lamp = await sell(shop, "Lamp", 5000)
    made = await shop.pricing.put_promotion(Promotion(title="Ten", kind="percentage", value=1000))
    body = msgspec.to_builtins(made) | {"starts_at": "2026-03-02T11:00:00"}
    await rewrite(shop, "pricing", "promotions", made.id, json.dumps(body))
    cart = await fill_cart(shop, (lamp, 1))
    assert cart.totals.discount.amount == 0  # it is 10:00 in Berlin
    clock.move(minutes=61)
    assert (await shop.carts.get(cart.id)).totals.discount.amount == 500 * cart.lines[0].quantity


@pytest.mark.skipif(APART, reason="each process tells what it set aside itself; doctor is a whole one")
@pytest.mark.parametrize("body", ['{"title": 7}', "[]", '{"title": "x", "kind": "percentage", "starts_at": "soon"}'])
async def test_an_unreadable_promotion_is_quarantined_and_reported(
    shop: Shop, api: httpx.AsyncClient, body: str
) -> None:
    lamp = await sell(shop, "Lamp", 5000)
    bad = await shop.pricing.put_promotion(Promotion(title="Bad", kind="percentage", value=1000))
    await shop.pricing.put_promotion(Promotion(title="Good", kind="percentage", value=2000))
    await rewrite(shop, "pricing", "promotions", bad.id, body)
    cart = await fill_cart(shop, (lamp, 1))
    assert cart.totals.discount.amount == 1000 * cart.lines[0].quantity
    assert f"promotion {bad.id} (pricing) is quarantined" in await findings(shop)
    metrics = (await api.get("/metrics")).text
    assert 'shopwright_rows_set_aside{service="pricing"} 1.0' in metrics
    await shop.pricing.put_promotion(Promotion(id=bad.id, title="Mended", kind="percentage", value=1000))
    assert (await shop.carts.get(cart.id)).totals.discount.amount > 1000 * cart.lines[0].quantity
    assert "quarantined" not in await findings(shop)


async def test_an_unreadable_product_blocks_no_other(shop: Shop, clock: HandClock) -> None:
    soon = clock.now().replace(hour=12)
    wanted = ProductInput(title="One", status="scheduled", publish_at=soon)
    products = [await shop.catalog.create(msgspec.structs.replace(wanted, title=f"P{n}")) for n in range(4)]
    naive = msgspec.to_builtins(products[0]) | {"publish_at": NAIVE, "status": "scheduled"}
    await rewrite(shop, "catalog", "documents", products[0].id, json.dumps(naive))
    await rewrite(shop, "catalog", "documents", products[1].id, '{"status": "scheduled"}')
    clock.move(hours=5)
    await shop.catalog.publish_due()
    assert [(await shop.catalog.get(products[n].id)).status for n in (0, 2, 3)] == ["published"] * 3
    listed = await shop.catalog.list_products(limit=3)
    assert [one.id for one in listed] == [products[n].id for n in (0, 2, 3)]
    assert f"product {products[1].id} (catalog) is quarantined" in await findings(shop)


@pytest.mark.skipif(APART, reason="each process tells what it set aside itself; doctor is a whole one")
async def test_an_unreadable_index_entry_blocks_no_other(shop: Shop) -> None:
    lamp, cup = await sell(shop, "Lamp", 5000), await sell(shop, "Cup", 900)
    await shop.bus.settle()
    await rewrite(shop, "search", "entries", lamp.id, '{"id": 7}', "product_id")
    await shop.search.rebuild()
    found = await shop.search.cards((lamp.id, cup.id))
    assert [one.id for one in found] == [cup.id]
    assert f"entry {lamp.id} (search) is quarantined" in await findings(shop)


async def test_an_unreadable_event_is_dead_and_the_others_are_delivered(shop: Shop, clock: HandClock) -> None:
    lamp, cup = await sell(shop, "Lamp", 5000), await sell(shop, "Cup", 900)
    for one in (lamp, cup):
        await shop.catalog.set_status(one.id, "retired")
    async with shop.databases["catalog"].begin() as tx:
        await tx.run("UPDATE facts SET data = '{}' WHERE subject = :id AND type = 'ProductRetired'", id=lamp.id)
    await shop.bus.close()  # as after a restart: events are read from the database
    clock.move(minutes=1)
    await shop.bus.settle()
    assert [one.id for one in await shop.search.cards((lamp.id, cup.id))] == [lamp.id]
    assert {one.subject for one in await shop.bus.dead()} == {lamp.id}


@pytest.mark.skipif(APART, reason="each process tells what it set aside itself; doctor is a whole one")
async def test_a_coupon_of_unknown_kind_is_quarantined_and_used_by_no_cart(shop: Shop) -> None:
    lamp = await sell(shop, "Lamp", 5000)
    cart = await fill_cart(shop, (lamp, 1))
    await shop.pricing.put_coupon(Coupon(code="GOOD", kind="percentage", value=1000))
    await shop.pricing.put_coupon(Coupon(code="BAD", kind="percentage", value=1000))
    async with shop.databases["pricing"].begin() as tx:
        await tx.run("UPDATE coupons SET kind = 'bogus' WHERE code = 'BAD'")
    cart_with_coupons = await shop.carts.set_coupons(cart.id, ("BAD", "GOOD"))
    assert cart_with_coupons.coupons == ("GOOD",)
    assert "BAD" not in {one.code for one in await shop.pricing.coupons()}
    assert "coupon BAD (pricing) is quarantined" in await findings(shop)
