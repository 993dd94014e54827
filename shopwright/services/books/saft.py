"""SAF-T export (OECD, version 2.00): accounts, taxes and entries. Pure functions.

National schemas require more; this file has what they all share.
"""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, tostring

from shopwright.kit.days import day_of
from shopwright.kit.money import Money, add_up, major
from shopwright.services.books import charts, model
from shopwright.services.books.contract import TITLES, Entry, Posting, TaxKind
from shopwright.services.books.extract import LedgerExtract

NAMESPACE = "urn:OECD:StandardAuditFile-Taxation/2.00"
TENTH_OF_A_PERCENT = 10_000
JOURNALS = {
    "sale": "Sales", "return": "Sales", "payment": "Payments", "payout": "Payments", "correction": "General", "stock": "Inventory",
}  # fmt: skip


def write(extract: LedgerExtract) -> bytes:
    """Return the file."""
    root = Element("AuditFile", xmlns=NAMESPACE)
    _header(root, extract)
    _masters(root, extract)
    _entries(root, extract)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _texts(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text


def _header(root: Element, extract: LedgerExtract) -> None:
    header = SubElement(root, "Header")
    seller = extract.seller
    _texts(
        header,
        AuditFileVersion="2.00",
        AuditFileCountry=extract.home,
        AuditFileDateCreated=day_of(extract.made, extract.zone).isoformat(),
        SoftwareCompanyName="Shopwright",
        SoftwareID="Shopwright",
    )
    company = SubElement(header, "Company")
    _texts(company, Name=seller.legal_name if seller else "")
    for one in seller.tax_ids if seller else ():
        _texts(SubElement(company, "TaxRegistration"), TaxRegistrationNumber=one.id, TaxNumber=one.country)
    _texts(header, DefaultCurrencyCode=seller.filing_currency if seller else "EUR")
    chosen = SubElement(header, "SelectionCriteria")
    _texts(
        chosen,
        SelectionStartDate=f"{model.month_name(extract.first)}-01",
        SelectionEndDate=model.month_end(extract.last).isoformat(),
    )


def _masters(root: Element, extract: LedgerExtract) -> None:
    masters = SubElement(root, "MasterFiles")
    accounts = SubElement(masters, "GeneralLedgerAccounts")
    for name in sorted({one.account for one in _postings(extract.entries)}):
        _texts(
            SubElement(accounts, "Account"),
            AccountID=charts.lookup(extract.numbers, {}, name) or name,
            AccountDescription=TITLES[name],
            AccountType="GL",
        )
    taxes = SubElement(masters, "TaxTable")
    kinds = {tax_code(one.tax): one.tax for one in _postings(extract.entries) if one.account == "tax" and one.tax}
    for code, kind in sorted(kinds.items()):
        entry = SubElement(taxes, "TaxTableEntry")
        _texts(entry, TaxType="VAT", Description=kind.reason or kind.category)
        _texts(
            SubElement(entry, "TaxCodeDetails"),
            TaxCode=code,
            TaxPercentage=percent(kind),
            Country=kind.country,
            Region=kind.region,
        )


def _postings(entries: Iterable[Entry]) -> Iterable[Posting]:
    return (one for entry in entries for one in entry.postings)


def tax_code(kind: TaxKind) -> str:
    """The code of a rate in the file: category, country, region, authority, rate."""
    return "-".join(one for one in (kind.category, kind.country, kind.region, kind.authority, percent(kind)) if one)


def percent(kind: TaxKind) -> str:
    """The rate in percent: 19.0000."""
    return f"{kind.rate_ppm // TENTH_OF_A_PERCENT}.{kind.rate_ppm % TENTH_OF_A_PERCENT:04d}"


def _entries(root: Element, extract: LedgerExtract) -> None:
    found = SubElement(root, "GeneralLedgerEntries")
    by_currency: dict[str, list[Money]] = {}
    for one in _postings(extract.entries):
        by_currency.setdefault(one.amount.currency, []).append(one.amount)
    debits = [one for some in by_currency.values() for one in some if one.amount > 0]
    credits_ = [-one for some in by_currency.values() for one in some if one.amount < 0]
    _texts(found, NumberOfEntries=str(len(extract.entries)))
    if len(by_currency) == 1:  # sums of several currencies mean nothing
        currency = next(iter(by_currency))
        _texts(found, TotalDebit=major(add_up(debits, currency)), TotalCredit=major(add_up(credits_, currency)))
    for title in dict.fromkeys(JOURNALS.values()):
        entries = [one for one in extract.entries if JOURNALS[one.kind] == title]
        if entries:
            journal = SubElement(found, "Journal")
            _texts(journal, JournalID=title[:2].upper(), Description=title, Type=title)
            for entry in entries:
                _transaction(journal, extract, entry)


def _transaction(journal: Element, extract: LedgerExtract, entry: Entry) -> None:
    found = SubElement(journal, "Transaction")
    booked = day_of(entry.booked, extract.zone).isoformat()
    _texts(
        found,
        TransactionID=str(entry.seq),
        Period=entry.period.partition("-")[2],
        PeriodYear=entry.period.partition("-")[0],
        TransactionDate=entry.day.isoformat(),
        Description=entry.text,
        SystemEntryDate=booked,
        GLPostingDate=booked,
    )
    for number, one in enumerate(entry.postings, start=1):
        line = SubElement(found, "Line")
        _texts(
            line,
            RecordID=str(number),
            AccountID=charts.lookup(extract.numbers, {}, one.account) or one.account,
            SourceDocumentID=extract.paper(entry),
            Description=entry.text,
        )
        side = SubElement(line, "DebitAmount" if one.amount.amount >= 0 else "CreditAmount")
        _texts(
            side, Amount=major(one.amount if one.amount.amount >= 0 else -one.amount), CurrencyCode=one.amount.currency
        )
        if one.account == "tax" and one.tax is not None and one.base is not None:
            tax = SubElement(line, "TaxInformation")
            _texts(
                tax, TaxType="VAT", TaxCode=tax_code(one.tax), TaxPercentage=percent(one.tax), TaxBase=major(one.base)
            )
