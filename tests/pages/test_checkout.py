"""The checkout: codes, errors, problems of the cart, shipping options; by requests without JavaScript."""

import html
import re
from datetime import timedelta

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.services.carts.contract import Cart
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.pricing.contract import Coupon, Price, Promotion
from tests.builders.goods import sell
from tests.builders.pages import ADDRESS, Browser, Forms, to_payment
from tests.builders.shops import OWNER


async def ten_per_cent(shop: Shop, **more) -> None:
    await shop.pricing.put_coupon(Coupon(code="TEN", kind="percentage", value=1000, **more))


async def test_a_code_that_does_not_apply_is_reported_and_not_kept(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    await ten_per_cent(shop)
    await browser.go("/cart")
    assert "Code TEN" in await browser.send("/cart/coupons", code=" ten ")
    page = await browser.send("/cart/coupons", code="TYPO")
    assert "TYPO: There is no such code." in page
    assert re.search(r'<input id="code"[^>]*value="TYPO"[^>]*aria-invalid="true" aria-describedby="e-code"', page)
    page = await browser.go("/cart")
    assert "TYPO" not in page
    assert "Code TEN" in page
    await browser.go("/checkout/payment")
    assert "Thank you, Ada" in await browser.send("/checkout/payment", method="pretend_ok")


async def test_the_api_says_why_a_code_does_not_apply_and_leaves_the_cart_without_it(
    api: httpx.AsyncClient, shop: Shop
) -> None:
    kettle = await sell(shop)
    await ten_per_cent(shop)
    cart = (await api.post("/v1/carts")).json()["id"]
    await api.post(f"/v1/carts/{cart}/lines", json={"variant_id": kettle.variants[0].id, "quantity": 1})
    answer = (await api.put(f"/v1/carts/{cart}/coupons", json={"codes": ["TEN", "NONE"]})).json()
    error = {"code": "coupon_refused", "detail": "NONE: There is no such code.", "coupon": "NONE"}
    assert (answer["coupons"], answer["problems"]) == (["TEN"], [error])
    later = (await api.get(f"/v1/carts/{cart}")).json()
    assert (later["coupons"], later["problems"]) == (["TEN"], [])


@pytest.mark.parametrize("step", ["/cart", "/checkout", "/checkout/delivery", "/checkout/payment"])
async def test_a_code_that_no_longer_applies_is_removed_and_reported_at_the_current_step(
    browser: Browser, shop: Shop, step: str
) -> None:
    await ten_per_cent(shop, ends_at=shop.clock.now() + timedelta(hours=1))
    await to_payment(browser, shop)
    await browser.go("/cart")
    await browser.send("/cart/coupons", code="TEN")
    assert "€115.20" in await browser.go(step)
    shop.clock.move(hours=2)
    page = await browser.go(step)
    assert "TEN: This code was valid until" in page
    assert "The code was removed: the total is now €128.00." in page
    assert "TEN" not in await browser.go(step)
    await browser.go("/checkout/payment")
    assert "Thank you, Ada" in await browser.send("/checkout/payment", method="pretend_ok")


async def test_a_code_that_expires_during_payment_does_not_change_the_total_silently(
    browser: Browser, shop: Shop
) -> None:
    await ten_per_cent(shop, ends_at=shop.clock.now() + timedelta(hours=1))
    await to_payment(browser, shop)
    await browser.go("/cart")
    await browser.send("/cart/coupons", code="TEN")
    assert "Pay €115.20" in await browser.go("/checkout/payment")
    shop.clock.move(hours=2)
    page = await browser.send("/checkout/payment", method="pretend_ok")
    assert (browser.page.status_code, "Pay €128.00" in page) == (409, True)
    assert "TEN: This code was valid until" in page
    assert re.search(r"The total has changed since you saw it", page)
    assert "Thank you, Ada" in await browser.send("/checkout/payment", method="pretend_ok")


CHANGED = "The total was €115.20 when you saw it last, and is €128.00 now: offers have changed."


async def sale(shop: Shop) -> None:
    """Ten per cent off for an hour, without a code."""
    ends_at = shop.clock.now() + timedelta(hours=1)
    await shop.pricing.put_promotion(Promotion(title="Spring", kind="percentage", value=1000, ends_at=ends_at))


@pytest.mark.parametrize("step", ["/cart", "/checkout", "/checkout/delivery", "/checkout/payment"])
async def test_an_offer_that_ended_is_reported_once_at_the_current_step(
    browser: Browser, shop: Shop, step: str
) -> None:
    await sale(shop)
    await to_payment(browser, shop)
    assert "€115.20" in await browser.go(step)
    shop.clock.move(hours=2)
    assert CHANGED in html.unescape(await browser.go(step))
    assert "when you saw it last" not in await browser.go(step)
    await browser.go("/checkout/payment")
    assert "Thank you, Ada" in await browser.send("/checkout/payment", method="pretend_ok")


@pytest.mark.parametrize(
    ("step", "following"), [("/checkout", "/checkout/delivery"), ("/checkout/delivery", "/checkout/payment")]
)
async def test_an_offer_that_ends_while_a_step_is_filled_in_is_reported_at_the_next(
    browser: Browser, shop: Shop, step: str, following: str
) -> None:
    await sale(shop)
    await to_payment(browser, shop)
    await browser.go(step)
    shop.clock.move(hours=2)
    page = html.unescape(await browser.send(step, **(ADDRESS if step == "/checkout" else {})))
    assert (browser.path, CHANGED in page) == (following, True)


async def test_a_change_made_by_the_shopper_is_not_reported_as_a_change_of_offers(browser: Browser, shop: Shop) -> None:
    await sale(shop)
    await to_payment(browser, shop)
    cart = await browser.go("/cart")
    line = re.search(r"/cart/lines/(\w+)", cart)[1]
    for page in (
        await browser.send(f"/cart/lines/{line}", quantity="1"),
        await browser.go("/checkout"),
        await browser.send("/checkout", **ADDRESS),
        await browser.send("/checkout/delivery"),
        await browser.go("/checkout/payment?before=x"),
    ):
        assert "when you saw it last" not in page


def messages(page: str) -> list[str]:
    """The messages in the summary of errors."""
    summary = re.search(r'<div class="alert"[^>]* autofocus.*?</div>', page, re.DOTALL)
    return re.findall(r'<a href="#([\w-]+)">', summary[0]) if summary else []


async def test_all_errors_are_reported_at_once_in_the_order_of_the_form(browser: Browser, shop: Shop) -> None:
    await browser.go(f"/p/{(await sell(shop)).slug}")
    await browser.send("/cart/lines")
    await browser.go("/checkout")
    empty = dict.fromkeys(("email", "name", "line1", "city", "postal_code"), "")
    page = await browser.send("/checkout", **empty, country="DE", phone="call me")
    assert browser.page.status_code == 422
    assert messages(page) == ["f-email", "f-name", "f-line1", "f-postal_code", "f-city", "f-phone"]
    fields = re.findall(r'<input id="([\w-]+)"[^>]* aria-invalid="true" aria-describedby="(?:h-\w+)? e-([\w-]+)"', page)
    assert [name for name, _ in fields] == messages(page)
    assert all(name == error for name, error in fields)
    page = await browser.send("/checkout", **{**ADDRESS, "email": "ada", "country": "US", "line1": "", "phone": ""})
    assert messages(page) == ["f-email", "f-line1", "f-region"]


@pytest.mark.parametrize(
    ("path", "action", "wrong"),
    [
        ("/sign-in", "/sign-in", ["s-email", "s-password"]),
        ("/sign-in", "/register", ["f-name", "f-email", "f-password"]),
        ("/forgot-password", "/forgot-password", ["f-email"]),
        ("/new-password?token=x", "/new-password", ["f-password"]),
        ("/track", "/track", ["f-number", "f-email"]),
        ("/account/addresses/new", "/account/addresses/new", ["f-name", "f-line1", "f-postal_code", "f-city"]),
        ("/account/security", "/account/name", ["f-name"]),
        ("/account/security", "/account/password", ["f-current_password", "f-password"]),
        ("/account/second-factor", "/account/second-factor", ["f-password"]),
        ("/account/privacy", "/account/erase", ["f-password"]),
        ("/p/harbour-kettle", "/p/harbour-kettle/reviews", ["r-rating", "r-title"]),
        ("/p/none-left", "/stock-alerts", ["w-email"]),
    ],
)
async def test_an_empty_form_names_all_required_fields(
    browser: Browser, shop: Shop, path: str, action: str, wrong: list[str]
) -> None:
    await sell(shop)
    await sell(shop, "None left", on_hand=0)
    if "account" in path or "reviews" in action:
        await shop.users.register("ada@example.com", "harbour at seven", "Ada")
        await browser.go("/sign-in")
        await browser.send("/sign-in", email="ada@example.com", password="harbour at seven")
    page = await browser.go(path)
    form = re.search(rf'<form method="(\w+)" action="{action}"[^>]*>', page)
    assert "novalidate" in form[0]
    if form[1] == "get":
        page = await browser.go(f"{action}?number=&email=")
    else:
        names = [one[2:] for one in wrong]
        page = await browser.send(action, **{"country": "DE", **dict.fromkeys(names, "")})
    assert browser.page.status_code == 422
    assert messages(page) == wrong


async def test_a_field_is_validated_by_the_shop_as_it_is_left(browser: Browser, shop: Shop) -> None:
    await browser.go(f"/p/{(await sell(shop)).slug}")
    await browser.send("/cart/lines")
    await browser.go("/checkout")
    forms = Forms()
    forms.feed(browser.page.text)
    typed = {**forms.forms["/checkout"], **ADDRESS, "postal_code": "1"}
    answer = (await browser.client.post("/addresses/check", data=typed)).json()
    assert list(answer) == ["postal_code"]
    answer = await browser.client.post("/addresses/check", data={**typed, "postal_code": "10119"})
    assert answer.json() == {}


STEPS = ("/cart", "/checkout", "/checkout/delivery", "/checkout/payment")


async def cart_of(browser: Browser, shop: Shop) -> Cart:
    return await shop.carts.get(browser.client.cookies["cart"])


async def sold_elsewhere(shop: Shop, cart: Cart, left: int) -> None:
    await shop.inventory.adjust([Adjustment(variant_id=cart.lines[0].variant_id, on_hand=left, reason="sold")])


@pytest.mark.parametrize("step", STEPS[1:])
async def test_problems_of_the_cart_are_reported_at_each_step_with_the_item_and_solved_there(
    browser: Browser, shop: Shop, step: str
) -> None:
    await to_payment(browser, shop)
    cart = await cart_of(browser, shop)
    action = f"/cart/lines/{cart.lines[0].id}"
    await sold_elsewhere(shop, cart, 1)
    assert "Harbour Kettle (Red): only 1 left." in await browser.go("/cart")
    assert "Harbour Kettle (Red): only 1 left." in await browser.go(step)
    page = await browser.send(action, quantity=re.search(r'name="quantity" value="(\d+)"', browser.page.text)[1])
    assert (browser.path, "only 1 left" in page, (await cart_of(browser, shop)).lines[0].quantity) == (step, False, 1)
    await shop.pricing.set_prices([Price(cart.lines[0].variant_id, Money(7000, "EUR"))])
    page = await browser.go(step)
    assert "Harbour Kettle (Red) now costs more: €70.00 instead of €64.00." in page
    assert "now costs" not in await browser.send("/cart/prices")
    assert browser.path == step
    lamp = await sell(shop, "Lamp")
    await shop.carts.add(cart.id, lamp.variants[0].id, 1)
    await sold_elsewhere(shop, cart, 0)
    assert "Harbour Kettle (Red) is sold out." in await browser.go(step)
    page = await browser.send(action, remove="1")
    assert (browser.path, "Kettle" in page) == (step, False)


async def test_a_sold_out_item_is_reported_during_payment_and_removed_there(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    cart = await cart_of(browser, shop)
    await sold_elsewhere(shop, cart, 1)
    page = await browser.send("/checkout/payment", method="pretend_ok")
    assert (browser.page.status_code, page.count("Harbour Kettle (Red): only 1 left.")) == (409, 1)
    await browser.send(f"/cart/lines/{cart.lines[0].id}", quantity="1")
    assert browser.path == "/checkout/payment"
    assert "Thank you, Ada" in await browser.send("/checkout/payment", method="pretend_ok")


async def test_a_cart_emptied_at_a_step_is_empty(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    cart = await cart_of(browser, shop)
    await sold_elsewhere(shop, cart, 0)
    await browser.go("/checkout/payment")
    page = await browser.send(f"/cart/lines/{cart.lines[0].id}", remove="1")
    assert (browser.path, "Your cart is empty." in page) == ("/cart", True)


async def test_shipping_and_total_follow_the_choice(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    line = (await cart_of(browser, shop)).lines[0].id
    await browser.go("/cart")
    await browser.send(f"/cart/lines/{line}", quantity="1")
    page = await browser.go("/checkout/delivery")
    assert "International delivery" not in page
    assert re.search(r'value="shr_standard" checked', page)
    assert "<dd>€68.90</dd>" in page
    page = await browser.send("/checkout/delivery", option="shr_express", stay="1")
    assert (browser.path, "<dd>€75.90</dd>" in page) == ("/checkout/delivery", True)
    forms = Forms()
    forms.feed(page)
    part = await browser.client.post(
        "/checkout/delivery",
        data={**forms.forms["/checkout/delivery"], "option": "shr_standard"},
        headers={"X-Requested-With": "fragment"},
    )
    assert (part.status_code, "<dd>€68.90</dd>" in part.text, "<html" in part.text) == (200, True, False)


async def test_the_first_shipping_option_is_in_the_total_from_the_start(browser: Browser, shop: Shop) -> None:
    kettle = await sell(shop)
    await browser.go(f"/p/{kettle.slug}")
    await browser.send("/cart/lines")
    await browser.go("/checkout")
    page = await browser.send("/checkout", **ADDRESS)
    assert "<dd>€68.90</dd>" in page
    assert "Shown with your address" not in page


async def test_free_shipping_is_promised_only_where_it_applies(browser: Browser, shop: Shop) -> None:
    kettle = await sell(shop)
    promise = "Free shipping to Germany from €75.00"
    for path in ("/", f"/p/{kettle.slug}", "/cart"):
        assert promise in await browser.go(path), path
    await browser.go(f"/p/{kettle.slug}")
    await browser.send("/cart/lines")
    await browser.go("/checkout")
    await browser.send("/checkout", **{**ADDRESS, "country": "CH", "postal_code": "8001", "city": "Zürich"})
    assert "Free shipping" not in await browser.go("/cart")
    await shop.pricing.delete_shipping_rate("shr_standard")
    for path in ("/", f"/p/{kettle.slug}", "/sign-in"):
        assert "Free shipping" not in await browser.go(path), path


async def declined(browser: Browser, shop: Shop) -> str:
    await to_payment(browser, shop)
    await browser.send("/checkout/payment", method="pretend_declined")
    return (await shop.orders.search())[0].id


async def test_the_page_of_a_declined_order_offers_payment(browser: Browser, shop: Shop) -> None:
    order = await declined(browser, shop)
    page = await browser.go(f"/orders/{order}")
    assert "The payment did not go through. Nothing was charged." in page
    assert f'href="/checkout/payment?order={order}"' in page
    await browser.go(f"/checkout/payment?order={order}")
    assert "Thank you, Ada" in await browser.send("/checkout/payment", method="pretend_ok")
    assert "Pay €" not in await browser.go(f"/orders/{order}")


async def test_the_link_in_our_email_leads_to_payment_as_well(browser: Browser, shop: Shop) -> None:
    order = await declined(browser, shop)
    browser.client.cookies.clear()
    page = await browser.go(f"/orders/{order}?key={await shop.orders.link_key(order)}")
    link = re.search(r'href="(/checkout/payment[^"]+)"', page)[1]
    await browser.go(html.unescape(link))
    action = html.unescape(re.search(r'action="(/checkout/payment[^"]*)"', browser.page.text)[1])
    forms = Forms()
    forms.feed(browser.page.text)
    fields = {**forms.forms[action], "method": "pretend_declined"}
    browser.page = await browser.client.post(action, data=fields, follow_redirects=True)
    assert "Nothing was charged" in browser.page.text
    browser.page = await browser.client.post(action, data={**fields, "method": "pretend_ok"}, follow_redirects=True)
    assert (browser.page.status_code, "Thank you, Ada" in browser.page.text) == (200, True)


async def test_an_expired_form_says_so_instead_of_denying_permission(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    for path in (
        "/checkout",
        "/checkout/delivery",
        "/checkout/payment",
        "/cart/coupons",
        "/sign-in",
        "/forgot-password",
    ):
        answer = await browser.client.post(path, data={"_csrf_token": "of yesterday"})
        assert "Please send this form again" in answer.text, path
        assert "may not" not in answer.text, path


async def test_a_declined_order_that_is_tracked_offers_payment_to_its_buyer(browser: Browser, shop: Shop) -> None:
    order = await shop.orders.get(await declined(browser, shop))
    track = f"/track?number={order.number}&email={order.email}"
    assert f'href="/checkout/payment?order={order.id}"' in await browser.go(track)
    browser.client.cookies.clear()
    page = await browser.go(track)
    assert "The payment did not go through." in page
    assert "/checkout/payment" not in page
    assert "in the browser you ordered in" in page


async def test_a_stock_alert_for_a_sold_out_colour_returns_to_that_colour(browser: Browser, shop: Shop) -> None:
    kettle = await sell(shop, colours=("Red", "Blue"))
    blue = kettle.variants[1].id
    await shop.inventory.adjust([Adjustment(variant_id=blue, on_hand=0, reason="sold")])
    await browser.go(f"/p/{kettle.slug}?variant={blue}")
    page = await browser.send("/stock-alerts", email="nobody")
    assert (browser.page.status_code, messages(page)) == (422, ["w-email"])
    assert f'name="variant" value="{blue}"' in page
    assert 'value="nobody"' in page


async def test_a_note_for_the_shop_goes_from_the_form_to_the_pages_of_the_order(
    browser: Browser, shop: Shop, api: httpx.AsyncClient
) -> None:
    await to_payment(browser, shop)
    await browser.go("/checkout")
    await browser.send("/checkout", **ADDRESS, note=" By the door,\r\nplease ")
    assert "By the door,\nplease</textarea>" in await browser.go("/checkout")
    await browser.go("/checkout/payment")
    await browser.send("/checkout/payment", method="pretend_ok")
    [placed] = await shop.orders.search()
    assert (await shop.orders.get(placed.id)).note == "By the door,\nplease"
    assert "By the door,<br>please" in await browser.go(f"/orders/{placed.id}")
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    assert "By the door,<br>please" in await browser.go(f"/office/orders/{placed.id}")


async def test_a_note_that_is_too_long_is_refused_and_an_empty_one_deletes_it(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    await browser.go("/checkout")
    assert "longer than 1000 characters" in await browser.send("/checkout", **ADDRESS, note="x" * 1001)
    for note in ("x" * 1000, ""):
        await browser.go("/checkout")
        await browser.send("/checkout", **ADDRESS, note=note)
        assert f"{note}</textarea>" in await browser.go("/checkout")
