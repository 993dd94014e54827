"""Customers with an account."""

import httpx

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.auth import Caller

BERLIN = Address(name="Ada Lovelace", line1="Torstraße 1", city="Berlin", postal_code="10119", country="DE")


async def sign_in(api: httpx.AsyncClient, email: str, password: str) -> dict[str, str]:
    """Headers of a signed-in API client."""
    answer = await api.post("/v1/sessions", json={"email": email, "password": password})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def confirm(shop: Shop, email: str) -> None:
    """Verify the address of an account."""
    user = await shop.users.by_email(email)
    assert user is not None
    await shop.users.verify_email(await shop.users.email_token(user.id, "verification"), user.id)
    await shop.bus.settle()


ADA, WORDS, NAME = "ada@example.com", "harbour at seven", "Ada Lovelace"


async def ada(shop: Shop) -> Caller:
    """Ada, whose e-mail address is confirmed."""
    user = await shop.users.register(ADA, WORDS, NAME)
    await confirm(shop, ADA)
    return await shop.users.session(await shop.users.open_session_for(user.id))
