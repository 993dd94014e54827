"""Pages of gift cards: payment, balance and staff; a code is in no address and no log."""

import logging
import re
from typing import Literal

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.money import Money
from shopwright.services.giftcards.contract import GiftCard, NewGiftCard
from shopwright.services.orders.contract import NewRefund
from tests.builders.messages import email_text, send_all
from tests.builders.pages import Browser, to_payment
from tests.builders.shops import OWNER

OFFICE = "/office/gift-cards"
CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b")


async def issue(shop: Shop, amount: int = 2000, email: str = "") -> GiftCard:
    new = NewGiftCard(amount=Money(amount, "EUR"), why="sold", recipient=email)
    return await shop.giftcards.issue(new, SYSTEM)


async def test_a_card_pays_at_checkout_and_the_order_shows_it(
    browser: Browser, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    card = await issue(shop)
    await to_payment(browser, shop)
    page = await browser.send("/cart/gift-cards", code=card.code.lower())
    assert f"Gift card ••••{card.last4}" in page
    assert "Pay €108.00" in page
    assert re.search(r"<dt>Total</dt><dd>€128.00", page)
    page = await browser.send("/checkout/payment", method="pretend_ok")
    assert "Thank you, Ada" in page
    assert f"Paid by gift card ••••{card.last4}" in page
    order = (await shop.orders.search())[0]
    page = await browser.go(f"/orders/{order.id}")
    assert f"Paid by gift card ••••{card.last4}" in page
    assert "Paid otherwise" in page
    assert card.code.lower() not in caplog.text.lower()
    assert card.code.replace("-", "").lower() not in caplog.text.lower()


async def test_an_order_that_was_never_paid_shows_no_card_payment(browser: Browser, shop: Shop) -> None:
    card = await issue(shop)
    await to_payment(browser, shop)
    await browser.send("/cart/gift-cards", code=card.code)
    await browser.send("/checkout/payment", method="pretend_declined")
    order = (await shop.orders.search())[0]
    for label in ("To pay", None):
        page = await browser.go(f"/orders/{order.id}")
        assert re.search(rf"<dt>Gift card ••••{card.last4}</dt><dd>€20.00", page)
        assert "Paid" not in page
        assert label is None or label in page
        await shop.orders.cancel(order.id, "Never paid", SYSTEM)


async def test_a_paid_and_cancelled_order_shows_its_card_payment(browser: Browser, shop: Shop) -> None:
    card = await issue(shop)
    await to_payment(browser, shop)
    await browser.send("/cart/gift-cards", code=card.code)
    await browser.send("/checkout/payment", method="pretend_ok")
    order = (await shop.orders.search())[0]
    await shop.orders.cancel(order.id, "Broken", SYSTEM)
    page = await browser.go(f"/orders/{order.id}")
    assert f"Paid by gift card ••••{card.last4}" in page
    assert "Paid otherwise" in page


@pytest.mark.usefixtures("readable_messages")
@pytest.mark.parametrize(
    ("worth", "came", "back"),
    [
        (2000, "We received €108.00 for order {}, and €20.00 was paid by gift card.", ("€108.00 is refunded to your payment method.", "€20.00 is refunded to your gift card.")),
        (50_000, "€128.00 for order {} was paid by gift card.", ("€128.00 is refunded to your gift card.",)),
    ],
)  # fmt: skip
async def test_messages_name_the_amount_paid_by_card_and_refunded_to_it(
    browser: Browser, shop: Shop, worth: int, came: str, back: tuple[str, ...]
) -> None:
    card = await issue(shop, worth)
    await to_payment(browser, shop)
    await browser.send("/cart/gift-cards", code=card.code)
    await browser.send("/checkout/payment", **({"method": "pretend_ok"} if worth < 12_800 else {}))
    order = (await shop.orders.search())[0]
    assert came.format(order.number) in await email_text(shop, f"Payment received for order {order.number}")
    await shop.orders.cancel(order.id, "Broken", SYSTEM)
    text = await email_text(shop, f"Order {order.number} is cancelled")
    assert all(one in text for one in back)
    assert ("to your payment method" in text) == (len(back) > 1)


async def test_a_card_that_covers_the_total_needs_no_other_payment(browser: Browser, shop: Shop) -> None:
    card = await issue(shop, 50_000)
    await to_payment(browser, shop)
    page = await browser.send("/cart/gift-cards", code=card.code)
    assert "There is nothing to pay." in page
    assert "Thank you, Ada" in await browser.send("/checkout/payment")
    assert (await shop.giftcards.card(card.id)).balance.amount == 50_000 - 12_800


async def test_a_wrong_code_is_reported_beside_its_field_and_a_card_is_removed(browser: Browser, shop: Shop) -> None:
    card = await issue(shop)
    await to_payment(browser, shop)
    await browser.go("/cart")
    page = await browser.send("/cart/gift-cards", code="7K3M-Q2XV-0D4H-9TRA")
    assert re.search(r'id="gift-code"[^>]*aria-invalid="true"', page)
    assert "There is no gift card with this code" in page
    await browser.go("/cart")
    page = await browser.send("/cart/gift-cards", code=card.code)
    assert "To pay" in page
    page = await browser.send("/cart/gift-cards", remove=card.id)
    assert "To pay" not in page


async def test_a_card_spent_meanwhile_is_reported_at_each_step(browser: Browser, shop: Shop) -> None:
    card = await issue(shop)
    await to_payment(browser, shop)
    await browser.send("/cart/gift-cards", code=card.code)
    await shop.giftcards.set_disabled(card.id, disabled=True)
    for step in ("/cart", "/checkout", "/checkout/payment"):
        page = await browser.go(step)
        assert f"The gift card ending in {card.last4} cannot be used any more. Remove it to continue." in page, step
    assert "cannot be used any more" in await browser.send("/checkout/payment", method="pretend_ok")
    await browser.go("/checkout/payment")
    assert "Pay €128.00" in await browser.send("/cart/gift-cards", remove=card.id)


async def test_a_card_spent_before_paying_again_is_reported_there(browser: Browser, shop: Shop) -> None:
    card = await issue(shop)
    await to_payment(browser, shop)
    await browser.send("/cart/gift-cards", code=card.code)
    await browser.send("/checkout/payment", method="pretend_declined")
    order = (await shop.orders.search())[0]
    await shop.giftcards.release_hold(order.id)
    await shop.giftcards.set_disabled(card.id, disabled=True)
    page = await browser.send("/checkout/payment", order=order.id, card="pretend_ok")
    assert "This gift card cannot pay as much any more." in page


async def test_a_buyer_who_saw_a_smaller_amount_confirms_again(browser: Browser, shop: Shop) -> None:
    card = await issue(shop)
    await to_payment(browser, shop)
    await browser.send("/cart/gift-cards", code=card.code)
    await shop.giftcards.hold("ord_other", [_share(card, 500)], shop.clock.now().replace(year=2030))
    page = await browser.send("/checkout/payment", method="pretend_ok")
    assert "Your gift cards leave €113.00 to pay, not what you saw." in page
    assert "Pay €113.00" in page


def _share(card: GiftCard, amount: int):
    from shopwright.services.giftcards.contract import GiftCardShare

    return GiftCardShare(card_id=card.id, last4=card.last4, amount=Money(amount, "EUR"))


async def test_anyone_may_check_a_balance_by_a_form(browser: Browser, shop: Shop) -> None:
    card = await issue(shop)
    assert "Gift card balance" in await browser.go("/gift-card")
    page = await browser.send("/gift-card", code=card.code)
    assert "€20.00" in page
    assert f"••••{card.last4}" in page
    assert card.code not in page
    assert "There is no gift card with this code" in await browser.send("/gift-card", code="nothing")


async def test_staff_issue_a_card_and_see_its_code_once(shop: Shop, office: httpx.AsyncClient) -> None:
    page = (await office.get(OFFICE)).text
    assert "No gift cards yet." in page
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    sent = {**form, "amount": "20,00", "why": "goodwill", "ends": "rule"}
    answer = await office.post(OFFICE, data=sent)
    [code] = set(CODE.findall(answer.text))
    assert answer.headers["cache-control"] == "private, no-store"
    again = (await office.post(OFFICE, data=sent)).text
    assert CODE.findall(again) == []
    assert "This form was already sent" in again
    [card] = await shop.giftcards.cards()
    assert (card.balance.amount, card.why, card.last4) == (2000, "goodwill", code[-4:])
    listed = (await office.get(OFFICE)).text
    assert code not in listed
    assert f"••••{card.last4}" in listed
    for wrong in (
        {"amount": "much"},
        {"why": ""},
        {"ends": "soon"},
        {"ends": "day", "expires_on": ""},
        {"email": "nobody"},
    ):
        assert (await office.post(OFFICE, data={**sent, "key": "k", **wrong})).status_code == 422
    rows = [dict(row) for row in await shop.databases["users"].fetch("SELECT * FROM audit")]
    assert rows
    assert code not in str(rows)


async def test_a_form_repeated_with_another_amount_asks_again(shop: Shop, office: httpx.AsyncClient) -> None:
    def hidden(page: httpx.Response) -> dict[str, str]:
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))

    form = {**hidden(await office.get(OFFICE)), "amount": "20.00", "why": "sold", "ends": "rule"}
    await office.post(OFFICE, data=form)
    page = await office.post(OFFICE, data={**form, "amount": "50.00"})
    assert "This form has issued another card before." in page.text
    assert [one.issued.amount for one in await shop.giftcards.cards()] == [2000]
    await office.post(OFFICE, data={**form, "amount": "50.00", **hidden(page)})
    assert [one.issued.amount for one in await shop.giftcards.cards()] == [5000, 2000]


