"""Delivery notes and pro forma invoices: numbered like invoices, outside of the ledger, and for sales staff, too."""

import io

import httpx
import pytest
from pypdf import PdfReader

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Conflict, Missing
from shopwright.services.books.contract.documents import Document
from shopwright.services.books.contract.forms import FORMS, refusal
from shopwright.services.orders.contract import LineQuantity, NewShipment, Order
from tests.builders.customers import sign_in
from tests.builders.documents import documents, erasure, names, written
from tests.builders.goods import sell
from tests.builders.guests import GUEST, bought, later
from tests.builders.health import wrong
from tests.builders.ledger import balances, entries
from tests.builders.messages import send_all
from tests.builders.orders import kettles, place
from tests.builders.pages import is_now
from tests.builders.sellers import NORTHLIGHT
from tests.builders.shops import OWNER
from tests.builders.staff import PASSWORD, staff_member


async def parcel(shop: Shop, order: Order, units: int) -> str:
    """Ship this many; returns the id of the parcel."""
    await shop.bus.settle()
    sent = NewShipment(carrier="DHL", tracking_number="JD014", lines=(LineQuantity(order.lines[0].id, units),))
    return (await shop.orders.ship(order.id, sent, SYSTEM)).shipments[-1].id


async def unpaid(shop: Shop) -> Order:
    """Place an order whose payment arrives some seconds later."""
    return await place(shop, await sell(shop), 2, "pretend_delayed")


def text_of(pdf: bytes) -> str:
    return PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


@pytest.mark.usefixtures("seller")
async def test_a_parcel_has_one_delivery_note_without_prices(shop: Shop) -> None:
    order = await kettles(shop)
    first, second = await parcel(shop, order, 1), await parcel(shop, order, 1)
    booked = await entries(shop)
    note = await shop.books.delivery_note(order.id, first)
    assert (await shop.books.delivery_note(order.id, first)) == note
    other = await shop.books.delivery_note(order.id, second)
    assert [one.name for one in (note, other)] == ["DN-2026-000001", "DN-2026-000002"]
    assert (note.kind, note.refers_to, note.order_id) == ("delivery_note", first, order.id)
    assert note.body is not None
    assert [(line.title, line.quantity) for line in note.body.lines] == [("Harbour Kettle", 1)]
    assert (note.body.parcel, note.body.gross.amount, note.body.rates) == ("DHL JD014", 0, ())
    page = text_of(await shop.books.rendered(note.id, "pdf"))
    assert "Delivery note DN-2026-000001" in page
    assert "DHL JD014" in page
    assert "€" not in page
    assert await entries(shop) == booked
    assert await wrong(shop) == []
    with pytest.raises(Missing, match="no such parcel"):
        await shop.books.delivery_note(order.id, "shp_none")


@pytest.mark.usefixtures("seller")
async def test_an_unpaid_order_has_one_pro_forma_invoice(shop: Shop) -> None:
    order = await unpaid(shop)
    paper = await shop.books.pro_forma(order.id)
    assert (await shop.books.pro_forma(order.id)) == paper
    assert (paper.name, paper.kind) == ("PF-2026-000001", "pro_forma")
    assert paper.body is not None
    assert (paper.body.gross, paper.body.paid.amount) == (order.totals.total, 0)
    page = text_of(await shop.books.rendered(paper.id, "pdf"))
    assert "This is no invoice" in page
    assert "Paid." not in page
    assert {form for form in FORMS if not refusal(paper, form)} == {"pdf"}
    assert await balances(shop) == {}
    await send_all(shop)
    assert names(await written(shop, "pro forma")) == [["PF-2026-000001"]]
    assert await wrong(shop) == []


@pytest.mark.usefixtures("seller")
async def test_a_paid_order_has_no_pro_forma_invoice(shop: Shop) -> None:
    order = await kettles(shop)
    await shop.bus.settle()
    with pytest.raises(Conflict, match="for an unpaid order"):
        await shop.books.pro_forma(order.id)


async def test_no_document_is_issued_without_seller_and_buyer(local_shop: Shop) -> None:
    order = await kettles(local_shop)
    sent = await parcel(local_shop, order, 1)
    with pytest.raises(Conflict, match="Set up the seller"):
        await local_shop.books.delivery_note(order.id, sent)
    await local_shop.pricing.set_seller(NORTHLIGHT)
    await documents(local_shop)
    await local_shop.books.on_erased(erasure(order.id))
    with pytest.raises(Conflict, match="erased"):
        await local_shop.books.delivery_note(order.id, sent)


