"""Documents as PDF/A with an electronic invoice inside, held against the rules of EN 16931 as its makers publish them."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Conflict
from shopwright.kit.money import Money, add_up
from shopwright.services.books import einvoice, pdf, ubl
from shopwright.services.books.contract.documents import Document, DocumentBody, DocumentLine, Party
from shopwright.services.books.contract.forms import is_electronic
from shopwright.services.orders.contract import LineQuantity
from shopwright.services.pricing.contract import TaxCategory, TaxId, TaxPart
from tests.conftest import need, server
from tests.services.test_documents import documents
from tests.services.test_refund_parts import refunded, two_rates
from tests.services.test_rerating import becomes, kettles, leaves
from tests.services.test_sale import NORTHLIGHT

pytestmark = pytest.mark.slow
SELLER = Party(
    name="Nordlicht GmbH",
    address=Address(name="Nordlicht GmbH", line1="Hafenstraße 1", city="Hamburg", postal_code="20457", country="DE"),
    tax_ids=(TaxId(country="DE", id="DE136695976"),),
    email="books@example.com",
    bank="DE89370400440532013000",
)
VIENNA = Address(
    name="Zoë Gruber", company="Gruber & Söhne OG", line1="Ring 1", city="Wien", postal_code="1010", country="AT"
)
BERLIN = Address(name="Ada Lovelace", line1="Torstraße 1", city="Berlin", postal_code="10119", country="DE")
UTC_ZONE = ZoneInfo("UTC")
Rules = Callable[[bytes], list[str]]
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


@cache
def rules_of(name: str = "") -> Rules:
    """What of an invoice is against the rules of this name, which lie beside those of EN 16931 for CII."""
    from saxonche import PySaxonProcessor

    path = server("EINVOICE_RULES")
    need(bool(path), "the rules of EN 16931")
    file = Path(path).with_name(f"{name}.xslt") if name else Path(path)
    need(file.exists(), f"the rules {name}")
    processor = PySaxonProcessor(license=False)
    compiled = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(file))

    def broken(xml: bytes) -> list[str]:
        told = compiled.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
        return [
            "".join(one.itertext()).strip()
            for one in ET.fromstring(told).iter(f"{SVRL}failed-assert")  # noqa: S314 -- Saxon's answer
            if one.get("flag") != "warning"
        ]

    return broken


@pytest.fixture(scope="module")
def rules() -> Rules:
    return rules_of()


def part(net: int, tax: int, ppm: int, category: TaxCategory = "S", reason: str = "", currency: str = "EUR") -> TaxPart:
    return TaxPart(
        net=Money(net, currency), tax=Money(tax, currency), gross=Money(net + tax, currency), category=category,
        rate_ppm=ppm, country="DE", tax_class="standard", reason=reason,
    )  # fmt: skip


def made(
    *parts: tuple[TaxPart, int],
    kind="invoice",
    buyer: Address = BERLIN,
    tax_id: str = "",
    scheme: str = "",
    ahead: bool = False,
) -> Document:
    """An invoice of a line for each part, of so many units."""
    currency = parts[0][0].net.currency
    lines = tuple(
        DocumentLine(title=f"Thing {n}", sku=f"T-{n}", quantity=units, net=one.net, gross=one.gross, tax_parts=(one,))
        for n, (one, units) in enumerate(parts)
    )
    rates: dict[tuple[str, int], TaxPart] = {}
    for one, _ in parts:
        key = (one.category, one.rate_ppm)
        rates[key] = one.plus(rates[key]) if key in rates else one
    gross = add_up((line.gross for line in lines), currency)
    tax = add_up((one.tax for one, _ in parts), currency)
    body = DocumentBody(
        seller=SELLER,
        buyer=Party(
            name=buyer.name, address=buyer, tax_ids=(TaxId(country=buyer.country, id=tax_id),) if tax_id else ()
        ),
        ship_to=buyer,
        order_number="1001",
        ordered=date(2026, 3, 2),
        currency=currency,
        lines=lines,
        rates=tuple(rates.values()),
        net=gross - tax,
        tax=tax,
        gross=gross,
        paid=gross,
        supplied=None if ahead else date(2026, 3, 2),
        paid_on=date(2026, 3, 2) if ahead else None,
        notes=tuple(one.reason for one in rates.values() if one.reason),
        refers_to="INV-2026-000001" if kind != "invoice" else "",
        refers_to_day=date(2026, 3, 1) if kind != "invoice" else None,
        scheme=scheme,
    )
    return Document(
        id="doc_1", name="INV-2026-000002", series="INV-2026", number=2, kind=kind, order_id="ord_1",
        issued=datetime(2026, 3, 2, 12, 30, 1, 123_456, tzinfo=UTC), keep_until=datetime(2037, 1, 1, tzinfo=UTC), sha256="", before="", body=body,
    )  # fmt: skip


KINDS = [
    pytest.param(made((part(4874, 926, 190_000), 3), (part(935, 65, 70_000), 1)), id="two rates"),
    pytest.param(made((part(4874, 926, 190_000), 1), kind="credit_note"), id="credit note"),
    pytest.param(made((part(4874, 926, 190_000), 1), kind="correction"), id="corrected invoice"),
    pytest.param(made((part(1000, 0, 0, "Z"), 1), (part(841, 159, 190_000), 2)), id="zero rated"),
    pytest.param(made((part(1000, 0, 0, "E", "§ 19 UStG"), 1)), id="small business"),
    pytest.param(
            made((part(1000, 0, 0, "K", "Intra-community supply"), 1), buyer=VIENNA, tax_id="ATU13585627"),
            id="intra-community",
        ),
    pytest.param(made((part(4874, 926, 190_000), 3), (part(935, 65, 70_000), 1), ahead=True), id="before the supply"),
    pytest.param(
            made((part(1000, 0, 0, "K", "Intra-community supply"), 1), buyer=VIENNA, tax_id="ATU13585627", ahead=True),
            id="intra-community, before the supply",
        ),
    pytest.param(made((part(1000, 0, 0, "O", "Outside the scope of tax"), 1), ahead=True), id="outside, before"),
    pytest.param(made((part(1000, 0, 0, "G", "Export"), 7)), id="export"),
    pytest.param(made((part(1000, 0, 0, "AE", "Reverse charge"), 1), buyer=VIENNA, tax_id="ATU13585627"), id="reverse"),
    pytest.param(made((part(1000, 0, 0, "O", "Outside the scope of tax"), 1)), id="outside tax"),
    pytest.param(made((part(1000, 100, 100_000, currency="JPY"), 3)), id="yen"),
]  # fmt: skip


@pytest.mark.parametrize("document", KINDS)
def test_each_kind_of_invoice_keeps_the_rules(rules, document: Document) -> None:
    assert rules(einvoice.write(document, UTC_ZONE)) == []


LINES = st.lists(
    st.tuples(st.integers(1, 100_000), st.integers(1, 9), st.sampled_from([190_000, 70_000, 255_000])),
    min_size=1,
    max_size=6,
)


def sold(lines: list[tuple[int, int, int]]) -> Document:
    """An invoice with taxes as the shop reckons them: of the sum of each rate, shared among its lines."""
    wanted = [(*_shared(gross * units, ppm, lines), ppm, units) for gross, units, ppm in lines]
    return made(*((part(net, tax, ppm), units) for net, tax, ppm, units in wanted))


@settings(max_examples=25)
@given(LINES)
def test_any_invoice_keeps_the_rules(rules, lines: list[tuple[int, int, int]]) -> None:
    assert rules(einvoice.write(sold(lines), UTC_ZONE)) == []


def _shared(gross: int, ppm: int, lines: list[tuple[int, int, int]]) -> tuple[int, int]:
    whole = sum(one * units for one, units, rate in lines if rate == ppm)
    tax = Money(whole, "EUR").share(ppm, 1_000_000 + ppm).share(gross, whole).amount
    return gross - tax, tax


def test_the_rules_see_what_is_wrong(rules) -> None:
    document = made((part(4874, 2000, 190_000), 1))
    assert any("BR-S-09" in one for one in rules(einvoice.write(document, UTC_ZONE)))


def test_a_pdf_carries_its_invoice(rules) -> None:
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


def test_what_names_markup_of_typst_is_text() -> None:
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


def test_dinars_are_a_pdf_alone() -> None:
    document = made((part(100_000, 0, 0, "Z", currency="KWD"), 3))
    with pytest.raises(Conflict, match="thousandths"):
        einvoice.write(document, UTC_ZONE)
    assert PdfReader(io.BytesIO(pdf.write(document, "Northlight", UTC_ZONE))).attachments == {}


def test_what_several_authorities_tax_is_a_pdf_alone() -> None:
    document = made((part(1000, 50, 50_000), 1))
    assert document.body is not None
    line = document.body.lines[0]
    both = msgspec.structs.replace(line, tax_parts=(*line.tax_parts, *line.tax_parts))
    document = msgspec.structs.replace(document, body=msgspec.structs.replace(document.body, lines=(both,)))
    with pytest.raises(Conflict, match="one rate of tax"):
        einvoice.write(document, UTC_ZONE)
    assert PdfReader(io.BytesIO(pdf.write(document, "Northlight", UTC_ZONE))).attachments == {}


async def test_an_invoice_with_taxes_of_two_days_keeps_the_rules(rules, shop: Shop, clock: HandClock) -> None:
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


async def test_documents_of_the_shop_keep_the_rules(
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


def test_what_is_outside_tax_beside_what_is_not_is_a_pdf_alone() -> None:
    """BR-O-11 and the ones after it."""
    document = made((part(1000, 0, 0, "O", "Outside the scope of tax"), 1), (part(841, 159, 190_000), 1))
    assert not is_electronic(document)
    with pytest.raises(Conflict, match="outside tax"):
        einvoice.write(document, UTC_ZONE)
    assert PdfReader(io.BytesIO(pdf.write(document, "Northlight", UTC_ZONE))).attachments == {}


@pytest.mark.parametrize(("home", "told"), [("DE", b"DE136695976"), ("FR", b"FR40303265045"), ("IT", b"FR40303265045")])
def test_a_seller_with_two_vat_ids_is_named_by_one(rules, home: str, told: bytes) -> None:
    document = made((part(4874, 926, 190_000), 1))
    assert document.body is not None
    ids = (TaxId(country="FR", id="FR40303265045"), TaxId(country="DE", id="DE136695976"), TaxId(country="AT", id="1"))
    seller = msgspec.structs.replace(SELLER, tax_ids=ids, address=msgspec.structs.replace(SELLER.address, country=home))
    body = msgspec.structs.replace(document.body, seller=seller)
    xml = einvoice.write(msgspec.structs.replace(document, body=body), UTC_ZONE)
    assert rules(xml) == []
    assert xml.count(b'schemeID="VA"') == 1
    assert told in xml


@pytest.mark.parametrize("sign", ["\ufffe", "\uffff", "\x0b", "\x00"])
def test_what_no_xml_may_have_is_left_out(sign: str) -> None:
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
