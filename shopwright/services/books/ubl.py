"""E-invoices of EN 16931 as UBL 2.1, and as Peppol BIS Billing 3.0. Pure functions."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from shopwright.kit.addresses import Address
from shopwright.kit.days import day_of
from shopwright.kit.money import Money
from shopwright.services.books.contract.documents import Document, DocumentBody, DocumentForm, DocumentLine, Party
from shopwright.services.books.contract.forms import OUTSIDE, address_of, body_for
from shopwright.services.books.invoice_values import (
    BUSINESS,
    GUIDELINE,
    ONLINE_PAYMENT,
    PIECE,
    TYPES,
    by_category,
    decimal_of,
    percent_of,
    price_of,
    reason_of,
    seller_ids,
    vat_id,
)
from shopwright.services.pricing.contract import TaxPart

NAMES: Final = "urn:oasis:names:specification:ubl:schema:xsd"
CAC, CBC = f"{{{NAMES}:CommonAggregateComponents-2}}", f"{{{NAMES}:CommonBasicComponents-2}}"
PROFILES: Mapping[DocumentForm, str] = {
    "ubl": GUIDELINE,
    "peppol": f"{GUIDELINE}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
}
MAIL: Final = "EM"
PAID: Final = "432"  # UNTDID 2005: tax is due by the day of payment
NO_ORDER: Final = "NA"  # what Peppol wants where the buyer gave none

for _prefix, _name in (("cac", CAC), ("cbc", CBC)):
    ET.register_namespace(_prefix, _name[1:-1])


def write(document: Document, zone: ZoneInfo, form: DocumentForm = "ubl") -> bytes:
    """Return the XML as `ubl` or `peppol`, dated in the zone. Raises Conflict if it does not fit."""
    body = body_for(document, form)
    credit = document.kind == "credit_note"
    name = "CreditNote" if credit else "Invoice"
    root = ET.Element(name, xmlns=f"{NAMES}:{name}-2")
    _put(root, "CustomizationID", PROFILES[form])
    if form == "peppol":
        _put(root, "ProfileID", BUSINESS)
    _put(root, "ID", document.name)
    _put(root, "IssueDate", day_of(document.issued, zone).isoformat())
    _put(root, f"{name}TypeCode", TYPES[document.kind])
    _put(root, "Note", " ".join(text for text in (*body.notes, body.reason) if text))  # Peppol takes one alone (R002)
    _put(root, "DocumentCurrencyCode", body.currency)
    _put(root, "BuyerReference", body.reference)
    _references(root, body)
    untaxed = all(part.category == OUTSIDE for part in body.rates)
    _seller(_inside(root, "AccountingSupplierParty", "Party"), body.seller, untaxed=untaxed)
    _buyer(_inside(root, "AccountingCustomerParty", "Party"), body, untaxed=untaxed)
    _delivery(_inside(root, "Delivery"), body)
    _put(_inside(root, "PaymentMeans"), "PaymentMeansCode", ONLINE_PAYMENT)
    _sums(root, body)
    for number, line in enumerate(body.lines, start=1):
        _line(_inside(root, f"{name}Line"), number, line, "CreditedQuantity" if credit else "InvoicedQuantity")
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def _put(there: ET.Element, name: str, text: str, **attributes: str) -> None:
    """Add a value, unless it is empty (Peppol, R008)."""
    if text:
        ET.SubElement(there, CBC + name, attributes).text = text


def _inside(there: ET.Element, *names: str) -> ET.Element:
    """Add nested elements and return the innermost."""
    for name in names:
        there = ET.SubElement(there, CAC + name)
    return there


def _amount(there: ET.Element, name: str, amount: Money) -> None:
    _put(there, name, str(decimal_of(amount)), currencyID=amount.currency)


def _references(root: ET.Element, body: DocumentBody) -> None:
    if body.paid_on is not None:
        period = _inside(root, "InvoicePeriod")
        _put(period, "StartDate", body.paid_on.isoformat())  # from when on it is supplied (BR-IC-11, BR-DE-TMP-32)
        _put(period, "DescriptionCode", PAID)
    order = _inside(root, "OrderReference")
    _put(order, "ID", NO_ORDER)
    _put(order, "SalesOrderID", body.order_number)
    if body.refers_to:
        before = _inside(root, "BillingReference", "InvoiceDocumentReference")
        _put(before, "ID", body.refers_to)
        if body.refers_to_day is not None:
            _put(before, "IssueDate", body.refers_to_day.isoformat())


def _seller(there: ET.Element, seller: Party, *, untaxed: bool) -> None:
    _endpoint(there, address_of(seller) or ((MAIL, seller.email) if seller.email else None))
    _named(there, seller)
    for scheme, number in () if untaxed else seller_ids(seller):  # BR-O-2: who sells outside tax names no VAT id
        _tax_scheme(there, number, "VAT" if scheme == "VA" else "TAX")
    legal = _inside(there, "PartyLegalEntity")
    _put(legal, "RegistrationName", seller.address.company or seller.name)
    if untaxed:  # BR-CO-26: something else says who it is
        _put(legal, "CompanyID", seller.register or seller.name)
    if seller.contact or seller.phone or seller.email:
        contact = _inside(there, "Contact")
        _put(contact, "Name", seller.contact)
        _put(contact, "Telephone", seller.phone)
        _put(contact, "ElectronicMail", seller.email)


def _buyer(there: ET.Element, body: DocumentBody, *, untaxed: bool) -> None:
    buyer = body.buyer
    _endpoint(there, address_of(buyer, body.reference))
    _named(there, buyer)
    for one in () if untaxed else buyer.tax_ids:
        scheme, number = vat_id(one.country, one.id)
        if scheme == "VA":
            _tax_scheme(there, number, "VAT")
    _put(_inside(there, "PartyLegalEntity"), "RegistrationName", buyer.address.company or buyer.name)


def _endpoint(there: ET.Element, address: tuple[str, str] | None) -> None:
    if address is not None:
        _put(there, "EndpointID", address[1], schemeID=address[0])


def _named(there: ET.Element, party: Party) -> None:
    _put(_inside(there, "PartyName"), "Name", party.address.company or party.name)
    _address(_inside(there, "PostalAddress"), party.address)


def _address(there: ET.Element, address: Address) -> None:
    _put(there, "StreetName", address.line1)
    _put(there, "AdditionalStreetName", address.line2)
    _put(there, "CityName", address.city)
    _put(there, "PostalZone", address.postal_code)
    _put(there, "CountrySubentity", address.region)
    _put(_inside(there, "Country"), "IdentificationCode", address.country)


def _tax_scheme(there: ET.Element, number: str, scheme: str) -> None:
    party = _inside(there, "PartyTaxScheme")
    _put(party, "CompanyID", number)
    _put(_inside(party, "TaxScheme"), "ID", scheme)


def _delivery(there: ET.Element, body: DocumentBody) -> None:
    if body.supplied is not None:
        _put(there, "ActualDeliveryDate", body.supplied.isoformat())
    _address(_inside(there, "DeliveryLocation", "Address"), body.ship_to)
    _put(_inside(there, "DeliveryParty", "PartyName"), "Name", body.ship_to.name)


def _sums(root: ET.Element, body: DocumentBody) -> None:
    total = _inside(root, "TaxTotal")
    _amount(total, "TaxAmount", body.tax)
    for part in by_category(body.rates):
        row = _inside(total, "TaxSubtotal")
        _amount(row, "TaxableAmount", part.net)
        _amount(row, "TaxAmount", part.tax)
        _category(_inside(row, "TaxCategory"), part, rated=True, reason=reason_of(part))  # BR-DE-14
    sums = _inside(root, "LegalMonetaryTotal")
    _amount(sums, "LineExtensionAmount", body.net)
    _amount(sums, "TaxExclusiveAmount", body.net)
    _amount(sums, "TaxInclusiveAmount", body.gross)
    _amount(sums, "PrepaidAmount", body.paid)
    _amount(sums, "PayableAmount", body.gross - body.paid)


def _category(there: ET.Element, part: TaxPart, *, rated: bool, reason: str = "") -> None:
    _put(there, "ID", part.category)
    if rated:
        _put(there, "Percent", _plain(percent_of(part)))
    _put(there, "TaxExemptionReason", reason)
    _put(_inside(there, "TaxScheme"), "ID", "VAT")


def _line(there: ET.Element, number: int, line: DocumentLine, quantity_name: str) -> None:
    _put(there, "ID", str(number))
    _put(there, quantity_name, str(line.quantity), unitCode=PIECE)
    _amount(there, "LineExtensionAmount", line.net)
    item = _inside(there, "Item")
    _put(item, "Name", line.title or "–")
    if line.sku:
        _put(_inside(item, "SellersItemIdentification"), "ID", line.sku)
    part = line.tax_parts[0]
    _category(_inside(item, "ClassifiedTaxCategory"), part, rated=part.category != OUTSIDE)  # BR-O-05
    price, quantity = price_of(line)
    cost = _inside(there, "Price")
    _put(cost, "PriceAmount", _plain(price), currencyID=line.net.currency)
    _put(cost, "BaseQuantity", str(quantity), unitCode=PIECE)


def _plain(number: Decimal) -> str:
    return f"{number:f}"
