"""Understanding a table's header: the meaning of each column, ignored ones, and those to ask about."""

import difflib
import re
from collections.abc import Mapping, Sequence

import msgspec

from shopwright.importers.languages import NO, YES
from shopwright.importers.meanings import RESTRICTED_VALUES, RESTRICTING, UNIT, Format, Meaning, known_as, plain
from shopwright.importers.numbers import Evidence
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

LEAVE_OUT = "-"
NEAR = 0.84
MOST_SAMPLES = 20  # different values of a column that are looked at
FORMULA_BEGINS = ("=", "+", "-", "@")
NOTHING, LONGEST_NO = frozenset({"0", "false", "no"}), len("false")
FORMULA = re.compile(r'^="(.*)"$', re.DOTALL)


class Column(msgspec.Struct):
    """A column. `key`: its importer's name, or "" if ignored for the reason `left_out`."""

    header: str
    key: str = ""
    unit: str = ""
    left_out: str = ""
    numeric: bool = False
    known: bool = True
    samples: set[str] = msgspec.field(default_factory=set)
    filled: int = 0


class Header:
    """Translates cells to meanings, and records what each column contained."""

    def __init__(self, known: Format, headers: Sequence[str], answers: Mapping[str, str]) -> None:
        self._format = known
        self._spellings = known_as(known)
        given = {plain_answer(header): name for header, name in answers.items()}
        check_answers(known, answers)
        self.columns = [self._column(header, given.get(plain_answer(header))) for header in headers]
        self.evidence = Evidence()

    def _column(self, header: str, answer: str | None) -> Column:
        unit = UNIT.search(header)
        bare = UNIT.sub("", header) if unit else header
        unit_name = unit.group(1).casefold() if unit else ""
        if answer == LEAVE_OUT:
            return Column(header, left_out="was told to be left out")
        if answer is not None:
            meaning = self._spellings.get(plain(answer))
            return self._of(header, answer, meaning, unit_name) if meaning else Column(header, key=answer)
        if meaning := self._spellings.get(plain(header)) or self._spellings.get(plain(bare)):
            return self._of(header, bare, meaning, unit_name)
        for pattern in self._format.patterns:
            if found := pattern.of.match(header.strip()):
                key = "" if pattern.left_out else pattern.name.format(found.group(1).strip())
                return Column(header, key=key, left_out=pattern.left_out)
        return Column(header, key=f"? {header}", known=False)

    @staticmethod
    def _of(header: str, spelling: str, meaning: Meaning, unit: str) -> Column:
        if meaning.left_out:
            return Column(header, left_out=meaning.left_out)
        number = re.search(r"\d+", spelling)
        key = meaning.name.replace("#", number.group() if number else "1")
        return Column(header, key=key, unit=unit, numeric=meaning.numeric)

    @property
    def keys(self) -> set[str]:
        return {column.key for column in self.columns if column.key}

    def missing(self) -> list[str]:
        """Return the required meanings the file lacks."""
        keys = self.keys
        return [name for name in self._format.needs if name not in keys]

    def unit(self, key: str) -> str:
        return next((column.unit for column in self.columns if column.key == key and column.unit), "")

    def read(self, cells: Sequence[str]) -> dict[str, str]:
        """The cells by meaning; of several columns with one meaning, the first non-empty."""
        row: dict[str, str] = {}
        for column, cell in zip(self.columns, cells, strict=False):
            text = cell.strip()
            if not text:
                if column.key:
                    row.setdefault(column.key, "")
                continue
            if text[0] == "=" and (formula := FORMULA.match(text)):
                text = formula.group(1).replace('""', '"')
            if text[0] == "'" and text[1:2] in FORMULA_BEGINS:  # so that a spreadsheet does not run it
                text = text[1:]
            if len(text) > LONGEST_NO or text.casefold() not in NOTHING:
                column.filled += 1
            if len(column.samples) < MOST_SAMPLES:
                column.samples.add(text[:80])
            if column.numeric:
                self.evidence.add(text)
            if column.key and not row.get(column.key):
                row[column.key] = text
        return row

    def left_out(self) -> list[tuple[str, int, str]]:
        """Ignored columns with their number of rows, and why."""
        columns = [(one.header, one.filled, one.left_out or "is not known") for one in self.columns]
        unread = {one.header for one in self.columns if one.left_out or not one.known}
        if self._format.kind == "magento":  # its own attributes are columns of plain files, and read as such
            unread -= {one.header for one in self.columns if not one.known}
        return [(header, filled, why) for header, filled, why in columns if header in unread and filled]

    def check_doubts(self) -> None:
        """Raise Invalid about unknown columns that might restrict who sees a product."""
        doubtful = [column for column in self.columns if not column.known and self._could_restrict(column)]
        if not doubtful:
            return
        questions = "; ".join(
            f"“{one.header}” (with {', '.join(sorted(one.samples)[:4]) or 'nothing'})" for one in doubtful
        )
        meanings = ", ".join(one.name for one in self._format.meanings if one.restricts)
        raise UnclearColumns(
            _(
                'The meaning of {columns} is unclear. It may restrict which products are shown, so nothing is imported until it is: map it in a file for --map, such as "{header}" = "published" ({meanings}, or - to leave it out).',
                columns=questions,
                header=doubtful[0].header,
                meanings=meanings,
            ),
            data={"columns": [one.header for one in doubtful]},
        )

    def _could_restrict(self, column: Column) -> bool:
        name, values = plain(column.header), {one.casefold() for one in column.samples}
        if any(plain(stem) in name for stem in RESTRICTING):
            return True
        if values and values <= RESTRICTED_VALUES:
            return True
        restricting = {spelling for spelling, one in self._spellings.items() if one.restricts}
        if difflib.get_close_matches(name, restricting, n=1, cutoff=NEAR):
            return True
        asked = {"published", "visibility"}
        flags = bool(values) and values <= (YES | NO)
        return self._format.kind == "woocommerce" and flags and not asked <= self.keys


class UnclearColumns(Invalid):
    """Columns that must be asked about: `data["columns"]`."""

    code = "doubtful"


def plain_answer(header: str) -> str:
    """A header as a person may retype it."""
    return " ".join(header.split()).casefold()


def check_answers(known: Format, answers: Mapping[str, str]) -> None:
    """Raise Invalid for unknown meanings."""
    meanings = {plain(one.name): one.name for one in known.meanings}
    for header, name in answers.items():
        if name != LEAVE_OUT and not name.startswith("attribute: ") and plain(name) not in meanings:
            known_names = ", ".join(one.name.replace("#", "1") for one in known.meanings if not one.left_out)
            raise Invalid(
                _(
                    "The file for --map maps “{header}” to “{name}”, which is unknown. Use {names}, attribute: NAME or -.",
                    header=header,
                    name=name,
                    names=known_names,
                )
            )
