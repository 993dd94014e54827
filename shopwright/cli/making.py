"""`init`, `migrate` and `upgrade`: a shop is made, and brought to this version."""

import asyncio

import click

from shopwright.cli.main import data_option, read_settings
from shopwright.cli.opening import with_shop


@click.command()
@data_option
def init(data: str | None) -> None:
    """Make an empty shop, with its owner, where there is none."""
    from shopwright.cli import serving

    raise SystemExit(asyncio.run(serving.init(read_settings(data))))


@click.command()
@data_option
@click.option("--plan", is_flag=True, help="print the SQL and who would have to wait for it; change nothing")
@click.option("--init", "create", is_flag=True, help="make an empty shop where there is none: for installers")
def migrate(data: str | None, *, plan: bool, create: bool) -> None:
    """Bring the databases to this version; the version before may go on serving meanwhile."""
    from shopwright.cli import migrating

    if plan and create:
        raise click.UsageError("Say --plan or --init: a plan changes nothing.")
    settings = read_settings(data)
    if plan:
        raise SystemExit(with_shop(settings, migrating.plan, migrate=False))
    # Who completes a shop of which a part is missing says so by this very command.
    raise SystemExit(with_shop(settings, migrating.migrate, migrate=False, needs="nothing" if create else "part"))


@click.command()
@data_option
@click.option("--rehearse", is_flag=True, help="try it on a copy; the shop may run, and is not touched")
@click.option("--on", "where", default="", help="an empty database for the copy, where the shop's is a server's")
def upgrade(data: str | None, *, rehearse: bool, where: str) -> None:
    """Say how an upgrade to this version would go: migrations timed, who would wait, what is wrong after it, the way back."""
    from shopwright.cli import migrating

    if not rehearse:
        raise click.UsageError("Say --rehearse. The upgrade itself is `shopwright migrate`, then start this version.")
    settings = read_settings(data)
    raise SystemExit(with_shop(settings, lambda shop: migrating.rehearse(shop, where), migrate=False, needs="part"))
