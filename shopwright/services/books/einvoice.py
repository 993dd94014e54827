"""Documents as electronic invoices of EN 16931: Cross Industry Invoice, profile EN 16931 of Factur-X and ZUGFeRD. Pure functions."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from drafthorse.models.accounting import ApplicableTradeTax
from drafthorse.models.document import Document as Cii
from drafthorse.models.note import IncludedNote
from drafthorse.models.party import PostalTradeAddress, TaxRegistration
from drafthorse.models.payment import PaymentMeans
from drafthorse.models.tradelines import LineItem

from shopwright.kit.days import day_of
from shopwright.kit.errors import Conflict
from shopwright.kit.money import Money, major
from shopwright.kit.places import Address
from shopwright.kit.tax_ids import member_of, prefix_of
from shopwright.services.books.contract.documents import (
    OUTSIDE,
    Document,
    DocumentBody,
    DocumentLine,
    Party,
    is_electronic,
)
from shopwright.services.pricing.contract import TaxPart

GUIDELINE: Final = "urn:cen.eu:en16931:2017"
SCHEMA: Final = "FACTUR-X_EN16931"
TYPES: Final = {"invoice": "380", "credit_note": "381", "correction": "384"}  # UNTDID 1001
ONLINE_PAYMENT: Final = "68"  # UNTDID 4461
PAID: Final = "72"  # UNTDID 2475: tax is due by the day of payment
PIECE: Final = "C62"  # UN/ECE Recommendation 20
MILLIONTHS_A_PERCENT: Final = 10_000
PRICE_DECIMALS: Final = 6


def write(document: Document, zone: ZoneInfo) -> bytes:
    """The XML, valid by its schema, with the day it was issued on in the zone. Raises Conflict where it cannot be written so."""
    body = document.body
    if body is None or not is_electronic(document):
        raise Conflict(
            "This document cannot be an electronic invoice: each of its lines needs one rate of tax, none or all are outside tax, and the currency has no thousandths."
        )
    cii = Cii()
    cii.context.guideline_parameter.id = GUIDELINE
    cii.header.id = document.name
    cii.header.type_code = TYPES[document.kind]
    cii.header.issue_date_time = day_of(document.issued, zone)
    for text in (*body.notes, body.reason):
        if text:
            cii.header.notes.add(IncludedNote(content=text))
    _parties(cii, body)
    for number, line in enumerate(body.lines, start=1):
        cii.trade.items.add(_line(number, line))
    _delivery(cii, body)
    _settlement(cii, body)
    return bytes(cii.serialize(schema=SCHEMA))


def _decimal(amount: Money) -> Decimal:
    return Decimal(major(amount))


def _parties(cii: Cii, body: DocumentBody) -> None:
    agreement = cii.trade.agreement
    _party(agreement.seller, body.seller)
    untaxed = all(part.category == OUTSIDE for part in body.rates)
    for found in () if untaxed else _seller_ids(body.seller):  # BR-O-2: who sells outside tax names no VAT id
        agreement.seller.tax_registrations.add(TaxRegistration(id=found))
    if untaxed:  # BR-CO-26: something else says who it is
        agreement.seller.legal_organization.id = body.seller.register or body.seller.name
    _party(agreement.buyer, body.buyer)
    for one in body.buyer.tax_ids:
        if not untaxed:
            agreement.buyer.tax_registrations.add(TaxRegistration(id=_vat_id(one.country, one.id)))
    agreement.seller_order.issuer_assigned_id = body.order_number


def _seller_ids(seller: Party) -> list[tuple[str, str]]:
    """One VAT id and one tax number, those of the seller's own country before others: an invoice has no more (BT-31, BT-32)."""
    home = member_of(seller.address.country) or seller.address.country
    known = [one for one in seller.tax_ids if not one.scheme]
    known.sort(key=lambda one: (member_of(one.country) or one.country) != home)
    found: dict[str, str] = {}
    for one in known:
        scheme, number = _vat_id(one.country, one.id)
        found.setdefault(scheme, number)
    return list(found.items())


def _vat_id(country: str, number: str) -> tuple[str, str]:
    """A VAT id with its letters (BR-CO-9); another number as a tax number."""
    member = member_of(country)
    if member and not number.startswith(prefix_of(member)):
        return "FC", number
    return ("VA", number) if number[:2].isalpha() else ("FC", number)


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
    price, quantity = _price(line)
    found.agreement.net.amount = price
    found.agreement.net.basis_quantity = (Decimal(quantity), PIECE)
    found.delivery.billed_quantity = (Decimal(line.quantity), PIECE)
    _tax(found.settlement.trade_tax, line.tax_parts[0])
    found.settlement.monetary_summation.total_amount = _decimal(line.net)
    return found


def _price(line: DocumentLine) -> tuple[Decimal, int]:
    """The net price, of one, or of all where it does not come out even."""
    net = _decimal(line.net)
    one = (net / line.quantity).quantize(Decimal(1).scaleb(-PRICE_DECIMALS))
    return (one.normalize() + Decimal("0.00"), 1) if one * line.quantity == net else (net, line.quantity)


def _tax(there: ApplicableTradeTax, part: TaxPart) -> None:
    there.type_code = "VAT"
    there.category_code = part.category
    if part.category != OUTSIDE:
        there.rate_applicable_percent = Decimal(part.rate_ppm) / MILLIONTHS_A_PERCENT


def _delivery(cii: Cii, body: DocumentBody) -> None:
    cii.trade.delivery.ship_to.name = body.ship_to.name
    _address(cii.trade.delivery.ship_to.address, body.ship_to)
    if body.supplied is not None:
        cii.trade.delivery.event.occurrence = body.supplied
    elif body.paid_on is not None and any(
        part.category == "K" for part in body.rates
    ):  # BR-IC-11: from when on it is supplied
        cii.trade.settlement.period.start = body.paid_on


def _settlement(cii: Cii, body: DocumentBody) -> None:
    settlement = cii.trade.settlement
    settlement.currency_code = body.currency
    settlement.payment_means.add(PaymentMeans(type_code=ONLINE_PAYMENT))
    for part in _by_category(body.rates):
        tax = ApplicableTradeTax()
        _tax(tax, part)
        tax.calculated_amount = _decimal(part.tax)
        tax.basis_amount = _decimal(part.net)
        if body.paid_on is not None:
            tax.due_date_type_code = PAID
        if part.category not in {"S", "Z"}:
            tax.exemption_reason = part.reason or "Not taxed"
        settlement.trade_tax.add(tax)
    if body.refers_to:
        settlement.invoice_referenced_document.issuer_assigned_id = body.refers_to
        if body.refers_to_day is not None:
            settlement.invoice_referenced_document.issue_date_time = body.refers_to_day
    sums = settlement.monetary_summation
    sums.line_total = _decimal(body.net)
    sums.charge_total = sums.allowance_total = Decimal("0.00")
    sums.tax_basis_total = _decimal(body.net)
    sums.tax_total = (_decimal(body.tax), body.currency)
    sums.grand_total = _decimal(body.gross)
    sums.prepaid_total = _decimal(body.paid)
    sums.due_amount = _decimal(body.gross - body.paid)


def _by_category(parts: Sequence[TaxPart]) -> list[TaxPart]:
    """One of each category and rate, whatever class of goods and place (BR-S-8)."""
    found: dict[tuple[str, int], TaxPart] = {}
    for part in parts:
        key = (part.category, part.rate_ppm)
        found[key] = part.plus(found[key]) if key in found else part
    return list(found.values())
