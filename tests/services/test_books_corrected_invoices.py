"""An invoice with a wrong buyer is replaced by a corrected one, and stays unchanged."""

from datetime import date
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.errors import Conflict, Invalid
from shopwright.services.books import papers
from shopwright.services.books.contract.documents import Document, DocumentBody, InvoiceCorrection, Party
from shopwright.services.orders.contract import LineQuantity, Order
from shopwright.services.pricing.contract import TaxCategory, TaxId
from tests.builders.customers import BERLIN
from tests.builders.documents import documents, erasure, names, shipped, written
from tests.builders.health import wrong
from tests.builders.ledger import balances
from tests.builders.messages import send_all
from tests.builders.orders import kettles
from tests.builders.refunds import refunded
from tests.builders.sellers import NORTHLIGHT
from tests.builders.shops import OWNER

GMBH = Address(
    name="Ada Lovelace", company="Lovelace GmbH", line1="Hafenstr. 2", city="Hamburg", postal_code="20457", country="DE"
)
CORRECTED = InvoiceCorrection(buyer=GMBH, tax_id="DE136695976", reason="It is for the company")


@pytest.fixture
async def order(shop: Shop) -> Order:
    await shop.pricing.set_seller(NORTHLIGHT)
    return await kettles(shop)


def body_of(document: Document) -> DocumentBody:
    assert document.body is not None
    return document.body


async def test_a_corrected_invoice_replaces_the_first_which_stays_unchanged(shop: Shop, order: Order) -> None:
    [invoice] = await documents(shop)
    booked = await balances(shop)
    added = await shop.books.correct_invoice(invoice.id, CORRECTED)
    assert (added.name, added.kind, added.refers_to) == ("COR-2026-000001", "correction", invoice.id)
    first, body = body_of(invoice), body_of(added)
    assert (body.buyer.address.company, [one.id for one in body.buyer.tax_ids]) == ("Lovelace GmbH", ["DE136695976"])
    assert (body.lines, body.rates, body.gross, body.ship_to) == (first.lines, first.rates, first.gross, first.ship_to)
    assert (body.refers_to, body.reason) == ("INV-2026-000001", "It is for the company")
    assert body.notes[-1] == "This invoice replaces INV-2026-000001 of 2 March 2026."
    assert (await shop.books.document(invoice.id)) == msgspec.structs.replace(invoice, replaced_by=added.id)
    assert await balances(shop) == booked
    assert await wrong(shop) == []


@pytest.mark.usefixtures("order")
async def test_an_empty_or_wrong_correction_is_refused(shop: Shop) -> None:
    [invoice] = await documents(shop)
    added = await shop.books.correct_invoice(invoice.id, CORRECTED)
    with pytest.raises(Conflict, match="nothing would change"):
        await shop.books.correct_invoice(invoice.id, CORRECTED)
    with pytest.raises(Conflict, match="Only an invoice"):
        await shop.books.correct_invoice(added.id, CORRECTED)
    with pytest.raises(Invalid):
        await shop.books.correct_invoice(invoice.id, msgspec.structs.replace(CORRECTED, tax_id="DE1"))
    with pytest.raises(Invalid):
        nowhere = msgspec.structs.replace(GMBH, line1="")
        await shop.books.correct_invoice(invoice.id, msgspec.structs.replace(CORRECTED, buyer=nowhere))
    again = await shop.books.correct_invoice(invoice.id, InvoiceCorrection(buyer=BERLIN, reason="Not at all"))
    assert body_of(again).notes == (*body_of(invoice).notes, "This invoice replaces COR-2026-000001 of 2 March 2026.")
    assert len(await documents(shop)) == 3


async def test_a_credit_note_names_the_corrected_buyer(shop: Shop, order: Order) -> None:
    [invoice] = await documents(shop)
    await shop.books.correct_invoice(invoice.id, CORRECTED)
    await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    note = (await documents(shop))[-1]
    assert (note.kind, note.refers_to) == ("credit_note", invoice.id)
    assert body_of(note).buyer.address.company == "Lovelace GmbH"


async def test_a_corrected_invoice_includes_goods_supplied_meanwhile(shop: Shop, order: Order) -> None:
    [invoice] = await documents(shop)
    assert (body_of(invoice).supplied, body_of(invoice).paid_on) == (None, date(2026, 3, 2))
    await shipped(shop, order)
    body = body_of(await shop.books.correct_invoice(invoice.id, CORRECTED))
    assert (body.supplied, body.paid_on) == (date(2026, 3, 2), None)
    assert body.notes == ("This invoice replaces INV-2026-000001 of 2 March 2026.",)


async def test_a_corrected_invoice_is_sent_and_the_one_it_replaces_is_not(shop: Shop, order: Order) -> None:
    [invoice] = await documents(shop)
    await shop.books.correct_invoice(invoice.id, CORRECTED)
    await send_all(shop)
    assert names(await written(shop, "corrected invoice")) == [["COR-2026-000001"]]
    await shipped(shop, order)
    assert names(await written(shop, "has shipped")) == [[]]


