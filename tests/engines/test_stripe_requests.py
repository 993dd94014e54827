"""Every request to Stripe is valid by Stripe's own description of its API, which stripe-mock checks."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from shopwright.engines.payments.stripe.provider import StripeProvider
from shopwright.kit.money import Money
from tests.builders.environment import need

URL = os.environ.get("SHOPWRIGHT_TEST_STRIPE_MOCK", "")
TOTAL = Money(6890, "EUR")


@pytest.fixture
async def stripe() -> AsyncIterator[StripeProvider]:
    need(bool(URL), "stripe-mock (SHOPWRIGHT_TEST_STRIPE_MOCK)")

    async def keys() -> dict[str, str]:
        return {"secret_key": "sk_test_123", "publishable_key": "pk_test_123"}

    found = StripeProvider("https://shop.example.com", keys, URL)
    yield found
    await found.close()


async def test_payments_sessions_and_refunds_are_valid_requests(stripe: StripeProvider) -> None:
    opened = await stripe.open(key="pay_1", amount=TOTAL, token="pm_card_visa", return_url="", capture="manual")
    assert opened.reference.startswith("pi_")
    hosted = await stripe.open(
        key="pay_2", amount=TOTAL, token="", return_url="https://shop.example.com/x", capture="automatic"
    )
    assert hosted.reference.startswith("cs_")
    assert hosted.redirect_url is None or hosted.redirect_url.startswith("https://")
    assert (await stripe.look_up(opened.reference)).amount.currency == "USD"  # the example of Stripe's documentation
    assert (await stripe.void(opened.reference)).reference
    refunded = await stripe.refund(key="r1", reference=opened.reference, amount=Money(100, "EUR"))
    assert refunded.reference.startswith("re_")
    assert await stripe.payments_since(datetime(2026, 11, 1, tzinfo=UTC), 10) == []  # those of other shops are left out
    assert not (await stripe.examine()).live
