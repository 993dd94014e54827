"""An Idempotency-Key belongs to one client, and its stored answer cannot be read by others."""

import hashlib
from typing import Any

import httpx
import msgspec

from shopwright.app import Shop
from shopwright.web.application import build

KEY = {"Idempotency-Key": "the-very-same-key"}


def guest(shop: Shop, address: str, **headers: str) -> httpx.AsyncClient:
    """An API client without token and cookie."""
    transport = httpx.ASGITransport(app=build(shop, deliver=False), client=(address, 5000))
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test", headers=headers)


async def rows(shop: Shop) -> list[dict[str, Any]]:
    return [dict(row) for work in shop.databases.values() for row in await work.fetch("SELECT * FROM idempotency")]


async def test_two_guests_with_the_same_key_get_two_carts(local_shop: Shop) -> None:
    async with (
        guest(local_shop, "203.0.113.1") as ada, guest(local_shop, "203.0.113.2") as eve, guest(local_shop, "203.0.113.1", **{"User-Agent": "other"}) as bo,
        guest(local_shop, "2001:db8::1") as six, guest(local_shop, "2001:db8::2") as same, guest(local_shop, "2001:db8:0:1::1") as other,
    ):  # fmt: skip
        carts = [(await one.post("/v1/carts", headers=KEY)).json()["id"] for one in (ada, eve, bo, six, other)]
        assert len(set(carts)) == 5
        again = await ada.post("/v1/carts", headers=KEY)
        assert (again.json()["id"], again.headers["idempotency-replayed"]) == (carts[0], "true")
        assert (await same.post("/v1/carts", headers=KEY)).json()["id"] == carts[3], "one customer of a provider"
        cookie = {"Cookie": "cart=x"}
        assert (await ada.post("/v1/carts", headers=KEY | cookie)).json()["id"] not in carts


async def test_stored_answers_reveal_no_personal_data(local_shop: Shop) -> None:
    body = {"email": "ada@example.com", "password": "correct horse", "name": "Ada"}
    async with guest(local_shop, "203.0.113.1") as ada:
        assert (await ada.post("/v1/users", json=body, headers=KEY)).status_code in {201, 202}
        sign_in = {"email": body["email"], "password": body["password"]}
        first = await ada.post("/v1/sessions", json=sign_in, headers={"Idempotency-Key": "another-key"})
        cart = await ada.post("/v1/carts", headers=KEY)
        stored = msgspec.json.encode(await rows(local_shop)).decode()
        assert stored.count("fingerprint") == 3
        secrets = [
            *first.json().values(),
            cart.json()["id"],
            body["password"],
            body["email"],
            "203.0.113.1",
            *KEY.values(),
            "another-key",
        ]
        for secret in secrets:
            assert not isinstance(secret, str) or len(secret) < 8 or secret not in stored
        # Nor can it be tried out: no bare hash of anything that was sent.
        for private in (first.request.content, b"203.0.113.1", KEY["Idempotency-Key"].encode()):
            assert hashlib.sha256(private).hexdigest() not in stored
            for path in (b"/v1/sessions", b"/v1/carts", b"/v1/users"):
                digest = hashlib.sha256()
                for part in (path, b"", private):
                    digest.update(len(part).to_bytes(8, "big") + part)
                assert digest.hexdigest() not in stored
        again = await ada.post("/v1/sessions", json=sign_in, headers={"Idempotency-Key": "another-key"})
        assert again.json() == first.json()
        wrong = {**sign_in, "password": "correct house"}
        conflict = await ada.post("/v1/sessions", json=wrong, headers={"Idempotency-Key": "another-key"})
        assert conflict.json()["code"] == "idempotency_conflict"
