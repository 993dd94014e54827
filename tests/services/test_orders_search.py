"""Staff find an order by any of its references."""

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.auth import GUEST, SYSTEM, Caller
from shopwright.services.carts.contract import CartChange
from shopwright.services.orders.contract import NewShipment, Order, PaymentChoice, PlaceOrder
from tests.builders.customers import sign_in
from tests.builders.goods import sell
from tests.builders.orders import fill_cart, place
from tests.builders.shops import OWNER

PASSWORD = "correct horse battery"

COLOGNE = Address(
    name="Jürgen O’Brien", line1="Hauptstraße 3", city="Köln", postal_code="50667", country="DE", phone="+49301234567",
    company="Größe & Söhne",
)  # fmt: skip
TOKYO = Address(
    name="山田太郎", line1="丸の内1-1", city="千代田区", postal_code="10000", country="DE", phone="+81312345678"
)


async def order_of(
    shop: Shop, address: Address, sku: str, email: str, customer: str | None = None, who: Caller = GUEST
) -> Order:
    product = await sell(shop, f"Thing {sku}", on_hand=9, sku=sku)
    cart = await fill_cart(shop, (product, 1), email=email, customer=customer)
    cart = await shop.carts.change(cart.id, CartChange(shipping_address=address))
    choice = PaymentChoice(provider="pretend", token="pretend_ok", return_url="http://shop.test/back/{order_id}")
    return await shop.orders.place(
        PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice), f"key-{cart.id}", who
    )


async def found(shop: Shop, text: str, **more: str) -> list[str]:
    return [one.id for one in await shop.orders.search(text=text, **more)]


SPELLINGS = (
    "AB-123/4", "ab1234", "AB 123 4", "ab.123.4", "1Z 999 AA1-01", "1z999aa101", "+49 30 1234567", "030/1234567", "(030) 123 45 67",
    "0049301234567", "+49 (0)30 1234567", "301234567", "50667", "Köln", "koln", "KÖLN 50667", "Jürgen", "jurgen o'brien", "OBrien",
    "Größe Söhne", "grosse", "juergen.x@example.com", "JUERGEN.X@example.com", "O’Brien Köln",
)  # fmt: skip


