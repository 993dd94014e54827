"""`settings`: print all settings with their origin, or what is wrong with them."""

import os

import click

from shopwright.cli.main import data_option
from shopwright.kit.translation import current_language, translated
from shopwright.kit.translation import gettext as _


@click.command()
@data_option
@click.option("--check", is_flag=True, help="check every setting; one line per error, exit code 1 if there are any")
def settings(data: str | None, *, check: bool) -> None:
    """Print every setting with its value, origin and meaning; secrets are masked."""
    from shopwright.kit.errors import Invalid
    from shopwright.kit.settings import describe, read
    from shopwright.settings import Settings

    if data:
        os.environ["SHOPWRIGHT_DATA"] = data
    try:
        found, origins = read(Settings, os.environ)
    except Invalid as error:
        if not check or not error.problems:
            raise
        for problem in error.problems:
            click.echo(problem.detail)
        raise SystemExit(1) from None
    if check:
        click.echo(_("All settings are valid."))
        return
    for one in describe(found, origins):
        click.echo(
            f"{one.name}={one.value or _('(empty)')}\n    {translated(current_language(), one.meaning)}  [{one.origin}]"
        )
