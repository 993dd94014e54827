"""FEC export for French tax audits (livre des procédures fiscales, article A47 A-1). Pure functions."""

import re

from shopwright.kit.days import day_of
from shopwright.kit.money import Money, major
from shopwright.services.books import charts
from shopwright.services.books.contract import Entry, EntryKind, Posting
from shopwright.services.books.extract import LedgerExtract
from shopwright.services.pricing.contract import Seller

HEADER = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip
JOURNALS: dict[EntryKind, tuple[str, str]] = {
    "sale": ("VE", "Ventes"),
    "return": ("VE", "Ventes"),
    "payment": ("BQ", "Encaissements"),
    "payout": ("BQ", "Encaissements"),
    "correction": ("OD", "Opérations diverses"),
    "stock": ("ST", "Stocks"),
}
FRENCH = str.maketrans(".", ",")
DAY = "%Y%m%d"
FRENCH_ID = re.compile(r"FR\w\w([0-9]{9})")


def write(extract: LedgerExtract) -> bytes:
    """Return the file: tabs, decimal commas, UTF-8, without zero postings. Raises Invalid for other currencies."""
    return head() + rows(extract)


def head() -> bytes:
    """Return the titles of the columns."""
    return ("\t".join(HEADER) + "\r\n").encode()


def rows(extract: LedgerExtract) -> bytes:
    """Return the rows of some entries. Raises Invalid for other currencies."""
    extract.check_euros()
    found = (_row(extract, entry, one) for entry in extract.entries for one in entry.postings if one.amount.amount)
    lines = ("\t".join(cell.replace("\t", " ") for cell in row) for row in found)
    return "".join(f"{line}\r\n" for line in lines).encode()


def _row(extract: LedgerExtract, entry: Entry, one: Posting) -> list[str]:
    code, title = JOURNALS[entry.kind]
    amount = one.amount
    debit, credit = (amount, amount * 0) if amount.amount > 0 else (amount * 0, -amount)
    return [
        code, title, str(entry.seq), entry.day.strftime(DAY), charts.number(extract.numbers, charts.PCG, one),
        charts.FRENCH[one.account], "", "", extract.paper(entry), entry.day.strftime(DAY), entry.text, _written(debit),
        _written(credit), "", "", day_of(entry.booked, extract.zone).strftime(DAY), "", "",
    ]  # fmt: skip


def _written(amount: Money) -> str:
    return major(amount).translate(FRENCH)


def siren(seller: Seller | None) -> str:
    """The company number: the last nine digits of the French VAT id, or zeros."""
    found = (FRENCH_ID.fullmatch(one.id) for one in (seller.tax_ids if seller else ()) if not one.scheme)
    return next((one[1] for one in found if one), "0" * 9)