async def test_a_corrected_invoice_is_restricted_with_the_invoice(local_shop: Shop) -> None:
    await local_shop.pricing.set_seller(NORTHLIGHT)
    order = await kettles(local_shop)
    [invoice] = await documents(local_shop)
    await local_shop.books.correct_invoice(invoice.id, CORRECTED)
    await local_shop.books.on_erased(erasure(order.id))
    assert [one.sealed for one in await documents(local_shop)] == [True, True]
    with pytest.raises(Conflict, match="sealed"):
        await local_shop.books.correct_invoice(invoice.id, InvoiceCorrection(buyer=BERLIN, reason="x"))


@pytest.mark.usefixtures("order")
async def test_accounting_issues_a_corrected_invoice_by_a_form(shop: Shop, api: httpx.AsyncClient) -> None:
    [invoice] = await documents(shop)
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    where = f"/office/books/documents/{invoice.id}"
    page = (await api.get(where)).text
    token = page.partition('name="_csrf_token" value="')[2].partition('"')[0]
    form = {**{name: getattr(GMBH, name) for name in GMBH.__struct_fields__}, "tax_id": "", "_csrf_token": token}
    refused = await api.post(f"{where}/correct", data={**form, "line1": "", "reason": "Wrong"})
    assert (refused.status_code, "Lovelace GmbH" in refused.text) == (422, True)
    answer = await api.post(f"{where}/correct", data={**form, "reason": "Wrong"})
    assert answer.status_code == 303
    shown = (await api.get(answer.headers["location"])).text
    assert "Corrected invoice COR-2026-000001" in shown
    assert "replaces INV-2026-000001" in shown


async def test_accounting_issues_a_corrected_invoice_by_the_api(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], order: Order
) -> None:
    [invoice] = await documents(shop)
    wanted = {"buyer": msgspec.to_builtins(GMBH), "reason": "Wrong"}
    where = f"/v1/documents/{invoice.id}/corrections"
    assert (await api.post(where, json=wanted)).status_code == 401
    answer = await api.post(where, json=wanted, headers=staff)
    assert (answer.status_code, answer.json()["name"]) == (201, "COR-2026-000001")
    assert (await api.get(f"/v1/documents/{answer.json()['id']}/pdf", headers=staff)).content[:5] == b"%PDF-"


@pytest.mark.usefixtures("order")
async def test_a_second_correction_replaces_the_first_and_one_invoice_is_valid(
    shop: Shop, api: httpx.AsyncClient
) -> None:
    [invoice] = await documents(shop)
    first = await shop.books.correct_invoice(invoice.id, CORRECTED)
    second = await shop.books.correct_invoice(invoice.id, InvoiceCorrection(buyer=BERLIN, reason="It is not"))
    assert (second.refers_to, body_of(second).refers_to) == (first.id, "COR-2026-000001")
    assert body_of(second).notes[-1] == "This invoice replaces COR-2026-000001 of 2 March 2026."
    assert sum("replaces" in note for note in body_of(second).notes) == 1
    holding = {one.name: one.replaced_by for one in await documents(shop)}
    assert holding == {invoice.name: first.id, first.name: second.id, second.name: ""}
    assert await wrong(shop) == []
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    for where in ("/office/books/documents", f"/office/orders/{invoice.order_id}", "/office/books"):
        assert (await api.get(where)).text.count(">replaced<") == 2
    assert (
        f'<a href="/office/books/documents/{first.id}">corrected invoice</a> holds'
        in (await api.get(f"/office/books/documents/{invoice.id}")).text
    )


@pytest.mark.parametrize("category", ["K", "AE"])
async def test_an_untaxed_sale_stays_untaxed_for_a_business_of_its_country(
    shop: Shop, order: Order, category: TaxCategory
) -> None:
    [invoice] = await documents(shop)
    body = body_of(invoice)
    vienna = msgspec.structs.replace(GMBH, city="Wien", postal_code="1010", country="AT")
    sold = msgspec.structs.replace(
        body,
        buyer=Party(name="Ada", address=vienna, tax_ids=(TaxId(country="AT", id="ATU13585627"),)),
        ship_to=vienna,
        rates=tuple(msgspec.structs.replace(part, category=category) for part in body.rates),
    )

    def corrected(buyer: Address, tax_id: str) -> DocumentBody:
        wanted = InvoiceCorrection(buyer=buyer, tax_id=tax_id, reason="Wrong")
        return papers.corrected(sold, wanted, order, ZoneInfo("UTC"), ("INV-1", date(2026, 3, 2)))

    with pytest.raises(Invalid, match="must name its tax id"):
        corrected(vienna, "")
    with pytest.raises(Invalid, match="would change its taxes"):
        corrected(GMBH, "DE136695976")
    with pytest.raises(Invalid, match="not of the seller's"):
        corrected(vienna, "DE136695976")
    assert corrected(msgspec.structs.replace(vienna, name="Zoë"), "ATU13585627").buyer.name == "Zoë"
