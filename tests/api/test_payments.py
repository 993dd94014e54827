"""Limits of payment: which providers exist, where browsers are redirected, what unpaid orders reserve, how often one may try."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.demo.load import mark_if_new
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from shopwright.kit.origins import Origins
from shopwright.services.pricing.contract import Coupon, CouponRefused, ShippingRate
from shopwright.web.application import build
from tests.builders.customers import sign_in
from tests.builders.goods import sell
from tests.builders.orders import fill_cart
from tests.builders.shops import OWNER, QUICK, make_settings

REFUSED_RETURNS = (
    "javascript:alert(1)", "//evil.example", "http:evil.example", "https://evil.example/", "http://shop.test@evil.example/",
    "http://shop.test:80@evil.example/", "http://user@shop.test/", "http://evil.example\\@shop.test/", "http:\\\\shop.test/",
    "http://shop.test.evil.example/", "http://shop.test:8080/", "https://shop.test/", "http://shop.test\r\nLocation: x/",
    "\thttp://shop.test/", "java\nscript:alert(1)", "data:text/html,hi", "/checkout", "http:///shop.test/", "http://",
    "http://shop.test{order_id}.evil.example/", "http://[::1/", "http://shop.test:99999/", "http://ѕhop.test/",
    "http://shop.test/" + "a" * 3000, "http://shop.test%2eevil.example/",
)  # fmt: skip


keys = itertools.count()


@asynccontextmanager
async def opened(data: tuple[Path, str], clock: HandClock, **settings) -> AsyncIterator[tuple[Shop, httpx.AsyncClient]]:
    """A shop with these settings, and a client of its API."""
    shop = Shop(make_settings(*data, **settings), clock=clock, hasher=QUICK)
    async with shop.running(deliver=False):
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            yield shop, client


async def order(
    shop: Shop, client: httpx.AsyncClient, *wanted, email: str = "ada@example.com", key: str = "", **payment: str
) -> httpx.Response:
    cart = await fill_cart(shop, *wanted, email=email)
    body = {
        "cart_id": cart.id,
        "expected_total": cart.totals.total.amount,
        "payment": {"provider": "pretend", "token": "pretend_ok", **payment},
    }
    return await client.post("/v1/orders", json=body, headers={"Idempotency-Key": key or cart.id})


# --- providers


async def test_a_shop_without_payment_provider_accepts_only_free_orders(data, clock) -> None:
    async with opened(data, clock, payments="") as (shop, client):
        kettle = await sell(shop)
        refused = await order(shop, client, (kettle, 1))
        assert (refused.status_code, refused.json()["code"]) == (409, "no_payment_provider")
        assert (await shop.inventory.stock([kettle.variants[0].id]))[kettle.variants[0].id].reserved == 0
        assert await shop.orders.search() == []


async def test_a_free_order_needs_no_payment_provider(data, clock) -> None:
    async with opened(data, clock, payments="") as (shop, client):
        await shop.pricing.put_shipping_rate(
            ShippingRate(
                id="shr_standard", title="Standard", price=Money(0, "EUR"), countries=("DE",), days_min=1, days_max=2
            )
        )
        gift = await sell(shop, price=0)
        cart = await fill_cart(shop, (gift, 1))
        placed = await client.post(
            "/v1/orders", json={"cart_id": cart.id, "expected_total": 0}, headers={"Idempotency-Key": "free"}
        )
        assert placed.status_code == 201, placed.text
        assert placed.json()["status"] == "paid"
        assert await shop.payments.check_consistency() == []


async def test_pretended_payments_exist_in_a_demo_shop_or_where_they_are_named(data, clock) -> None:
    async with opened(data, clock, payments="") as (shop, client):
        assert (await shop.payments.setup()).providers == ()
        await mark_if_new(shop)
        assert (await shop.payments.setup()).providers == ("pretend",)
        kettle = await sell(shop)
        assert (await order(shop, client, (kettle, 1))).json()["status"] == "paid"
    async with opened(data, clock, payments="pretend:") as (shop, client):
        assert (await shop.payments.setup()).providers == ("pretend",)


async def test_the_pages_of_pretended_payments_do_not_exist_without_them(data, clock) -> None:
    async with opened(data, clock) as (shop, client):
        kettle = await sell(shop)
        url = (await order(shop, client, (kettle, 1), token="pretend_3ds")).json()["payment"]["next_action"]["url"]
        assert (await client.get(url)).status_code == 200
    async with opened(data, clock, payments="") as (shop, client):
        for path in (url, "/pretend/3ds/pi_nothing", "/pretend/style.css"):
            assert (await client.get(path)).status_code == 404
        assert (await client.post(url, data={"answer": "approve"})).status_code == 404
        assert [one.status for one in await shop.orders.search()] == ["placed"]
        hook = await client.post("/v1/payment-webhooks/pretend", json={"id": "x", "reference": "y", "time": 1})
        assert hook.status_code in {404, 409}


def test_an_unknown_provider_is_refused_with_the_known_ones(data) -> None:
    with pytest.raises(Invalid, match="Did you mean pretend:"):
        Shop(make_settings(*data, payments="pretent:"))
    for urls, message in (
        ("pretend:,quickpay://", "Known here: pretend:, stripe:"),
        ("stripe://sk_live_1", "keys are entered in the back office"),
        ("stripe://?key=sk_live_1", "has the option “key”"),
        ("stripe://?api=https://api.evil.example", "on another machine"),
    ):
        with pytest.raises(Invalid, match=message) as caught:
            Shop(make_settings(*data, payments=urls))
        assert "sk_live" not in caught.value.detail


async def test_a_provider_the_shop_does_not_use_is_refused_before_stock_is_reserved(shop, api) -> None:
    kettle = await sell(shop)
    refused = await order(shop, api, (kettle, 1), provider="none")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/payment/provider")
    assert await shop.orders.search() == []
    assert (await shop.inventory.stock([kettle.variants[0].id]))[kettle.variants[0].id].reserved == 0


async def test_the_office_and_the_checkout_say_that_the_shop_cannot_be_paid(data, clock) -> None:
    async with opened(data, clock, payments="") as (shop, client):
        kettle = await sell(shop)
        cart = await fill_cart(shop, (kettle, 1))
        client.cookies.set("cart", cart.id)
        for path in ("/checkout", "/checkout/payment"):
            assert "cannot accept payments yet" in (await client.get(path)).text, path
        assert "pretend_ok" not in (await client.get("/checkout/payment")).text
        client.cookies.set("session", await shop.users.open_session(*OWNER))
        for path in ("/office", "/office/orders"):
            assert "This shop has no payment provider" in (await client.get(path)).text
    async with opened(data, clock) as (shop, client):
        client.cookies.set("session", await shop.users.open_session(*OWNER))
        assert "Payments of this shop are pretended" in (await client.get("/office")).text


# --- redirects


async def test_the_bank_redirects_only_to_this_shop(shop, api) -> None:
    kettle = await sell(shop)
    for url in REFUSED_RETURNS:
        refused = await order(shop, api, (kettle, 1), token="pretend_3ds", return_url=url)
        refusal = (refused.status_code, refused.json()["errors"][0]["pointer"])
        assert refusal == (422, "/payment/return_url"), url
    assert await shop.orders.search() == []
    placed = (await order(shop, api, (kettle, 1), token="pretend_3ds")).json()
    for number, url in enumerate(REFUSED_RETURNS):
        again = await api.post(
            f"/v1/orders/{placed['id']}/payments?email=ada@example.com",
            json={"provider": "pretend", "token": "pretend_3ds", "return_url": url},
            headers={"Idempotency-Key": f"again {number}"},
        )
        assert again.status_code == 422, (url, again.text)


def test_an_address_is_parsed_as_browsers_parse_it() -> None:
    ours = Origins(["http://shop.test"])
    assert ours.allow("http://shop.test/back?order=1")
    for url in ("http://shop.test/\r\nSet-Cookie: a=b", "http://shop.test\t/", " http://shop.test/", "\0http://shop.test/",
                "http://shop.test/\\evil.example", "http://shop.test/ü", "http://shop.test/" + "a" * 2048):  # fmt: skip
        assert not ours.allow(url), url


async def test_the_bank_redirects_to_an_allowed_origin(data, clock) -> None:
    async with opened(data, clock, return_origins="https://app.example.com, http://localhost:3000") as (shop, client):
        kettle = await sell(shop, on_hand=9)
        for number, url in enumerate(
            (
                "https://app.example.com/back/{order_id}?x=1",
                "http://localhost:3000",
                "http://shop.test:80/x",
                "HTTP://SHOP.test/",
            )
        ):
            placed = await order(
                shop, client, (kettle, 1), email=f"b{number}@example.com", token="pretend_3ds", return_url=url
            )
            assert placed.status_code == 201, placed.text
            page = placed.json()["payment"]["next_action"]["url"]
            back = await client.post(page, data={"answer": "approve"})
            assert back.headers["location"] == url.replace("{order_id}", placed.json()["id"])
        refused = await order(shop, client, (kettle, 1), return_url="https://app.example.com.evil.example/")
        assert refused.status_code == 422
    with pytest.raises(Invalid, match="not a valid web address"):
        Shop(make_settings(*data, return_origins="app.example.com"))


# --- reservations of unpaid orders


async def reserved(shop: Shop) -> int:
    products = await shop.catalog.list_products(limit=100)
    stock = await shop.inventory.stock([one.id for product in products for one in product.variants])
    return sum(one.reserved for one in stock.values())


async def test_unpaid_orders_of_one_address_do_not_reserve_all_stock(data, clock) -> None:
    async with opened(data, clock) as (shop, client):
        goods = [await sell(shop, f"Kettle {number}", price=100, on_hand=400) for number in range(9)]
        answers = [
            await order(shop, client, *((one, 190) for one in goods[3 * n : 3 * n + 3]), email=f"a{n}@example.com", token="pretend_lost")
            for n in range(3)
        ]  # fmt: skip
        assert [one.status_code for one in answers] == [409, 409, 409]
        assert {one.json()["code"] for one in answers} == {"too_much_unpaid"}
        assert await reserved(shop) == 0
        first = await order(
            shop, client, *((one, 90) for one in goods[:5]), email="b@example.com", token="pretend_lost"
        )
        assert first.status_code == 201, first.text
        second = await order(shop, client, (goods[5], 51), email="c@example.com", token="pretend_lost")
        assert (second.json()["data"]["holder"], second.json()["data"]["limit"]) == ("address", "units")
        assert await reserved(shop) == 450
        # A paid order holds nothing.
        await shop.orders.cancel(first.json()["id"], "", SYSTEM)
        assert (await order(shop, client, (goods[5], 51), email="c@example.com")).status_code == 201
        assert (await order(shop, client, *((one, 90) for one in goods[:5]), email="c@example.com")).status_code == 201


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ({"unpaid_orders": 2}, "orders"),
        ({"unpaid_units": 25}, "units"),
        ({"unpaid_value": 25_000}, "value"),
        ({"unpaid_share": 20}, "share"),
    ],
)
async def test_each_limit_follows_a_customer_across_addresses(data, clock, settings, limit) -> None:
    async with opened(data, clock, **settings) as (shop, client):
        kettle = await sell(shop, price=1000, on_hand=100)
        answers = [
            await order(shop, client, (kettle, 10), email=email, token="pretend_lost")
            for email in ("ada@example.com", "ADA@example.com", "Ada@EXAMPLE.com")
        ]
        assert [one.status_code for one in answers] == [201, 201, 409]
        data = answers[2].json()["data"]
        assert (data["holder"], data["limit"]) == ("email", limit)
        elsewhere = httpx.ASGITransport(app=build(shop, deliver=False), client=("198.51.100.7", 1))
        async with httpx.AsyncClient(transport=elsewhere, base_url="http://shop.test") as other:
            placed = await order(shop, other, (kettle, 10), email="ben@example.com", token="pretend_lost")
            assert placed.status_code == 201
        assert await reserved(shop) == 30
        # Expired reservations are released.
        clock.move(minutes=31)
        await shop.orders.expire_unpaid()
        assert (await order(shop, client, (kettle, 10), token="pretend_lost")).status_code == 201


async def test_one_address_cannot_reserve_all_stock_under_many_names(data, clock) -> None:
    async with opened(data, clock) as (shop, client):
        kettle = await sell(shop, price=100, on_hand=28)
        answers = [
            await order(shop, client, (kettle, 2), email=f"a{n}@example.com", token="pretend_3ds") for n in range(14)
        ]
        assert [one.status_code for one in answers] == [201] * 7 + [409] * 7
        assert {(one.json()["data"]["holder"], one.json()["data"]["limit"]) for one in answers[7:]} == {
            ("address", "share")
        }
        assert await reserved(shop) == 14


async def test_concurrent_orders_of_one_address_stay_within_their_limit(data, clock) -> None:
    async with opened(data, clock, unpaid_orders_at_address=4) as (shop, client):
        kettle = await sell(shop, price=100, on_hand=100)
        answers = await asyncio.gather(
            *(order(shop, client, (kettle, 1), email=f"b{n}@example.com", token="pretend_lost") for n in range(20))
        )
        assert sorted(one.status_code for one in answers) == [201] * 4 + [409] * 16
        assert await reserved(shop) == 4


async def test_holders_of_reservations_are_stored_unreadable_and_deleted_when_paid(data, clock) -> None:
    async with opened(data, clock) as (shop, client):
        kettle = await sell(shop)
        assert (await order(shop, client, (kettle, 1), token="pretend_lost")).status_code == 201
        rows = await shop.databases["orders"].fetch("SELECT holder FROM holds")
        assert len(rows) == 3
        assert all(len(row["holder"]) == 64 and "127.0.0.1" not in row["holder"] for row in rows)
        assert (await order(shop, client, (kettle, 1), email="ben@example.com")).json()["status"] == "paid"
        assert len(await shop.databases["orders"].fetch("SELECT holder FROM holds")) == 3
        clock.move(days=2)
        await shop.orders.expire_unpaid()
        await shop.orders.forget_unfinished()
        for table in ("holds", "held_lines", "holders"):
            assert await shop.databases["orders"].fetch(f"SELECT * FROM {table}") == [], table


# --- attempts to pay


async def pay(client: httpx.AsyncClient, order_id: str, token: str, email: str = "ada@example.com") -> httpx.Response:
    body = {"provider": "pretend", "token": token}
    headers = {"Idempotency-Key": f"try-{next(keys)}"}
    return await client.post(f"/v1/orders/{order_id}/payments?email={email}", json=body, headers=headers)


async def test_cards_cannot_be_tried_one_by_one_on_an_order(data, clock) -> None:
    async with opened(data, clock) as (shop, client):
        kettle = await sell(shop)
        placed = (await order(shop, client, (kettle, 1), token="pretend_declined")).json()
        answers = [await pay(client, placed["id"], "pretend_declined") for _ in range(60)]
        declined = [one for one in answers if one.status_code == 201]
        assert len(declined) == 4
        refused = answers[-1]
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert refused.headers["retry-after"] == "60"
        assert len(await shop.payments.of_order(placed["id"])) == 5
        for waited, then in ((61, 120), (121, 240), (241, 480)):
            clock.move(seconds=waited)
            assert (await pay(client, placed["id"], "pretend_declined")).status_code == 201
            assert (await pay(client, placed["id"], "pretend_declined")).headers["retry-after"] == str(then)
        clock.move(seconds=481)
        assert (await pay(client, placed["id"], "pretend_ok")).json()["status"] == "paid"


@pytest.mark.parametrize(("who", "free"), [("email", 10), ("card", 10), ("address", 50)])
async def test_cards_cannot_be_tried_one_by_one_on_many_orders(data, clock, who, free) -> None:
    async with opened(data, clock) as (shop, client):
        kettle = await sell(shop, on_hand=500)
        answers = []
        for number in range(free + 1):
            email = "ada@example.com" if who == "email" else f"b{number}@example.com"
            card = "pretend_declined" if who == "card" else f"unknown-card-{number}"
            answers.append(await order(shop, client, (kettle, 1), email=email, token=card))
            if answers[-1].status_code == 201:  # unpaid orders are limited, too
                await shop.orders.cancel(answers[-1].json()["id"], "", SYSTEM)
        assert [one.status_code for one in answers] == [201] * free + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        rows = await shop.databases["payments"].fetch("SELECT email_hash, address_hash, card_hash FROM payments")
        assert not any("example.com" in value or "127.0" in value for row in rows for value in row)
        clock.move(days=3)
        await shop.payments.forget_tries()
        rows = await shop.databases["payments"].fetch("SELECT email_hash FROM payments WHERE email_hash <> ''")
        assert rows == []


# --- a coupon once per customer


@pytest.mark.parametrize("guest_first", [True, False])
async def test_a_customer_uses_a_coupon_once_as_guest_and_with_an_account(shop, api, guest_first) -> None:
    await shop.pricing.put_coupon(Coupon(code="ONCE", kind="percentage", value=1000, limit_per_customer=1))
    kettle = await sell(shop, on_hand=50)
    user = await shop.users.register("Ada@Example.com", "harbour at seven", "Ada")
    me = await sign_in(api, "ada@example.com", "harbour at seven")

    async def buy(email: str, headers: dict[str, str], customer: str | None = None) -> int:
        cart = await fill_cart(shop, (kettle, 1), email=email, customer=customer)
        cart = await shop.carts.set_coupons(cart.id, ("ONCE",))
        body = {"cart_id": cart.id, "expected_total": cart.totals.total.amount}
        body["payment"] = {"provider": "pretend", "token": "pretend_ok"}
        placed = await api.post("/v1/orders", json=body, headers={"Idempotency-Key": cart.id, **headers})
        assert placed.status_code in {201, 409}, placed.text
        return len(placed.json()["coupons"]) if placed.status_code == 201 else 0

    async def as_guest(email: str) -> int:
        return await buy(email, {})

    async def with_account(email: str) -> int:
        return await buy(email, me, user.id)

    first, second = (as_guest, with_account) if guest_first else (with_account, as_guest)
    assert await first("ada@example.com") == 1
    assert await second("ADA@EXAMPLE.com") == 0
    assert await first("ａda@example.com") == 0
    assert await with_account("somebody.else@example.com") == 0
    assert await as_guest("ben@example.com") == 1
    rows = await shop.databases["pricing"].fetch("SELECT customer FROM coupon_users")
    assert not any("@" in row["customer"] for row in rows)


async def test_a_coupon_of_a_cancelled_order_is_usable_again(shop, api) -> None:
    await shop.pricing.put_coupon(Coupon(code="ONCE", kind="percentage", value=1000, limit_per_customer=1))
    await shop.pricing.redeem("ord_1", ("ONCE",), "usr_1", ("ada@example.com",))
    with pytest.raises(CouponRefused):
        await shop.pricing.redeem("ord_2", ("ONCE",), "ada@example.com")
    await shop.pricing.release_coupons("ord_1")
    await shop.pricing.redeem("ord_2", ("ONCE",), "ada@example.com")


async def test_paying_again_needs_a_key_and_is_done_once_for_it(shop, api) -> None:
    kettle = await sell(shop)
    placed = (await order(shop, api, (kettle, 1), token="pretend_declined")).json()
    path, body = f"/v1/orders/{placed['id']}/payments?email=ada@example.com", {"provider": "pretend"}
    assert (await api.post(path, json=body | {"token": "pretend_ok"})).status_code == 422
    for _ in range(3):
        tried = await api.post(path, json=body | {"token": "pretend_declined"}, headers={"Idempotency-Key": "one"})
        assert tried.status_code == 201
    assert len(await shop.payments.of_order(placed["id"])) == 2
