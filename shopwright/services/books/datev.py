"""DATEV export: EXTF 700, category 21 (Buchungsstapel), version 13, in Windows-1252. Pure functions.

Goods, shipping and discounts are posted gross to accounts that imply their tax (Automatikkonten); elsewhere net and tax
are separate. Entries with more than two sides use a transit account.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from shopwright.kit.days import in_zone
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money, add_up, major
from shopwright.kit.tax_ids import MEMBERS
from shopwright.kit.translation import gettext as _
from shopwright.services.books import charts, model
from shopwright.services.books.contract import Entry, Posting, TaxKind
from shopwright.services.books.extract import LedgerExtract

CHART = "03"
GERMAN = str.maketrans(".", ",")
LONGEST_TEXT, LONGEST_PAPER = 60, 36
MOST_ROWS = 99_999
GOODS = frozenset({"revenue", "discounts", "shipping", "returns"})
MILLIONTHS_A_PERCENT = 10_000
COLUMNS = (
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz", "WKZ Basis-Umsatz", "Konto",
    "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum", "Belegfeld 1", "Belegfeld 2", "Skonto", "Buchungstext",
    "Postensperre", "Diverse Adressnummer", "Geschäftspartnerbank", "Sachverhalt", "Zinssperre", "Beleglink",
    *(f"Beleginfo - {what} {n}" for n in range(1, 9) for what in ("Art", "Inhalt")),
    "KOST1 - Kostenstelle", "KOST2 - Kostenstelle", "Kost-Menge", "EU-Land u. UStID (Bestimmung)", "EU-Steuersatz (Bestimmung)",
    "Abw. Versteuerungsart", "Sachverhalt L+L", "Funktionsergänzung L+L", "BU 49 Hauptfunktionstyp",
    "BU 49 Hauptfunktionsnummer", "BU 49 Funktionsergänzung",
    *(f"Zusatzinformation - {what} {n}" for n in range(1, 21) for what in ("Art", "Inhalt")),
    "Stück", "Gewicht", "Zahlweise", "Forderungsart", "Veranlagungsjahr", "Zugeordnete Fälligkeit", "Skontotyp",
    "Auftragsnummer", "Buchungstyp", "USt-Schlüssel (Anzahlungen)", "EU-Land (Anzahlungen)", "Sachverhalt L+L (Anzahlungen)",
    "EU-Steuersatz (Anzahlungen)", "Erlöskonto (Anzahlungen)", "Herkunft-Kz", "Buchungs GUID", "KOST-Datum",
    "SEPA-Mandatsreferenz", "Skontosperre", "Gesellschaftername", "Beteiligtennummer", "Identifikationsnummer",
    "Zeichnernummer", "Postensperre bis", "Bezeichnung SoBil-Sachverhalt", "Kennzeichen SoBil-Buchung", "Festschreibung",
    "Leistungsdatum", "Datum Zuord. Steuerperiode", "Fälligkeit", "Generalumkehr (GU)", "Steuersatz", "Land",
    "Abrechnungsreferenz", "BVV-Position", "EU-Land u. UStID (Ursprung)", "EU-Steuersatz (Ursprung)", "Abw. Skontokonto",
)  # fmt: skip
AT = {name: place for place, name in enumerate(COLUMNS)}


class DatevLine(NamedTuple):
    """A row: an amount on an account (debit above 0) and its contra account; `abroad`: another EU country's rate."""

    amount: Money
    account: str
    contra: str
    abroad: TaxKind | None = None


def write(extract: LedgerExtract) -> bytes:
    """Return the file. Raises Invalid for what DATEV refuses: two years, too many rows, other currencies."""
    if extract.first // model.MONTH != extract.last // model.MONTH:
        raise Invalid.at("/to", _("DATEV accepts months of one calendar year at a time; export each year separately."))
    extract.check_euros()
    rows = [(entry, one) for entry in extract.entries for one in lines(extract, entry)]
    if len(rows) > MOST_ROWS:
        raise Invalid.at(
            "/to", _("DATEV accepts at most {most_rows} rows at once; export fewer months.", most_rows=MOST_ROWS)
        )
    file = io.StringIO()
    file.write(_head(extract) + "\r\n")
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry, one in rows:
        writer.writerow(_row(extract, entry, one))
    return file.getvalue().encode("cp1252", errors="replace")


