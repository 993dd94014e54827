"""Invoices and credit notes: numbered without gaps, chained, never changed, and restricted when their buyer is erased."""

import asyncio
from datetime import date

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.clock import HandClock
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import read_event
from shopwright.kit.errors import Invalid, Missing
from shopwright.services.carts.contract import CartChange
from shopwright.services.orders.contract import LineQuantity, NewShipment, Order
from tests.builders.customers import confirm, sign_in
from tests.builders.documents import documents, erasure
from tests.builders.goods import sell
from tests.builders.guests import GUEST, bought, later
from tests.builders.health import wrong
from tests.builders.orders import fill_cart, kettles, place_cart, two_rates
from tests.builders.refunds import refunded
from tests.builders.sellers import NORTHLIGHT
from tests.builders.storage import everything_on_disk
from tests.builders.taxes import NOW


@pytest.mark.usefixtures("seller")
async def test_a_sale_has_an_invoice_with_seller_buyer_and_taxes(shop: Shop) -> None:
    order = await two_rates(shop)
    [one] = await documents(shop)
    assert (one.name, one.kind, one.order_id) == ("INV-2026-000001", "invoice", order.id)
    body = one.body
    assert body is not None
    assert (body.seller.name, body.buyer.name, body.order_number) == (
        NORTHLIGHT.legal_name,
        "Ada Lovelace",
        order.number,
    )
    assert [(line.quantity, line.net.amount, line.gross.amount) for line in body.lines] == [
        (2, 4874, 5800),
        (1, 935, 1000),
        (1, 412, 490),
    ]
    assert [(part.rate_ppm, part.net.amount, part.tax.amount) for part in body.rates] == [
        (190_000, 5286, 1004),
        (70_000, 935, 65),
    ]
    assert (body.net.amount, body.tax.amount, body.gross) == (6221, 1069, order.totals.total)


@pytest.mark.usefixtures("seller")
async def test_a_refund_has_a_credit_note_that_names_the_invoice(shop: Shop) -> None:
    order = await two_rates(shop)
    await shop.bus.settle()
    await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    await shop.bus.settle()
    await shop.orders.cancel(order.id, "changed my mind", SYSTEM)
    invoice, refund, rest = await documents(shop)
    assert [one.name for one in (refund, rest)] == ["CN-2026-000001", "CN-2026-000002"]
    assert refund.body is not None
    assert rest.body is not None
    assert (refund.refers_to, refund.body.refers_to) == (invoice.id, "INV-2026-000001")
    assert [(line.title, line.gross.amount) for line in refund.body.lines] == [("Harbour Kettle", 2900)]
    assert (refund.body.gross.amount, rest.body.gross.amount) == (2900, 4390)
    assert refund.body.tax.amount + rest.body.tax.amount == 1069
    for one in (refund, rest):
        assert one.body is not None
        assert sum(line.gross.amount for line in one.body.lines) == one.body.gross.amount
        assert sum(part.tax.amount for part in one.body.rates) == one.body.tax.amount


@pytest.mark.usefixtures("seller")
async def test_an_invoice_before_the_supply_names_the_day_of_payment(shop: Shop) -> None:
    order = await kettles(shop)
    [invoice] = await documents(shop)
    assert invoice.body is not None
    assert (invoice.body.supplied, invoice.body.paid_on) == (None, NOW.date())
    assert invoice.body.notes == ("Paid in advance on 2 March 2026. The goods are supplied after this invoice.",)
    await shop.orders.cancel(order.id, "changed my mind", SYSTEM)
    _, note = await documents(shop)
    assert note.body is not None
    assert (note.body.supplied, note.body.paid_on, note.body.notes) == (None, None, ())


async def test_an_invoice_after_the_supply_names_the_day_of_the_last_parcel(shop: Shop, clock: HandClock) -> None:
    """Two parcels, on 2 and 5 March; of another order one of two units has left by then."""
    full, half = await kettles(shop), await kettles(shop)
    await shop.bus.settle()
    await shop.orders.ship(half.id, one_of(half), SYSTEM)
    await shop.orders.ship(full.id, one_of(full), SYSTEM)
    clock.move(days=3)
    await shop.orders.ship(full.id, one_of(full), SYSTEM)
    await shop.pricing.set_seller(NORTHLIGHT)
    clock.move(minutes=1)
    bodies = {one.order_id: one.body for one in await documents(shop)}
    sent, waiting = bodies[full.id], bodies[half.id]
    assert sent is not None
    assert waiting is not None
    assert (sent.supplied, sent.paid_on, sent.notes) == (date(2026, 3, 5), None, ())
    assert (waiting.supplied, waiting.paid_on) == (None, date(2026, 3, 2))
    await refunded(shop, full, lines=(LineQuantity(full.lines[0].id, 1),), returned=True)
    note = (await documents(shop))[-1]
    assert note.body is not None
    assert (note.kind, note.body.supplied) == ("credit_note", date(2026, 3, 5))


