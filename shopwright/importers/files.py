"""The tables of a file: .csv, .tsv, .txt, .jsonl or a WordPress export (.xml), each possibly .gz; or a .zip of .csv."""

import functools
import gzip
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from shopwright.importers.meanings import SPELLINGS, plain
from shopwright.importers.reading import CHUNK, LARGEST, Lines, Open, Table, too_large
from shopwright.importers.wordpress import WordPress
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

MOST_FILES = 100  # in an archive


def read_tables(path: Path, headers: Iterable[str] = (), *, largest: int = LARGEST) -> list[Table]:
    """Return the tables of a file; `headers`: columns it should have. Raises Invalid with what would be right.

    `largest`: the most bytes an archive may unpack to.
    """
    known = SPELLINGS | {plain(header) for header in headers}
    if not path.is_file():
        raise Invalid(_("There is no file {path}.", path=path))
    name = path.name.lower()
    bare = name.removesuffix(".gz")
    try:
        if name.endswith(".zip"):
            found = _unzip(path, largest)
        elif bare.endswith((".csv", ".tsv", ".txt", ".jsonl", ".xml")) or (bare != name and "." not in bare):
            found = [(path.name, functools.partial(_open_packed if bare != name else _open_plain, path))]
        else:
            raise Invalid(
                _(
                    "{name} is none of .csv, .csv.gz, .zip and .xml. Export the products as CSV and give that file.",
                    name=path.name,
                )
            )
        if not found:
            raise Invalid(_("There is no .csv in {name}.", name=path.name))
        return [_table(inner, opened, known) for inner, opened in found]
    except (OSError, EOFError, zlib.error, NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
        raise Invalid(_("{name} cannot be opened: {error}.", name=path.name, error=error)) from None


def _table(name: str, opened: Open, known: frozenset[str]) -> Table:
    bare = name.lower().removesuffix(".gz")
    if bare.endswith(".xml"):
        return WordPress(name, opened)
    return Lines(name, opened) if bare.endswith(".jsonl") else Table(name, opened, known)


def _open_plain(path: Path) -> IO[bytes]:
    return path.open("rb")


def _open_packed(path: Path) -> IO[bytes]:
    return gzip.GzipFile(path)  # type: ignore[return-value]  # it reads bytes


def _unzip(path: Path, largest: int) -> list[tuple[str, Open]]:
    def opener(inner: str) -> Open:
        return lambda: zipfile.ZipFile(path).open(inner)

    with zipfile.ZipFile(path) as archive:
        inner = [
            one.filename
            for one in archive.infolist()
            if one.filename.lower().endswith(".csv") and "__MACOSX" not in one.filename
        ]
        if len(inner) > MOST_FILES:
            raise Invalid(
                _(
                    "{name} holds {inner} tables; {most_files} are read at most.",
                    name=path.name,
                    inner=len(inner),
                    most_files=MOST_FILES,
                )
            )
        left = largest  # of the archive as a whole: what a table says of its own size is not believed
        for one in inner:
            with archive.open(one) as file:
                while chunk := file.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise too_large(path.name, largest)
    return [(f"{path.name}/{one}", opener(one)) for one in inner]
