"""A form of the office with an unknown value is refused and changes nothing."""

import re

import httpx
import pytest

from shopwright.app import Shop
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.shops import OWNER


async def post(office: httpx.AsyncClient, page: str, action: str, **fields: str) -> httpx.Response:
    hidden = dict(
        re.findall(r'<input type="hidden" name="(_csrf_token)" value="([^"]*)"', (await office.get(page)).text)
    )
    return await office.post(action, data={**hidden, **fields})


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("/office/staff", {"act": "promote", "role": "owner", "email": "eve@example.com", "name": "Eve"}),
        ("/office/staff", {"act": "role", "role": "owner", "email": "eve@example.com", "name": "Eve"}),
        ("/office/collections/new", {"title": "Odd", "kind": "some"}),
        ("/office/collections/new", {"title": "Odd", "kind": "rules", "match": "none"}),
        ("/office/attributes/attribute", {"title": "Odd", "kind": "colour-ish"}),
    ],
)
async def test_an_unknown_value_in_a_form_creates_nothing(
    shop: Shop, office: httpx.AsyncClient, page: str, fields: dict[str, str]
) -> None:
    answer = await post(office, page.removesuffix("/attribute"), page, **fields, own_password=OWNER[1])
    assert answer.status_code in {404, 422}
    assert "Eve" not in str(await shop.users.staff())
    assert "Odd" not in str([await shop.catalog.collections(), await shop.catalog.attribute_types()])


async def test_a_discount_of_unknown_kind_is_refused(shop: Shop, office: httpx.AsyncClient) -> None:
    answer = await post(office, "/office/pricing", "/office/pricing/coupons", code="ODD", kind="gift", value="20")
    assert answer.status_code == 422
    assert "ODD" not in {one.code for one in await shop.pricing.coupons()}


async def test_an_unknown_action_on_an_order_is_refused(shop: Shop, office: httpx.AsyncClient) -> None:
    order = await place(shop, await sell(shop), 1)
    where = f"/office/orders/{order.id}"
    assert (await post(office, where, f"{where}/lose")).status_code == 422
    assert (await shop.orders.get(order.id)).timeline == order.timeline


async def test_an_unknown_part_does_not_select_all(office: httpx.AsyncClient) -> None:
    assert (await post(office, "/office/system", "/office/system", part="cellar")).status_code == 404
