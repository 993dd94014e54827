"""PayPal, against a double of ours that PayPal's own documents check: what shoppers, PayPal and the network may do."""

import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from shopwright.engines.payments.paypal.provider import PayPalProvider
from shopwright.engines.payments.paypal.units import from_custom_id, from_value, to_custom_id, to_value
from shopwright.kit.currencies import DIGITS
from shopwright.kit.errors import Denied, Malformed, Refused, Unavailable
from shopwright.kit.money import Money
from shopwright.kit.provider import NotConnected, ProviderPayment
from tests.builders.environment import need
from tests.builders.paypal_double import KEYS, ORDERS, PayPalDouble, serving_double, validator

SHOP = "https://shop.example.com"
TOTAL = Money(6890, "EUR")
Keys = dict[str, str]
counter = itertools.count()


@pytest.fixture(scope="module")
def served() -> Iterator[PayPalDouble]:
    with serving_double() as found:
        yield found


@pytest.fixture
def double(served: PayPalDouble) -> PayPalDouble:
    served.failures.clear()
    served.after.clear()
    return served


@pytest.fixture
def keys() -> Keys:
    return dict(KEYS)


@pytest.fixture
async def paypal(double: PayPalDouble, keys: Keys) -> AsyncIterator[PayPalProvider]:
    async def read() -> Keys:
        return keys

    found = PayPalProvider(SHOP, read, double.url, [double.root])
    yield found
    await found.close()


async def opened(paypal: PayPalProvider, **more) -> ProviderPayment:
    values = {"key": f"pay_{next(counter)}", "amount": TOTAL, "token": "", "return_url": f"{SHOP}/back"}
    return await paypal.open(**{**values, "capture": "automatic", **more})


async def paid(paypal: PayPalProvider, double: PayPalDouble, **more) -> ProviderPayment:
    found = await opened(paypal, **more)
    double.approve(found.reference)
    return await paypal.authorise(found.reference)


def test_requests_and_answers_are_checked_by_the_documents_of_paypal() -> None:
    need(validator(ORDERS, "order_request") is not None, "PayPal's OpenAPI documents")
    validator(ORDERS, "order_request").validate({"intent": "CAPTURE", "purchase_units": [{"amount": to_value(TOTAL)}]})
    with pytest.raises(Exception, match="'intent' is a required property"):
        validator(ORDERS, "order_request").validate({"purchase_units": [{"amount": to_value(TOTAL)}]})


async def test_a_shopper_approves_at_paypal_and_the_shop_captures(paypal: PayPalProvider, double: PayPalDouble) -> None:
    found = await opened(paypal, key="pay_good")
    assert (found.status, found.amount, found.key) == ("requires_action", TOTAL, "pay_good")
    assert (found.redirect_url or "").startswith("https://www.sandbox.paypal.com/")
    assert (await paypal.look_up(found.reference)).status == "requires_action"
    double.approve(found.reference)
    assert (await paypal.look_up(found.reference)).status == "approved"
    assert (await paypal.authorise(found.reference)).status == "captured"
    assert (await paypal.authorise(found.reference)).status == "captured"
    captures = [path for method, path in double.calls if path.endswith(f"{found.reference}/capture")]
    assert len(captures) == 1


async def test_a_payment_is_authorised_then_captured_or_voided(paypal: PayPalProvider, double: PayPalDouble) -> None:
    found = await paid(paypal, double, capture="manual")
    assert found.status == "authorized"
    assert (await paypal.capture(found.reference)).status == "captured"
    assert (await paypal.void(found.reference)).status == "captured"
    other = await paid(paypal, double, capture="manual")
    assert (await paypal.void(other.reference)).status == "cancelled"
    with pytest.raises(Refused, match="nothing to capture"):
        await paypal.capture(other.reference)


async def test_a_declined_account_leads_back_to_paypal(paypal: PayPalProvider, double: PayPalDouble) -> None:
    double.declines = 1
    found = await paid(paypal, double)
    assert (found.status, bool(found.redirect_url)) == ("requires_action", True)
    assert (await paypal.authorise(found.reference)).status == "captured"


