"""The account of an import: rows read = imported + unchanged + refused, and products counted as products."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from shopwright.importers.draft import ImportIssue, Row
from shopwright.importers.spool_store import RANKS, AccountStore
from shopwright.kit.errors import Unavailable
from shopwright.kit.private import make_file
from shopwright.kit.text import csv_cell
from shopwright.kit.translation import gettext as _

MOST_SHOWN = 25
TOGETHER = 1_000
NOTHING_BECAME = "nothing was made of it"


class Account:
    """The results of all rows of all tables."""

    def __init__(self, store: AccountStore) -> None:
        self._store = store
        self._table = 0
        self._left_out: list[tuple[str, int, str]] = []
        self.notes: list[str] = []  # what is true of a table as a whole

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Iterate over a new table's rows, recording each as read."""
        self._table += 1
        numbers: list[int] = []
        for row in rows:
            numbers.append(row[0])
            if len(numbers) == TOGETHER:
                self._store.add_rows(self._table, numbers)
                numbers = []
            yield row
        self._store.add_rows(self._table, numbers)

    def add(self, issue: ImportIssue) -> None:
        self._store.add(self._table, issue)

    def leave_out(self, columns: list[tuple[str, int, str]]) -> None:
        """Record ignored columns with their number of rows, and why."""
        self._left_out += columns

    def close_table(self) -> None:
        """Refuse rows without a result, so that none is lost."""
        for row in self._store.unsettled(self._table):
            self.add(ImportIssue(row, "", "refused", NOTHING_BECAME))

    @property
    def refused(self) -> int:
        return self._store.rows().get(RANKS["refused"], 0)

    def lines(self, what: str, report: Path | None) -> Iterator[str]:
        """The account in words."""
        rows, products = self._store.rows(), self._store.products()
        imported, unchanged, refused = (rows.get(RANKS[one], 0) for one in ("taken", "unchanged", "refused"))
        counts = ", ".join(f"{products.get(one, 0)} {one}" for one in ("taken", "changed", "unchanged", "refused"))
        yield f"{what.capitalize()}: {counts}."
        yield f"Of {sum(rows.values())} rows read, {imported} taken, {unchanged} unchanged, {refused} refused."
        yield from (f"  {note}." for note in dict.fromkeys(self.notes))
        if self._left_out:
            yield "Left out, because the catalogue has no place for them:"
            yield from (f"  {header} ({count} rows): {why}." for header, count, why in self._left_out)
        issues, count = self._store.issues(MOST_SHOWN)
        for issue in issues:
            yield f"  row {issue.row} ({issue.name or 'no name'}), {issue.outcome}: {issue.detail}."
        if count > len(issues):
            rest = f"all in {report}." if report else "--report FILE writes them all."
            yield f"  … and {count - len(issues)} more, {rest}"

    def write(self, report: Path) -> None:
        """Write every issue as a CSV row. Raises Unavailable."""
        try:
            make_file(report)
            with report.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(["row", "name", "outcome", "detail"])
                writer.writerows(
                    (row, csv_cell(name), outcome, csv_cell(detail))
                    for row, name, outcome, detail in self._store.everything()
                )
                for header, count, why in self._left_out:
                    writer.writerow(["", csv_cell(header), "left out", f"{count} rows had it: {why}"])
        except OSError as error:
            raise Unavailable(
                _("The report {report} cannot be written: {strerror}.", report=report, strerror=error.strerror)
            ) from None
