"""Asking at the terminal what table columns mean, if the import cannot continue otherwise."""

import itertools
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import click

from shopwright.importers.draft import Importer
from shopwright.importers.header import LEAVE_OUT, Header, check_answers
from shopwright.importers.meanings import Format
from shopwright.importers.reading import Table
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

SHOWN = 3  # values of a column
LOOKED_AT = 50  # rows


def at_a_terminal() -> bool:
    """Whether someone can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask_all(importer: Importer, tables: Sequence[Table]) -> dict[str, str]:
    """Ask about all unknown columns. Raises Invalid without a terminal."""
    if not at_a_terminal():
        raise Invalid(_("Only at a terminal can be asked what columns mean; elsewhere write it into a file for --map."))
    columns = [column for table in tables for column in Header(importer.format, table.columns, {}).columns]
    return ask_about(importer, tables, [column.header for column in columns if not column.known])


def ask_where_needed(importer: Importer, tables: Sequence[Table]) -> dict[str, str]:
    """Ask if a product table lacks a required column."""
    missing = any(Header(importer.format, table.columns, {}).missing() for table in tables)
    return ask_all(importer, tables) if missing else {}


def ask_about(importer: Importer, tables: Sequence[Table], columns: Iterable[str]) -> dict[str, str]:
    """Ask about these columns."""
    return _ask(importer.format, {header: _samples(tables, header) for header in columns})


def _samples(tables: Sequence[Table], header: str) -> Sequence[str]:
    values = (
        row.get(header, "").strip()
        for table in tables
        if header in table.columns
        for _, row in itertools.islice(table.rows(), LOOKED_AT)
    )
    return list(dict.fromkeys(value[:40] for value in values if value))[:SHOWN]


def _checked(known: Format, header: str, answer: str) -> str:
    """Return the answer. Raises BadParameter, so that it is asked again."""
    try:
        check_answers(known, {header: answer.strip()})
    except Invalid as error:
        raise click.BadParameter(error.detail) from None
    return answer.strip()


def _ask(known: Format, columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    if not columns:
        return {}
    meanings = ", ".join(one.name.replace("#", "1") for one in known.meanings if not one.left_out)
    click.echo(
        _(
            "What does each column hold? Answer with one of: {meanings}, attribute: NAME; Enter skips the column.",
            meanings=meanings,
        )
    )
    answers: dict[str, str] = {}

    for header, samples in columns.items():
        shown = f" (with {', '.join(samples)})" if samples else " (empty)"
        answers[header] = click.prompt(
            f"  {header}{shown}", default=LEAVE_OUT, value_proc=partial(_checked, known, header)
        )
    click.echo(_("To skip these questions next time, save these lines in a file for --map:"))
    for header, meaning in answers.items():
        click.echo(f"  {json.dumps(header, ensure_ascii=False)} = {json.dumps(meaning, ensure_ascii=False)}")
    return answers
