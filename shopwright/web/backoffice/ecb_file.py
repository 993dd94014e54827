"""Euro reference rates from the European Central Bank's CSV files, of a day or of all days."""

import csv
from collections.abc import Collection
from datetime import date, datetime

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.pricing.contract import ExchangeRate

SOURCE, EURO = "ECB", "EUR"
MOST_DAYS = 400  # the newest ones
WRITTEN = ("%Y-%m-%d", "%d %B %Y")  # in the file of all days, and in that of one
NO_FILE = gettext_noop(
    "This is no file of the European Central Bank; unpack eurofxref.zip or eurofxref-hist.zip, and choose the CSV file in it."
)


def read_rates(data: bytes, currencies: Collection[str]) -> list[ExchangeRate]:
    """Return the rates of one euro in these currencies, newest first. Raises Invalid."""
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(data.decode().splitlines())]
    except (UnicodeDecodeError, csv.Error):
        raise Invalid.at("/file", _(NO_FILE)) from None
    if len(rows) < len("ab") or rows[0][:1] != ["Date"]:
        raise Invalid.at("/file", _(NO_FILE))
    wanted = [(place, code) for place, code in enumerate(rows[0]) if code in currencies]
    if not wanted:
        raise Invalid.at(
            "/file",
            _("The file has no rates of {value}.", value=", ".join(sorted(currencies)) or "currencies used here"),
        )
    dated = sorted(((_day(row[0]), row) for row in rows[1:] if any(row)), key=lambda one: one[0], reverse=True)
    return [
        ExchangeRate(from_=EURO, to=code, rate=row[place], day=day, source=SOURCE)
        for day, row in dated[:MOST_DAYS]
        for place, code in wanted
        if place < len(row) and row[place] not in {"", "N/A"}
    ]


def _day(text: str) -> date:
    for form in WRITTEN:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 -- a day alone
        except ValueError:
            continue
    raise Invalid.at("/file", _(NO_FILE))
