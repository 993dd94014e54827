"""An invalid order number finds nothing and breaks nothing, whatever Unicode it contains."""

from urllib.parse import quote

import httpx
import pytest

from shopwright.app import Shop
from tests.builders.goods import sell
from tests.builders.orders import place

# Digits for Python that are no numbers; a number in other digits; one that is too long.
ODD = ["²", "1²", "①", "#²", "١٠٠١", "1００1", "9" * 19, "9" * 1000, "#"]


@pytest.mark.parametrize("typed", ODD)
async def test_an_invalid_order_number_finds_no_order(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str], typed: str
) -> None:
    await place(shop, await sell(shop))
    name = quote(typed, safe="")
    for path in (
        f"/v1/orders/{name}",
        f"/v1/orders/{name}/buyer",
        f"/v1/orders/{name}/trail",
        f"/office/orders/{name}",
    ):
        for headers in ({}, staff):
            answer = await api.get(path, headers=headers)
            assert answer.status_code in {303, 401, 403, 404, 414}, (path, answer.status_code, answer.text)
    assert (await api.get(f"/orders/{name}")).status_code in {303, 404, 414}
    for path, body in (
        ("refunds", {"shipping": True}),
        ("cancel", {}),
        ("shipments", {"lines": []}),
        ("payments", {}),
    ):
        for headers in ({}, staff):
            answer = await api.post(f"/v1/orders/{name}/{path}", json=body, headers=headers)
            assert 400 <= answer.status_code < 500, (path, answer.status_code, answer.text)


async def test_staff_open_an_order_by_its_number(api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]) -> None:
    order = await place(shop, await sell(shop))
    assert order.number.isascii()
    for typed in (order.number, f"%23{order.number}"):
        answer = await api.get(f"/v1/orders/{typed}", headers=staff)
        assert (answer.status_code, answer.json().get("id")) == (200, order.id), answer.text


@pytest.mark.parametrize("path", ["/v1/events", "/v1/audit"])
@pytest.mark.parametrize("after", ["²", "١٢", "9" * 19, "9" * 1000])
async def test_an_invalid_cursor_of_the_log_is_refused(
    api: httpx.AsyncClient, staff: dict[str, str], path: str, after: str
) -> None:
    answer = await api.get(path, params={"after": after}, headers=staff)
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("width", ["²", "١٢", "9" * 1000])
async def test_a_picture_width_that_is_not_a_number_is_refused(api: httpx.AsyncClient, width: str) -> None:
    assert (await api.get(f"/media/{'a' * 64}/{quote(width)}.webp")).status_code == 404