def one_of(order: Order) -> NewShipment:
    return NewShipment(carrier="DHL", lines=(LineQuantity(order.lines[0].id, 1),))


@pytest.mark.usefixtures("seller")
async def test_the_buyer_reference_is_on_the_invoice(shop: Shop) -> None:
    cart = await fill_cart(shop, (await sell(shop), 1))
    cart = await shop.carts.change(cart.id, CartChange(reference="  04011000-12345-03 "))
    assert cart.reference == "04011000-12345-03"
    order = await place_cart(shop, cart)
    assert order.sale is not None
    assert (order.sale.reference, order.sale.tax_id) == ("04011000-12345-03", "")
    [invoice] = await documents(shop)
    assert invoice.body is not None
    assert invoice.body.reference == "04011000-12345-03"
    with pytest.raises(Invalid, match="at most 100"):
        await shop.carts.change((await fill_cart(shop, (await sell(shop), 1))).id, CartChange(reference="x" * 101))


async def test_a_sale_before_there_is_a_seller_has_its_invoice_later(shop: Shop, clock: HandClock) -> None:
    await kettles(shop)
    await kettles(shop)
    assert await documents(shop) == []
    clock.move(minutes=1)
    await shop.pricing.set_seller(NORTHLIGHT)
    clock.move(minutes=1)
    assert [one.name for one in await documents(shop)] == ["INV-2026-000001", "INV-2026-000002"]


@pytest.mark.usefixtures("seller")
async def test_numbers_have_no_gaps_under_concurrent_issues(shop: Shop) -> None:
    orders = [await kettles(shop) for _ in range(6)]
    await asyncio.gather(*(shop.books.follow(one.id, one.placed_at) for one in orders for _ in range(4)))
    found = await documents(shop)
    assert [one.number for one in found] == list(range(1, 7))
    assert [one.before for one in found] == ["", *(one.sha256 for one in found[:-1])]
    assert await wrong(shop) == []


@pytest.mark.usefixtures("seller")
async def test_a_year_starts_a_new_series(shop: Shop, clock: HandClock) -> None:
    await kettles(shop)
    await shop.bus.settle()
    clock.move(days=310)
    await kettles(shop)
    assert [one.name for one in await documents(shop)] == ["INV-2026-000001", "INV-2027-000001"]


@pytest.mark.usefixtures("seller")
async def test_a_document_is_readable_by_its_customer_and_accounting(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    password = "correct horse battery"
    customers = {}
    for email in ("ada@example.com", "eve@example.com"):
        customers[email] = await shop.users.register(email, password, "Ada Lovelace")
        await confirm(shop, email)
    kettle = await sell(shop)
    ada = customers["ada@example.com"].id
    await place_cart(shop, await fill_cart(shop, (kettle, 1), customer=ada), Caller(user_id=ada))
    [one] = await documents(shop)
    assert (await api.get(f"/v1/documents/{one.id}", headers=staff)).json()["name"] == one.name
    assert (await api.get(f"/v1/documents/{one.id}")).status_code == 401
    own, other = [await sign_in(api, email, password) for email in customers]
    assert (await api.get(f"/v1/documents/{one.id}", headers=own)).json()["body"]["gross"]["amount"] == 6890
    assert (await api.get(f"/v1/documents/{one.id}", headers=other)).status_code == 404
    with pytest.raises(Missing):
        await shop.books.document("doc_none")


@pytest.mark.usefixtures("seller")
async def test_the_documents_of_an_erased_buyer_are_encrypted_and_expire(
    local_shop: Shop, clock: HandClock, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    order = await kettles(local_shop)
    [one] = await documents(local_shop)
    await local_shop.books.on_erased(erasure(order.id))
    row = await local_shop.databases["books"].one("SELECT body FROM issued_documents")
    closed = await local_shop.databases["books"].one("SELECT body FROM sealed_documents")
    assert row is not None
    assert closed is not None
    assert row["body"] == ""
    assert "Lovelace" not in closed["body"]
    after = await local_shop.books.document(one.id)
    assert (after.sealed, after.customer_id, after.body) == (True, "", one.body)
    assert await wrong(local_shop) == []
    clock.move(days=366 * 11)
    await local_shop.books.drop_documents()
    assert (await local_shop.books.document(one.id)).body is None
    assert [one.body for one in await local_shop.databases["books"].fetch("SELECT body FROM sealed_documents")] == []


@pytest.mark.usefixtures("seller")
async def test_a_document_issued_after_an_erasure_is_restricted_too_and_names_the_buyer(
    local_shop: Shop, clock: HandClock
) -> None:
    order = await kettles(local_shop)
    [invoice] = await documents(local_shop)
    await local_shop.books.on_erased(erasure(order.id))
    await local_shop.orders.cancel(order.id, "changed my mind", SYSTEM)
    _, note = await documents(local_shop)
    assert (note.kind, note.sealed, note.customer_id) == ("credit_note", True, "")
    assert [row["body"] for row in await local_shop.databases["books"].fetch("SELECT body FROM issued_documents")] == [
        "",
        "",
    ]
    assert invoice.body is not None
    assert note.body is not None
    assert note.body.buyer == invoice.body.buyer
    assert await wrong(local_shop) == []


async def test_each_credit_note_has_the_tax_of_its_own_refund(shop: Shop, clock: HandClock) -> None:
    """Ten euros of the kettles and ten of the novel, documented when both are refunded: 1.60 and 0.65 of tax."""
    order = await two_rates(shop)
    await shop.bus.settle()
    await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),), amount=1000, deduction="worn")
    await shop.bus.settle()
    await refunded(shop, order, lines=(LineQuantity(order.lines[1].id, 1),))
    await shop.bus.settle()
    clock.move(minutes=1)
    await shop.pricing.set_seller(NORTHLIGHT)
    clock.move(minutes=1)
    notes = [one.body for one in await documents(shop) if one.kind == "credit_note" and one.body]
    assert [(one.gross.amount, one.tax.amount) for one in notes] == [(1000, 160), (1000, 65)]


