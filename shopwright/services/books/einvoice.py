"""E-invoices of EN 16931 as Cross Industry Invoice: Factur-X, ZUGFeRD and XRechnung. Pure functions."""

from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from drafthorse.models.accounting import ApplicableTradeTax
from drafthorse.models.document import Document as Cii
from drafthorse.models.note import IncludedNote
from drafthorse.models.party import PostalTradeAddress, TaxRegistration
from drafthorse.models.payment import PaymentMeans
from drafthorse.models.tradelines import LineItem

from shopwright.kit.addresses import Address
from shopwright.kit.days import day_of
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

XRECHNUNG: Final = f"{GUIDELINE}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
SCHEMA: Final = "FACTUR-X_EN16931"
PAID: Final = "72"  # UNTDID 2475: tax is due by the day of payment


def write(document: Document, zone: ZoneInfo, form: DocumentForm = "xml") -> bytes:
    """Return schema-valid XML as `xml` or `xrechnung`, dated in the zone. Raises Conflict if it does not fit."""
    body = body_for(document, form)
    cii = Cii()
    cii.context.guideline_parameter.id = GUIDELINE
    if form == "xrechnung":
        cii.context.guideline_parameter.id = XRECHNUNG
        cii.context.business_parameter.id = BUSINESS
    if body.reference:
        cii.trade.agreement.buyer_reference = body.reference
    cii.header.id = document.name
    cii.header.type_code = TYPES[document.kind]
    cii.header.issue_date_time = day_of(document.issued, zone)
    for text in (*body.notes, body.reason):
        if text:
            cii.header.notes.add(IncludedNote(content=text))
    _parties(cii, body)
    if form == "xrechnung":
        _reachable(cii, body)
    for number, line in enumerate(body.lines, start=1):
        cii.trade.items.add(_line(number, line))
    _delivery(cii, body)
    _settlement(cii, body)
    return bytes(cii.serialize(schema=SCHEMA))


def _parties(cii: Cii, body: DocumentBody) -> None:
    agreement = cii.trade.agreement
    _party(agreement.seller, body.seller)
    untaxed = all(part.category == OUTSIDE for part in body.rates)
    for found in () if untaxed else seller_ids(body.seller):  # BR-O-2: who sells outside tax names no VAT id
        agreement.seller.tax_registrations.add(TaxRegistration(id=found))
    if untaxed:  # BR-CO-26: something else says who it is
        agreement.seller.legal_organization.id = body.seller.register or body.seller.name
    _party(agreement.buyer, body.buyer)
    for one in body.buyer.tax_ids:
        if not untaxed:
            agreement.buyer.tax_registrations.add(TaxRegistration(id=vat_id(one.country, one.id)))
    agreement.seller_order.issuer_assigned_id = body.order_number


def _reachable(cii: Cii, body: DocumentBody) -> None:
    """Add the seller's contact and the buyer's electronic address (BG-6, BT-49)."""
    contact = cii.trade.agreement.seller.contact
    contact.person_name, contact.telephone.number = body.seller.contact, body.seller.phone
    contact.email.address = body.seller.email
    if address := address_of(body.buyer, body.reference):
        cii.trade.agreement.buyer.electronic_address.uri_ID = address


def _party(there: Any, party: Party) -> None:
    there.name = party.address.company or party.name
    _address(there.address, party.address)
    if party.email:
        there.electronic_address.uri_ID = ("EM", party.email)


def _address(there: PostalTradeAddress, address: Address) -> None:
    if address.postal_code:
        there.postcode = address.postal_code
    there.line_one = address.line1
    if address.line2:
        there.line_two = address.line2
    if address.city:
        there.city_name = address.city
    there.country_id = address.country
    if address.region:
        there.country_subdivision = address.region


def _line(number: int, line: DocumentLine) -> LineItem:
    found = LineItem()
    found.document.line_id = str(number)
    found.product.name = line.title or "–"
    if line.sku:
        found.product.seller_assigned_id = line.sku
    price, quantity = price_of(line)
    found.agreement.net.amount = price
    found.agreement.net.basis_quantity = (Decimal(quantity), PIECE)
    found.delivery.billed_quantity = (Decimal(line.quantity), PIECE)
    _tax(found.settlement.trade_tax, line.tax_parts[0])
    found.settlement.monetary_summation.total_amount = decimal_of(line.net)
    return found


def _tax(there: ApplicableTradeTax, part: TaxPart) -> None:
    there.type_code = "VAT"
    there.category_code = part.category
    if part.category != OUTSIDE:
        there.rate_applicable_percent = percent_of(part)


def _delivery(cii: Cii, body: DocumentBody) -> None:
    cii.trade.delivery.ship_to.name = body.ship_to.name
    _address(cii.trade.delivery.ship_to.address, body.ship_to)
    if body.supplied is not None:
        cii.trade.delivery.event.occurrence = body.supplied
    elif body.paid_on is not None:  # from when on it is supplied (BR-IC-11, BR-DE-TMP-32)
        cii.trade.settlement.period.start = body.paid_on


def _settlement(cii: Cii, body: DocumentBody) -> None:
    settlement = cii.trade.settlement
    settlement.currency_code = body.currency
    settlement.payment_means.add(PaymentMeans(type_code=ONLINE_PAYMENT))
    for part in by_category(body.rates):
        tax = ApplicableTradeTax()
        _tax(tax, part)
        tax.rate_applicable_percent = percent_of(part)  # also where there is none: XRechnung wants one (BR-DE-14)
        tax.calculated_amount = decimal_of(part.tax)
        tax.basis_amount = decimal_of(part.net)
        if body.paid_on is not None:
            tax.due_date_type_code = PAID
        if reason := reason_of(part):
            tax.exemption_reason = reason
        settlement.trade_tax.add(tax)
    if body.refers_to:
        settlement.invoice_referenced_document.issuer_assigned_id = body.refers_to
        if body.refers_to_day is not None:
            settlement.invoice_referenced_document.issue_date_time = body.refers_to_day
    sums = settlement.monetary_summation
    sums.line_total = decimal_of(body.net)
    sums.charge_total = sums.allowance_total = Decimal("0.00")
    sums.tax_basis_total = decimal_of(body.net)
    sums.tax_total = (decimal_of(body.tax), body.currency)
    sums.grand_total = decimal_of(body.gross)
    sums.prepaid_total = decimal_of(body.paid)
    sums.due_amount = decimal_of(body.gross - body.paid)
