"""The page of personal data: the owner looks up a customer and erases them with a password and a confirmation."""

import re

import httpx
import pytest

from shopwright.app import Shop
from tests.builders.guests import GUEST, bought
from tests.builders.shops import OWNER

PAGE = "/office/personal-data"


async def send(office: httpx.AsyncClient, path: str, **typed: str) -> httpx.Response:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await office.get(PAGE)).text)
    assert token is not None
    return await office.post(path, data={"_csrf_token": token[1], **typed})


async def test_a_customer_is_looked_up_and_erased(shop: Shop, office: httpx.AsyncClient) -> None:
    order = await bought(shop)
    found = (await send(office, PAGE, email=GUEST)).text
    assert "Has no account." in found
    assert f'href="/office/orders/{order.id}"' in found
    assert 'action="/office/personal-data/erase"' in found
    typed = {"email": GUEST, "again": GUEST.lower(), "own_password": OWNER[1]}
    assert (await send(office, f"{PAGE}/erase", **typed)).status_code == 303
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).email == ""


@pytest.mark.parametrize(
    ("wrong", "status", "expected"),
    [
        ({"own_password": "not this one"}, 422, "password"),
        ({"again": "bob@example.com"}, 422, "they differ"),
        ({"email": OWNER[0], "again": OWNER[0]}, 409, "member of staff"),
    ],
)
async def test_no_customer_is_erased_by_mistake(
    shop: Shop, office: httpx.AsyncClient, wrong: dict[str, str], status: int, expected: str
) -> None:
    order = await bought(shop)
    typed = {"email": GUEST, "again": GUEST, "own_password": OWNER[1], **wrong}
    answer = await send(office, f"{PAGE}/erase", **typed)
    assert (answer.status_code, expected in answer.text) == (status, True)
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).email == order.email


async def test_an_invalid_address_is_reported_and_the_purposes_stay(office: httpx.AsyncClient) -> None:
    answer = await send(office, PAGE, email="nobody")
    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert "Events between services" in answer.text
    assert "1095 days after a guest order was placed" in answer.text


async def test_the_buyer_of_an_order_with_an_address_is_not_erased_by_its_number(
    shop: Shop, office: httpx.AsyncClient
) -> None:
    order = await bought(shop)
    for wrong, status, expected in (
        ({"own_password": OWNER[1]}, 409, "erase that, and all stored data"),
        ({"own_password": "not this one"}, 422, "password"),
        ({"own_password": OWNER[1], "order": "99999"}, 404, "no such order"),
    ):
        answer = await send(office, f"{PAGE}/erase-order", **{"order": order.number, **wrong})
        assert (answer.status_code, expected in answer.text) == (status, True)
    assert (await shop.orders.get(order.id)).email == order.email
