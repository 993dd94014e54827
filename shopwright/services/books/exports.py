"""The ledger as files for other programs: CSV, as writers of one model. Pure functions."""

import csv
import io
from collections.abc import Callable, Iterator

from shopwright.kit.money import major
from shopwright.services.books import datev, fec, saft
from shopwright.services.books.contract import Entry, ExportForm, Posting
from shopwright.services.books.extract import Extract

BOM = "\ufeff"
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def _rows(extract: Extract) -> Iterator[tuple[Entry, Posting]]:
    for entry in extract.entries:
        for one in entry.postings:
            yield entry, one


def write_csv(extract: Extract) -> bytes:
    """One row a posting, all that there is."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow((
        "seq", "kind", "day", "period", "booked", "text", "order", "document", "account", "provider", "debit", "credit",
        "currency", "tax_country", "tax_region", "tax_authority", "tax_rate_ppm", "tax_category", "tax_class", "tax_base", "sha256",
    ))  # fmt: skip
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
    return (BOM + file.getvalue()).encode()


def _safe(text: str) -> str:
    """A text that a spreadsheet would take for a formula (OWASP, CSV injection) is marked as one."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def _sides(one: Posting) -> tuple[str, str]:
    amount = one.amount
    return (major(amount), "") if amount.amount >= 0 else ("", major(-amount))


WRITERS: dict[ExportForm, Callable[[Extract], bytes]] = {
    "csv": write_csv,
    "datev": datev.write,
    "fec": fec.write,
    "saft": saft.write,
}
