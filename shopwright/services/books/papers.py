"""The content of documents, made from an order and the entry or parcel they belong to. Pure functions."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit.addresses import check_address
from shopwright.kit.days import day_of, write_day
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money, add_up, zero
from shopwright.kit.tax_ids import TaxNumber, check_reference, member_of, read_tax_id
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.books import model
from shopwright.services.books.contract import Entry, Posting, TaxKind
from shopwright.services.books.contract.documents import (
    DocumentBody,
    DocumentKind,
    DocumentLine,
    InvoiceCorrection,
    Party,
)
from shopwright.services.orders.contract import Order, OrderLine, Refund, Shipment
from shopwright.services.pricing.contract import Seller, TaxId, TaxPart
from shopwright.services.pricing.contract.taxes import by_kind, gross_of, summed

UNTAXED = frozenset({"K", "AE"})
NO_INVOICE = gettext_noop(
    "This is no invoice, and no input tax can be deducted from it: the invoice follows the payment."
)
INVOICE: DocumentKind = "invoice"
CREDIT_NOTE: DocumentKind = "credit_note"
CORRECTION: DocumentKind = "correction"
OF_SUPPLY = gettext_noop("The rate of tax is that of the day of supply.")


def kind_for(entry: Entry) -> DocumentKind:
    """The kind of document an entry needs: for a sale, or for what a refused refund leaves sold.

    A tax correction replaces the invoice, as nothing is refunded.
    """
    if entry.kind == "correction":
        return CORRECTION
    balance = model.total(entry.postings, "receivables", entry.postings[0].amount.currency)
    return INVOICE if balance.amount > 0 else CREDIT_NOTE


def body_for(
    order: Order, entry: Entry, seller: Seller, zone: ZoneInfo, invoice: tuple[str, date] | None
) -> DocumentBody:
    """The document of an entry. `invoice`: number and date of the invoice a credit note refers to."""
    refund = _refund_of(order, entry)
    lines = (
        _lines_of_sale(model.as_of(order, 0))
        if entry.kind == "sale"
        else _lines_of_refund(order, refund) or _lines_of_entry(entry)
    )
    supplied = _supplied(order, zone)
    paid_on = entry.day if entry.kind == "sale" and supplied is None else None
    body = _body(order, seller, zone, lines)
    return msgspec.structs.replace(
        body,
        paid=body.gross,
        supplied=supplied,
        paid_on=paid_on,
        notes=(*body.notes, *([_in_advance(paid_on)] if paid_on else [])),
        refers_to=invoice[0] if invoice else "",
        refers_to_day=invoice[1] if invoice else None,
        reason=refund.reason if refund else "",
    )


def _body(order: Order, seller: Seller, zone: ZoneInfo, lines: tuple[DocumentLine, ...]) -> DocumentBody:
    """The content common to all documents of an order, with nothing paid."""
    parts = summed((part for line in lines for part in line.tax_parts), model.kind_of)
    gross = add_up((line.gross for line in lines), order.currency)
    tax = add_up((part.tax for part in parts), order.currency)
    sale = order.sale
    return DocumentBody(
        seller=_seller(seller),
        buyer=Party(
            name=order.billing_address.name,
            address=msgspec.structs.replace(order.billing_address, phone=""),
            tax_ids=(TaxId(country=order.billing_address.country, id=sale.tax_id),) if sale and sale.tax_id else (),
        ),
        ship_to=msgspec.structs.replace(order.shipping_address, phone=""),
        order_number=order.number,
        ordered=day_of(order.placed_at, zone),
        currency=order.currency,
        lines=lines,
        rates=parts,
        net=gross - tax,
        tax=tax,
        gross=gross,
        paid=zero(order.currency),
        notes=tuple(dict.fromkeys(part.reason for part in parts if part.reason)),
        scheme=sale.scheme if sale else "",
        reference=sale.reference if sale else "",
    )


def pro_forma(order: Order, seller: Seller, zone: ZoneInfo) -> DocumentBody:
    """The pro forma invoice of an unpaid order."""
    body = _body(order, seller, zone, _lines_of_sale(order))
    wanted = [_("Please name order {number} when you pay.", number=order.number)] if seller.bank else []
    return msgspec.structs.replace(body, notes=(*body.notes, _(NO_INVOICE), *wanted))


def delivery_note(order: Order, parcel: Shipment, seller: Seller, zone: ZoneInfo) -> DocumentBody:
    """The content of a parcel."""
    none = zero(order.currency)
    sent = {one.line_id: one.quantity for one in parcel.lines}
    lines = tuple(
        DocumentLine(title=_title(line), sku=line.sku, quantity=sent[line.id], net=none, gross=none, tax_parts=())
        for line in order.lines
        if line.id in sent
    )
    return msgspec.structs.replace(
        _body(order, seller, zone, lines),
        supplied=day_of(parcel.shipped_at, zone),
        parcel=" ".join(one for one in (parcel.carrier, parcel.tracking_number) if one),
    )


def corrected(
    invoice: DocumentBody, correction: InvoiceCorrection, order: Order, zone: ZoneInfo, replaced: tuple[str, date]
) -> DocumentBody:
    """The invoice, or its latest replacement, with the corrected buyer. Raises Invalid.

    `replaced`: its number and date. What was supplied since has its date of supply instead of the advance payment.
    """
    if not correction.reason.strip():
        raise Invalid.at("/reason", _("Enter why the invoice is corrected; the new one shows it."))
    name, day = replaced
    supplied = invoice.supplied or _supplied(order, zone)
    paid_on = None if supplied else invoice.paid_on
    old = {_in_advance(invoice.paid_on)} if invoice.paid_on and supplied else set()
    if invoice.refers_to_day is not None:
        old.add(_replaces(invoice.refers_to, invoice.refers_to_day))
    found = read_tax_id(correction.tax_id, correction.buyer.country) if correction.tax_id.strip() else None
    address = msgspec.structs.replace(check_address(correction.buyer, "/buyer"), phone="")
    if any(part.category in UNTAXED for part in invoice.rates):
        _check_untaxed(invoice, address.country, found)
    ids = (TaxId(country=address.country, id=found.id),) if found else ()
    return msgspec.structs.replace(
        invoice,
        buyer=Party(name=address.name, address=address, tax_ids=ids),
        supplied=supplied,
        paid_on=paid_on,
        notes=(*[one for one in invoice.notes if one not in old], _replaces(name, day)),
        refers_to=name,
        refers_to_day=day,
        reason=correction.reason,
        reference=check_reference(correction.reference) if correction.reference.strip() else "",
    )


def rerated(
    order: Order, seller: Seller, zone: ZoneInfo, paid_on: date | None, replaced: tuple[str, date]
) -> DocumentBody:
    """The invoice with corrected taxes; `replaced`: number and date of the former one."""
    supplied = _supplied(order, zone)
    body = _body(order, seller, zone, _lines_of_sale(order))
    in_advance = [_in_advance(paid_on)] if paid_on and not supplied else []
    return msgspec.structs.replace(
        body,
        paid=body.gross,
        supplied=supplied,
        paid_on=None if supplied else paid_on,
        notes=(*body.notes, *in_advance, _replaces(*replaced)),
        refers_to=replaced[0],
        refers_to_day=replaced[1],
        reason=_(OF_SUPPLY),
    )


def _check_untaxed(invoice: DocumentBody, country: str, tax_id: TaxNumber | None) -> None:
    """Check that a tax-free sale to a business still is one. Raises Invalid."""
    if tax_id is None:
        raise Invalid.at("/tax_id", _("This was sold without tax to a business: the invoice must name its tax id."))
    reason = _("This was sold without tax to a business in another country")
    home = invoice.seller.address.country
    if country != invoice.buyer.address.country:
        raise Invalid.at(
            "/buyer/country",
            _("{reason}: changing it would change its taxes. Refund the order and sell it again.", reason=reason),
        )
    if invoice.ship_to.country != home and tax_id.country == (member_of(home) or home):
        raise Invalid.at(
            "/tax_id",
            _(
                "{reason}: its tax id is not of the seller's country. Refund the order and sell it again.",
                reason=reason,
            ),
        )


def _replaces(name: str, day: date) -> str:
    return _("This invoice replaces {name} of {day}.", name=name, day=write_day(day))


def _supplied(order: Order, zone: ZoneInfo) -> date | None:
    """The day the last parcel was shipped, once nothing is left to ship."""
    if not order.shipments or any(line.to_ship for line in order.lines):
        return None
    return day_of(max(one.shipped_at for one in order.shipments), zone)


def _in_advance(paid_on: date) -> str:
    """The note on invoices issued before the supply.

    UStG, section 14 (4) no. 6 and (5); Directive 2006/112/EC, article 226 no. 7.
    """
    return _("Paid in advance on {paid_on}. The goods are supplied after this invoice.", paid_on=write_day(paid_on))


def _seller(seller: Seller) -> Party:
    return Party(
        name=seller.legal_name,
        address=msgspec.structs.replace(seller.address, name=seller.legal_name, company=""),
        tax_ids=seller.tax_ids,
        email=seller.email,
        contact=seller.contact,
        phone=seller.phone,
        register=seller.register,
        bank=seller.bank,
    )


def _lines_of_sale(order: Order) -> tuple[DocumentLine, ...]:
    if order.taxes_unknown or not order.tax_parts:
        parts = order.tax_parts
        total = order.totals.total
        net = total - order.totals.tax - order.totals.included_tax
        return (
            DocumentLine(
                title=_("Order {number}", number=order.number), quantity=1, net=net, gross=total, tax_parts=parts
            ),
        )
    lines = [one for line in order.lines for one in _lots(order, line)]
    shipping = order.shipping
    if shipping is not None and gross_of(shipping.tax_parts, order.currency).amount:
        lots = dict.fromkeys(part.lot for part in shipping.tax_parts)
        lines += [_line(shipping.title, 1, [part for part in shipping.tax_parts if part.lot == lot]) for lot in lots]
    return tuple(lines)


def _lots(order: Order, line: OrderLine) -> list[DocumentLine]:
    """A line, split if its units are taxed at the rates of several days, less what was refunded."""
    units = order.units_of(line)
    found = []
    for lot in dict.fromkeys(part.lot for part in line.tax_parts):
        parts = [part for part in line.tax_parts if part.lot == lot]
        title = (
            _title(line)
            if units.get(lot)
            else _("Part of the price at the earlier tax rate: {title}", title=_title(line))
        )
        found.append(_line(title, units.get(lot) or 1, parts, line.sku))
    return found


def _title(line: OrderLine) -> str:
    return f"{line.title}, {line.variant_title}" if line.variant_title else line.title


def _line(title: str, quantity: int, parts: Sequence[TaxPart], sku: str = "") -> DocumentLine:
    kinds = by_kind(parts)
    currency = parts[0].net.currency
    return DocumentLine(
        title=title,
        sku=sku,
        quantity=quantity,
        net=add_up((kind[0].net for kind in kinds), currency),
        gross=gross_of(parts, currency),
        tax_parts=tuple(parts),
    )


def _refund_of(order: Order, entry: Entry) -> Refund | None:
    """The refund an entry belongs to, matched by amount and exact taxes; any one of several equal ones."""
    back = -model.total(entry.postings, "receivables", order.currency)
    wanted = {one.tax: one.amount.amount for one in entry.postings if one.account == "tax" and one.tax is not None}
    fitting = [
        one
        for one in order.refunds
        if one.status == "settled" and one.of_sale == back and one.parts and _taxes_of(one) == wanted
    ]
    return fitting[-1] if fitting and entry.kind == "return" else None


def _taxes_of(refund: Refund) -> dict[TaxKind, int]:
    """The taxes of a refund by kind."""
    found: dict[TaxKind, int] = {}
    for part in (one for some in refund.parts for one in some.tax_parts):
        kind = model.kind_of(part)
        found[kind] = found.get(kind, 0) + part.tax.amount
    return found


def _lines_of_refund(order: Order, refund: Refund | None) -> tuple[DocumentLine, ...]:
    parts = [part for part in refund.parts if not part.excess] if refund is not None else []
    if any(not part.tax_parts for part in parts):
        return ()
    titles = {line.id: (line.title, line.sku) for line in order.lines}
    found = []
    for part in parts:
        title, sku = titles.get(part.line_id, (_("Shipping"), ""))
        units = part.quantity or 1
        found.append(
            _line(
                title if part.quantity or not part.line_id else _("Price reduced: {title}", title=title),
                units,
                part.tax_parts,
                sku,
            )
        )
    return tuple(found)


def _lines_of_entry(entry: Entry) -> tuple[DocumentLine, ...]:
    """One line for goods and one for shipping at each rate, where no single refund gives the details."""
    sign = 1 if kind_for(entry) == CREDIT_NOTE else -1
    taxes = [one for one in entry.postings if one.account == "tax" and one.tax is not None]
    found = []
    for kind, net in _bases(entry, sign).items():
        parts = tuple(_part(one, sign) for one in taxes if one.tax is not None and _same_goods(one.tax, kind))
        if parts:
            gross = net + add_up((part.tax for part in parts), net.currency)
            found.append(DocumentLine(title=_("Goods returned"), quantity=1, net=net, gross=gross, tax_parts=parts))
    return tuple(found)


def _bases(entry: Entry, sign: int) -> dict[TaxKind, Money]:
    """The net refunded at each rate, goods and shipping together, as their taxes are booked together."""
    found: dict[TaxKind, Money] = {}
    for one in entry.postings:
        if one.account in {"returns", "shipping"} and one.tax is not None:
            found[one.tax] = found.get(one.tax, zero(one.amount.currency)) + one.amount * sign
    return found


def _same_goods(one: TaxKind, kind: TaxKind) -> bool:
    return (one.country, one.region, one.tax_class) == (kind.country, kind.region, kind.tax_class) and (
        one == kind or bool(one.authority and one.authority != kind.authority)
    )


def _part(one: Posting, sign: int) -> TaxPart:
    kind = one.tax or model.UNKNOWN
    tax = one.amount * sign
    net = (one.base or zero(tax.currency)) * sign
    return TaxPart(
        net=net,
        tax=tax,
        gross=net + tax,
        **{name: getattr(kind, name) for name in kind.__struct_fields__},
    )
