#!/usr/bin/env python3
"""Write the message catalogues from the code and the templates.

tools/catalogues.py            shopwright/locales/shopwright.pot, and new messages into the catalogue of each language
tools/catalogues.py add de     a catalogue for another language
"""

import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import click
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from shopwright.cli.language import helps
from shopwright.cli.main import main as main_command
from shopwright.kit.data.retention import PURPOSES
from shopwright.kit.settings import describe
from shopwright.retention import personal_tables
from shopwright.settings import Settings
from shopwright.web.translated_template import STRING, unescaped

HOME = Path(__file__).parents[1]
LOCALES = HOME / "shopwright" / "locales"
TEMPLATE = LOCALES / "shopwright.pot"
CALL = re.compile(rf"\b(_|ngettext)\(\s*{STRING}(?:\s*,\s*{STRING})?")
KEYWORDS = {"_": None, "gettext_noop": None, "ngettext": (1, 2)}
Extracted = tuple[int, str, "str | tuple[str, ...]", list[str]]


def from_templates(file: BinaryIO, *_: object, **__: object) -> Iterator[Extracted]:
    """An extraction method of Babel for our templates, where messages are literals in double quotes."""
    source = file.read().decode()
    for found in CALL.finditer(source):
        line = source.count("\n", 0, found.start()) + 1
        first, second = (unescaped(text) if text is not None else "" for text in found.groups()[1:])
        yield line, found[1], (first, second) if found[1] == "ngettext" else first, []


def extracted(folder: Path) -> Iterable[tuple[str, int, str | tuple[str, ...]]]:
    """File, line and message of all translatable texts below `folder`."""
    methods = [("**.html", from_templates), ("**.txt", from_templates), ("**.py", "python")]
    for name, line, message, _, _ in extract_from_dir(folder, methods, keywords=KEYWORDS):  # type: ignore[arg-type]  # Babel's stub knows no callables
        yield name, line, message


def declared() -> Iterator[tuple[str, str]]:
    """File and message of what is declared as data: helps of commands, settings, purposes and rules of retention."""
    for text in helps(main_command, click.Context(main_command)):
        yield "cli/main.py", text
    for setting in describe(Settings(), dict.fromkeys(Settings.__struct_fields__, "")):
        yield "settings.py", setting.meaning
    for purpose in PURPOSES.values():
        for text in (purpose.title, purpose.whose, purpose.why):
            yield "kit/data/retention.py", text
    for rule in personal_tables():
        for text in (rule.rows, rule.end, *(expiry.what for expiry in rule.expiries)):
            if text:
                yield "retention.py", text


def template() -> Catalog:
    """All messages, each with its files."""
    found = Catalog(
        project="Shopwright", copyright_holder="", charset="utf-8", header_comment="# Messages of Shopwright."
    )
    for name, _, message in sorted(extracted(HOME / "shopwright"), key=lambda one: (one[0], one[1])):
        found.add(message, locations=[(name, 0)])
    for name, text in declared():
        found.add(text, locations=[(name, 0)])
    return found


def written(catalog: Catalog) -> bytes:
    """A catalogue as a file, without dates: it changes when a message does."""
    target = BytesIO()
    write_po(target, catalog, include_lineno=False, omit_header=catalog.locale is None, width=0)
    return target.getvalue()


def main(arguments: list[str]) -> None:
    """Write the template, and every catalogue."""
    catalogue = template()
    TEMPLATE.write_bytes(written(catalogue))
    if arguments[:1] == ["add"]:
        for language in arguments[1:]:
            (LOCALES / language / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
            (LOCALES / language / "LC_MESSAGES" / "shopwright.po").write_bytes(written(Catalog(locale=language)))
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/shopwright.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.parts[-3])
        catalog.update(catalogue, no_fuzzy_matching=True)
        path.write_bytes(written(catalog))


if __name__ == "__main__":
    main(sys.argv[1:])
