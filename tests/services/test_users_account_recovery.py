"""Account recovery: confirmations, passwords and sessions."""

import re

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import GUEST
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Conflict, Invalid, Missing, RateLimited, Refused, Unauthenticated
from shopwright.services.orders.contract import PaymentChoice, PlaceOrder
from shopwright.services.users.contract import ProfileChange, WrongPassword
from tests.builders.customers import BERLIN, sign_in
from tests.builders.goods import sell
from tests.builders.messages import email_text
from tests.builders.orders import fill_cart

pytestmark = pytest.mark.usefixtures("readable_messages")
ADA, WORDS, OTHER = "ada@example.com", "harbour at seven", "morning at nine"


async def token_of(shop: Shop, subject: str) -> str:
    """The token in the newest e-mail to Ada with this subject."""
    return re.search(r"token=([0-9a-f]+)", await email_text(shop, subject))[1]


async def subjects(shop: Shop) -> list[str]:
    await shop.bus.settle()
    return [message.subject for message in await shop.notifications.messages()]


async def test_an_address_is_confirmed_once_by_the_link_in_the_welcome_email(shop: Shop) -> None:
    ada = await shop.users.register(ADA, WORDS, "Ada")
    assert not ada.verified
    token = await token_of(shop, "Your account is ready")
    assert (await shop.users.verify_email(token)).verified
    assert (await shop.users.get(ada.id)).verified
    with pytest.raises(Refused, match="used already"):
        await shop.users.verify_email(token)


async def test_an_email_can_be_requested_again_after_a_minute_and_keeps_earlier_ones_valid(
    shop: Shop, clock: HandClock
) -> None:
    ada = await shop.users.register(ADA, WORDS, "Ada")
    first = await token_of(shop, "Your account is ready")
    await shop.users.ask_verification(ada.id)
    assert "Confirm your e-mail address" not in await subjects(shop)
    clock.move(minutes=2)
    await shop.users.ask_verification(ada.id)
    second = await token_of(shop, "Confirm your e-mail address")
    await shop.users.verify_email(first, ada.id)
    await shop.users.verify_email(second, ada.id)
    clock.move(minutes=2)
    await shop.users.ask_verification(ada.id)
    assert (await subjects(shop)).count("Confirm your e-mail address") == 1


async def test_an_expired_link_confirms_nothing(shop: Shop, clock: HandClock) -> None:
    await shop.users.register(ADA, WORDS, "Ada")
    token = await token_of(shop, "Your account is ready")
    clock.move(days=1, minutes=1)
    with pytest.raises(Refused, match="too old"):
        await shop.users.verify_email(token)


async def test_guest_orders_are_shown_once_the_address_is_verified(shop: Shop) -> None:
    kettle = await sell(shop)
    cart = await fill_cart(shop, (kettle, 1), email="Ada@Example.com")
    payment = PaymentChoice(provider="pretend", token="pretend_ok")
    await shop.orders.place(
        PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=payment), "key", GUEST
    )
    ada = await shop.users.register(ADA, WORDS, "Ada")
    token = await token_of(shop, "Your account is ready")
    assert await shop.orders.search(customer_id=ada.id) == []
    await shop.users.verify_email(token)
    await shop.bus.settle()
    assert len(await shop.orders.search(customer_id=ada.id)) == 1


async def test_a_forgotten_password_is_reset_by_email_and_ends_all_sessions(shop: Shop) -> None:
    await shop.users.register(ADA, WORDS, "Ada")
    tokens = await shop.users.sign_in(ADA, WORDS)
    secret = await shop.users.open_session(ADA, WORDS)
    await shop.users.ask_reset(" ADA@example.com ")
    token = await token_of(shop, "Choose a new password")
    with pytest.raises(Invalid, match="first ones tried"):
        await shop.users.reset_password(token, "password1")
    await shop.users.reset_password(token, OTHER)
    with pytest.raises(Unauthenticated):
        await shop.users.authenticate(tokens.access_token)
    with pytest.raises(Unauthenticated):
        await shop.users.refresh(tokens.refresh_token)
    assert await shop.users.session(secret) is None
    with pytest.raises(WrongPassword):
        await shop.users.sign_in(ADA, WORDS)
    await shop.users.sign_in(ADA, OTHER)
    with pytest.raises(Refused):
        await shop.users.reset_password(token, WORDS)
    assert "Your password was changed" in await subjects(shop)


async def test_a_new_password_ends_the_delay_of_wrong_ones(shop: Shop) -> None:
    await shop.users.register(ADA, WORDS, "Ada")
    for _ in range(6):
        with pytest.raises((WrongPassword, RateLimited)):
            await shop.users.sign_in(ADA, "wrong")
    await shop.users.ask_reset(ADA)
    await shop.users.reset_password(await token_of(shop, "Choose a new password"), OTHER)
    await shop.users.sign_in(ADA, OTHER)


