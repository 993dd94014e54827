"""Answers of other services are cached until their data change: fewer calls, and never a stale answer."""

import itertools
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.data.unit_of_work import one_request
from shopwright.kit.money import Money
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.pricing.contract import Price
from tests.builders.customers import BERLIN
from tests.builders.environment import ON_SERVERS
from tests.builders.goods import sell
from tests.builders.shops import OWNER, QUICK, make_settings
from tests.builders.split_shop import Gateway, apart

pytestmark = pytest.mark.skipif(not ON_SERVERS, reason="parts apart share servers")


@pytest.fixture
async def local_shop(data: tuple[Path, str]) -> AsyncIterator[Shop]:
    shop = Shop(make_settings(*data), hasher=QUICK)
    await shop.migrate()
    await shop.users.ensure_owner(*OWNER)
    yield shop
    await shop.close()


def calls(shop: Shop) -> Counter[str]:
    """How often each service was called by this one; a retried call counts once."""
    metrics = [one for one in shop.metrics.registry.collect() if one.name == "shopwright_calls"]
    return Counter({
        sample.labels["service"]: int(sample.value)
        for one in metrics for sample in one.samples
        if sample.name.endswith("_total") and sample.labels["outcome"] == "answered"
    })  # fmt: skip


async def requests_for(gateway: Gateway, client: httpx.AsyncClient, path: str) -> tuple[str, Counter[str]]:
    before = calls(await gateway.shop("web"))
    page = await client.get(path)
    assert page.status_code == 200
    return page.text, calls(await gateway.shop("web")) - before


async def test_a_page_rendered_again_requests_only_changed_data_and_shows_it_at_once(local_shop: Shop) -> None:
    product = await sell(local_shop, on_hand=7)
    path, variant = f"/p/{product.slug}", product.variants[0].id
    async with apart(local_shop, hasher=QUICK) as gateway:
        transport = httpx.ASGITransport(app=gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            _, first = await requests_for(gateway, client, path)
            assert first["catalog"] >= 1
            assert first["pricing"] >= 1
            page, second = await requests_for(
                gateway, client, f"{path}?again=1"
            )  # another address: it is rendered again
            assert "€64.00" in page
            assert set(second) <= {"recommendations"}  # recommendations change with every view
            await (await gateway.shop("web")).pricing.set_prices([Price(variant_id=variant, amount=Money(5900, "EUR"))])
            page, third = await requests_for(gateway, client, f"{path}?again=2")
            assert "€59.00" in page
            assert "€64.00" not in page
            assert third["pricing"] >= 1
            assert third["catalog"] == third["inventory"] == 0


async def test_a_change_made_elsewhere_is_seen_in_the_same_request(local_shop: Shop) -> None:
    product = await sell(local_shop, on_hand=7)
    variant = product.variants[0].id
    async with apart(local_shop, hasher=QUICK) as gateway:
        web = await gateway.shop("web")
        with one_request():
            assert (await web.inventory.stock([variant]))[variant].on_hand == 7
            assert (await web.inventory.stock([variant]))[variant].on_hand == 7
            assert calls(web)["inventory"] == 1
            await web.inventory.adjust([Adjustment(variant_id=variant, on_hand=3, reason="stocktaking")])
            assert (await web.inventory.stock([variant]))[variant].on_hand == 3


async def test_without_known_versions_every_service_is_called(local_shop: Shop, data: tuple[Path, str]) -> None:
    product = await sell(local_shop)
    async with apart(local_shop, hasher=QUICK) as gateway:
        web = await gateway.shop("web")
        await web.catalog.get(product.id)
        before = calls(web)["catalog"]
        token = await (await gateway.shop("catalog")).versions.before("catalog")  # a commit is about to happen
        await web.catalog.get(product.id)
        await web.catalog.get(product.id)
        assert calls(web)["catalog"] == before + 2
        await (await gateway.shop("catalog")).versions.after("catalog", token)
        await web.catalog.get(product.id)
        await web.catalog.get(product.id)
        assert calls(web)["catalog"] == before + 3


async def test_a_checkout_calls_other_services_no_more_often_than_necessary(local_shop: Shop) -> None:
    kettle, mug = await sell(local_shop, on_hand=50), await sell(local_shop, "Mug", on_hand=50)
    async with apart(local_shop, hasher=QUICK) as gateway:
        shops, keys = [await gateway.shop(part) for part in ("carts", "orders")], itertools.count()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://shop.test") as client:

            async def request(method: str, path: str, body: dict | None = None) -> tuple[dict, Counter[str]]:
                before = [calls(shop) for shop in shops]
                answer = await client.request(method, path, json=body, headers={"Idempotency-Key": str(next(keys))})
                assert answer.is_success, answer.text
                return answer.json(), sum(
                    (calls(shop) - old for shop, old in zip(shops, before, strict=True)), Counter()
                )

            for _ in range(2):  # answers of the first request are cached for the second
                cart, created = await request("POST", "/v1/carts")
                path = f"/v1/carts/{cart['id']}"
                added = [
                    (await request("POST", f"{path}/lines", {"variant_id": one.variants[0].id, "quantity": 1}))[1]
                    for one in (kettle, mug)
                ]
                details = {
                    "email": "ada@example.com",
                    "shipping_address": msgspec.to_builtins(BERLIN),
                    "shipping_option_id": "shr_standard",
                }
                cart, changed = await request("PATCH", path, details)
                payment = {"provider": "pretend", "token": "pretend_ok"}
                wanted = {"cart_id": cart["id"], "expected_total": cart["totals"]["total"], "payment": payment}
                order, placed = await request("POST", "/v1/orders", wanted)
                assert order["status"] == "paid"
                await local_shop.bus.settle()
    assert created == {}
    assert added == [{"inventory": 1, "pricing": 1}] * 2
    assert changed == {"pricing": 1}
    # The cart twice; stock, reserved twice and committed; payment checked, opened and read; the price of the cart again.
    assert placed == {"carts": 2, "inventory": 4, "payments": 3, "pricing": 1}
