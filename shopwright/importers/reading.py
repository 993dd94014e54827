"""Files into rows: .csv, .csv.gz or .zip; encoding and separator are found out, not asked for."""

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from charset_normalizer import from_bytes

from shopwright.importers.draft import Row
from shopwright.kit.errors import Invalid

LARGEST = 500_000_000  # bytes, unpacked
MOST_FILES = 100  # in an archive
SEPARATORS = (",", ";", "\t", "|")
csv.field_size_limit(10_000_000)


class Table:
    """One CSV: where it came from, its columns, and its rows (numbered as a spreadsheet shows them)."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        header = text.split("\n", 1)[0]
        self.separator = max(SEPARATORS, key=lambda one: len(next(csv.reader([header], delimiter=one), [])))
        self._text = text
        first = next(self._records(), (1, []))
        self.columns = [column.strip().strip("\ufeff") for column in first[1]]

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self.separator)
        number = 0
        while True:
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise Invalid(f"{self.name} cannot be read on from line {reader.line_num}: {error}.") from None
            number += 1
            yield number, record

    def rows(self) -> Iterator[Row]:
        """Every row that holds anything; cells beyond the header are left out."""
        for number, record in self._records():
            if number > 1 and any(cell.strip() for cell in record):
                yield number, dict(zip(self.columns, record, strict=False))


def read_tables(path: Path) -> list[Table]:
    """The tables of a file. Raises Invalid saying what is wrong with it and what would be right."""
    if not path.is_file():
        raise Invalid(f"There is no file {path}.")
    name = path.name.lower()
    try:
        if name.endswith(".zip"):
            found = _unzip(path)
        elif name.endswith(".gz"):
            with gzip.open(path) as file:
                found = [(path.name, file.read(LARGEST + 1))]
        elif name.endswith((".csv", ".tsv", ".txt")):
            if path.stat().st_size > LARGEST:
                raise too_large(path.name)
            found = [(path.name, path.read_bytes())]
        else:
            raise Invalid(
                f"{path.name} is neither .csv nor .csv.gz nor .zip. Export the products as CSV and give that file."
            )
    except (OSError, EOFError, zlib.error, NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
        raise Invalid(f"{path.name} cannot be opened: {error}.") from None
    if not found:
        raise Invalid(f"There is no .csv in {path.name}.")
    if any(len(data) > LARGEST for _, data in found):
        raise too_large(path.name)
    return [Table(inner, decode(inner, data)) for inner, data in found]


def _unzip(path: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        inner = [
            one
            for one in archive.infolist()
            if one.filename.lower().endswith(".csv") and "__MACOSX" not in one.filename
        ]
        if len(inner) > MOST_FILES:
            raise Invalid(f"{path.name} holds {len(inner)} tables; {MOST_FILES} are read at most.")
        found, left = [], LARGEST  # of the archive as a whole: what a table says of its own size is not believed
        for one in inner:
            with archive.open(one) as file:
                data = file.read(left + 1)
            if len(data) > left:
                raise too_large(path.name)
            left -= len(data)
            found.append((f"{path.name}/{one.filename}", data))
        return found


def too_large(name: str) -> Invalid:
    """More than is read of a file."""
    return Invalid(f"{name} holds more than {LARGEST // 1_000_000} MB; split it.")


def decode(name: str, data: bytes) -> str:
    """The text, whatever its encoding; UTF-8 is tried first because it cannot be mistaken."""
    if not data.strip():
        raise Invalid(f"{name} is empty.")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            guess = from_bytes(data[:200_000]).best()
            text = data.decode(guess.encoding if guess else "cp1252", errors="replace")
    if "\x00" in text:
        raise Invalid(f"{name} is not a text file. Export the products as CSV and give that file.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
