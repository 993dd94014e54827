"""Documents as PDF/A with an electronic invoice, checked against the published rules of EN 16931."""

import io
from datetime import UTC, datetime
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from pypdf import PdfReader

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Conflict
from shopwright.services.books import einvoice, pdf, ubl
from shopwright.services.books.contract.documents import Document
from shopwright.services.books.contract.forms import is_electronic
from shopwright.services.orders.contract import LineQuantity
from shopwright.services.pricing.contract import TaxId
from tests.builders.customers import BERLIN
from tests.builders.documents import documents
from tests.builders.einvoices import (
    KINDS,
    LINES,
    SELLER,
    UTC_ZONE,
    made,
    part,
    rules_of,
    sold,
)
from tests.builders.orders import kettles, leaves, two_rates
from tests.builders.refunds import refunded
from tests.builders.sellers import NORTHLIGHT
from tests.builders.taxes import becomes

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("document", KINDS)
def test_each_kind_of_invoice_passes_the_rules(rules, document: Document) -> None:
    assert rules(einvoice.write(document, UTC_ZONE)) == []


@settings(max_examples=25)
@given(LINES)
def test_any_invoice_passes_the_rules(rules, lines: list[tuple[int, int, int]]) -> None:
    assert rules(einvoice.write(sold(lines), UTC_ZONE)) == []


def test_the_rules_find_errors(rules) -> None:
    document = made((part(4874, 2000, 190_000), 1))
    assert any("BR-S-09" in one for one in rules(einvoice.write(document, UTC_ZONE)))


def test_a_pdf_contains_its_invoice(rules) -> None:
    document = made((part(4874, 926, 190_000), 3))
    reader = PdfReader(io.BytesIO(pdf.write(document, "Northlight", UTC_ZONE)))
    [inside] = reader.attachments["factur-x.xml"]
    assert rules(inside) == []
    assert inside == einvoice.write(document, UTC_ZONE)
    metadata = reader.root_object["/Metadata"].get_object().get_data().decode()
    assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in metadata
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    text = reader.pages[0].extract_text()
    for one in ("INV-2026-000002", "Ada Lovelace", "€58.00", "Thing 0", "DE136695976"):
        assert one in text


def test_a_name_no_font_can_show_makes_a_plain_pdf() -> None:
    tokyo = Address(
        name="山田 太郎", line1="丸の内1-1", city="千代田区", region="東京都", postal_code="100-0005", country="JP"
    )
    made_of = pdf.write(made((part(1000, 0, 0, "G", "Export"), 1), buyer=tokyo), "Northlight", UTC_ZONE)
    assert "factur-x.xml" in PdfReader(io.BytesIO(made_of)).attachments


def test_typst_markup_in_texts_is_escaped() -> None:
    evil = Address(
        name='#read("/etc/passwd") *x* $y$ \\', line1="<script>", city="@a", postal_code="10119", country="DE"
    )
    text = (
        PdfReader(io.BytesIO(pdf.write(made((part(100, 19, 190_000), 1), buyer=evil), "#panic()", UTC_ZONE)))
        .pages[0]
        .extract_text()
    )
    assert '#read("/etc/passwd") *x* $y$' in text
    assert "root:" not in text


def test_dinars_are_only_a_pdf() -> None:
    document = made((part(100_000, 0, 0, "Z", currency="KWD"), 3))
    with pytest.raises(Conflict, match="thousandths"):
        einvoice.write(document, UTC_ZONE)
    assert PdfReader(io.BytesIO(pdf.write(document, "Northlight", UTC_ZONE))).attachments == {}


def test_taxes_of_several_authorities_are_only_a_pdf() -> None:
    document = made((part(1000, 50, 50_000), 1))
    assert document.body is not None
    line = document.body.lines[0]
    both = msgspec.structs.replace(line, tax_parts=(*line.tax_parts, *line.tax_parts))
    document = msgspec.structs.replace(document, body=msgspec.structs.replace(document.body, lines=(both,)))
    with pytest.raises(Conflict, match="one rate of tax"):
        einvoice.write(document, UTC_ZONE)
    assert PdfReader(io.BytesIO(pdf.write(document, "Northlight", UTC_ZONE))).attachments == {}


async def test_an_invoice_with_taxes_of_two_days_passes_the_rules(rules, shop: Shop, clock: HandClock) -> None:
    await shop.pricing.set_seller(NORTHLIGHT)
    order = await kettles(shop, 3, 2000)
    await leaves(shop, order, 2)
    await becomes(shop, clock, 1600)
    await leaves(shop, order, 1)
    _, corrected = await documents(shop)
    assert (corrected.name, corrected.replaced_by) == ("COR-2026-000001", "")
    xml = await shop.books.rendered(corrected.id, "xml")
    assert b"<ram:TypeCode>384</ram:TypeCode>" in xml
    assert rules(xml) == []
    assert rules_of("en16931-ubl")(await shop.books.rendered(corrected.id, "ubl")) == []


