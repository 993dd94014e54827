"""A code that can be created can be used everywhere; an unusable one is refused when it is created."""

import json

import httpx
import pytest

from shopwright.app import Shop
from shopwright.services.catalog.contract import ProductInput, VariantInput
from shopwright.services.pricing.contract import TaxRate
from tests.builders.goods import sell
from tests.builders.orders import fill_cart

BESIDE = [" {}", "{}\u200b", "\ufeff{}\u00a0", "\t{} "]


@pytest.mark.parametrize("typed", ["SPAR 10", "10%", "SPAR\u00a010", "\u200b", "a/b"])
async def test_a_coupon_that_no_cart_can_hold_is_refused_when_it_is_created(
    api: httpx.AsyncClient, staff: dict[str, str], typed: str
) -> None:
    body = {"code": typed, "kind": "percentage", "value": 1000}
    answer = await api.post("/v1/coupons", json=body, headers=staff)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/code"


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("code", ["SPAR10", "größe", "СКИДКА-5"])
async def test_a_coupon_is_used_and_deleted_however_it_is_typed(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], code: str, beside: str
) -> None:
    body = {"code": beside.format(code), "kind": "percentage", "value": 1000}
    # Control characters are refused; blanks and invisible characters are not part of the code.
    made = await api.post("/v1/coupons", json=body | {"code": body["code"].replace("\t", "")}, headers=staff)
    assert made.status_code == 201, made.text
    cart = await fill_cart(shop, (await sell(shop), 1))
    for typed in (code.lower(), beside.format(code), f"{code}\u2060"):
        used = await shop.carts.set_coupons(cart.id, (typed,))
        assert used.coupons == (made.json()["code"],), used.problems
        assert used.totals.discount.amount > 0
    assert (await api.delete(f"/v1/coupons/{code.lower()} ", headers=staff)).status_code == 204


@pytest.mark.parametrize("beside", BESIDE)
async def test_skus_that_differ_only_in_invisible_characters_are_one(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], beside: str
) -> None:
    def lamp(*skus: str) -> ProductInput:
        title = f"Lamp {len(skus)}"
        return ProductInput(title=title, status="published", variants=tuple(VariantInput(sku=one) for one in skus))

    made = await shop.catalog.create(lamp(beside.format("LAMP-1")))
    assert made.variants[0].sku == "LAMP-1"
    for name in ("LAMP-1", beside.format("LAMP-1"), "ＬＡＭＰ-1"):
        assert (await shop.catalog.by_variant(name)).id == made.id
        body = {"sku": name, "on_hand": 7, "reason": "counted"}
        adjusted = await api.post("/v1/stock-adjustments", json=body, headers=staff)
        assert adjusted.status_code in {201, 422}, adjusted.text  # a control character is refused
    another = {"title": "Other", "variants": [{"sku": "LAMP-1\u200b"}]}
    assert (await api.post("/v1/products", json=another, headers=staff)).status_code == 409
    imported = await shop.catalog.import_products([lamp(beside.format("LAMP-1"))])
    assert imported[0].made_anew == (0,)


async def test_a_sku_of_an_earlier_version_is_found_unchanged(shop: Shop) -> None:
    lamp = await sell(shop)
    sku = lamp.variants[0].sku
    async with shop.databases["catalog"].begin() as tx:
        [row] = await tx.fetch("SELECT id, body FROM documents WHERE id = :id", id=lamp.id)
        body = row["body"] if isinstance(row["body"], str) else json.dumps(row["body"])
        body = body.replace(f'"{sku}"', f'"{sku} "')
        await tx.run("UPDATE documents SET body = :body WHERE id = :id", body=body, id=lamp.id)
        await tx.run("UPDATE document_unique SET value = :old WHERE value = :sku", sku=sku, old=f"{sku} ")
    found = await shop.catalog.by_variant(f"{sku} ")
    assert found.variant_named(sku) == found.variant_named(f"{sku} ") == found.variants[0]


async def test_a_tax_rate_is_found_however_its_place_is_typed(shop: Shop) -> None:
    await shop.pricing.put_tax_rate(TaxRate(country="de ", region=" by", tax_class="Standard", rate=700, title="Low"))
    assert ("DE", "BY", "standard") in {
        (one.country, one.region, one.tax_class) for one in await shop.pricing.tax_rates()
    }
    await shop.pricing.delete_tax_rate("DE", "BY\u200b", "STANDARD")
    assert not [one for one in await shop.pricing.tax_rates() if one.region == "BY"]
