"""Stripe, against localstripe: what shoppers, Stripe and the network may do to a payment."""

import asyncio

import pytest
from aiohttp import web

from shopwright.engines.payments.stripe.provider import StripeProvider
from shopwright.engines.payments.stripe.units import from_units, to_units
from shopwright.kit.currencies import DIGITS
from shopwright.kit.errors import Denied, Malformed, Refused, Unavailable
from shopwright.kit.money import Money
from shopwright.kit.provider import NotConnected, ProviderPayment
from tests.builders.stripe_double import KEYS, StripeDouble, signed

SHOP = "https://shop.example.com"
TOTAL = Money(6890, "EUR")
Keys = dict[str, str]


@pytest.fixture
def keys() -> Keys:
    return dict(KEYS)


@pytest.fixture
async def stripe(stripe_double: StripeDouble, keys: Keys):
    async def read() -> Keys:
        return keys

    found = StripeProvider(SHOP, read, stripe_double.url)
    yield found
    await found.close()


counter = iter(range(10_000))


async def paid(stripe: StripeProvider, stripe_double: StripeDouble, kind: str = "ok", **more) -> ProviderPayment:
    values = {"key": f"pay_{next(counter)}", "amount": TOTAL, "return_url": f"{SHOP}/back", "capture": "automatic"}
    values["token"] = stripe_double.token(kind) if kind and "token" not in more else ""
    return await stripe.open(**{**values, **more})


async def test_a_good_card_pays_at_once(stripe: StripeProvider, stripe_double: StripeDouble) -> None:
    found = await paid(stripe, stripe_double, key="pay_good")
    assert (found.status, found.amount, found.key, found.refunds) == ("captured", TOTAL, "pay_good", ())
    assert stripe_double.object(f"/v1/payment_intents/{found.reference}")["metadata"] == {
        "payment": "pay_good",
        "shop": SHOP,
    }


async def test_a_declined_card_fails_with_its_reason_and_cannot_be_confirmed_later(
    stripe: StripeProvider, stripe_double: StripeDouble
) -> None:
    with pytest.raises(Refused, match="declined"):
        await paid(stripe, stripe_double, "declined")
    found = await paid(stripe, stripe_double, "3ds")
    stripe_double.authenticate(found.reference, success=False)
    after = await stripe.look_up(found.reference)
    assert (after.status, after.reason) == ("failed", "The provided PaymentMethod has failed authentication.")
    assert stripe_double.object(f"/v1/payment_intents/{found.reference}")["status"] == "canceled"


async def test_a_challenge_is_answered_on_a_page_of_the_shop(
    stripe: StripeProvider, stripe_double: StripeDouble
) -> None:
    found = await paid(stripe, stripe_double, "3ds", key="pay_challenge")
    assert (found.status, found.redirect_url) == ("requires_action", f"{SHOP}/payments/pay_challenge/confirm")
    stripe_double.authenticate(found.reference, success=True)
    assert (await stripe.look_up(found.reference)).status == "captured"


async def test_without_a_token_the_shopper_pays_on_the_page_of_stripe(
    stripe: StripeProvider, stripe_double: StripeDouble
) -> None:
    found = await paid(stripe, stripe_double, "", key="pay_hosted")
    assert found.status == "requires_action"
    assert (found.redirect_url or "").startswith("https://checkout.stripe.com/")
    assert (await stripe.look_up(found.reference)).status == "requires_action"
    stripe_double.pay_session(found.reference)
    after = await stripe.look_up(found.reference)
    assert (after.status, after.key, after.reference[:3]) == ("captured", "pay_hosted", "pi_")


async def test_a_hosted_page_that_was_left_is_closed(stripe: StripeProvider, stripe_double: StripeDouble) -> None:
    found = await paid(stripe, stripe_double, "")
    assert (await stripe.void(found.reference)).status == "cancelled"
    paid_meanwhile = await paid(stripe, stripe_double, "")
    stripe_double.pay_session(paid_meanwhile.reference)
    assert (await stripe.void(paid_meanwhile.reference)).status == "captured"


async def test_an_authorised_payment_is_captured_once_or_voided(
    stripe: StripeProvider, stripe_double: StripeDouble
) -> None:
    found = await paid(stripe, stripe_double, capture="manual")
    assert found.status == "authorized"
    assert (await stripe.capture(found.reference)).status == "captured"
    assert (await stripe.capture(found.reference)).status == "captured"
    assert (await stripe.void(found.reference)).status == "captured"
    other = await paid(stripe, stripe_double, capture="manual")
    assert (await stripe.void(other.reference)).status == "cancelled"
    with pytest.raises(Refused, match="nothing to capture"):
        await stripe.capture(other.reference)


async def test_the_same_payment_is_opened_once_however_often_it_is_asked_for(
    stripe: StripeProvider, stripe_double: StripeDouble
) -> None:
    token = stripe_double.token("ok")
    asked = {"key": "pay_once", "amount": TOTAL, "token": token, "return_url": "", "capture": "automatic"}
    found = await asyncio.gather(*(stripe.open(**asked) for _ in range(3)))
    again = await stripe.open(**asked)
    assert (
        len({one.reference for one in found} | {again.reference}) <= 3
    )  # at once: localstripe knows no keys in flight
    assert (await stripe.open(**asked)).reference == again.reference


async def test_a_refund_is_made_once_for_each_key_and_found_again(
    stripe: StripeProvider, stripe_double: StripeDouble
) -> None:
    found = await paid(stripe, stripe_double)
    first = await stripe.refund(key="r1/pay", reference=found.reference, amount=Money(1000, "EUR"))
    again = await stripe.refund(key="r1/pay", reference=found.reference, amount=Money(1000, "EUR"))
    assert (first.status, first.key, first) == ("settled", "r1/pay", again)
    stripe_double.refund(found.reference, 500)
    after = await stripe.look_up(found.reference)
    assert (after.refunded, sorted(one.key for one in after.refunds)) == (1500, ["", "r1/pay"])


