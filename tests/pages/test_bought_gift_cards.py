"""Pages of bought gift cards: the recipient at checkout, and the cards on the page of the order and in the office."""

import re

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.errors import Unavailable
from shopwright.services.giftcards.contract import BoughtGiftCard
from shopwright.services.orders.contract import Orders
from shopwright.web.bought_cards import bought_of
from tests.builders.goods import sell
from tests.builders.messages import email_text
from tests.builders.pages import ADDRESS, Browser, send

GRACE = "grace@example.com"
CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b")


async def to_details(browser: Browser, shop: Shop) -> None:
    card = await sell(shop, "Gift card", price=5000, on_hand=None, tax_class="gift_card")
    await browser.go(f"/p/{card.slug}")
    await browser.send("/cart/lines", quantity="1")
    await browser.go("/checkout")


async def buy(browser: Browser, shop: Shop, **fields: str) -> str:
    await to_details(browser, shop)
    page = await browser.send("/checkout", **ADDRESS, **fields)
    assert browser.path == "/checkout/delivery", page
    assert "By e-mail" in page
    await browser.send("/checkout/delivery")
    page = await browser.send("/checkout/payment", card="pretend_ok")
    assert "We e-mail the gift cards" in page
    assert "We pack your order" not in page
    await shop.bus.settle()
    return (await shop.orders.search())[0].id


@pytest.mark.usefixtures("readable_messages")
async def test_a_gift_card_is_bought_for_someone_and_its_code_reaches_them_alone(browser: Browser, shop: Shop) -> None:
    order = await buy(browser, shop, recipient=GRACE, message="Dear Grace,\nhappy birthday!")
    text = await email_text(shop, "A gift card for €50.00", GRACE)
    assert "Ada Lovelace sends you a gift card for €50.00." in text
    assert "happy birthday!" in text
    assert CODE.search(text)
    page = await browser.go(f"/orders/{order}")
    assert re.search(r"Gift card ••••\w{4}</strong> €50.00 · grace@example.com<br>.*Sent by e-mail on", page)
    assert "Delivered" in page
    assert not CODE.search(page)
    [card] = await shop.orders.bought_gift_cards(order)
    page = await browser.send(f"/orders/{order}/gift-cards/{card.id}")
    assert f"Gift card ••••{card.last4} sent again" in page
    paid = await email_text(shop, f"Payment received for order {(await shop.orders.get(order)).number}")
    assert "and send its gift cards by e-mail" in paid


async def test_wrong_recipients_and_days_are_shown_beside_their_fields_and_nothing_typed_is_lost(
    browser: Browser, shop: Shop
) -> None:
    await to_details(browser, shop)
    page = await browser.send("/checkout", **ADDRESS, recipient="grace", message="Dear Grace", send_on="2020-01-01")
    assert "is not an e-mail address" in page
    assert 'value="grace"' in page
    assert "Dear Grace</textarea>" in page
    page = await browser.send("/checkout", **ADDRESS, recipient=GRACE, send_on="2020-01-01")
    assert "Choose a day from today, at most a year ahead." in page
    page = await browser.send("/checkout", **ADDRESS, recipient=GRACE, send_on="tomorrow")
    assert "is not a day" in page


class WithoutCards(Orders):
    """Orders while the service of gift cards does not answer."""

    async def bought_gift_cards(self, order_id: str) -> list[BoughtGiftCard]:
        raise Unavailable(f"The gift cards of {order_id} do not answer.")


async def test_the_page_of_an_order_is_shown_while_its_gift_cards_cannot_be_read(browser: Browser, shop: Shop) -> None:
    order = await shop.orders.get(await buy(browser, shop))
    assert await bought_of(WithoutCards(), order) == {"bought": [], "cards_unknown": True}
    [card] = (await bought_of(shop.orders, order))["bought"]
    assert card["recipient"] == ADDRESS["email"]


async def test_goods_alone_ask_for_no_recipient(browser: Browser, shop: Shop) -> None:
    kettle = await sell(shop)
    await browser.go(f"/p/{kettle.slug}")
    await browser.send("/cart/lines", quantity="1")
    assert 'name="recipient"' not in await browser.go("/checkout")


async def test_staff_see_the_cards_of_an_order_and_send_and_refund_them(
    browser: Browser, shop: Shop, office: httpx.AsyncClient
) -> None:
    order = await buy(browser, shop, recipient=GRACE)
    page = (await office.get(f"/office/orders/{order}")).text
    assert "Gift cards sold" in page
    assert GRACE in page
    [card] = await shop.orders.bought_gift_cards(order)
    sent = await send(office, f"/office/orders/{order}", f"/office/orders/{order}/send-card", card=card.id)
    assert sent.status_code == 303
    [line] = (await shop.orders.get(order)).lines
    refund = {f"refund-{line.id}": "1", "reason": "Not wanted", "key": "a"}
    done = await send(office, f"/office/orders/{order}", f"/office/orders/{order}/refund", **refund)
    assert done.status_code == 303
    page = (await office.get(f"/office/orders/{order}")).text
    assert "Refunded: it is no longer valid" in page
    again = await send(office, f"/office/orders/{order}", f"/office/orders/{order}/send-card", card=card.id)
    assert again.status_code == 422
    assert "is disabled: its code is not sent again" in again.text


async def test_a_guest_lists_cards_with_the_address_and_sends_them_with_the_key(
    browser: Browser, shop: Shop, api: httpx.AsyncClient
) -> None:
    order = await buy(browser, shop, recipient=GRACE)
    url = f"/v1/orders/{order}/gift-cards"
    api.cookies.clear()
    assert (await api.get(url)).status_code == 404
    [card] = (await api.get(url, params={"email": ADDRESS["email"]})).json()["items"]
    assert (card["recipient"], card["sent"], "code" in card) == (GRACE, 1, False)
    assert (await api.post(f"{url}/{card['id']}/send", json={})).status_code == 404
    key = await shop.orders.link_key(order)
    [card] = (await api.post(f"{url}/{card['id']}/send", json={"key": key})).json()["items"]
    assert card["sent"] == 2
