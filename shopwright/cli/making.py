"""`init`, `migrate` and `upgrade`: create a shop and bring it to this version."""

import asyncio

import click

from shopwright.cli.main import data_option, read_settings
from shopwright.cli.opening import with_shop
from shopwright.kit.translation import gettext as _


@click.command()
@data_option
def init(data: str | None) -> None:
    """Create an empty shop with its owner, if there is none."""
    from shopwright.cli import serving

    raise SystemExit(asyncio.run(serving.init(read_settings(data))))


@click.command()
@data_option
@click.option("--plan", is_flag=True, help="print the SQL and its locks; change nothing")
@click.option("--init", "create", is_flag=True, help="create an empty shop if there is none (for installers)")
def migrate(data: str | None, *, plan: bool, create: bool) -> None:
    """Bring the databases to this version; the previous version may keep serving."""
    from shopwright.cli import migrating

    if plan and create:
        raise click.UsageError(_("Give either --plan or --init, not both: a plan changes nothing."))
    settings = read_settings(data)
    if plan:
        raise SystemExit(with_shop(settings, migrating.plan, migrate=False))
    # This command confirms that a shop with a missing part is completed on purpose.
    raise SystemExit(with_shop(settings, migrating.migrate, migrate=False, needs="nothing" if create else "part"))


@click.command()
@data_option
@click.option("--rehearse", is_flag=True, help="run the upgrade on a copy; the shop may be running and is not touched")
@click.option("--on", "where", default="", help="empty database for the copy, if the shop uses a database server")
def upgrade(data: str | None, *, rehearse: bool, where: str) -> None:
    """Rehearse an upgrade to this version: migrations timed, who would wait, problems, the way back."""
    from shopwright.cli import migrating

    if not rehearse:
        raise click.UsageError(_("Give --rehearse. To upgrade, run `shopwright migrate` and start this version."))
    settings = read_settings(data)
    raise SystemExit(with_shop(settings, lambda shop: migrating.rehearse(shop, where), migrate=False, needs="part"))
