"""Messages cannot be abused: not sent on demand of others, not with their text, and not without limit."""

import re

import httpx
import pytest

from shopwright.app import Shop
from shopwright.services.inventory.contract import Adjustment
from shopwright.web.application import build
from tests.builders.customers import ADA, WORDS, confirm, sign_in
from tests.builders.goods import sell
from tests.builders.messages import email_text, send_all
from tests.builders.pages import csrf
from tests.builders.shops import QUICK, make_settings

EVIL = "Visit http://evil.example now"


async def subjects(shop: Shop, to: str = ADA) -> list[str]:
    await send_all(shop)
    return [one.subject for one in await shop.notifications.messages(text=to)]


async def back(shop: Shop, product) -> None:
    [variant] = product.variants
    await shop.inventory.adjust([Adjustment(variant_id=variant.id, on_hand=3, reason="delivery")])
    await shop.bus.settle()


async def test_an_alert_requested_for_another_address_waits_for_its_confirmation(
    shop: Shop, api: httpx.AsyncClient
) -> None:
    kettle = await sell(shop, on_hand=0)
    for _ in range(9):
        answer = await api.post("/v1/stock-alerts", json={"sku": kettle.variants[0].sku, "email": ADA})
        assert (answer.status_code, answer.json()) == (202, {"status": "confirmation_sent"})
    await back(shop, kettle)
    assert await subjects(shop) == ["Shall we write when Harbour Kettle is back?"]


@pytest.mark.parametrize("how", ["page", "api"])
async def test_a_confirmation_is_acknowledged(
    shop: Shop, api: httpx.AsyncClient, readable_messages: None, how: str
) -> None:
    kettle = await sell(shop, on_hand=0)
    await api.post("/v1/stock-alerts", json={"sku": kettle.variants[0].sku, "email": ADA})
    text = await email_text(shop, "Shall we write when Harbour Kettle is back?")
    token = re.search(r"confirm-alert\?token=(\w+)", text)[1]
    wrong = await api.post("/v1/stock-alerts/confirmations", json={"token": token[:-2]})
    assert wrong.status_code == 404
    if how == "api":
        assert (await api.post("/v1/stock-alerts/confirmations", json={"token": token})).status_code == 202
    else:
        fields = {"_csrf_token": await csrf(api, f"/confirm-alert?token={token}"), "token": token}
        assert "We will write to you" in (await api.post("/confirm-alert", data=fields)).text
    await back(shop, kettle)
    assert "Harbour Kettle is back" in await subjects(shop)


async def test_an_expired_confirmation_confirms_nothing(shop: Shop, api: httpx.AsyncClient, readable_messages) -> None:
    kettle = await sell(shop, on_hand=0)
    await api.post("/v1/stock-alerts", json={"sku": kettle.variants[0].sku, "email": ADA})
    text = await email_text(shop, "Shall we write when Harbour Kettle is back?")
    token = re.search(r"confirm-alert\?token=(\w+)", text)[1]
    shop.clock.move(days=1, minutes=1)
    assert (await api.post("/v1/stock-alerts/confirmations", json={"token": token})).status_code == 404


async def test_an_unverified_account_has_to_confirm_as_well(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle = await sell(shop, on_hand=0)
    await shop.users.register(ADA, WORDS, "Eve")
    eve = await sign_in(api, ADA, WORDS)
    body = {"sku": kettle.variants[0].sku}
    assert (await api.post("/v1/stock-alerts", json=body, headers=eve)).json() == {"status": "confirmation_sent"}
    await back(shop, kettle)
    assert "Harbour Kettle is back" not in await subjects(shop)
    await confirm(shop, ADA)
    assert (await api.post("/v1/stock-alerts", json=body, headers=eve)).json() == {"status": "watching"}


async def test_alerts_per_address_are_limited(shop: Shop, api: httpx.AsyncClient) -> None:
    for n in range(12):
        kettle = await sell(shop, f"Kettle {n}", on_hand=0)
        await api.post("/v1/stock-alerts", json={"sku": kettle.variants[0].sku, "email": ADA})
    assert len(await subjects(shop)) == 5


async def test_the_name_of_an_account_is_in_no_message_to_an_unverified_address(
    shop: Shop, api: httpx.AsyncClient
) -> None:
    await api.post("/v1/users", json={"email": ADA, "password": WORDS, "name": EVIL})
    await api.post("/v1/password-resets", json={"email": ADA})
    eve = await sign_in(api, ADA, WORDS)
    shop.clock.move(minutes=2)
    await api.post("/v1/email-verifications", json={}, headers=eve)
    await send_all(shop)
    found = await shop.notifications.messages(text=ADA)
    assert len(found) == 3
    for one in found:
        message = await shop.notifications.message(one.id)
        assert "evil" not in message.text + message.html + one.subject


@pytest.fixture
async def terse(data, clock):
    made = Shop(make_settings(*data, messages_per_hour=3), clock=clock, hasher=QUICK)
    async with made.running(deliver=False):
        yield made


async def test_messages_per_recipient_are_limited_except_those_about_security(terse: Shop) -> None:
    transport = httpx.ASGITransport(app=build(terse, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
        for n in range(5):
            kettle = await sell(terse, f"Kettle {n}", on_hand=0)
            await api.post("/v1/stock-alerts", json={"sku": kettle.variants[0].sku, "email": ADA})
        await send_all(terse)
        states = [one.state for one in await terse.notifications.messages(text=ADA)]
        assert sorted(states) == ["failed", "failed", "sent", "sent", "sent"]
        held = next(one for one in await terse.notifications.messages(text=ADA) if one.state == "failed")
        assert "Held back" in held.problem
        assert held.outcome == "held"
        await terse.users.register(ADA, WORDS, "Ada")
        await send_all(terse)
        [welcome] = [one for one in await terse.notifications.messages(text=ADA) if "account" in one.subject]
        assert welcome.state == "sent"
        await terse.notifications.retry(held.id)
        await send_all(terse)
        assert (await terse.notifications.message(held.id)).summary.state == "sent"
        terse.clock.move(hours=1)
        for n in range(9):
            terse.clock.move(minutes=2)
            user = await terse.users.by_email(ADA)
            await terse.users.change_password(
                await terse.users.session(await terse.users.open_session_for(user.id)), WORDS, WORDS
            )
            assert n >= 0
        await send_all(terse)
        security = [one.state for one in await terse.notifications.messages(text=ADA) if "changed" in one.subject]
        assert (security.count("sent"), len(security)) == (3, 6), "as many again are kept, and none beyond"
