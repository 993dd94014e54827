"""`settings`: all of them, with where each comes from."""

import os

import click

from shopwright.cli import data_option


@click.command()
@data_option
def settings(data: str | None) -> None:
    """Print every setting with its value, origin and meaning; secrets are masked."""
    from shopwright.kit.settings import describe, read
    from shopwright.settings import Settings

    if data:
        os.environ["SHOPWRIGHT_DATA"] = data
    found, origins = read(Settings, os.environ)
    for one in describe(found, origins):
        click.echo(f"{one.name}={one.value or '(empty)'}\n    {one.meaning}  [{one.origin}]")
