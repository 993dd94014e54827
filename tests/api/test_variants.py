"""Changes of variants one by one, and of prices and stock of thousands in one request."""

from collections.abc import Mapping
from typing import Any

import httpx

EUR = "EUR"
Sent = Mapping[str, Any]


def money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": EUR}


async def shirt(api: httpx.AsyncClient, staff: Sent, *sizes: str) -> dict[str, Any]:
    made = await api.post(
        "/v1/products",
        json={
            "title": "Tide Shirt", "status": "published", "options": [{"name": "Size", "values": list(sizes)}],
            "variants": [
                {"sku": f"TS-{size}", "options": {"Size": size}, "price": money(2000 + number), "on_hand": 5 + number}
                for number, size in enumerate(sizes)
            ],
        },
        headers=dict(staff),
    )  # fmt: skip
    assert made.status_code == 201, made.text
    return made.json()


async def seen(api: httpx.AsyncClient, product: Sent) -> dict[str, tuple[str, int, int]]:
    """Variants by SKU: their ids, prices and stock."""
    found = (await api.get(f"/v1/products/{product['slug']}")).json()
    return {one["sku"]: (one["id"], one["price"]["amount"], one["available"]) for one in found["variants"]}


async def test_a_patch_of_one_variant_leaves_the_others_alone(api: httpx.AsyncClient, staff: Sent) -> None:
    product = await shirt(api, staff, "S", "M", "L")
    before = await seen(api, product)
    path = f"/v1/products/{product['id']}"
    for change in (
        {"sku": "TS-M", "price": money(1500)},
        {"id": before["TS-M"][0], "price": money(1500)},
        {"options": {"Size": "M"}, "price": money(1500)},
    ):
        answer = await api.patch(path, json={"variants": [change]}, headers=dict(staff))
        assert answer.status_code == 200, answer.text
        assert await seen(api, product) == {**before, "TS-M": (before["TS-M"][0], 1500, 6)}
    refused = await api.patch(path, json={"variants": [{"price": money(1)}]}, headers=dict(staff))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/variants/0")


async def test_a_changed_price_keeps_the_compare_at_price(api: httpx.AsyncClient, staff: Sent) -> None:
    product = await shirt(api, staff, "S", "M")
    path = f"/v1/products/{product['id']}/variants/TS-S"
    assert (
        await api.patch(path, json={"price": money(1500), "compare_at": money(2500)}, headers=dict(staff))
    ).is_success
    answer = await api.patch(path, json={"price": money(1400)}, headers=dict(staff))
    one = next(variant for variant in answer.json()["variants"] if variant["sku"] == "TS-S")
    assert (one["price"]["amount"], one["compare_at"]["amount"]) == (1400, 2500)


async def test_a_variant_is_added_changed_removed_and_restored(api: httpx.AsyncClient, staff: Sent) -> None:
    product = await shirt(api, staff, "S", "M")
    path = f"/v1/products/{product['id']}"
    sizes = {"options": [{"name": "Size", "values": ["S", "M", "L"]}]}
    assert (await api.patch(path, json=sizes, headers=dict(staff))).is_success
    large = {"sku": "TS-L", "options": {"Size": "L"}, "price": money(2200), "on_hand": 9}
    assert (await api.post(f"{path}/variants", json=large, headers=dict(staff))).status_code == 201
    assert (await api.post(f"{path}/variants", json=large, headers=dict(staff))).status_code == 409
    before = await seen(api, product)
    assert before["TS-L"][1:] == (2200, 9)
    changed = await api.patch(f"{path}/variants/TS-L", json={"weight": 300}, headers=dict(staff))
    assert changed.status_code == 200
    assert await seen(api, product) == before
    assert (await api.delete(f"{path}/variants/{before['TS-L'][0]}", headers=dict(staff))).status_code == 204
    assert set(await seen(api, product)) == {"TS-S", "TS-M"}
    assert (await api.delete(f"{path}/variants/TS-L", headers=dict(staff))).status_code == 404
    back = {"sku": "TS-L", "options": {"Size": "L"}}
    assert (await api.post(f"{path}/variants", json=back, headers=dict(staff))).status_code == 201
    assert await seen(api, product) == before
    for sku in ("TS-L", "TS-M"):
        assert (await api.delete(f"{path}/variants/{sku}", headers=dict(staff))).status_code == 204
    last = await api.delete(f"{path}/variants/TS-S", headers=dict(staff))
    assert (last.status_code, "retire the product" in last.json()["detail"]) == (409, True)