async def test_an_order_that_was_left_is_cancelled_and_never_captured(
    paypal: PayPalProvider, double: PayPalDouble
) -> None:
    found = await opened(paypal)
    assert (await paypal.void(found.reference)).status == "cancelled"
    double.forget(found.reference)
    assert (await paypal.look_up(found.reference)).status == "cancelled"


async def test_the_same_payment_is_opened_once_however_often_it_is_asked_for(paypal: PayPalProvider) -> None:
    first, again = await opened(paypal, key="pay_once"), await opened(paypal, key="pay_once")
    assert first == again


async def test_a_refund_is_made_once_for_each_key_and_found_again(paypal: PayPalProvider, double: PayPalDouble) -> None:
    found = await paid(paypal, double)
    first = await paypal.refund(key="r1/pay", reference=found.reference, amount=Money(1000, "EUR"))
    again = await paypal.refund(key="r1/pay", reference=found.reference, amount=Money(1000, "EUR"))
    assert (first.status, first.key, first) == ("settled", "r1/pay", again)
    double.refund(found.reference, "5.00")
    double.refund(found.reference, "1.00", status="FAILED")
    after = await paypal.look_up(found.reference)
    assert (after.refunded, [one.status for one in after.refunds]) == (1500, ["settled", "settled", "refused"])
    with pytest.raises(Refused):
        await paypal.refund(key="r2/pay", reference=found.reference, amount=TOTAL)


@pytest.mark.parametrize(
    ("status", "outcome", "expected"),
    [
        ("WAITING_FOR_SELLER_RESPONSE", "", "open"),
        ("UNDER_REVIEW", "", "open"),
        ("RESOLVED", "RESOLVED_SELLER_FAVOUR", "won"),
        ("RESOLVED", "CANCELED_BY_BUYER", "won"),
        ("RESOLVED", "RESOLVED_BUYER_FAVOUR", "lost"),
    ],
)
async def test_a_dispute_is_open_until_paypal_decides(
    paypal: PayPalProvider, double: PayPalDouble, status: str, outcome: str, expected: str
) -> None:
    found = await paid(paypal, double)
    assert found.dispute == ""
    double.dispute(found.reference, status, outcome)
    assert (await paypal.look_up(found.reference)).dispute == expected


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        (lambda: web.json_response({"name": "RATE_LIMIT_REACHED"}, status=429, headers={"Retry-After": "17"}), 17),
        (lambda: web.json_response({"name": "INTERNAL_SERVER_ERROR"}, status=500), 5),
        (lambda: web.Response(text="<html>Bad gateway</html>", status=502), 5),
        (lambda: web.Response(text="{broken", content_type="application/json"), 5),
        (lambda: web.json_response({"name": "AUTHENTICATION_FAILURE"}, status=401), 5),
    ],
    ids=["slow down", "error", "no JSON", "half an answer", "expired key"],
)
async def test_an_answer_that_decides_nothing_may_be_asked_for_again(
    paypal: PayPalProvider, double: PayPalDouble, answer, retry_after: int, caplog: pytest.LogCaptureFixture
) -> None:
    found = await paid(paypal, double)
    double.failures += [answer] * 2
    with pytest.raises(Unavailable) as caught:
        await paypal.look_up(found.reference)
    assert caught.value.data == {"retry_after": retry_after}
    double.failures.clear()
    assert (await paypal.look_up(found.reference)).status == "captured"
    assert KEYS["client_secret"] not in caplog.text + caught.value.detail


async def test_a_lost_answer_leads_to_the_same_payment(paypal: PayPalProvider, double: PayPalDouble) -> None:
    double.after += [lambda: web.Response(text="", status=502)]
    with pytest.raises(Unavailable):
        await opened(paypal, key="pay_lost")
    found = await opened(paypal, key="pay_lost")
    assert [one["purchase_units"][0]["custom_id"] for one in double.orders.values()].count("pay_lost") == 1
    assert found.key == "pay_lost"


