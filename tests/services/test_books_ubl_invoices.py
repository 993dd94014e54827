"""Documents in UBL, as XRechnung and for Peppol, checked against their published rules; and fields they lack."""

from functools import cache
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from lxml import etree

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.errors import Conflict
from shopwright.services.books import einvoice, ubl
from shopwright.services.books.contract.documents import Document, Party
from shopwright.services.books.contract.forms import FORMS, address_of, refusal
from shopwright.services.carts.contract import CartChange
from shopwright.services.pricing.contract import TaxId
from tests.builders.customers import BERLIN
from tests.builders.documents import documents
from tests.builders.einvoices import KINDS, LINES, SELLER, UTC_ZONE, VIENNA, made, part, rules_of, sold
from tests.builders.environment import need, server
from tests.builders.goods import sell
from tests.builders.orders import fill_cart, place_cart
from tests.builders.sellers import NORTHLIGHT
from tests.builders.shops import OWNER

pytestmark = pytest.mark.slow
LEITWEG = "04011000-12345-03"
CONTACT = {"contact": "Accounts", "phone": "+4940123456", "email": "books@example.com"}


def complete(document: Document, reference: str = LEITWEG, **buyer: object) -> Document:
    """A document with all fields that XRechnung and Peppol require."""
    assert document.body is not None
    body = msgspec.structs.replace(
        document.body,
        reference=reference,
        seller=msgspec.structs.replace(SELLER, **CONTACT),
        buyer=msgspec.structs.replace(document.body.buyer, **buyer),
    )
    return msgspec.structs.replace(document, body=body)


@cache
def schema_of(name: str) -> etree.XMLSchema:
    """The schema of UBL 2.1 for an Invoice or CreditNote."""
    path = server("EINVOICE_RULES")
    need(bool(path), "the rules of EN 16931")
    file = Path(path).with_name("ubl21") / "maindoc" / f"UBL-{name}-2.1.xsd"
    need(file.exists(), "the schema of UBL")
    return etree.XMLSchema(etree.parse(file))


@pytest.mark.parametrize("document", KINDS)
def test_each_kind_of_document_passes_the_rules_of_ubl(document: Document) -> None:
    assert rules_of("en16931-ubl")(ubl.write(document, UTC_ZONE)) == []


@pytest.mark.parametrize("document", KINDS)
def test_each_kind_of_document_passes_the_schema_of_ubl(document: Document) -> None:
    for xml in (ubl.write(document, UTC_ZONE), ubl.write(complete(document), UTC_ZONE, "peppol")):
        read = etree.fromstring(xml)
        schema = schema_of(etree.QName(read).localname)
        schema.validate(read)
        assert [one.message for one in schema.error_log] == []


@pytest.mark.parametrize("document", KINDS)
def test_each_kind_of_document_passes_the_rules_of_xrechnung(document: Document) -> None:
    xml = einvoice.write(complete(document), UTC_ZONE, "xrechnung")
    assert rules_of()(xml) == []
    assert rules_of("xrechnung-cii")(xml) == []


@pytest.mark.parametrize("document", KINDS)
def test_each_kind_of_document_passes_the_rules_of_peppol(document: Document) -> None:
    xml = ubl.write(complete(document), UTC_ZONE, "peppol")
    assert rules_of("en16931-ubl")(xml) == []
    assert rules_of("peppol-ubl")(xml) == []


@settings(max_examples=25)
@given(LINES)
def test_any_invoice_passes_the_rules_of_peppol(lines: list[tuple[int, int, int]]) -> None:
    xml = ubl.write(complete(sold(lines)), UTC_ZONE, "peppol")
    assert rules_of("en16931-ubl")(xml) == []
    assert rules_of("peppol-ubl")(xml) == []


def test_a_foreign_buyer_has_their_vat_id_as_endpoint() -> None:
    document = made((part(1000, 0, 0, "K", "Intra-community supply"), 1), buyer=VIENNA, tax_id="ATU13585627")
    xml = ubl.write(complete(document, "PO 4711"), UTC_ZONE, "peppol")
    assert b'<cbc:EndpointID schemeID="9914">ATU13585627</cbc:EndpointID>' in xml
    assert rules_of("peppol-ubl")(xml) == []