@pytest.mark.usefixtures("seller")
async def test_sales_staff_issue_and_print_them_but_read_no_invoice(shop: Shop, api: httpx.AsyncClient) -> None:
    order = await kettles(shop)
    sent = await parcel(shop, order, 1)
    [invoice] = await documents(shop)
    await staff_member(shop, role="orders")
    await is_now(api, shop, "sue@example.com")
    where = f"/office/orders/{order.id}"
    page = (await api.get(where)).text
    assert "Issue delivery note" in page
    assert invoice.name not in page
    token = page.partition('name="_csrf_token" value="')[2].partition('"')[0]
    answer = await api.post(f"{where}/documents", data={"_csrf_token": token, "parcel": sent})
    assert answer.status_code == 303
    assert (await api.get(answer.headers["location"])).content[:5] == b"%PDF-"
    page = (await api.get(where)).text
    assert "DN-2026-000001" in page
    assert "Issue delivery note" not in page
    assert (await api.get(f"{where}/documents/{invoice.id}")).status_code == 403
    refused = await api.post(f"{where}/documents", data={"_csrf_token": token, "parcel": ""})
    assert (refused.status_code, "for an unpaid order" in refused.text) == (422, True)
    key = await shop.orders.link_key(order.id)
    api.cookies.clear()
    assert "Delivery note DN-2026-000001" in (await api.get(f"/orders/{order.id}?key={key}")).text


@pytest.mark.usefixtures("seller")
async def test_delivery_notes_are_issued_by_the_api(shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    paid, waiting = await kettles(shop), await unpaid(shop)
    where = f"/v1/orders/{paid.id}/shipments/{await parcel(shop, paid, 1)}/delivery-note"
    assert (await api.post(where)).status_code == 401
    note = await api.post(where, headers=staff)
    assert (note.status_code, note.json()["kind"]) == (201, "delivery_note")
    assert (await api.post(f"/v1/orders/{paid.id}/pro-forma", headers=staff)).status_code == 409
    assert waiting.status == "placed"


@pytest.fixture
async def shut_off(shop: Shop, clock: HandClock) -> tuple[Order, str, Document]:
    """An order of an erased customer, its parcel, and the delivery note of that."""
    await shop.pricing.set_seller(NORTHLIGHT)
    order = await bought(shop, sent=False)
    sent = await parcel(shop, order, order.lines[0].quantity)
    note = await shop.books.delivery_note(order.id, sent)
    await shop.users.erase_address(GUEST)
    await later(shop, clock)
    return order, sent, note


async def test_restricted_documents_are_open_only_to_accounting(
    shop: Shop, api: httpx.AsyncClient, shut_off: tuple[Order, str, Document]
) -> None:
    order, sent, note = shut_off
    statuses = {}
    for role in ("support", "orders", "accounting"):
        await staff_member(shop, f"{role}@example.com", role)
        headers = await sign_in(api, f"{role}@example.com", PASSWORD)
        read = [await api.get(f"/v1/documents/{note.id}{end}", headers=headers) for end in ("", "/pdf")]
        again = await api.post(f"/v1/orders/{order.id}/shipments/{sent}/delivery-note", headers=headers)
        assert "Ada Lovelace" not in again.text
        await is_now(api, shop, f"{role}@example.com")
        page = await api.get(f"/office/orders/{order.id}/documents/{note.id}")
        statuses[role] = [one.status_code for one in (*read, again, page)]
        api.cookies.clear()
    assert statuses == {
        "support": [404, 404, 409, 404],
        "orders": [404, 404, 409, 404],
        "accounting": [200, 200, 403, 404],
    }


async def test_the_page_of_an_erased_order_lists_restricted_documents_and_offers_none_to_issue(
    shop: Shop, api: httpx.AsyncClient, shut_off: tuple[Order, str, Document]
) -> None:
    order, _, note = shut_off
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = (await api.get(f"/office/orders/{order.id}")).text
    assert "Issue delivery note" not in page
    assert "The buyer was erased: only accounting can open" in page
    assert f'<a href="/office/books/documents/{note.id}">' in page
    await staff_member(shop, role="support")
    await is_now(api, shop, "sue@example.com")
    page = (await api.get(f"/office/orders/{order.id}")).text
    assert f"Delivery note {note.name}" in page
    assert f"documents/{note.id}" not in page