async def test_a_shop_without_keys_or_a_network_says_so(paypal: PayPalProvider, keys: Keys) -> None:
    assert not (await paypal.examine()).live
    keys["client_secret"] = "wrong"
    keys["client_id"] = "other"
    with pytest.raises(Unavailable):
        await paypal.examine()
    del keys["client_secret"]
    with pytest.raises(NotConnected, match="keys are missing"):
        await paypal.examine()


async def test_payments_are_found_in_the_report(paypal: PayPalProvider, double: PayPalDouble) -> None:
    found = await paid(paypal, double, key="pay_reported")
    reported = await paypal.payments_since(datetime.now(UTC) - timedelta(days=60), 10_000)
    assert found.key in {one.key for one in reported}


async def test_a_notice_names_the_payment_if_its_signature_is_right(
    paypal: PayPalProvider, double: PayPalDouble
) -> None:
    found = await paid(paypal, double, key="pay_told")
    related = {"supplementary_data": {"related_ids": {"order_id": found.reference}}}
    for kind, resource, key in (
        ("CHECKOUT.ORDER.APPROVED", double.orders[found.reference], "pay_told"),
        ("PAYMENT.CAPTURE.COMPLETED", {"id": "C1", "custom_id": "pay_told", **related}, "pay_told"),
        ("PAYMENT.CAPTURE.REFUNDED", {"id": "R1", "custom_id": "r1/pay_told", **related}, ""),
        ("CUSTOMER.DISPUTE.CREATED", {"disputed_transactions": [{"custom": "pay_told"}]}, "pay_told"),
    ):
        notice = await paypal.verify(*double.notice(kind, resource))
        assert notice.kind == kind
        assert notice.key == key or notice.reference == found.reference
    headers, body = double.notice("CHECKOUT.ORDER.APPROVED", {"id": "x"})
    for wrong in (
        {},
        {**headers, "PayPal-Transmission-Sig": "AAAA"},
        {**headers, "PayPal-Transmission-Id": "other"},
        {**headers, "PayPal-Auth-Algo": "none"},
        {**headers, "PayPal-Cert-Url": "https://evil.example/certificate.pem"},
        double.signed(body, timedelta(days=5)),
        double.signed(body + b" "),
    ):
        with pytest.raises(Denied):
            await paypal.verify(wrong, body)
    with pytest.raises(Malformed):
        await paypal.verify(double.signed(b"[]"), b"[]")


async def test_a_certificate_of_another_root_is_refused(double: PayPalDouble, keys: Keys) -> None:
    async def read() -> Keys:
        return keys

    real = PayPalProvider(SHOP, read, double.url)
    with pytest.raises(Denied):
        await real.verify(*double.notice("CHECKOUT.ORDER.APPROVED", {"id": "x"}))
    await real.close()


@pytest.mark.parametrize("currency", sorted(DIGITS))
def test_every_currency_of_iso_4217_round_trips_as_paypal_writes_it(currency: str) -> None:
    for amount in (0, 100, 123_000, 99_999_000):
        money = Money(amount, currency)
        assert from_value(to_value(money)) == money


def test_amounts_are_written_with_the_decimals_of_their_currency() -> None:
    assert [to_value(Money(500, code))["value"] for code in ("EUR", "JPY", "KWD", "HUF")] == [
        "5.00",
        "500",
        "0.500",
        "5",
    ]
    with pytest.raises(Refused, match="PayPal cannot take exactly"):
        to_value(Money(505, "TWD"))
    with pytest.raises(Refused, match="is no amount"):
        from_value({"currency_code": "JPY", "value": "5.5"})


def test_keys_of_refunds_round_trip_in_the_characters_of_paypal() -> None:
    for key in ("rf_01/pay_02", "a.b:c/d", "", "plain"):
        assert from_custom_id(to_custom_id(key)) == key
    assert to_custom_id("r1/pay") == "r1.2fpay"
