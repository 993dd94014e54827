"""The storefront and the back office as forms and pages, without JavaScript."""

import io
import re

import httpx
import pytest
from PIL import Image

from shopwright.app import Shop
from shopwright.demo.load import load
from shopwright.demo.people import live_a_little
from shopwright.demo.said import SAID
from shopwright.services.search.contract import SearchRequest
from tests.builders.environment import APART
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.messages import email_text
from tests.builders.pages import ADDRESS, Browser, Forms, to_payment
from tests.builders.shops import OWNER


async def test_a_guest_buys_is_declined_tries_again_and_tracks(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    assert "Pay €128.00" in browser.page.text
    page = await browser.send("/checkout/payment", method="pretend_declined")
    assert "The card was declined. Nothing was charged. Try another card." in page
    page = await browser.send("/checkout/payment", method="pretend_ok")
    assert browser.path.startswith("/checkout/done/")
    assert "Thank you, Ada" in page
    number = re.search(r"order <strong>(\d+)</strong>", page).group(1)
    tracked = await browser.go(f"/track?number={number}&email=ADA@example.com")
    assert "Unfulfilled" in tracked
    missed = await browser.go(f"/track?number={number}&email=eve@example.com")
    assert (browser.page.status_code, "We found no order" in missed) == (404, True)


async def test_three_d_secure_goes_to_the_bank_and_back(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    page = await browser.send("/checkout/payment", method="pretend_3ds")
    assert "Pretend Bank" in page
    page = (await browser.client.post(browser.page.url, data={"answer": "approve"}, follow_redirects=True)).text
    assert "Thank you, Ada" in page


async def test_an_account_created_after_an_order_has_the_following_orders(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    await browser.send("/checkout/payment", method="pretend_ok")
    page = await browser.send("/register", password="correct horse")
    assert "Your account is ready" in page
    page = await browser.send("/sign-in", password="correct horse")
    assert browser.path == "/account"
    assert "Order 1001" in page
    assert "Torstraße 1" in await browser.go("/account/addresses")
    await to_payment(browser, shop)
    await browser.send("/checkout/payment", method="pretend_ok")
    await browser.go("/account")
    assert "Order 1002" in browser.page.text
    await browser.send("/sign-out")
    assert browser.path == "/"
    await browser.go("/account")
    assert browser.path == "/sign-in"
    page = await browser.send("/sign-in", email="ada@example.com", password="wrong password")
    assert "E-mail address or password is wrong." in page
    assert "wrong password" not in page
    await browser.send("/sign-in", email="ada@example.com", password="correct horse")
    assert browser.path == "/account"


async def test_typed_values_are_kept_and_errors_are_beside_their_fields(browser: Browser, shop: Shop) -> None:
    kettle = await sell(shop)
    await browser.go(f"/p/{kettle.slug}")
    await browser.send("/cart/lines")
    await browser.go("/checkout")
    page = await browser.send("/checkout", **{**ADDRESS, "postal_code": "1", "phone": "call me"})
    assert browser.page.status_code == 422
    assert 'value="Ada Lovelace"' in page
    assert 'id="e-f-postal_code"' in page
    assert 'id="e-f-phone"' in page
    page = await browser.send("/checkout", **{**ADDRESS, "country": "US", "change_country": "1"})
    assert "ZIP code" in page
    assert "California" in page
    assert 'value="Ada Lovelace"' in page


async def test_the_cart_explains_its_problems(browser: Browser, shop: Shop) -> None:
    kettle = await sell(shop, on_hand=2)
    await browser.go(f"/p/{kettle.slug}")
    page = await browser.send("/cart/lines", quantity="3")
    assert "Harbour Kettle: only 2 left. Change the quantity to go on." in page
    page = await browser.send("/cart/coupons", code="nonsense")
    assert "NONSENSE: There is no such code." in page
    line = re.search(r"/cart/lines/(cli_\w+)", page).group(1)
    page = await browser.send(f"/cart/lines/{line}", quantity="0")
    assert "Your cart is empty." in page


async def test_searches_and_filters_have_their_own_addresses(browser: Browser, shop: Shop) -> None:
    await shop.catalog.put_category("kitchen", "Kitchen")
    await sell(shop, "Red Kettle", brand="Ostra", categories=("kitchen",), colours=("Red",))
    await sell(shop, "Blue Kettle", brand="Norr", categories=("kitchen",), colours=("Blue",))
    await shop.search.bring_up_to_date()
    page = await browser.go("/search?q=ketle")
    assert "Showing results for <strong>kettle</strong>" in page
    assert "Search instead for ketle" in page
    page = await browser.go("/c/kitchen?brand=Ostra")
    assert "Red Kettle" in page
    assert "Blue Kettle" not in page
    assert 'aria-label="Remove Ostra"' in page
    page = await browser.go("/search?q=zzzzzz")
    assert "We found nothing for this" in page
    assert (await browser.client.get("/c/nowhere")).status_code == 404
    for nonsense in (
        "?page=x",
        "?min=abc",
        "?sort=best",
        "?page=99999999999999999999",
        "?attr.=x&brand=",
        "?rating_min=nan",
    ):
        assert (await browser.client.get(f"/search{nonsense}")).status_code == 200, nonsense


async def test_forms_of_other_sites_are_refused(browser: Browser, shop: Shop) -> None:
    kettle = await sell(shop)
    email, password = OWNER
    await browser.go("/sign-in")
    await browser.send("/sign-in", email=email, password=password)
    for path, data in (
        ("/cart/lines", {"variant": kettle.variants[0].id}),
        ("/sign-in", {"email": "a", "password": "b"}),
        ("/office/orders/x/cancel", {}),
    ):
        answer = await browser.client.post(path, data=data)
        assert answer.status_code == 403, path
        assert "open for too long" in answer.text
        assert "<h1>Please send this form again</h1>" in answer.text


async def test_script_in_user_text_is_escaped(browser: Browser, shop: Shop) -> None:
    evil = '<script>alert("x")</script>'
    lamp = await sell(shop, evil, brand=evil, description=f"<p>{evil}</p>", tags=(evil,))
    await shop.search.bring_up_to_date()
    for path in (
        f"/p/{lamp.slug}",
        "/search",
        f"/search?q={evil}",
        "/search/suggestions?q=script",
        f"/track?number={evil}&email={evil}",
        f"/sign-in?next={evil}",
    ):
        page = (await browser.client.get(path)).text
        assert "<script>alert" not in page, path
        assert 'alert("x")' not in page.replace('\\u003cscript>alert(\\"x\\")', ""), path
    assert (await browser.client.get("/sign-in?next=https://evil.example")).status_code == 200


async def test_sign_in_redirects_only_within_this_shop(browser: Browser, shop: Shop) -> None:
    for wanted in ("https://evil.example", "//evil.example", "/\\evil.example"):
        await browser.go(f"/sign-in?next={wanted}")
        await browser.send("/sign-in", email=OWNER[0], password=OWNER[1])
        assert browser.path == "/account"


async def test_items_added_during_a_bank_redirect_are_in_the_cart_afterwards(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    await browser.send("/checkout/payment", method="pretend_3ds")
    reference = browser.page.url.path.rpartition("/")[2] if "3ds" in browser.path else browser.path.rpartition("/")[2]
    lamp = await sell(shop, "Tide Lamp")
    await browser.go(f"/p/{lamp.slug}")
    await browser.send("/cart/lines", quantity="1")
    await shop.pretend.answer_challenge(reference, approved=True)
    order = (await shop.orders.search())[0]
    assert "Thank you" in await browser.go(f"/checkout/return/{order.id}")
    page = await browser.go("/cart")
    assert "Tide Lamp" in page
    assert "Harbour Kettle" not in page.partition("<main")[2]


async def test_staff_ship_refund_and_read_the_messages(browser: Browser, shop: Shop) -> None:
    await to_payment(browser, shop)
    await browser.send("/checkout/payment", method="pretend_ok")
    await browser.go("/office")
    assert browser.path == "/sign-in"
    await browser.send("/sign-in", email=OWNER[0], password=OWNER[1])
    assert browser.path == "/office"
    order = await shop.orders.get((await shop.orders.search())[0].id)
    page = await browser.go(f"/office/orders/{order.id}")
    ship, field = f"/office/orders/{order.id}/ship", f"ship-{order.lines[0].id}"
    for units, expected in (
        ("0", "every quantity is 0"),
        ("one", "is not a whole number"),
        ("1.5", "is not a whole number"),
    ):
        assert expected in await browser.send(ship, carrier="DHL", **{field: units})
    page = await browser.send(ship, carrier="DHL", tracking_number="00340", **{field: str(order.lines[0].quantity)})
    assert "Shipped" in page
    assert "× Harbour Kettle" in page.partition("<h2>Parcels</h2>")[2]
    page = await browser.send(f"/office/orders/{order.id}/refund", amount="10,00", reason="late")
    assert "€10.00 refunded" in page
    page = await browser.send(f"/office/orders/{order.id}/refund", amount="much", reason="late")
    assert "is not an amount of money" in page
    shop.clock.move(seconds=2)
    await shop.bus.settle()
    page = await browser.go("/office/messages")
    assert "Order 1001 has shipped" in page
    message = next(one for one in await shop.notifications.messages() if "shipped" in one.subject)
    assert "As plain text" in await browser.go(f"/office/messages/{message.id}")
    body = await browser.client.get(f"/office/messages/{message.id}/body")
    assert "sandbox" in body.headers["content-security-policy"]


async def test_staff_change_price_stock_and_text(browser: Browser, shop: Shop) -> None:
    kettle = await sell(shop)
    variant = kettle.variants[0].id
    await browser.go("/sign-in?next=/office/products")
    await browser.send("/sign-in", email=OWNER[0], password=OWNER[1])
    assert "Harbour Kettle" in browser.page.text
    path = f"/office/products/{kettle.id}"
    await browser.go(path)
    page = await browser.send(path, **{f"price-{variant}": "cheap", "title": "Better Kettle"})
    assert "is not an amount of money" in page
    assert 'value="Better Kettle"' in page
    page = await browser.send(
        path,
        **{
            f"price-{variant}": "59.90",
            f"stock-{variant}": "9",
            "title": "Better Kettle",
            "description": "Boils.",
            "status": "draft",
        },
    )
    assert "Saved." in page
    assert (await shop.pricing.prices([variant], "EUR"))[variant].amount.amount == 5990
    assert (await shop.inventory.stock([variant]))[variant].on_hand == 9
    assert (await browser.client.get("/p/harbour-kettle")).status_code == 200  # staff see drafts
    stale = await browser.client.get(path)
    forms = Forms()
    forms.feed(stale.text)
    await shop.catalog.set_status(kettle.id, "retired")
    browser.page = stale
    page = await browser.send(path, title="Old Kettle", description="x", status="published")
    assert "Someone else saved this while you had it open" in page


@pytest.mark.slow
async def test_every_page_of_the_demo_shop_exists(browser: Browser, shop: Shop) -> None:
    assert await load(shop) == 120
    assert await load(shop) == 0
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    assert (await shop.search.find(SearchRequest())).total == 120
    await live_a_little(shop)
    shop.clock.move(seconds=2)
    await shop.bus.settle()
    assert len(await shop.orders.search(limit=100)) >= 15
    assert await wrong(shop) == []
    assert "Verified buyer" in await browser.go("/p/harbour-kettle")
    reviews = [one for slug in SAID for one in await shop.reviews.of_product((await shop.catalog.get(slug)).id)]
    assert len({one.body for one in reviews}) == len(reviews) >= 20
    assert (max(one.created_at for one in reviews) - min(one.created_at for one in reviews)).days > 200
    for category in await shop.catalog.categories():
        page = await browser.go(f"/c/{category.slug}")
        assert browser.page.status_code == 200
        assert len(re.findall(r'<article class="card">', page)) >= 9
    home = await browser.go("/")
    assert len(home) < 60_000
    product = await browser.go("/p/harbour-kettle")
    assert "Boils in four minutes" in product
    assert len(product) < 60_000
    assert (
        (await browser.client.get(re.search(r"/media/\w+/640\.webp", product).group()))
        .headers["cache-control"]
        .endswith("immutable")
    )
    for path in re.findall(r'(?:href|src)="(/assets/[^"]+)"', home):
        assert (await browser.client.get(path)).status_code == 200, path
    assert "<loc>http://shop.test/p/harbour-kettle</loc>" in (await browser.client.get("/sitemap.xml")).text
    assert "Disallow: /office" in (await browser.client.get("/robots.txt")).text


async def test_a_visitor_is_sent_to_sign_in_and_back(browser: Browser, shop: Shop) -> None:
    await browser.go("/office/orders")
    assert browser.path == "/sign-in"
    await browser.send("/sign-in", email=OWNER[0], password=OWNER[1])
    assert browser.path == "/office/orders"
    await browser.send("/sign-out")
    await shop.users.register("ada@example.com", "correct horse", "Ada")
    await browser.go("/sign-in")
    await browser.send("/sign-in", email="ada@example.com", password="correct horse")
    assert "You don’t have permission to do this" in await browser.go("/office/orders")


async def test_an_error_page_has_a_next_step_and_a_reference(browser: Browser) -> None:
    page = await browser.go("/nowhere")
    assert browser.page.status_code == 404
    assert "Page not found" in page
    assert re.search(r"Reference req_\w+", page)


async def test_a_customer_resets_and_changes_their_password(
    browser: Browser, shop: Shop, readable_messages: None
) -> None:
    await shop.users.register("ada@example.com", "harbour at seven", "Ada")
    await browser.go("/sign-in")
    assert 'href="/forgot-password"' in browser.page.text
    await browser.go("/forgot-password")
    assert "sent you an e-mail with a link" in await browser.send("/forgot-password", email="ada@example.com")
    link = re.search(r"/new-password\?token=\w+", await email_text(shop, "Choose a new password"))[0]
    await browser.go(link)
    assert "first ones tried" in await browser.send("/new-password", password="password")
    assert "Your new password is set" in await browser.send("/new-password", password="morning at nine")
    await browser.go(link)
    assert "was used already" in await browser.send("/new-password", password="evening at ten")
    await browser.go("/sign-in")
    await browser.send("/sign-in", email="ada@example.com", password="morning at nine", next="/account/security")
    assert browser.path == "/account/security"
    assert "This is not your current password" in await browser.send(
        "/account/password", current_password="wrong", password="evening at ten"
    )
    text = await browser.send("/account/password", current_password="morning at nine", password="evening at ten")
    assert "Your password was changed" in text
    assert "Your profile was saved" in await browser.send("/account/name", name="Ada Lovelace")
    assert "1 to 120 characters" in await browser.send("/account/name", name=" ")
    await browser.go("/account/security")
    await browser.send("/account/sign-out-everywhere")
    assert browser.path == "/sign-in"
    await browser.go("/account/security")
    assert browser.path == "/sign-in"


async def test_the_link_in_the_welcome_email_confirms_after_a_click(
    browser: Browser, shop: Shop, readable_messages: None
) -> None:
    ada = await shop.users.register("ada@example.com", "harbour at seven", "Ada")
    link = re.search(r"/confirm-email\?token=\w+", await email_text(shop, "Your account is ready"))[0]
    await browser.go(link)
    assert not (await shop.users.get(ada.id)).verified
    assert "not the password" in await browser.send("/confirm-email", password="not this one")
    assert "is confirmed" in await browser.send("/confirm-email", password="harbour at seven")
    assert (await shop.users.get(ada.id)).verified
    await browser.go(link)
    assert "This link has been used" in await browser.send("/confirm-email")


async def test_a_publicly_cached_answer_sets_no_cookie(shop: Shop, api: httpx.AsyncClient) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 50), "red").save(picture, "PNG")
    media = await shop.catalog.add_media(picture.getvalue(), "red")
    page = (await api.get("/remember")).text
    script = re.search(r'src="(/assets/[^"]+)"', page)
    assert script
    api.cookies.clear()
    inside = () if APART else ("/metrics",)  # which is not shown through a gateway
    for address in (media.url, script[1], "/robots.txt", "/sitemap.xml", "/openapi.json", "/health/live", *inside):
        answer = await api.get(address)
        assert answer.status_code == 200, address
        assert "set-cookie" not in answer.headers, address
    assert "set-cookie" in (await api.get("/remember")).headers