async def test_a_reset_for_an_unknown_address_reveals_nothing_and_sends_no_message(
    api: httpx.AsyncClient, shop: Shop
) -> None:
    await shop.users.register(ADA, WORDS, "Ada")
    before = await subjects(shop)
    known = await api.post("/v1/password-resets", json={"email": ADA})
    unknown = await api.post("/v1/password-resets", json={"email": "nobody@example.com"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json()) == (202, {"status": "sent"})
    assert sorted(await subjects(shop)) == sorted([*before, "Choose a new password"])


async def test_a_token_for_one_purpose_is_valid_for_no_other(shop: Shop) -> None:
    await shop.users.register(ADA, WORDS, "Ada")
    token = await token_of(shop, "Your account is ready")
    with pytest.raises(Refused):
        await shop.users.reset_password(token, OTHER)
    await shop.users.verify_email(token)


async def test_no_secret_of_an_email_is_in_the_event_log(shop: Shop) -> None:
    await shop.users.register(ADA, WORDS, "Ada")
    await shop.users.ask_reset(ADA)
    token = await token_of(shop, "Choose a new password")
    for name in ("users", "notifications"):
        rows = await shop.databases[name].fetch("SELECT * FROM facts")
        assert all(token not in str(dict(row)) for row in rows)
    rows = await shop.databases["users"].fetch("SELECT * FROM mail_tokens")
    assert all(token not in str(dict(row)) for row in rows)


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PASSWORD",
        "iloveyou",
        "trustno1",
        "aaaaaaaaaaaa",
        "ada@example.com",
        "adalovelace",
        "short",
        "x" * 257,
    ],
)
async def test_a_common_password_is_refused(shop: Shop, password: str) -> None:
    with pytest.raises(Invalid) as refused:
        await shop.users.register(ADA, password, "Ada Lovelace")
    assert [problem.pointer for problem in refused.value.problems] == ["/password"]


async def test_changing_the_password_keeps_this_session_and_ends_the_others(api: httpx.AsyncClient, shop: Shop) -> None:
    await shop.users.register(ADA, WORDS, "Ada")
    here, there = await sign_in(api, ADA, WORDS), await sign_in(api, ADA, WORDS)
    wrong = await api.put("/v1/me/password", headers=here, json={"current_password": "no", "password": OTHER})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/current_password")
    done = await api.put("/v1/me/password", headers=here, json={"current_password": WORDS, "password": OTHER})
    assert done.status_code == 204
    assert (await api.get("/v1/me", headers=here)).status_code == 200
    assert (await api.get("/v1/me", headers=there)).status_code == 401


async def test_a_customer_sees_and_ends_only_their_own_sessions(api: httpx.AsyncClient, shop: Shop) -> None:
    await shop.users.register(ADA, WORDS, "Ada")
    await shop.users.register("eve@example.com", WORDS, "Eve")
    here, there = await sign_in(api, ADA, WORDS), await sign_in(api, ADA, WORDS)
    eve = await sign_in(api, "eve@example.com", WORDS)
    listed = (await api.get("/v1/sessions", headers=here)).json()["items"]
    assert len(listed) == 2
    assert (await api.delete(f"/v1/sessions/{listed[0]['id']}", headers=eve)).status_code == 404
    assert (await api.delete(f"/v1/sessions/{listed[0]['id']}", headers=here)).status_code == 204
    assert (await api.get("/v1/me", headers=there)).status_code == 401
    await sign_in(api, ADA, WORDS)
    assert (await api.delete("/v1/sessions", headers=here)).status_code == 204
    assert (await api.get("/v1/me", headers=here)).status_code == 401
    assert (await api.get("/v1/me", headers=eve)).status_code == 200


async def test_no_email_is_sent_for_a_deleted_account(shop: Shop) -> None:
    with pytest.raises(Missing):
        await shop.users.email_token("usr_nobody", "reset")


async def test_an_address_is_confirmed_over_the_api(api: httpx.AsyncClient, shop: Shop) -> None:
    await shop.users.register(ADA, WORDS, "Ada")
    assert (await api.post("/v1/email-verifications", json={})).json()["errors"][0]["pointer"] == "/token"
    ada = await sign_in(api, ADA, WORDS)
    assert (await api.post("/v1/email-verifications", json={}, headers=ada)).json() == {"status": "sent"}
    token = await token_of(shop, "Your account is ready")
    done = await api.post("/v1/email-verifications", json={"token": token}, headers=ada)
    assert done.json() == {"status": "verified"}
    assert (await api.get("/v1/me", headers=ada)).json()["verified"] is True


@pytest.mark.parametrize("typed", [" ADA@example.com ", "ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ada\u200b@example.com"])
async def test_an_account_is_registered_and_entered_by_one_address_however_it_is_typed(shop: Shop, typed: str) -> None:
    ada = await shop.users.register(typed, WORDS, " Ａｄａ　Lovelace\u200b")
    assert (ada.email.casefold(), ada.name) == (ADA, "Ada Lovelace")
    with pytest.raises(Conflict):
        await shop.users.register(ADA, WORDS, "Ada")
    for email in (ADA, typed):
        assert await shop.users.sign_in(email, WORDS)
        assert (await shop.users.by_email(email)).id == ada.id


async def test_a_name_of_invisible_characters_is_empty(shop: Shop) -> None:
    with pytest.raises(Invalid, match="A name has"):
        await shop.users.register(ADA, WORDS, "\u200b\u3000")


async def test_a_phone_number_of_a_profile_is_read_for_the_country_of_its_newest_address(shop: Shop) -> None:
    ada = await shop.users.register(ADA, WORDS, "Ada")
    with pytest.raises(Invalid, match="with that of its country"):
        await shop.users.change_profile(ada.id, ProfileChange(phone="030 901820"))
    await shop.users.save_address(ada.id, BERLIN)
    assert (await shop.users.change_profile(ada.id, ProfileChange(phone="030 901820"))).phone == "+4930901820"