def test_the_rules_find_errors() -> None:
    document = complete(made((part(4874, 2000, 190_000), 1)))
    assert any("BR-S-09" in one for one in rules_of("en16931-ubl")(ubl.write(document, UTC_ZONE, "peppol")))
    assert document.body is not None
    xml = einvoice.write(document, UTC_ZONE, "xrechnung").replace(LEITWEG.encode(), b"")
    assert any("BR-DE-15" in one for one in rules_of("xrechnung-cii")(xml))
    lone = ubl.write(document, UTC_ZONE, "peppol").replace(b'schemeID="0204"', b'schemeID="nobody"')
    assert any("PEPPOL-EN16931-CL008" in one for one in rules_of("peppol-ubl")(lone))


@pytest.mark.parametrize(
    ("home", "reaches"),
    [
        pytest.param(VIENNA, ("9914", "ATU13585627"), id="Austria"),
        pytest.param(BERLIN, None, id="no member's id"),
    ],
)
def test_a_buyer_has_a_leitweg_id_or_vat_id_as_endpoint(home: Address, reaches: tuple[str, str] | None) -> None:
    number = "ATU13585627" if reaches else "123"
    party = Party(name=home.name, address=home, tax_ids=(TaxId(country=home.country if reaches else "US", id=number),))
    assert address_of(party) == reaches
    for reference in ("PO 4711", "2026-17", "04011000-12345-04"):  # the last two have wrong check digits
        assert address_of(party, reference) == reaches
    assert address_of(party, LEITWEG) == ("0204", LEITWEG)


def test_a_document_that_lacks_a_field_for_a_format_names_it() -> None:
    plain = made((part(4874, 926, 190_000), 1))
    assert {form: refusal(plain, form) for form in FORMS} == {
        "pdf": "",
        "xml": "",
        "ubl": "",
        "xrechnung": "XRechnung needs the reference of the buyer (such as a purchase order or a Leitweg-ID), a Leitweg-ID or a VAT id of the buyer, as its electronic address, contact, phone and e-mail of the seller.",
        "peppol": "Peppol needs the reference of the buyer (such as a purchase order or a Leitweg-ID), a Leitweg-ID or a VAT id of the buyer, as its electronic address, contact, phone and e-mail of the seller.",
    }
    with pytest.raises(Conflict, match="XRechnung needs the reference"):
        einvoice.write(plain, UTC_ZONE, "xrechnung")
    abroad = complete(made((part(1000, 0, 0, "K", "Intra-community supply"), 1), buyer=VIENNA, tax_id="ATU13585627"))
    assert refusal(abroad, "peppol") == ""
    corrected = msgspec.structs.replace(abroad, kind="correction")
    assert refusal(corrected, "peppol") == "Peppol needs seller and buyer in Germany for a corrected invoice."
    assert refusal(corrected, "xrechnung") == ""


async def test_a_format_is_downloaded_or_refused_with_the_missing_fields(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    ids = (TaxId(country="DE", id="DE136695976"),)
    await shop.pricing.set_seller(msgspec.structs.replace(NORTHLIGHT, tax_ids=ids, **CONTACT))
    form_request = await fill_cart(shop, (await sell(shop), 1))
    await place_cart(shop, await shop.carts.change(form_request.id, CartChange(reference=LEITWEG)))
    await place_cart(shop, await fill_cart(shop, (await sell(shop), 1)))
    named, other = await documents(shop)
    for form in FORMS:
        answer = await api.get(f"/v1/documents/{named.id}/{form}", headers=staff)
        assert (answer.status_code, answer.headers["content-type"]) == (200, FORMS[form].media_type)
        assert answer.headers["content-disposition"] == f'attachment; filename="{named.name}{FORMS[form].ending}"'
    xml = (await api.get(f"/v1/documents/{named.id}/peppol", headers=staff)).content
    assert rules_of("peppol-ubl")(xml) == []
    assert LEITWEG.encode() in xml
    refused = await api.get(f"/v1/documents/{other.id}/xrechnung", headers=staff)
    assert (refused.status_code, "needs the reference of the buyer" in refused.json()["detail"]) == (409, True)
    key = await shop.orders.link_key(named.order_id)
    link = f"/orders/{named.order_id}/documents/{named.id}?form=xrechnung&amp;key={key}"
    assert link in (await api.get(f"/orders/{named.order_id}?key={key}")).text
    assert rules_of("xrechnung-cii")((await api.get(link.replace("&amp;", "&"))).content) == []
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = (await api.get(f"/office/books/documents/{other.id}")).text
    assert "XRechnung needs the reference of the buyer" in page
    assert f'/office/books/documents/{other.id}/ubl"' in page
    assert f'/office/books/documents/{other.id}/peppol"' not in page
    assert f'/office/books/documents/{named.id}/peppol"' in (await api.get(f"/office/books/documents/{named.id}")).text
