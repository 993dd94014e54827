"""Invoices on pages: for the buyer of an order and for accounting, as in the API."""

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.audit import AuditFilter
from shopwright.kit.auth import Caller
from tests.builders.customers import confirm
from tests.builders.documents import documents
from tests.builders.goods import sell
from tests.builders.orders import fill_cart, kettles, place_cart
from tests.builders.pages import is_now
from tests.builders.staff import PASSWORD, staff_member

DENIED, FOUND, NOWHERE = 403, 200, 404


@pytest.mark.usefixtures("seller")
@pytest.mark.parametrize(
    ("role", "status"),
    [("orders", DENIED), ("support", DENIED), ("read-only", DENIED), ("accounting", FOUND)],
)
async def test_staff_read_documents_only_with_the_permission_of_accounting(
    shop: Shop, api: httpx.AsyncClient, role: str, status: int
) -> None:
    order = await kettles(shop)
    [one] = await documents(shop)
    await staff_member(shop, role=role)
    await is_now(api, shop, "sue@example.com")
    for key in ("", f"?key={await shop.orders.link_key(order.id)}"):
        page = await api.get(f"/orders/{order.id}{key}")
        assert page.status_code == FOUND
        assert (one.name in page.text) == (status == FOUND)
        assert (await api.get(f"/orders/{order.id}/documents/{one.id}{key}")).status_code == status
    assert (one.name in (await api.get(f"/office/orders/{order.id}")).text) == (status == FOUND)
    seen = [one.status for one in await shop.users.audit(AuditFilter(action="order_document"), limit=50)]
    assert seen == [status] * 2


@pytest.mark.usefixtures("seller")
async def test_buyers_read_only_their_own_documents(shop: Shop, api: httpx.AsyncClient) -> None:
    customers = []
    for email in ("ada@example.com", "eve@example.com"):
        customers.append(await shop.users.register(email, PASSWORD, "Ada Lovelace"))
        await confirm(shop, email)
    ada = customers[0].id
    order = await place_cart(shop, await fill_cart(shop, (await sell(shop), 1), customer=ada), Caller(user_id=ada))
    [one] = await documents(shop)
    where = f"/orders/{order.id}/documents/{one.id}"
    for email, status in (("ada@example.com", FOUND), ("eve@example.com", NOWHERE)):
        await is_now(api, shop, email)
        assert (await api.get(where)).status_code == status
    api.cookies.clear()
    assert (await api.get(where)).status_code == NOWHERE
    key = await shop.orders.link_key(order.id)
    assert one.name in (await api.get(f"/orders/{order.id}?key={key}")).text
    answer = await api.get(f"{where}?key={key}")
    assert (answer.status_code, answer.content[:5]) == (FOUND, b"%PDF-")