def _head(extract: LedgerExtract) -> str:
    first, last = extract.first, extract.last
    made = in_zone(extract.made, extract.zone).strftime("%Y%m%d%H%M%S%f")[:17]
    consultant = extract.numbers.get(charts.CONSULTANT, "1001")
    client = extract.numbers.get(charts.CLIENT, "1")
    fields = (
        '"EXTF"', "700", "21", '"Buchungsstapel"', "13", made, "", '"SW"', '""', '""', consultant, client,
        f"{first // model.MONTH}0101", "4", f"{first}01", f"{model.month_end(last):%Y%m%d}", '"Shopwright"', '""', "1", "0", "0", '"EUR"', "",
        '""', "", "", f'"{CHART}"', "", "", '""', '""',
    )  # fmt: skip
    return ";".join(fields)


def _row(extract: LedgerExtract, entry: Entry, one: DatevLine) -> list[str]:
    row = [""] * len(COLUMNS)
    sign = 1 if one.amount.amount >= 0 else -1
    row[0] = major(one.amount * sign).translate(GERMAN)
    row[1] = "S" if sign > 0 else "H"
    row[2] = one.amount.currency
    row[AT["Konto"]], row[AT["Gegenkonto (ohne BU-Schlüssel)"]] = one.account, one.contra
    row[AT["Belegdatum"]] = _within(entry).strftime("%d%m")
    row[AT["Belegfeld 1"]] = extract.paper(entry)[:LONGEST_PAPER]
    row[AT["Buchungstext"]] = entry.text[:LONGEST_TEXT]
    row[AT["Festschreibung"]] = "0"
    row[AT["Leistungsdatum"]] = entry.day.strftime("%d%m%Y")
    if one.abroad is not None:
        row[AT["EU-Land u. UStID (Bestimmung)"]] = one.abroad.country
        percent = f"{one.abroad.rate_ppm / MILLIONTHS_A_PERCENT:.2f}"
        row[AT["EU-Steuersatz (Bestimmung)"]] = percent.translate(GERMAN)
    return row


def _within(entry: Entry) -> date:
    """A day of the entry's month, as DATEV requires: its own or, if it was booked late, the first."""
    month = model.parse_month(entry.period, "/period")
    return entry.day if model.month_of(entry.day) == month else date(month // model.MONTH, month % model.MONTH, 1)


def lines(extract: LedgerExtract, entry: Entry) -> list[DatevLine]:
    """Split an entry into pairs of accounts with the same sums."""
    if entry.kind in {"sale", "return"} or any(one.account == "tax" for one in entry.postings):
        return [one for one in _sold(extract, entry) if one.amount.amount]
    postings = [one for one in entry.postings if one.amount.amount]
    main = _main(entry)
    contra = charts.number(extract.numbers, charts.SKR03, main) if main else charts.SKR03["between"]
    return [
        DatevLine(one.amount, charts.number(extract.numbers, charts.SKR03, one), contra)
        for one in postings
        if one is not main
    ]


def _main(entry: Entry) -> Posting | None:
    """The side that all others are posted against, or None."""
    wanted = {"payment": "receivables", "payout": "clearing", "stock": "stock"}.get(entry.kind)
    found = [one for one in entry.postings if one.account == wanted]
    return found[0] if len(found) == 1 else None


def _sold(extract: LedgerExtract, entry: Entry) -> Iterator[DatevLine]:
    own = extract.numbers
    customers = charts.lookup(own, charts.SKR03, "receivables")
    currency = entry.postings[0].amount.currency
    left = add_up((-one.amount for one in entry.postings if one.account == "receivables"), currency)
    for kind, net, tax in by_kind(entry):
        abroad = kind if kind.country in MEMBERS and kind.country != extract.home else None
        revenue, knows = charts.revenue_number(own, charts.SKR03, kind, extract.home)
        if knows:
            yield DatevLine(net + tax, revenue, customers, abroad if kind.rate_ppm else None)
        else:
            yield DatevLine(net, revenue, customers)
            yield DatevLine(tax, charts.tax_number(own, charts.SKR03, kind), customers)
        left -= net + tax
    yield DatevLine(left, charts.lookup(own, charts.SKR03, "revenue"), customers)


def by_kind(entry: Entry) -> Iterator[tuple[TaxKind, Money, Money]]:
    """The taxes of an entry with the net of their goods: what several authorities tax is at the first, as it is posted."""
    nothing = entry.postings[0].amount * 0
    goods: dict[TaxKind, Money] = {}
    for one in entry.postings:
        if one.account in GOODS and one.tax is not None:
            goods[one.tax] = goods.get(one.tax, nothing) + one.amount
    for one in entry.postings:
        if one.account == "tax" and one.tax is not None:
            yield one.tax, goods.pop(one.tax, nothing), one.amount
