"""Ledger exports: writers of one model, and the CSV writer. Pure functions."""

import csv
import io
from collections.abc import Callable, Iterator

from shopwright.kit.money import major
from shopwright.services.books import datev, fec, model, saft
from shopwright.services.books.contract import Entry, ExportedFile, ExportForm, Posting
from shopwright.services.books.extract import LedgerExtract
from shopwright.services.pricing.contract import Seller

BOM = "\ufeff"
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def _rows(extract: LedgerExtract) -> Iterator[tuple[Entry, Posting]]:
    for entry in extract.entries:
        for one in entry.postings:
            yield entry, one


CSV_HEADER = (
    "seq", "kind", "day", "period", "booked", "text", "order", "document", "account", "provider", "debit", "credit",
    "currency", "tax_country", "tax_region", "tax_authority", "tax_rate_ppm", "tax_category", "tax_class", "tax_base", "sha256",
)  # fmt: skip


def write_csv(extract: LedgerExtract) -> bytes:
    """Return one row per posting with all fields."""
    return csv_head() + csv_rows(extract)


def csv_head() -> bytes:
    """Return the byte order mark and the titles of the columns."""
    file = io.StringIO()
    csv.writer(file).writerow(CSV_HEADER)
    return (BOM + file.getvalue()).encode()


def csv_rows(extract: LedgerExtract) -> bytes:
    """Return the rows of some entries."""
    file = io.StringIO()
    writer = csv.writer(file)
    for entry, one in _rows(extract):
        debit, credit = _sides(one)
        tax = one.tax
        writer.writerow((
            entry.seq, entry.kind, entry.day, entry.period, entry.booked.isoformat(), _safe(entry.text), _safe(entry.number),
            _safe(extract.papers.get(entry.document, "")), one.account, _safe(one.provider), debit, credit, one.amount.currency,
            tax.country if tax else "", _safe(tax.region if tax else ""), _safe(tax.authority if tax else ""),
            tax.rate_ppm if tax else "", tax.category if tax else "", _safe(tax.tax_class if tax else ""),
            major(one.base) if one.base is not None else "", entry.sha256,
        ))  # fmt: skip
    return file.getvalue().encode()


def _safe(text: str) -> str:
    """Mark text that a spreadsheet would run as a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def _sides(one: Posting) -> tuple[str, str]:
    amount = one.amount
    return (major(amount), "") if amount.amount >= 0 else ("", major(-amount))


# Writer, media type and extension of each form.
WRITERS: dict[ExportForm, tuple[Callable[[LedgerExtract], bytes], str, str]] = {
    "csv": (write_csv, "text/csv; charset=utf-8", "csv"),
    "datev": (datev.write, "text/csv; charset=windows-1252", "csv"),
    "fec": (fec.write, "text/plain; charset=utf-8", "txt"),
    "saft": (saft.write, "application/xml", "xml"),
}


# Forms that are written a page of entries at a time: head and rows.
PAGED: dict[ExportForm, tuple[Callable[[], bytes], Callable[[LedgerExtract], bytes]]] = {
    "csv": (csv_head, csv_rows),
    "fec": (fec.head, fec.rows),
}


def exported(form: ExportForm, extract: LedgerExtract) -> ExportedFile:
    """Return the file. Raises Invalid if it cannot be made for these months."""
    write, media_type, _ = WRITERS[form]
    name = file_name(form, model.month_name(extract.first), model.month_name(extract.last), extract.seller)
    return ExportedFile(name=name, media_type=media_type, content=write(extract))


def file_name(form: ExportForm, start: str, end: str, seller: Seller | None) -> str:
    """The file name programs expect: EXTF_2026-11_2026-11.csv, or 303265045FEC20261130.txt. Raises Invalid."""
    first, last = model.parse_month(start, "/from"), model.parse_month(end, "/to")
    ending = WRITERS[form][2]
    if form == "fec":
        return f"{fec.siren(seller)}FEC{model.month_end(last):%Y%m%d}.{ending}"
    return f"{'EXTF' if form == 'datev' else form}_{model.month_name(first)}_{model.month_name(last)}.{ending}"