async def test_an_order_is_found_by_all_its_references(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    order = await order_of(shop, COLOGNE, "AB-123/4", "juergen.x@example.com")
    other = await place(shop, await sell(shop))
    await shop.orders.ship(order.id, NewShipment(carrier="UPS", tracking_number="1Z 999 AA1-01"), SYSTEM)
    [payment] = await shop.payments.of_order(order.id)
    [row] = await shop.databases["payments"].fetch("SELECT reference FROM payments WHERE id = :id", id=payment.id)
    assert row["reference"]
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    for text in (*SPELLINGS, payment.id, row["reference"], order.number, f"#{order.number}", f" {order.number} "):
        answer = await api.get("/v1/orders", params={"q": text}, headers=staff)
        assert [one["id"] for one in answer.json()["items"]] == [order.id], text
        page = (await api.get("/office/orders", params={"q": text})).text
        assert (f"/office/orders/{order.id}" in page, f"/office/orders/{other.id}" in page) == (True, False), text
    for text in ("AB-123", "1Z999", "Köln 10119", "50668", "pay_nothing1", "😀", "***", "Jürgen Lovelace"):
        assert await found(shop, text) == [], text


async def test_names_and_cities_in_scripts_without_spaces_are_found_by_a_part(shop: Shop) -> None:
    order = await order_of(shop, TOKYO, "T1", "taro@example.jp")
    await place(shop, await sell(shop))
    for text in ("山田太郎", "山田", "太郎", "千代田", "〒10000", "03-1234-5678", "+81 3 1234 5678"):
        assert await found(shop, text) == [order.id], text
    assert await found(shop, "田山") == []


async def test_a_filter_applies_during_a_search_and_from_page_to_page(shop: Shop) -> None:
    kettle = await sell(shop, on_hand=20)
    orders = [await place(shop, kettle, email=f"c{n}@example.com") for n in range(7)]
    for order in orders[::2]:
        await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    paid, shipped = ([one.id for one in orders[start::2]][::-1] for start in (1, 0))
    for text in ("Berlin", "10119", "lovelace", "ada lovelace", kettle.variants[0].sku):
        assert (await found(shop, text, status="paid"), await found(shop, text, status="shipped")) == (paid, shipped)
        seen: list[str] = []
        while page := [
            one.id for one in await shop.orders.search(text=text, status="shipped", after=(seen or [""])[-1], limit=3)
        ]:
            seen += page
        assert seen == shipped
        assert await found(shop, text, status="cancelled") == []
    assert await found(shop, paid[0], status="shipped") == []
    # An exact reference finds no other orders behind it, nor under another filter.
    assert (
        await found(shop, orders[1].number, status="shipped")
        == await found(shop, orders[1].number, after=orders[1].id)
        == []
    )


async def test_orders_of_a_version_without_search_terms_are_found_too(shop: Shop) -> None:
    order = await order_of(shop, COLOGNE, "AB-123/4", "juergen@example.com")
    await shop.orders.ship(order.id, NewShipment(carrier="UPS", tracking_number="1Z999"), SYSTEM)
    gone = await order_of(shop, TOKYO, "T1", "taro@example.jp")
    work = shop.databases["orders"]
    async with work.begin() as tx:
        await tx.run("DELETE FROM order_terms")
        await tx.run("UPDATE orders SET personal_terms = NULL")
        await tx.run("UPDATE orders SET erasing = 1 WHERE id = :id", id=gone.id)
    assert await found(shop, "Köln") == []
    await shop.orders.write_terms()
    for text in ("Köln", "50667", "030 1234567", "ab1234", "1z999", "jurgen"):
        assert await found(shop, text) == [order.id], text
    assert (await found(shop, "T1"), await found(shop, "千代田")) == ([gone.id], [])
    [row] = await work.fetch("SELECT count(*) AS n FROM orders WHERE personal_terms IS NULL")
    assert row["n"] == 0


async def test_an_erased_buyer_is_not_found_but_the_order_is_by_its_items(shop: Shop) -> None:
    user = await shop.users.register("juergen@example.com", PASSWORD, "Jürgen O’Brien")
    who = Caller(user_id=user.id, name=user.name, email=user.email)
    order = await order_of(shop, COLOGNE, "AB-123/4", "juergen@example.com", customer=user.id, who=who)
    assert await found(shop, "Köln") == [order.id]
    await shop.users.erase(user.id)
    await shop.bus.settle()
    for text in ("Köln", "50667", "030 1234567", "jürgen", "o'brien", "juergen@example.com", "Söhne"):
        assert await found(shop, text) == [], text
    assert await found(shop, "AB-123/4") == [order.id]
    rows = await shop.databases["orders"].fetch("SELECT term FROM order_terms WHERE number = :n", n=int(order.number))
    assert [row["term"] for row in rows] == ["ab1234"]


@pytest.mark.parametrize("text", ["%", "_", "!", "'", '"', "\\", "a" * 255, "1 " * 120, "猫" * 250, "9" * 40, "²", "٣"])
async def test_any_input_is_searched_as_text(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], text: str
) -> None:
    await place(shop, await sell(shop))
    answer = await api.get("/v1/orders", params={"q": text}, headers=staff)
    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_customers_cannot_search_orders(shop: Shop, api: httpx.AsyncClient) -> None:
    await order_of(shop, COLOGNE, "AB-123/4", "juergen@example.com")
    await shop.users.register("eve@example.com", PASSWORD, "Eve")
    headers = await sign_in(api, "eve@example.com", PASSWORD)
    answer = await api.get("/v1/orders", params={"q": "Köln"}, headers=headers)
    assert answer.json()["items"] == []
