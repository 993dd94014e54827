"""Invoices of every kind of tax, and the published rules for electronic ones."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st

from shopwright.kit.addresses import Address
from shopwright.kit.money import Money, add_up
from shopwright.services.books.contract.documents import Document, DocumentBody, DocumentLine, Party
from shopwright.services.pricing.contract import TaxCategory, TaxId, TaxPart
from tests.builders.customers import BERLIN
from tests.builders.environment import need, server

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
UTC_ZONE = ZoneInfo("UTC")
Rules = Callable[[bytes], list[str]]
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


@cache
def rules_of(name: str = "") -> Rules:
    """Errors of an invoice by the rules of this name, which are beside those of EN 16931 for CII."""
    from saxonche import PySaxonProcessor

    path = server("EINVOICE_RULES")
    need(bool(path), "the rules of EN 16931")
    file = Path(path).with_name(f"{name}.xslt") if name else Path(path)
    need(file.exists(), f"the rules {name}")
    processor = PySaxonProcessor(license=False)
    compiled = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(file))

    def broken(xml: bytes) -> list[str]:
        report = compiled.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
        return [
            "".join(one.itertext()).strip()
            for one in ET.fromstring(report).iter(f"{SVRL}failed-assert")  # noqa: S314 -- Saxon's answer
            if one.get("flag") != "warning"
        ]

    return broken


def part(net: int, tax: int, ppm: int, category: TaxCategory = "S", reason: str = "", currency: str = "EUR") -> TaxPart:
    """A part of a price at one rate."""
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
    """An invoice with a line of this many units for each part."""
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
LINES = st.lists(
    st.tuples(st.integers(1, 100_000), st.integers(1, 9), st.sampled_from([190_000, 70_000, 255_000])),
    min_size=1,
    max_size=6,
)


def sold(lines: list[tuple[int, int, int]]) -> Document:
    """An invoice with taxes as the shop calculates them: of the sum of each rate, split among its lines."""
    wanted = [(*_shared(gross * units, ppm, lines), ppm, units) for gross, units, ppm in lines]
    return made(*((part(net, tax, ppm), units) for net, tax, ppm, units in wanted))


def _shared(gross: int, ppm: int, lines: list[tuple[int, int, int]]) -> tuple[int, int]:
    total = sum(one * units for one, units, rate in lines if rate == ppm)
    tax = Money(total, "EUR").share(ppm, 1_000_000 + ppm).share(gross, total).amount
    return gross - tax, tax
