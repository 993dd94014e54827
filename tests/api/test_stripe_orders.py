"""A shop that is paid by Stripe: connecting it, orders, what Stripe tells, refunds."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.services.orders.contract import NewRefund
from shopwright.web.application import build
from tests.builders.api import order, ready_cart
from tests.builders.goods import sell
from tests.builders.health import healthy
from tests.builders.shops import Post, running_shop
from tests.builders.stripe_double import KEYS, StripeDouble


@pytest.fixture
async def shop(
    data: tuple[Path, str], clock: HandClock, post: Post, stripe_double: StripeDouble
) -> AsyncIterator[Shop]:
    """A shop that names Stripe and has no keys yet."""
    async with running_shop(data, clock, post, payments=f"stripe://?api={stripe_double.url}") as made:
        yield made


@pytest.fixture
async def api(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


async def paid_by(api: httpx.AsyncClient, shop: Shop, token: str, key: str) -> httpx.Response:
    product = await sell(shop)
    return await order(api, await ready_cart(api, product.variants[0].sku), token, key, provider="stripe")


async def test_a_shop_sells_nothing_until_its_keys_are_entered(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], stripe_double: StripeDouble
) -> None:
    refused = await paid_by(api, shop, stripe_double.token("ok"), "k1")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_payment_provider")
    [before] = (await api.get("/v1/payment-providers", headers=staff)).json()["items"]
    assert (before["name"], before["connected"]) == ("stripe", False)
    connected = await api.put("/v1/payment-providers/stripe", json={"keys": KEYS}, headers=staff)
    assert connected.status_code == 200, connected.text
    assert connected.json()["connected"]
    assert [one["ends_with"] for one in connected.json()["keys"]] == ["2345", "pk_test_12345", "uble"]
    assert KEYS["secret_key"] not in connected.text
    assert (await paid_by(api, shop, stripe_double.token("ok"), "k2")).json()["status"] == "paid"
    assert (await api.delete("/v1/payment-providers/stripe", headers=staff)).status_code == 204
    assert (await paid_by(api, shop, stripe_double.token("ok"), "k3")).status_code == 409


async def test_keys_are_stored_encrypted_and_a_wrong_one_is_not_repeated(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    await api.put("/v1/payment-providers/stripe", json={"keys": KEYS}, headers=staff)
    [row] = await shop.databases["payments"].fetch("SELECT * FROM provider_keys")
    assert not any(key in row["keys"] for key in KEYS.values())
    swapped = {"secret_key": KEYS["publishable_key"], "publishable_key": KEYS["secret_key"], "colour": "blue"}
    refused = await api.put("/v1/payment-providers/stripe", json={"keys": swapped}, headers=staff)
    assert refused.status_code == 422
    assert {one["pointer"] for one in refused.json()["errors"]} == {
        "/keys/secret_key", "/keys/publishable_key", "/keys/colour",
    }  # fmt: skip
    assert not any(key in refused.text for key in KEYS.values())
    unknown = await api.put("/v1/payment-providers/paypal", json={"keys": {}}, headers=staff)
    assert (unknown.status_code, "it names stripe" in unknown.json()["detail"]) == (404, True)
    assert (await api.get("/v1/payment-providers")).status_code == 401


@pytest.fixture
async def connected(shop: Shop) -> Shop:
    """A shop with keys of the provider."""
    await shop.payments.connect("stripe", KEYS, "usr_owner")
    return shop


async def test_keys_are_examined_at_stripe(connected: Shop, stripe_double: StripeDouble) -> None:
    good = await connected.payments.examine("stripe")
    assert (good.problem, good.live) == ("", False)
    stripe_double.refuse(401, times=2)
    assert "does not answer as it should" in (await connected.payments.examine("stripe")).problem


async def test_an_order_is_paid_declined_or_challenged(
    connected: Shop, api: httpx.AsyncClient, stripe_double: StripeDouble
) -> None:
    good = await paid_by(api, connected, stripe_double.token("ok"), "good")
    assert (good.status_code, good.json()["status"], good.json()["payment"]["provider"]) == (201, "paid", "stripe")
    declined = await paid_by(api, connected, stripe_double.token("declined"), "bad")
    assert (declined.json()["payment"]["status"], declined.json()["payment"]["code"]) == ("failed", "payment_declined")
    asked = (await paid_by(api, connected, stripe_double.token("3ds"), "3ds")).json()["payment"]
    assert asked["status"] == "requires_action"
    assert asked["next_action"] == {"type": "redirect", "url": f"http://shop.test/payments/{asked['id']}/confirm"}
    [row] = await connected.databases["payments"].fetch("SELECT reference FROM payments WHERE id = :id", id=asked["id"])
    stripe_double.authenticate(row["reference"], success=True)
    assert (await connected.payments.look_up(asked["id"])).status == "captured"
    await connected.bus.settle()
    await healthy(connected)


async def test_a_notice_completes_an_order_once_in_whatever_order_and_number_they_come(
    connected: Shop, api: httpx.AsyncClient, stripe_double: StripeDouble
) -> None:
    asked = (await paid_by(api, connected, "", "hosted")).json()
    assert asked["payment"]["next_action"]["url"].startswith("https://checkout.stripe.com/")
    [row] = await connected.databases["payments"].fetch("SELECT reference FROM payments")
    session = row["reference"]
    stripe_double.pay_session(session)
    intent = stripe_double.object(f"/v1/checkout/sessions/{session}")["payment_intent"]
    notices = [
        stripe_double.notice("payment_intent.succeeded", intent),
        stripe_double.notice("checkout.session.completed", stripe_double.object(f"/v1/checkout/sessions/{session}")),
        stripe_double.notice("payment_intent.created", intent),
    ]
    answers = [
        await api.post("/v1/payment-webhooks/stripe", headers=headers, content=body)
        for headers, body in [*notices, *reversed(notices)]
    ]
    assert {answer.status_code for answer in answers} == {204}
    await connected.bus.settle()
    order_id = asked["id"]
    assert (await connected.orders.get(order_id)).status == "paid"
    calls = len(stripe_double.calls)
    headers, body = notices[0]
    assert (await api.post("/v1/payment-webhooks/stripe", headers=headers, content=body)).status_code == 204
    assert len(stripe_double.calls) == calls, "a notice that was handled asks nobody again"
    wrong = await api.post(
        "/v1/payment-webhooks/stripe", headers=headers, content=body.replace(b"succeeded", b"failed")
    )
    assert wrong.status_code == 403
    foreign = {"id": "pi_foreign", "object": "payment_intent", "metadata": {}}
    headers, body = stripe_double.notice("payment_intent.succeeded", foreign)
    assert (await api.post("/v1/payment-webhooks/stripe", headers=headers, content=body)).status_code == 204
    await healthy(connected)


async def test_refunds_and_disputes_reach_the_order(
    connected: Shop, api: httpx.AsyncClient, stripe_double: StripeDouble
) -> None:
    placed = (await paid_by(api, connected, stripe_double.token("ok"), "k")).json()
    await connected.bus.settle()
    done = await connected.orders.refund(placed["id"], NewRefund(reason="Broken", amount=1000), "r1", SYSTEM)
    assert done.payment.refunded.amount == 1000
    [row] = await connected.databases["payments"].fetch("SELECT reference FROM payments")
    stripe_double.refund(row["reference"], 500)
    refund = {"id": "re_told", "object": "refund", "payment_intent": row["reference"]}
    headers, body = stripe_double.notice("refund.created", refund)
    assert (await api.post("/v1/payment-webhooks/stripe", headers=headers, content=body)).status_code == 204
    await connected.bus.settle()
    assert (await connected.orders.get(placed["id"])).payment.refunded.amount == 1500
    stripe_double.dispute(row["reference"], "needs_response")
    dispute = {"id": "dp_told", "object": "dispute", "payment_intent": row["reference"]}
    headers, body = stripe_double.notice("charge.dispute.created", dispute)
    assert (await api.post("/v1/payment-webhooks/stripe", headers=headers, content=body)).status_code == 204
    await connected.bus.settle()
    assert (await connected.orders.get(placed["id"])).payment.status == "disputed"
    await healthy(connected)


async def test_a_payment_without_an_answer_is_asked_about_until_it_is_known(
    connected: Shop, api: httpx.AsyncClient, stripe_double: StripeDouble, clock: HandClock
) -> None:
    token = stripe_double.token("ok")
    stripe_double.lose(times=2)
    answer = await paid_by(api, connected, token, "lost")
    assert answer.status_code in {201, 503}, answer.text
    clock.move(seconds=60)
    await connected.payments.ask_undecided()
    await connected.bus.settle()
    [row] = await connected.databases["payments"].fetch("SELECT status FROM payments")
    assert row["status"] == "captured"
    created = [call for call in stripe_double.calls if call == ("POST", "/v1/payment_intents")]
    assert len(created) == 3, "asked again with the same key, so that one payment was made"
    [made] = await connected.orders.search()
    assert made.status == "paid"