async def test_the_audit_log_does_not_name_the_recipient_of_a_card(shop: Shop, office: httpx.AsyncClient) -> None:
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', (await office.get(OFFICE)).text))
    await office.post(OFFICE, data={**form, "amount": "20", "why": "sold", "email": "grace@example.com"})
    assert [one.recipient for one in await shop.giftcards.cards()] == ["grace@example.com"]
    rows = [dict(row) for row in await shop.databases["users"].fetch("SELECT * FROM audit")]
    assert rows
    assert "grace" not in str(rows)


async def test_staff_disable_enable_and_replace_a_card(shop: Shop, office: httpx.AsyncClient) -> None:
    card = await issue(shop)
    where = f"{OFFICE}/{card.id}"
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', (await office.get(where)).text))
    for act, state in (("disable", "disabled"), ("enable", "active")):
        assert (await office.post(where, data={**form, "act": act})).status_code == 303
        assert (await shop.giftcards.card(card.id)).state == state
    for act in ("", "erase", "Enable"):
        assert (await office.post(where, data={**form, "act": act})).status_code == 422
        assert (await shop.giftcards.card(card.id)).state == "active"
    page = (await office.post(where, data={**form, "act": "replace"})).text
    [code] = set(CODE.findall(page))
    assert (await shop.giftcards.find(code)).balance.amount == 2000
    assert (await office.post(where, data={**form, "act": "replace"})).status_code == 422