async def test_documents_of_the_shop_pass_the_rules(
    rules, shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    await shop.pricing.set_seller(NORTHLIGHT)
    order = await two_rates(shop)
    await shop.bus.settle()
    await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    await shop.bus.settle()
    await refunded(shop, order, amount=729)
    await shop.bus.settle()
    await shop.orders.cancel(order.id, "changed my mind", SYSTEM)
    found = await documents(shop)
    assert [one.kind for one in found] == ["invoice", "credit_note", "credit_note", "credit_note"]
    for one in found:
        assert rules(await shop.books.rendered(one.id, "xml")) == []
    answer = await api.get(f"/v1/documents/{found[0].id}/pdf", headers=staff)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert (await api.get(f"/v1/documents/{found[0].id}/docx", headers=staff)).status_code == 404


def test_a_document_has_the_day_of_the_shop(rules) -> None:
    """Half past midnight on 1 January in Berlin is 31 December in UTC."""
    document = msgspec.structs.replace(
        made((part(4874, 926, 190_000), 1)), issued=datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    )
    berlin = ZoneInfo("Europe/Berlin")
    xml = einvoice.write(document, berlin)
    assert rules(xml) == []
    assert b">20270101<" in xml
    [inside] = PdfReader(io.BytesIO(pdf.write(document, "Northlight", berlin))).attachments["factur-x.xml"]
    assert inside == xml
    assert "1 January 2027" in PdfReader(io.BytesIO(pdf.write(document, "Northlight", berlin))).pages[0].extract_text()


async def test_a_document_is_dated_in_the_zone_of_its_shop(shop: Shop, clock: HandClock) -> None:
    """The shop of the tests is in Berlin."""
    clock.move(hours=14, minutes=30)  # 23:30 on 2 March in UTC
    await shop.pricing.set_seller(NORTHLIGHT)
    await two_rates(shop)
    [one] = await documents(shop)
    assert b">20260303<" in (xml := await shop.books.rendered(one.id, "xml"))
    assert b">20260302<" not in xml
    pages = PdfReader(io.BytesIO(await shop.books.rendered(one.id, "pdf"))).pages
    assert "3 March 2026" in pages[0].extract_text()


def test_an_invoice_partly_outside_tax_is_only_a_pdf() -> None:
    """BR-O-11 and the ones after it."""
    document = made((part(1000, 0, 0, "O", "Outside the scope of tax"), 1), (part(841, 159, 190_000), 1))
    assert not is_electronic(document)
    with pytest.raises(Conflict, match="outside tax"):
        einvoice.write(document, UTC_ZONE)
    assert PdfReader(io.BytesIO(pdf.write(document, "Northlight", UTC_ZONE))).attachments == {}


@pytest.mark.parametrize(
    ("home", "expected"), [("DE", b"DE136695976"), ("FR", b"FR40303265045"), ("IT", b"FR40303265045")]
)
def test_a_seller_with_two_vat_ids_uses_one(rules, home: str, expected: bytes) -> None:
    document = made((part(4874, 926, 190_000), 1))
    assert document.body is not None
    ids = (TaxId(country="FR", id="FR40303265045"), TaxId(country="DE", id="DE136695976"), TaxId(country="AT", id="1"))
    seller = msgspec.structs.replace(SELLER, tax_ids=ids, address=msgspec.structs.replace(SELLER.address, country=home))
    body = msgspec.structs.replace(document.body, seller=seller)
    xml = einvoice.write(msgspec.structs.replace(document, body=body), UTC_ZONE)
    assert rules(xml) == []
    assert xml.count(b'schemeID="VA"') == 1
    assert expected in xml


@pytest.mark.parametrize("sign", ["\ufffe", "\uffff", "\x0b", "\x00"])
def test_characters_that_xml_forbids_are_left_out(sign: str) -> None:
    document = made((part(1000, 190, 190_000), 1), buyer=msgspec.structs.replace(BERLIN, name=f"Ada{sign} 😀"))
    assert document.body is not None
    document = msgspec.structs.replace(document, body=msgspec.structs.replace(document.body, reason=f"a{sign}b\tc"))
    for write in (einvoice.write, ubl.write):
        root = ET.fromstring(write(document, UTC_ZONE))  # noqa: S314 -- ours
        texts = [*root.itertext()]
        assert "Ada 😀" in texts
        assert any(text.endswith("ab\tc") for text in texts)
    reader = PdfReader(io.BytesIO(pdf.write(document, "Shop", UTC_ZONE)))
    assert "/OutputIntents" in reader.root_object
