"""Accounts: registration, passwords, tokens and address books."""

import pytest

from shopwright.app import Shop
from shopwright.kit.auth import Caller
from shopwright.kit.errors import Conflict, Invalid, Missing, RateLimited, Unauthenticated
from shopwright.services.users.contract import EmailTaken, WrongPassword
from tests.builders.customers import BERLIN

PASSWORD = "correct horse"


async def ada(shop: Shop) -> Caller:
    user = await shop.users.register("ada@example.com", PASSWORD, "Ada")
    return await shop.users.session(await shop.users.open_session_for(user.id))


async def test_an_address_has_one_account_whatever_its_case(shop: Shop) -> None:
    await shop.users.register("ada@example.com", PASSWORD, "Ada")
    with pytest.raises(EmailTaken):
        await shop.users.register("ADA@example.com", PASSWORD, "Ada again")


@pytest.mark.parametrize(
    ("email", "password", "name", "field"),
    [
        ("ada", PASSWORD, "Ada", "email"),
        ("ada@example.com", "short", "Ada", "password"),
        ("ada@example.com", "password", "Ada", "password"),
        ("ada@example.com", PASSWORD, " ", "name"),
    ],
)
async def test_an_impossible_account_names_the_error(
    shop: Shop, email: str, password: str, name: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await shop.users.register(email, password, name)
    assert refused.value.problems[0].pointer == f"/{field}"
    assert password not in refused.value.detail or password == "password"


async def test_wrong_passwords_delay_longer_and_longer(shop: Shop, clock) -> None:
    await ada(shop)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await shop.users.sign_in("ada@example.com", "wrong password", "10.0.0.1")
    with pytest.raises(RateLimited) as waiting:
        await shop.users.sign_in("ada@example.com", PASSWORD, "10.0.0.2")
    assert waiting.value.data["retry_after"] >= 1
    clock.move(seconds=2)
    assert await shop.users.sign_in("ada@example.com", PASSWORD, "10.0.0.2")


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(shop: Shop) -> None:
    await ada(shop)
    first = await shop.users.sign_in("ada@example.com", PASSWORD)
    second = await shop.users.refresh(first.refresh_token)
    assert (await shop.users.authenticate(second.access_token)).email == "ada@example.com"
    with pytest.raises(Unauthenticated):
        await shop.users.refresh(first.refresh_token)
    with pytest.raises(Unauthenticated):
        await shop.users.refresh(second.refresh_token)
    with pytest.raises(Unauthenticated):
        await shop.users.authenticate(second.access_token)


async def test_access_tokens_expire_and_cannot_be_forged(shop: Shop, clock) -> None:
    await ada(shop)
    tokens = await shop.users.sign_in("ada@example.com", PASSWORD)
    head, body, mark = tokens.access_token.split(".")
    for forged in (
        f"{head}.{body}.",
        f"{head}.{body}.{mark[:-4]}AAAA",
        f"eyJhbGciOiJub25lIn0.{body}.",
        "nonsense",
        "",
        f"{head}.{mark}.{body}",
    ):
        with pytest.raises(Unauthenticated):
            await shop.users.authenticate(forged)
    clock.move(minutes=16)
    with pytest.raises(Unauthenticated):
        await shop.users.authenticate(tokens.access_token)


async def test_public_keys_reveal_nothing_private(shop: Shop) -> None:
    keys = (await shop.users.public_keys())["keys"]
    assert keys
    assert all("d" not in key and key["kid"] for key in keys)


async def test_an_address_book_is_private(shop: Shop) -> None:
    caller = await ada(shop)
    bea = await shop.users.register("bea@example.com", PASSWORD, "Bea")
    saved = await shop.users.save_address(caller.user_id, BERLIN)
    with pytest.raises(Missing):
        await shop.users.save_address(bea.id, BERLIN, saved.id)
    with pytest.raises(Missing):
        await shop.users.delete_address(bea.id, saved.id)
    assert [one.address for one in await shop.users.addresses(caller.user_id)] == [BERLIN]


async def test_an_account_cannot_be_registered_twice_at_once(shop: Shop) -> None:
    with pytest.raises(Conflict):
        await shop.users.register("owner@example.com", PASSWORD, "Eve")