async def test_the_etag_changes_with_everything_shown_and_protects_the_product_only(
    api: httpx.AsyncClient, staff: Sent
) -> None:
    product = await shirt(api, staff, "S")
    path = f"/v1/products/{product['id']}"
    read = await api.get(path)
    adjusted = {"sku": "TS-S", "delta": -1, "reason": "broken"}
    assert (await api.post("/v1/stock-adjustments", json=adjusted, headers=dict(staff))).is_success
    after = await api.get(path)
    assert after.headers["etag"] != read.headers["etag"]
    title = {"title": "Tide Shirt, washed"}
    refused = await api.patch(path, json=title, headers={**staff, "If-Match": read.headers["etag"]})
    assert refused.status_code == 200  # a sold unit is no edit by another user
    lost = await api.patch(path, json={"title": "X"}, headers={**staff, "If-Match": read.headers["etag"]})
    assert lost.status_code == 412
    for never in ('"0"', '"0-9f86d081"', 'W/"99"'):
        stale = await api.patch(path, json={"title": "X"}, headers={**staff, "If-Match": never})
        assert stale.status_code == 412, never
    whatever = await api.patch(path, json=title, headers={**staff, "If-Match": "*"})
    assert whatever.status_code == 200
    wrong = await api.patch(path, json={"title": "X"}, headers={**staff, "If-Match": '"soon"'})
    assert wrong.status_code == 422


async def test_prices_and_stock_of_many_variants_are_set_in_one_request_with_a_result_each(
    api: httpx.AsyncClient, staff: Sent
) -> None:
    product = await shirt(api, staff, "S", "M", "L")
    before = await seen(api, product)
    items = [
        {"sku": " TS-S ", "price": money(1000)},
        {"variant_id": before["TS-M"][0], "on_hand": 50},
        {"sku": "NOWHERE", "on_hand": 1},
        {"sku": "TS-L", "price": {"amount": 5, "currency": "USD"}},
        {"sku": "TS-L", "on_hand": -1},
        {"sku": "TS-L"},
        {"sku": "TS-L", "variant_id": before["TS-L"][0], "on_hand": 1},
    ]
    answer = await api.post("/v1/offers", json={"items": items}, headers=dict(staff))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["done"], body["refused"]) == (2, 5), body
    assert [one["status"] for one in body["items"]] == ["done", "done", *["refused"] * 5]
    assert all(one["detail"] for one in body["items"] if one["status"] == "refused")
    after = await seen(api, product)
    assert after == {
        **before,
        "TS-S": (before["TS-S"][0], 1000, before["TS-S"][2]),
        "TS-M": (before["TS-M"][0], before["TS-M"][1], 50),
    }
    assert (await api.post("/v1/offers", json={"items": items})).status_code == 401


async def test_a_used_sku_is_refused_with_the_product_that_has_it(api: httpx.AsyncClient, staff: Sent) -> None:
    product = await shirt(api, staff, "S", "M")
    assert (await api.delete(f"/v1/products/{product['id']}", headers=dict(staff))).is_success
    other = {"title": "Harbour Shirt", "variants": [{"sku": "TS-M", "price": money(1)}]}
    refused = await api.post("/v1/products", json=other, headers=dict(staff))
    assert refused.status_code == 409
    assert "The SKU TS-M belongs to “Tide Shirt” (retired" in refused.json()["detail"]
