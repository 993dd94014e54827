"""PDF/A-3 documents with an embedded e-invoice (Factur-X 1.0, ZUGFeRD 2), typeset by Typst. Pure functions."""

import io
import json
from functools import cache
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

import typst
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, StreamObject

from shopwright.kit.address_lines import address_lines
from shopwright.kit.addresses import Address
from shopwright.kit.countries import country_title
from shopwright.kit.days import day_of, write_day
from shopwright.kit.errors import Conflict
from shopwright.kit.money import write as written
from shopwright.kit.percent import percent
from shopwright.kit.translation import format_locale, gettext_noop
from shopwright.kit.translation import gettext as _
from shopwright.services.books import einvoice
from shopwright.services.books.contract.documents import TITLES, Document, DocumentBody, DocumentLine
from shopwright.services.books.contract.forms import GONE, is_electronic, writable

STANDARD: Final = "a-3b"
PAID: Final = frozenset({"invoice", "correction"})
COLUMNS: Final = (
    gettext_noop("Description"),
    gettext_noop("Quantity"),
    gettext_noop("Tax"),
    gettext_noop("Net"),
    gettext_noop("Gross"),
)
# Metadata that Factur-X requires (Factur-X 1.0, 6.2.2), and the extension schema for PDF/A (ISO 19005-3, 6.6.2.3).
NAMESPACE: Final = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
FACTUR_X: Final = (
    f'<rdf:Description rdf:about="" xmlns:fx="{NAMESPACE}"><fx:DocumentType>INVOICE</fx:DocumentType>'
    "<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName><fx:Version>1.0</fx:Version>"
    "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description>"
)
EXTENSION: Final = (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
    f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    "<pdfaSchema:property><rdf:Seq>%s</rdf:Seq></pdfaSchema:property></rdf:li>"
)
PROPERTY: Final = (
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:name>%s</pdfaProperty:name>'
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>"
    "<pdfaProperty:description>%s</pdfaProperty:description></rdf:li>"
)
PROPERTIES: Final = (
    ("DocumentFileName", "The name of the embedded XML document"),
    ("DocumentType", "The type of the hybrid document in capital letters"),
    ("Version", "The version of the standard of the embedded XML document"),
    ("ConformanceLevel", "The profile of the embedded XML document"),
)
END: Final = "</rdf:RDF>"
SCHEMAS_END: Final = "</rdf:Bag></pdfaExtension:schemas>"


@cache
def _template() -> bytes:
    return files("shopwright.services.books").joinpath("invoice.typ").read_bytes()


def write(document: Document, shop: str, zone: ZoneInfo) -> bytes:
    """Return the file, with days of the zone. Raises Conflict.

    A name in letters that no font here has makes it a plain PDF, as PDF/A must be able to show everything.
    """
    if document.body is None:
        raise Conflict(GONE)
    xml = einvoice.write(document, zone).decode() if is_electronic(document) else ""
    data = {"data": json.dumps(_shown(document, writable(document.body), shop, zone, xml), ensure_ascii=False)}
    at = document.issued.replace(microsecond=0)
    try:
        made = typst.compile(_template(), sys_inputs=data, pdf_standards=[STANDARD], timestamp=at)
    except typst.TypstError:
        made = typst.compile(_template(), sys_inputs=data, timestamp=at)
    return _described(bytes(made)) if xml else bytes(made)


def _described(pdf: bytes) -> bytes:
    """Add the metadata about the embedded invoice."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    old = writer.root_object["/Metadata"].get_object()
    xmp = old.get_data().decode() if isinstance(old, StreamObject) else ""
    extension = EXTENSION % "".join(PROPERTY % one for one in PROPERTIES)
    xmp = xmp.replace(SCHEMAS_END, extension + SCHEMAS_END, 1).replace(END, FACTUR_X + END, 1)
    stream = StreamObject()
    stream.set_data(xmp.encode())
    stream[NameObject("/Type")], stream[NameObject("/Subtype")] = NameObject("/Metadata"), NameObject("/XML")
    writer.root_object[NameObject("/Metadata")] = writer._add_object(stream)  # noqa: SLF001 -- pypdf has no other way to add one
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _facts(document: Document, body: DocumentBody, zone: ZoneInfo) -> list[tuple[str, str]]:
    facts = [
        (_("Number"), document.name),
        (_("Date"), write_day(day_of(document.issued, zone))),
        (_("Order"), f"{body.order_number}, {write_day(body.ordered)}"),
    ]
    if body.supplied is not None:
        facts.append((_("Supply"), write_day(body.supplied)))
    if body.parcel:
        facts.append((_("Parcel"), body.parcel))
    if body.reference:
        facts.append((_("Your reference"), body.reference))
    if body.refers_to and body.refers_to_day:
        what = _("Replaces") if document.kind == "correction" else _("Corrects")
        facts.append((what, f"{body.refers_to}, {write_day(body.refers_to_day)}"))
    return facts


def _shown(document: Document, body: DocumentBody, shop: str, zone: ZoneInfo, xml: str) -> dict[str, Any]:
    priced = document.kind != "delivery_note"
    buyer = [*_address(body.buyer.address), *(one.id for one in body.buyer.tax_ids)]
    return {
        "title": f"{_(TITLES[document.kind])} {document.name}",
        "shop": shop,
        "seller": {
            "name": body.seller.name,
            "line": ", ".join(_address(body.seller.address)),
            "lines": [*_address(body.seller.address), *(one.id for one in body.seller.tax_ids), body.seller.email],
        },
        "buyer": buyer if priced else _address(body.ship_to),
        "facts": _facts(document, body, zone),
        "reason": body.reason,
        "columns": [_(one) for one in (COLUMNS if priced else COLUMNS[:2])],
        "lines": [_line(line, priced=priced) for line in body.lines],
        "sums": [(_("Net"), written(body.net)), *_taxes(body)] if priced else [],
        "total": (_("Total"), written(body.gross)) if priced else None,
        "notes": [*body.notes, *([_("Paid.")] if document.kind in PAID and body.paid == body.gross else [])],
        "footer": " · ".join(one for one in (body.seller.name, body.seller.register, body.seller.bank) if one),
        "xml": xml,
    }


def _line(line: DocumentLine, *, priced: bool) -> dict[str, Any]:
    """Title, SKU and the other cells."""
    rate = ", ".join(dict.fromkeys(percent(part.rate_ppm) for part in line.tax_parts))
    prices = [rate, written(line.net), written(line.gross)] if priced else []
    return {"title": line.title, "sku": line.sku, "cells": [str(line.quantity), *prices]}


def _address(address: Address) -> list[str]:
    return [*address_lines(address, format_locale()), country_title(address.country)]


def _taxes(body: DocumentBody) -> list[tuple[str, str]]:
    """A row for each rate above 0."""
    return [
        (
            _(
                "{tax} {rate} of {net}",
                tax=part.authority or _("Tax"),
                rate=percent(part.rate_ppm),
                net=written(part.net),
            ),
            written(part.tax),
        )
        for part in body.rates
        if part.rate_ppm
    ]
