"""The summary of an import adds up: rows read = imported + unchanged + refused, for any file, also in a dry run."""

from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.cli.importing import ImportOptions, run
from shopwright.importers.files import read_tables
from tests.builders.imports import SHARED, counts_of

KINDS = {
    "catalog-shopify": "shopify",
    "catalog-woocommerce": "woocommerce",
    "catalog-magento": "magento",
    "catalog-bestbuy": "table",
}
FILES = sorted(path for folder in KINDS for path in (SHARED / folder).glob("*.gz"))


@pytest.mark.soak
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
async def test_every_row_of_every_file_is_accounted_for(
    shop: Shop, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = KINDS[path.parent.name]
    rows = sum(sum(1 for _ in table.records()) for table in read_tables(path))
    code = await run(shop, kind, path, ImportOptions(fetch=False, how="try"))
    tried = counts_of(capsys.readouterr().out)
    assert await run(shop, kind, path, ImportOptions(fetch=False)) == code
    read, imported, unchanged, refused = counts_of(capsys.readouterr().out)
    assert tried == (read, imported, unchanged, refused)
    assert (read, imported + unchanged + refused, code) == (rows, rows, int(refused > 0))
    assert await run(shop, kind, path, ImportOptions(fetch=False)) == code
    assert counts_of(capsys.readouterr().out) == (rows, 0, imported + unchanged, refused)
