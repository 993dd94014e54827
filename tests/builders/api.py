"""A client of the HTTP API."""

import httpx
import msgspec

from tests.builders.customers import BERLIN

ADDRESS = msgspec.to_builtins(BERLIN)


async def ready_cart(
    api: httpx.AsyncClient, sku: str, quantity: int = 1, headers: dict[str, str] | None = None
) -> dict:
    """A cart of one product with address and shipping, ready to be ordered."""
    cart = (await api.post("/v1/carts", headers=headers)).json()
    await api.post(f"/v1/carts/{cart['id']}/lines", json={"sku": sku, "quantity": quantity}, headers=headers)
    details = {"email": "ada@example.com", "shipping_address": ADDRESS}
    assert (await api.patch(f"/v1/carts/{cart['id']}", json=details, headers=headers)).status_code == 200
    options = (await api.get(f"/v1/carts/{cart['id']}/shipping-options", headers=headers)).json()["items"]
    answer = await api.patch(f"/v1/carts/{cart['id']}", json={"shipping_option_id": options[0]["id"]}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def order(
    api: httpx.AsyncClient,
    cart: dict,
    token: str = "pretend_ok",
    key: str = "k1",
    headers: dict[str, str] | None = None,
    provider: str = "pretend",
) -> httpx.Response:
    """Place the order of a cart."""
    body = {
        "cart_id": cart["id"],
        "expected_total": cart["totals"]["total"]["amount"],
        "payment": {"provider": provider, "token": token},
    }
    return await api.post("/v1/orders", json=body, headers={**(headers or {}), "Idempotency-Key": key})
