"""Reading tables in pieces: encoding, separator and header are detected."""

import csv
import io
import itertools
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import IO

import msgspec
from charset_normalizer import from_bytes

from shopwright.importers.draft import Row
from shopwright.importers.meanings import SPELLINGS, plain
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

LARGEST = 2_000_000_000  # bytes, unpacked
SEPARATORS = (",", ";", "\t", "|")
CHUNK = 1 << 16
BEFORE_HEADER = 25  # rows at most
END = "\x01end of the file"
csv.field_size_limit(10_000_000)

Open = Callable[[], IO[bytes]]


class Table:
    """A table: its source, columns and rows (numbered as in a spreadsheet).

    `notes`: other content of the file that is not imported.
    """

    notes: Sequence[str] = ()

    def __init__(self, name: str, opened: Open, known: frozenset[str] = SPELLINGS) -> None:
        self.name = name
        self._open = opened
        self._encoding = _encoding(name, opened)
        with self._text() as file:
            head = list(itertools.islice(file, 400))
        self.separator, self._header = _find_header(head, known)
        first = next((record for number, record in self._all() if number == self._header), [])
        self.columns = [column.strip().strip("\ufeff") for column in first]

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BufferedReader(self._open()), self._encoding, errors="replace", newline="")  # type: ignore[type-var]  # all are raw streams

    def _all(self) -> Iterator[tuple[int, list[str]]]:
        with self._text() as file:
            # The last line is ours: with an unclosed quotation mark it is not seen again.
            reader = csv.reader(itertools.chain(file, ["\n", END]), delimiter=self.separator)
            record: list[str] = []
            for number in itertools.count(1):
                try:
                    record = next(reader)
                except csv.Error as error:
                    raise Invalid(
                        _(
                            "{name} cannot be read on from line {line_num}: {error}.",
                            name=self.name,
                            line_num=reader.line_num,
                            error=error,
                        )
                    ) from None
                except StopIteration:
                    raise Invalid(
                        _(
                            "{name}, row {number}: a quotation mark opens there and never closes.",
                            name=self.name,
                            number=number - 1,
                        )
                    ) from None
                if record == [END]:
                    return
                yield number, record

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Iterate over the cells of non-empty rows below the header."""
        for number, record in self._all():
            if number > self._header and any(cell.strip() for cell in record):
                yield number, record

    def rows(self) -> Iterator[Row]:
        """Iterate over non-empty rows by header; excess cells are dropped."""
        for number, record in self.records():
            yield number, dict(zip(self.columns, record, strict=False))


class Lines(Table):
    """A table of JSON objects, one per line; fields are columns."""

    def __init__(self, name: str, opened: Open) -> None:
        self.name = name
        self._open = opened
        self._encoding = "utf-8-sig"
        fields: dict[str, None] = {}
        for _unused, found in itertools.islice(self._objects(), 1000):
            fields |= dict.fromkeys(found)
        self.columns = list(fields)

    def _objects(self) -> Iterator[tuple[int, dict[str, object]]]:
        with self._text() as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    yield number, msgspec.json.decode(line, type=dict[str, object])
                except msgspec.DecodeError as error:
                    raise Invalid(
                        _(
                            "{name}, line {number} is not a JSON object: {error}.",
                            name=self.name,
                            number=number,
                            error=error,
                        )
                    ) from None

    def records(self) -> Iterator[tuple[int, list[str]]]:
        for number, found in self._objects():
            yield number, [_as_cell(found.get(column)) for column in self.columns]


def _as_cell(value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " > ".join(value)
    return value if isinstance(value, str) else "" if value is None else msgspec.json.encode(value).decode()


def too_large(name: str, largest: int = LARGEST) -> Invalid:
    """The error for a file that is too large."""
    return Invalid(_("{name} holds more than {largest} MB; split it.", name=name, largest=f"{largest / 1000000:g}"))


def _encoding(name: str, opened: Open) -> str:
    """Detect the encoding of the whole file; UTF-8 first, as it cannot be mistaken."""
    decoder = getincrementaldecoder("utf-8")()
    size, first, odd = 0, b"", b""
    with opened() as file:
        while chunk := file.read(CHUNK):
            first = first or chunk
            size += len(chunk)
            if size > LARGEST:
                raise too_large(name)
            if odd:
                continue
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                odd = chunk
    if not first.strip():
        raise Invalid(_("{name} is empty.", name=name))
    if first[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    if b"\x00" in first:
        raise Invalid(_("{name} is not a text file. Export the products as CSV and give that file.", name=name))
    if not odd:
        return "utf-8-sig"
    guess = from_bytes(odd).best()
    return guess.encoding if guess else "cp1252"


def _find_header(head: list[str], known: frozenset[str]) -> tuple[str, int]:
    """The separator and header row: the one with most known columns, else the first wide one."""
    best, found = (0, 0, 0), (",", 1)
    for separator in SEPARATORS:
        if head and head[0].strip().lower() == f"sep={separator}":
            return separator, 2
        try:
            records = list(itertools.islice(csv.reader(iter(head), delimiter=separator), BEFORE_HEADER))
        except csv.Error:
            continue
        (width, _unused), *_others = Counter(len(record) for record in records if any(record)).most_common(1) or [
            (0, 0)
        ]
        for number, record in enumerate(records, 1):
            hits = sum(1 for cell in record if plain(cell) in known)
            score = (hits if hits > 1 else 0, len(record) if hits > 1 or len(record) == width else 0, -number)
            if score > best:
                best, found = score, (separator, number)
    return found