async def test_a_dispute_is_open_until_the_bank_decides(stripe: StripeProvider, stripe_double: StripeDouble) -> None:
    found = await paid(stripe, stripe_double)
    for status, expected in (
        ("warning_needs_response", ""), ("needs_response", "open"), ("under_review", "open"), ("won", "won"), ("lost", "lost"),
    ):  # fmt: skip
        stripe_double.dispute(found.reference, status)
        assert (await stripe.look_up(found.reference)).dispute == expected


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        (lambda: web.json_response({"error": {"type": "rate_limit"}}, status=429, headers={"Retry-After": "17"}), 17),
        (lambda: web.json_response({"error": {"type": "api_error"}}, status=500), 5),
        (lambda: web.Response(text="<html>Bad gateway</html>", status=502), 5),
        (lambda: web.Response(text="{broken", content_type="application/json"), 5),
        (lambda: web.json_response({"error": {"type": "invalid_request_error"}}, status=401), 5),
    ],
    ids=["slow down", "error", "no JSON", "half an answer", "expired key"],
)
async def test_an_answer_that_decides_nothing_may_be_asked_for_again(
    stripe: StripeProvider, stripe_double: StripeDouble, answer, retry_after: int, caplog: pytest.LogCaptureFixture
) -> None:
    found = await paid(stripe, stripe_double)
    stripe_double.failures += [answer] * 2
    with pytest.raises(Unavailable) as caught:
        await stripe.look_up(found.reference)
    assert caught.value.data == {"retry_after": retry_after}
    stripe_double.failures.clear()
    assert (await stripe.look_up(found.reference)).status == "captured"
    assert KEYS["secret_key"] not in caplog.text + caught.value.detail


async def test_a_lost_answer_leads_to_the_same_payment(stripe: StripeProvider, stripe_double: StripeDouble) -> None:
    token = stripe_double.token("ok")
    stripe_double.after += [lambda: web.Response(text="", status=502)]
    found = await paid(stripe, stripe_double, key="pay_lost", token=token)  # the library asks again with the same key
    assert found.status == "captured"
    assert [call for call in stripe_double.calls if call[0] == "POST"][-2:] == [("POST", "/v1/payment_intents")] * 2


async def test_a_shop_without_keys_or_a_network_says_so(
    stripe: StripeProvider, stripe_double: StripeDouble, keys: Keys
) -> None:
    del keys["secret_key"]
    with pytest.raises(NotConnected, match="keys are missing"):
        await paid(stripe, stripe_double)
    keys["secret_key"] = "sk_test_12345"

    async def read() -> Keys:
        return keys

    alone = StripeProvider(SHOP, read, "http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        await alone.look_up("pi_1")
    await alone.close()


async def test_a_notice_names_the_payment_if_its_signature_is_right(
    stripe: StripeProvider, stripe_double: StripeDouble
) -> None:
    found = await paid(stripe, stripe_double, key="pay_told")
    intent = stripe_double.object(f"/v1/payment_intents/{found.reference}")
    headers, body = stripe_double.notice("payment_intent.succeeded", intent)
    notice = await stripe.verify(headers, body)
    assert (notice.reference, notice.key, notice.kind) == (found.reference, "pay_told", "payment_intent.succeeded")
    for wrong_headers, wrong_body in (
        ({}, body),
        (headers, body + b" "),
        ({"Stripe-Signature": headers["Stripe-Signature"].replace("v1=", "v1=0")}, body),
        stripe_double.notice("payment_intent.succeeded", intent, age_s=301),
        (headers, b"\xff\xfe"),
    ):
        with pytest.raises(Denied):
            await stripe.verify(wrong_headers, wrong_body)


async def test_a_notice_of_another_shop_names_no_payment(stripe: StripeProvider, stripe_double: StripeDouble) -> None:
    foreign = {
        "id": "pi_9",
        "object": "payment_intent",
        "metadata": {"payment": "pay_9", "shop": "https://other.example"},
    }
    notice = await stripe.verify(*stripe_double.notice("payment_intent.succeeded", foreign))
    assert (notice.reference, notice.key) == ("", "")
    refund = {"id": "re_9", "object": "refund", "payment_intent": "pi_9"}
    assert (await stripe.verify(*stripe_double.notice("refund.updated", refund))).reference == "pi_9"
    customer = {"id": "cus_1", "object": "customer"}
    assert (await stripe.verify(*stripe_double.notice("customer.created", customer))).reference == ""


async def test_a_signed_body_that_is_no_event_is_refused(stripe: StripeProvider) -> None:
    with pytest.raises(Malformed):
        await stripe.verify(signed(b"[]"), b"[]")


@pytest.mark.parametrize("currency", sorted(DIGITS))
def test_every_currency_of_iso_4217_round_trips_in_units_of_stripe(currency: str) -> None:
    for amount in (0, 100, 1_000, 123_000, 99_999_000):
        money = Money(amount, currency)
        assert from_units(to_units(money), currency.lower()) == money


def test_amounts_that_stripe_cannot_take_are_refused() -> None:
    assert [to_units(Money(500, code)) for code in ("EUR", "JPY", "KWD", "ISK", "UGX", "MGA")] == [500, 500, 500, 50_000, 50_000, 5]  # fmt: skip
    for amount, currency in ((1, "KWD"), (1, "MGA"), (12_345, "BHD")):
        with pytest.raises(Refused, match="Stripe cannot take exactly"):
            to_units(Money(amount, currency))
    with pytest.raises(Refused, match="is no amount"):
        from_units(50, "isk")
