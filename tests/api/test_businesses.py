"""A business gives its tax id to the cart, and its order keeps under which scheme it was sold: several services at once."""

import httpx

from shopwright.app import Shop
from tests.api.test_seller import SELLER
from tests.conftest import sell
from tests.pages.test_pages import ADDRESS


async def test_a_program_gives_a_tax_id_and_reads_the_sale(
    api: httpx.AsyncClient, staff: dict[str, str], shop: Shop
) -> None:
    await api.post("/v1/seller", json=SELLER, headers=staff)
    kettle = await sell(shop, price=2900)
    cart = (await api.post("/v1/carts")).json()["id"]
    await api.post(f"/v1/carts/{cart}/lines", json={"variant_id": kettle.variants[0].id, "quantity": 1})
    place = {name: ADDRESS[name] for name in ("name", "line1", "city", "postal_code", "country")}
    details = {"email": "ada@example.com", "shipping_address": place, "shipping_option_id": "shr_standard"}
    wrong = await api.patch(f"/v1/carts/{cart}", json={**details, "tax_id": "DE136695977"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/tax_id")
    assert "check digits" in wrong.json()["detail"]
    told = (await api.patch(f"/v1/carts/{cart}", json={**details, "tax_id": "136695976"})).json()
    assert (told["tax_id"], told["tax_id_check"]["by"], told["sale"]["scheme"]) == ("DE136695976", "format", "domestic")
    placed = await api.post(
        "/v1/orders",
        json={"cart_id": cart, "expected_total": told["totals"]["total"], "payment": {"provider": "pretend", "token": "pretend_ok"}},
        headers={"Idempotency-Key": "one"},
    )  # fmt: skip
    assert placed.status_code == 201, placed.text
    sale = (await api.get(f"/v1/orders/{placed.json()['id']}", headers=staff)).json()["sale"]
    assert (sale["scheme"], sale["buyer"], sale["tax_id"]) == ("domestic", "business", "DE136695976")
    assert sale["seller"]["legal_name"] == "Northlight Handels GmbH"
    assert (await api.patch(f"/v1/carts/{cart}", json={"tax_id": ""})).status_code in {200, 409}