async def test_only_a_replaceable_card_is_replaced(shop: Shop, office: httpx.AsyncClient, clock: HandClock) -> None:
    short = NewGiftCard(amount=Money(2000, "EUR"), why="sold", expires_on=clock.now().date())
    card = await shop.giftcards.issue(short, SYSTEM)
    await shop.giftcards.set_disabled(card.id, disabled=True)
    assert 'value="replace"' in (await office.get(f"{OFFICE}/{card.id}")).text
    clock.move(days=2)
    assert 'value="replace"' not in (await office.get(f"{OFFICE}/{card.id}")).text


async def test_staff_see_what_a_card_paid_and_refund_to_it(
    browser: Browser, shop: Shop, api: httpx.AsyncClient
) -> None:
    card = await issue(shop)
    await to_payment(browser, shop)
    await browser.send("/cart/gift-cards", code=card.code)
    await browser.send("/checkout/payment", method="pretend_ok")
    order = (await shop.orders.search())[0]
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = await browser.go(f"/office/orders/{order.id}")
    assert f"gift card ••••{card.last4}" in page
    page = await browser.send(f"/office/orders/{order.id}/refund", amount="30.00", reason="Scratched", to_gift_card="1")
    assert "€30.00 of it to a gift card" in page
    assert (await shop.giftcards.card(card.id)).balance.amount == 3000
    history = await browser.go(f"{OFFICE}/{card.id}")
    assert "Paid for an order" in history
    assert "Refunded" in history


@pytest.mark.usefixtures("readable_messages")
@pytest.mark.parametrize(
    ("to", "expected"),
    [("gift_card", "Your refund is on your gift card"), ("payment", "Your refund has been issued")],
)
async def test_the_message_of_a_refund_names_its_destination(
    browser: Browser, shop: Shop, to: Literal["gift_card", "payment"], expected: str
) -> None:
    card = await issue(shop)
    await to_payment(browser, shop)
    await browser.send("/cart/gift-cards", code=card.code)
    await browser.send("/checkout/payment", method="pretend_ok")
    order = (await shop.orders.search())[0]
    wanted = NewRefund(reason="Scratched", amount=3000, to=to)
    await shop.orders.refund(order.id, wanted, "one", SYSTEM)
    text = await email_text(shop, f"Refund for order {order.number}")
    assert expected in text
    assert ("on your gift card and can be spent at once" in text) == (to == "gift_card")
    assert ("back to you" in text) == (to == "payment")


@pytest.mark.usefixtures("readable_messages")
async def test_the_recipient_is_sent_the_code_and_no_message_stores_it(shop: Shop) -> None:
    card = await issue(shop, email="grace@example.com")
    text = await email_text(shop, "A gift card for €20.00", "grace@example.com")
    assert f"Its code is {card.code}." in text
    assert "until 31 December 2029" in text
    rows = [
        dict(row) for row in await shop.databases["notifications"].fetch("SELECT text, html, subject FROM messages")
    ]
    assert rows
    assert card.code not in str(rows)
    events = [dict(row) for row in await shop.databases["giftcards"].fetch("SELECT * FROM facts")]
    assert card.code not in str(events)


async def test_without_a_recipient_no_message_is_sent(shop: Shop) -> None:
    await issue(shop)
    await send_all(shop)
    assert [one for one in await shop.notifications.messages() if "gift card" in one.subject.lower()] == []
