"""Imports of files, and their reports."""

import csv
import io
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.cli.importing import IMPORTERS, ImportOptions, run
from shopwright.importers.account import Account
from shopwright.importers.draft import Draft, ImportIssue
from shopwright.importers.drafting import FileSettings, drafts
from shopwright.importers.files import read_tables
from shopwright.importers.header import Header
from shopwright.importers.spool_store import AccountStore, Spool

SHARED = Path(os.environ.get("SHOPWRIGHT_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")


def real(name: str) -> Path:
    """A real export, or skip the test where it is missing."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not there")
    return path


async def import_file(shop: Shop, kind: str, path: Path, tmp_path: Path, **more) -> tuple[int, list[dict[str, str]]]:
    """Import a file; returns the exit code and the rows of the report."""
    report = tmp_path / "report.csv"
    code = await run(shop, kind, path, ImportOptions(report=report, fetch=False, **more))
    rows = csv.DictReader(io.StringIO(report.read_text(encoding="utf-8")))
    return code, [row for row in rows if row["row"]]  # those of columns have none


def read(path: Path, kind: str = "shopify", **more) -> Iterator[Draft | ImportIssue]:
    """The drafts an importer makes of a file, before any is saved."""
    importer, [table] = IMPORTERS[kind], read_tables(path)
    settings = FileSettings(**{"currency": "EUR", "now": datetime(2026, 3, 2, tzinfo=UTC)} | more)
    with Spool() as spool, AccountStore() as store:
        header = Header(importer.format, table.columns, {})
        yield from drafts(importer, header, table, spool, Account(store), settings)


SUMMARY = re.compile(r"Of (\d+) rows read, (\d+) taken, (\d+) unchanged, (\d+) refused\.")


def counts_of(text: str) -> tuple[int, int, int, int]:
    """Rows read, imported, unchanged, refused."""
    found = SUMMARY.search(text)
    assert found, text
    read, imported, unchanged, refused = (int(one) for one in found.groups())
    return read, imported, unchanged, refused