DAMAGE = {
    "UPDATE entries SET text = 'other' WHERE seq = 1": "changed after it was written",
    "UPDATE postings SET amount = amount + 1 WHERE seq = 1 AND line = 0": "does not balance",
    "DELETE FROM entries WHERE seq = 1": "comes 2",
    "UPDATE day_sums SET debit = debit + 1": "differs from its entries",
    "DELETE FROM tax_sums": "The tax totals lack",
    "UPDATE chains SET last = 99 WHERE name = 'ledger'": "another one was written last",
    "UPDATE issued_documents SET body = '{}'": "changed after it was issued",
    "UPDATE issued_documents SET number = 7": "7 comes after 0",
    "DELETE FROM issued_documents": "there is no document",
    "UPDATE issued_documents SET body = ''": "deleted before the end of its retention",
    "DELETE FROM issued_documents; DELETE FROM chains WHERE name <> 'ledger'": "No document was issued",
    "UPDATE issued_documents SET refers_to = 'doc_2'": "changed after it was issued",
    "UPDATE tax_kinds SET kind = REPLACE(kind, '190000', '70000')": "changed after it was written",
    "INSERT INTO closed_periods (period, closed, who, last, sha256) VALUES (202603, 0, '', 1, 'x')": "after it was closed",
    "INSERT INTO closed_periods (period, closed, who, last, sha256) VALUES (202603, 0, '', 9, '')": "which is missing",
    "DELETE FROM postings WHERE seq IN (SELECT seq FROM entries WHERE kind = 'payment')": "should have",
}


@pytest.mark.usefixtures("seller")
@pytest.mark.parametrize("sql", DAMAGE)
async def test_the_doctor_finds_changes_in_the_books(local_shop: Shop, sql: str) -> None:
    await kettles(local_shop)
    await local_shop.bus.settle()
    assert await wrong(local_shop) == []
    async with local_shop.databases["books"].begin() as tx:
        for one in sql.split("; "):
            await tx.run(one)
        await tx.run(
            "INSERT INTO progress (name, place) VALUES ('documents', '2') ON CONFLICT (name) DO UPDATE SET place = '2'"
        )
    assert any(DAMAGE[sql] in sentence for sentence in await wrong(local_shop))


@pytest.mark.usefixtures("seller")
async def test_no_event_of_a_document_contains_the_address_of_an_erased_buyer(shop: Shop, clock: HandClock) -> None:
    await bought(shop)
    await documents(shop)
    row = await shop.databases["books"].one("SELECT * FROM facts WHERE type = 'DocumentIssued'")
    assert row is not None
    event = read_event(row)
    await shop.users.erase_address(GUEST)
    await later(shop, clock)
    late = msgspec.structs.replace(event, id="evt_late", data=msgspec.structs.replace(event.data, kind="correction"))
    await shop.notifications.on_document(Delivery(late, "notifications.DocumentIssued"))
    assert "grace" not in (await everything_on_disk(shop)).casefold()


async def test_the_first_document_after_an_erasure_names_the_buyer_retained_for_the_books(
    shop: Shop, clock: HandClock
) -> None:
    order = await bought(shop)
    await shop.users.erase_address(GUEST)
    await later(shop, clock)
    await shop.pricing.set_seller(NORTHLIGHT)
    for _ in range(2):
        clock.move(minutes=1)
        await shop.bus.settle()
    [invoice] = await documents(shop)
    assert invoice.body is not None
    assert (invoice.sealed, invoice.body.buyer.name, invoice.body.ship_to.line1) == (
        True,
        "Ada Lovelace",
        order.shipping_address.line1,
    )
    assert "grace" not in (await everything_on_disk(shop)).casefold()
