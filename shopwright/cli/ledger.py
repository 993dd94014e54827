"""`ledger`: write the ledger to a file for another program."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shopwright.cli.main import data_option, read_settings
from shopwright.cli.opening import with_shop
from shopwright.kit.translation import gettext as _

if TYPE_CHECKING:
    from shopwright.app import Shop
    from shopwright.operations.ledger_files import LargeForm


async def write_files(shop: "Shop", form: "LargeForm", start: str, end: str, file: Path) -> int:
    """Write them and list them."""
    from shopwright.operations.ledger_files import write_ledger

    for path in await write_ledger(shop, form, start, end, file):
        click.echo(f"{path}: {path.stat().st_size} bytes.")
    return 0


@click.command()
@data_option
@click.argument("form", type=click.Choice(["csv", "fec", "datev"]))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--from", "start", required=True, metavar="MONTH", help="first month, such as 2026-01")
@click.option("--to", "end", required=True, metavar="MONTH", help="last month, included")
def ledger(data: str | None, form: "LargeForm", file: Path, start: str, end: str) -> None:
    """Write the ledger as FORM to FILE, however large it is; the shop may run.

    DATEV imports up to 99,999 rows a file; further rows go to FILE-2, FILE-3 and so on.
    """
    about = _("form {form}, {start} to {end}", form=form, start=start, end=end)
    settings = read_settings(data)
    raise SystemExit(
        with_shop(
            settings, lambda shop: write_files(shop, form, start, end, file), recorded="export ledger", about=about
        )
    )
