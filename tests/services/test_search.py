"""The search index follows catalogue, prices and stock, and is rebuilt when it is damaged."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.money import Money
from shopwright.services.catalog.contract import ProductInput
from shopwright.services.pricing.contract import Price
from shopwright.services.search import store as search_store
from shopwright.services.search.contract import SearchRequest
from tests.builders.goods import sell
from tests.builders.orders import buy
from tests.builders.shops import QUICK, make_settings


async def test_search_follows_catalog_price_and_stock(shop: Shop) -> None:
    lamp = await sell(shop, "Reading Lamp", price=9000, on_hand=1, brand="Nordlys")
    await shop.search.bring_up_to_date()
    found = await shop.search.find(SearchRequest(text="reading"))
    assert found.total == 1
    await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(8000, "EUR"))])
    await buy(shop, (lamp, 1))
    await shop.search.bring_up_to_date()
    card = (await shop.search.cards((lamp.id,)))[0]
    assert (card.price, card.in_stock) == (Money(8000, "EUR"), False)
    assert (await shop.search.find(SearchRequest(text="reading", chosen={"in_stock": ("true",)}))).total == 0
    await shop.catalog.set_status(lamp.id, "retired")
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    assert (await shop.search.find(SearchRequest(text="reading"))).total == 0


async def test_a_lost_index_is_built_again(shop: Shop) -> None:
    lamp = await sell(shop, "Lamp")
    await shop.search.bring_up_to_date()
    await shop.search._index.write([], [lamp.id])
    await shop.search.heal()
    assert (await shop.search.find(SearchRequest(text="lamp"))).total == 1


async def test_changes_during_the_replacement_of_an_index_are_not_lost(shop: Shop) -> None:
    lamp = await sell(shop, "Lamp")
    await shop.search.bring_up_to_date()
    work = shop.databases["search"]
    await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(1234, "EUR"))])
    await shop.bus.settle()
    (changed,) = await search_store.changed(work, 10)
    before = await search_store.generation(work)

    async def mark() -> None:
        async with work.begin() as tx:
            await search_store.mark_indexed(tx, {changed.product_id: changed.changed}, before)

    async with work.begin() as tx:
        await search_store.new_generation(tx)
        marking = asyncio.create_task(mark())
        await asyncio.sleep(0.3)  # it waits for a lock of this transaction
    await marking
    assert [one.product_id for one in await search_store.changed(work, 10)] == [lamp.id]


async def test_while_an_index_is_rebuilt_shoppers_find_everything_and_no_change_is_lost(shop: Shop) -> None:
    lamps = [await sell(shop, f"Lamp {n}") for n in range(30)]
    await shop.search.bring_up_to_date()
    done = asyncio.Event()
    totals = []

    async def shoppers() -> None:
        while not done.is_set():
            totals.append((await shop.search.find(SearchRequest(text="lamp"))).total)
            await asyncio.sleep(0)

    async def reprice() -> None:
        for lamp in lamps[:15]:
            await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(1234, "EUR"))])
            await shop.bus.settle()
            await shop.search.bring_up_to_date()

    async def rebuild() -> None:
        for _ in range(8):
            await shop.search.rebuild()

    looking = asyncio.create_task(shoppers())
    await asyncio.gather(reprice(), rebuild())
    done.set()
    await looking
    assert set(totals) == {30}
    await shop.search.bring_up_to_date()
    assert (await shop.search.find(SearchRequest(text="lamp", price_max=1234))).total == 15


@pytest.fixture
async def embedded(data: tuple[Path, str], clock: HandClock) -> AsyncIterator[Shop]:
    """A shop whose index is in its data folder, whatever else it runs on."""
    settings = make_settings(*data, search=f"tantivy://{data[0]}/search")
    async with Shop(settings, clock=clock, hasher=QUICK).running(deliver=False) as shop:
        yield shop


@pytest.mark.parametrize("damage", ["meta", "gone", "leftover"])
async def test_a_damaged_index_is_rebuilt_automatically(embedded: Shop, damage: str) -> None:
    shop = embedded
    await sell(shop, "Lamp")
    await shop.search.bring_up_to_date()
    index = shop.search._index
    home = index._folder / index._current()
    if damage == "meta":
        (home / "meta.json").write_text("{")
    elif damage == "gone":
        for path in home.glob("*.store"):
            path.unlink()
        index._opened = None
    else:  # left behind by a process that was killed while it wrote
        segment = next(home.glob("*.store")).stem
        for number in range(200):
            (home / f"{segment}.{number}.del").write_bytes(b"")
        await shop.catalog.edit(
            (await shop.catalog.get("lamp")).id, ProductInput(title="Bright Lamp", status="published")
        )
        await shop.bus.settle()
    for _ in range(4):
        shop.clock.move(seconds=2)
        await shop.bus.settle()
    assert (await shop.search.find(SearchRequest(text="lamp"))).total == 1


async def test_a_search_is_filtered_by_a_limited_number_of_facets(shop: Shop, api: httpx.AsyncClient) -> None:
    await sell(shop, attributes={"material": "steel"})
    few = {f"attr.a{number}": "x" for number in range(8)}
    assert (await api.get("/v1/search", params=few)).status_code == 200
    for many in (few | {"attr.a8": "x"}, {"brand": [f"b{number}" for number in range(51)]}):
        answer = await api.get("/v1/search", params=many)
        assert answer.status_code == 422
        assert "at most 8 facets and 50" in answer.json()["detail"]
    pages = {f"attr.a{number}": "x" for number in range(150)}
    assert (await api.get("/search", params=pages)).status_code == 200
