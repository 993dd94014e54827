"""What other services answered is remembered until anything of theirs changes: fewer calls, and never an old answer."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.kit.work import one_request
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.pricing.contract import Price
from tests.apart.inside import Gateway, apart
from tests.conftest import ON_SERVERS, OWNER, QUICK, make_settings, sell

pytestmark = pytest.mark.skipif(not ON_SERVERS, reason="parts apart share servers")


@pytest.fixture
async def whole(data: tuple[Path, str]) -> AsyncIterator[Shop]:
    shop = Shop(make_settings(*data), hasher=QUICK)
    await shop.migrate()
    await shop.users.ensure_owner(*OWNER)
    yield shop
    await shop.close()


def calls(shop: Shop) -> Counter[str]:
    """How often this one has asked each of the others."""
    metrics = [one for one in shop.numbers.registry.collect() if one.name == "shopwright_calls"]
    return Counter({
        sample.labels["service"]: int(sample.value)
        for one in metrics for sample in one.samples if sample.name.endswith("_total")
    })  # fmt: skip


async def asked_for(gateway: Gateway, client: httpx.AsyncClient, path: str) -> tuple[str, Counter[str]]:
    before = calls(gateway.shops["faces"])
    page = await client.get(path)
    assert page.status_code == 200
    return page.text, calls(gateway.shops["faces"]) - before


async def test_a_page_made_anew_asks_for_what_has_changed_and_shows_it_at_once(whole: Shop) -> None:
    product = await sell(whole, on_hand=7)
    path, variant = f"/p/{product.slug}", product.variants[0].id
    async with apart(whole, hasher=QUICK) as gateway:
        transport = httpx.ASGITransport(app=gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            _, first = await asked_for(gateway, client, path)
            assert first["catalog"] >= 1
            assert first["pricing"] >= 1
            page, second = await asked_for(gateway, client, f"{path}?again=1")  # another address: it is made anew
            assert "€64.00" in page
            assert set(second) <= {"recommendations"}  # what is recommended shifts with every glance of anyone
            await gateway.shops["faces"].pricing.set_prices([Price(variant_id=variant, amount=Money(5900, "EUR"))])
            page, third = await asked_for(gateway, client, f"{path}?again=2")
            assert "€59.00" in page
            assert "€64.00" not in page
            assert third["pricing"] >= 1
            assert third["catalog"] == third["inventory"] == 0


async def test_who_changes_something_elsewhere_sees_it_in_the_same_request(whole: Shop) -> None:
    product = await sell(whole, on_hand=7)
    variant = product.variants[0].id
    async with apart(whole, hasher=QUICK) as gateway:
        faces = gateway.shops["faces"]
        with one_request():
            assert (await faces.inventory.stock([variant]))[variant].on_hand == 7
            assert (await faces.inventory.stock([variant]))[variant].on_hand == 7
            assert calls(faces)["inventory"] == 1
            await faces.inventory.adjust([Adjustment(variant_id=variant, on_hand=3, reason="stocktaking")])
            assert (await faces.inventory.stock([variant]))[variant].on_hand == 3


async def test_where_no_version_can_be_told_everything_is_asked(whole: Shop, data: tuple[Path, str]) -> None:
    product = await sell(whole)
    async with apart(whole, hasher=QUICK) as gateway:
        faces = gateway.shops["faces"]
        await faces.catalog.get(product.id)
        before = calls(faces)["catalog"]
        token = await gateway.shops["catalog"].marks.before("catalog")  # someone is about to commit
        await faces.catalog.get(product.id)
        await faces.catalog.get(product.id)
        assert calls(faces)["catalog"] == before + 2
        await gateway.shops["catalog"].marks.after("catalog", token)
        await faces.catalog.get(product.id)
        await faces.catalog.get(product.id)
        assert calls(faces)["catalog"] == before + 3
