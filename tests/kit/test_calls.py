"""A service called in process and over HTTP: the same Protocol, the same values, the same errors."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.calls import expose, remote
from shopwright.kit.errors import Invalid, ShopError, Unavailable
from shopwright.services.inventory.contract import Adjustment, Inventory, SoldOut, Stock, Wanted


@pytest.fixture(params=["in process", "over HTTP"])
async def inventory(request: pytest.FixtureRequest, shop: Shop) -> AsyncIterator[Inventory]:
    if request.param == "in process":
        yield shop.inventory
        return
    transport = httpx.ASGITransport(app=expose(Inventory, shop.inventory))
    async with httpx.AsyncClient(transport=transport, base_url="http://inventory") as client:
        yield remote(Inventory, client)


async def test_values_come_out_as_they_went_in(inventory: Inventory) -> None:
    found = await inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=3, reason="counted")])
    assert found == {"var_lamp": Stock("var_lamp", 3, 0)}
    assert await inventory.stock(["var_lamp", "var_none"]) == {
        "var_lamp": Stock("var_lamp", 3, 0),
        "var_none": Stock("var_none", 0, 0),
    }
    moved = await inventory.movements("var_lamp", limit=5)
    assert [(one.delta, one.reason) for one in moved] == [(3, "counted")]
    assert moved[0].time.tzinfo is not None


async def test_errors_keep_their_kind_their_words_and_their_data(inventory: Inventory, shop: Shop) -> None:
    later = shop.clock.now() + timedelta(minutes=30)
    await inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=1, reason="counted")])
    with pytest.raises(SoldOut) as refused:
        await inventory.reserve("ord_1", [Wanted("var_lamp", 2)], later)
    assert refused.value.data == {"left": {"var_lamp": 1}}
    with pytest.raises(Invalid) as wrong:
        await inventory.adjust([Adjustment(variant_id="var_lamp", reason="no number")])
    assert wrong.value.problems[0].pointer == "/0"


async def test_a_service_that_is_not_there_is_unavailable() -> None:
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9", trust_env=False) as client:
        with pytest.raises(Unavailable):
            await remote(Inventory, client).stock(["var_lamp"])


async def test_a_verb_that_is_not_in_the_contract_is_refused(shop: Shop) -> None:
    transport = httpx.ASGITransport(app=expose(Inventory, shop.inventory))
    async with httpx.AsyncClient(transport=transport, base_url="http://inventory") as client:
        answer = await client.post("/internal/damage", content=b"\x80")
    assert answer.status_code == 599


def test_every_error_of_the_family_can_travel() -> None:
    for name, kind in ShopError.kinds.items():
        assert kind("words").detail == "words", name
