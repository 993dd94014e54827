"""The command line `shopwright`; `shopwright --help` lists the commands.

Exit codes: 0 done, 1 refused or partly done, 2 wrong usage.
"""

import importlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from shopwright import __version__
from shopwright.cli.endings import WrittenFile
from shopwright.cli.language import command_language, in_words
from shopwright.cli.opening import with_shop
from shopwright.kit.errors import ShopError
from shopwright.kit.observability.logs import SecretFilter
from shopwright.kit.private import keep_to_ourselves
from shopwright.kit.settings import missing_extra
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import in_language

if TYPE_CHECKING:
    from shopwright.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
LATER = {
    "cluster": "apart",
    "nginx": "apart",
    "haproxy": "apart",
    "varnish": "apart",
    "currency": "currencies",
    "deploy": "deploying",
    "init": "making",
    "migrate": "making",
    "upgrade": "making",
    "settings": "settings",
    "drill": "maintenance",
    "report": "maintenance",
    "ledger": "ledger",
    "messages": "messages",
    "password": "owner",
    "payments": "payments",
    "taxes": "taxes",
}  # word → its module


class CommandGroup(click.Group):
    """Reports errors in one line without a traceback; some commands are imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *LATER])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in LATER:
            module = importlib.import_module(f"shopwright.cli.{LATER[cmd_name]}")
            return in_words(getattr(module, cmd_name))
        return super().get_command(ctx, cmd_name)

    def main(self, *args: Any, **more: Any) -> Any:
        with in_language(command_language(os.environ)):
            return click.Group.main(cast("CommandGroup", in_words(self)), *args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ShopError as error:
            click.echo(f"shopwright: {error.detail}", err=True)
            ctx.exit(1)
        except ModuleNotFoundError as error:
            if (sentence := missing_extra(error)) is None:
                raise
            click.echo(f"shopwright: {sentence}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            ctx.exit(130)


def data_option(function: F) -> F:
    """The option --data of all commands."""
    option = click.option("--data", type=click.Path(file_okay=False), help="data folder (or SHOPWRIGHT_DATA)")
    return option(function)


def read_settings(data: str | None, **more: str) -> "Settings":
    """The settings of this call; options are put into the environment for child processes.

    Nothing is created in the data folder here: `with_shop` decides which command may.
    """
    from shopwright.kit.settings import read
    from shopwright.settings import Settings, filled

    given = {"SHOPWRIGHT_DATA": data, **{f"SHOPWRIGHT_{name.upper()}": value for name, value in more.items()}}
    os.environ.update({name: value for name, value in given.items() if value})
    settings, _ = read(Settings, os.environ)
    return filled(settings)


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shopwright")
def main() -> None:
    """A whole shop: storefront, back office and API."""
    keep_to_ourselves()
    if logging.lastResort is not None:  # what writes where `serve` and `work` have not said how
        logging.lastResort.setFormatter(SecretFilter())


@main.command()
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="worker processes")
@click.option("--demo", is_flag=True, help="load the demo catalogue into an empty shop")
@click.option("--quiet", is_flag=True, help="turn off the access log")
@click.argument("services", nargs=-1)
def serve(
    data: str | None, host: str, port: int, workers: int, services: tuple[str, ...], *, demo: bool, quiet: bool
) -> None:
    """Serve the shop until stopped: all of it, or the named SERVICES (with `web` for the pages)."""
    shown = "127.0.0.1" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host  # noqa: S104 -- what was asked for is only compared
    url = {} if os.environ.get("SHOPWRIGHT_URL") else {"url": f"http://{shown}:{port}"}
    settings = read_settings(data, **url)
    with counted_together(workers):
        from shopwright.cli import serving

        where = serving.ListenAddress(host=host, port=port, workers=workers)
        raise SystemExit(serving.serve(settings, where, services, demo=demo, quiet=quiet))


@contextmanager
def counted_together(workers: int) -> Iterator[None]:
    """Let several processes share metrics; set before the Prometheus client is imported."""
    if workers == 1:
        yield
        return
    from shopwright.kit.observability.process_admin import COUNTED_IN

    with tempfile.TemporaryDirectory(prefix="shopwright-numbers-") as folder:
        os.environ[COUNTED_IN] = folder
        yield


@main.command()
@data_option
@click.argument("services", nargs=-1)
def work(data: str | None, services: tuple[str, ...]) -> None:
    """Deliver events and run jobs (of these SERVICES, or all) without serving requests, until stopped."""
    from shopwright.cli import serving

    raise SystemExit(serving.work(read_settings(data), services))


@main.command()
@data_option
@click.option(
    "--size",
    type=click.IntRange(150, 1_000_000),
    help="total number of products to generate (150 to 1,000,000)",
)
def demo(data: str | None, size: int | None) -> None:
    """Load the demo catalogue; existing data stay."""
    from shopwright.cli import loading

    raise SystemExit(
        with_shop(read_settings(data), lambda shop: loading.demo(shop, size), needs="whole or none", recorded="demo")
    )


@main.command(name="import")
@data_option
@click.argument("kind")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--report",
    type=WrittenFile(".csv", "", means="name it FILE.csv"),
    help="write the result of each row to this CSV file",
)
@click.option("--no-images", is_flag=True, help="store image URLs without downloading the images")
@click.option("--images-from", default="", help="base URL for relative image paths: https://…")
@click.option("--map", "mapping", help='file with lines such as "Artikelname" = "title"; "ask" prompts for each column')
@click.option("--stock", default="untracked", help="stock when the file has none: 0, N or untracked")
@click.option("--decimal", type=click.Choice([".", ","]), help="decimal separator when the file is ambiguous")
@click.option("--dry-run", "how", flag_value="try", help="report the result of each row without writing anything")
@click.option("--undo", "how", flag_value="undo", help="archive what an earlier run of this file imported")
def import_(data: str | None, kind: str, file: Path, mapping: str | None, *, no_images: bool, **more: Any) -> None:
    """Import products from FILE (shopify, woocommerce, magento, or any table), or a whole shop (archive)."""
    from shopwright.cli import importing, restoring

    settings = read_settings(data)
    if kind == "archive":
        raise SystemExit(
            with_shop(
                settings,
                lambda shop: restoring.into_empty(shop, file),
                needs="nothing",
                before=lambda: restoring.check_archive(file),
                recorded="restore",
                about=f"file {file.name}",
            )
        )
    options = {name: value for name, value in more.items() if value is not None}
    wish = importing.ImportOptions(
        fetch=not no_images, columns=importing.meanings(kind, file, mapping or ""), **options
    )
    raise SystemExit(importing.run_or_ask(settings, kind, file, wish))


@main.command()
@data_option
@click.argument("file", type=WrittenFile(".zip", ".jsonl", means="FILE.zip is the whole shop, FILE.jsonl its products"))
@click.option("--incomplete", is_flag=True, help="continue even if images are missing from the file store")
def export(data: str | None, file: Path, *, incomplete: bool) -> None:
    """Export the whole shop to FILE.zip, an open archive, or its products to FILE.jsonl."""
    from shopwright.cli import moving

    raise SystemExit(
        with_shop(
            read_settings(data),
            lambda shop: moving.export(shop, file, incomplete=incomplete),
            recorded="export",
            about=f"file {file.name}",
        )
    )


@main.command()
@data_option
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--keep", type=click.IntRange(0), default=0, help="number of archives to keep; older ones are deleted (0: keep all)"
)
@click.option("--smaller", is_flag=True, help="continue even if the shop is far smaller than in the previous archive")
@click.option("--incomplete", is_flag=True, help="continue even if images are missing from the file store")
def backup(data: str | None, folder: Path, **options: Any) -> None:
    """Write an archive of the shop to FOLDER, with the time in its name; the shop may run."""
    from shopwright.cli import backup as command

    chosen = command.BackupOptions(**options)
    raise SystemExit(
        with_shop(
            read_settings(data),
            lambda shop: command.backup(shop, folder, chosen),
            recorded="backup",
            about=f"folder {folder.name}",
        )
    )


@main.command()
@data_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="replace the existing shop without confirmation")
def restore(data: str | None, file: Path, *, yes: bool) -> None:
    """Restore the shop from an archive, completely or not at all; the shop may run."""
    from shopwright.cli import restoring

    raise SystemExit(
        with_shop(
            read_settings(data),
            lambda shop: restoring.restore(shop, file, sure=yes),
            needs="nothing",
            damaged=True,
            before=lambda: restoring.check_archive(file),
        )
    )


@main.command()
@data_option
@click.option(
    "--to",
    "database",
    default="",
    help="target database: postgresql://… or sqlite:///folder; default: not moved",
)
@click.option("--documents", default="", help="target document engine: database: or mongodb://…")
@click.option("--files", default="", help="target media storage: file:///folder or s3://…")
@click.option("--search", default="", help="target search engine; its index is rebuilt")
@click.option("--replace", is_flag=True, help="replace existing data at the target")
@click.option(
    "--then", default="", help="command to run right after the switch, such as a restart with the new settings"
)
@click.option("--release", is_flag=True, help="cancel a move, or reopen the shop at the place it was moved from")
def move(
    data: str | None, database: str, documents: str, files: str, search: str, then: str, *, replace: bool, release: bool
) -> None:
    """Move the live shop to other engines; it sells meanwhile, except for some seconds at the end."""
    from shopwright.cli import moving

    settings = read_settings(data)
    if release:
        raise SystemExit(with_shop(settings, moving.release, migrate=False))
    given = {"database": database, "documents": documents, "files": files, "search": search}
    engines = {name: url for name, url in given.items() if url}
    raise SystemExit(with_shop(settings, lambda shop: moving.move(shop, engines, replace=replace, then=then)))


@main.command()
@data_option
def rebuild(data: str | None) -> None:
    """Rebuild the search index and the dashboard's statistics; the shop may run."""
    from shopwright.cli import loading

    raise SystemExit(with_shop(read_settings(data), loading.rebuild))


@main.command()
@data_option
@click.option("--engines", is_flag=True, help="check databases, cache, files, search, bus and mail instead of the data")
@click.option("--repair", is_flag=True, help="rebuild derived data; the shop may be running")
@click.option("--recover", is_flag=True, help="salvage damaged database files; the shop must be stopped")
@click.option("--refund", multiple=True, metavar="PAYMENT", help="refund a payment without an order")
def doctor(data: str | None, refund: tuple[str, ...], *, engines: bool, repair: bool, recover: bool) -> None:
    """Check that everything adds up, and report what does not."""
    from shopwright.cli import loading, repairing

    settings = read_settings(data)
    if recover:
        if not (found := repairing.recover_files(settings)):
            raise SystemExit(0)
        raise SystemExit(with_shop(settings, lambda shop: repairing.after_recovery(shop, found), recorded="recovery"))
    if repair:
        raise SystemExit(with_shop(settings, repairing.repair, damaged=True))
    if refund:
        about = _("payments {names}", names=", ".join(refund))
        raise SystemExit(
            with_shop(settings, lambda shop: repairing.refund(shop, refund), recorded="refund", about=about)
        )
    if engines:
        raise SystemExit(with_shop(settings, loading.doctor_of_engines, migrate=False, damaged=True))
    raise SystemExit(with_shop(settings, loading.doctor, damaged=True))


@main.group()
def events() -> None:
    """Events that a handler could not process."""


@events.command(name="dead")
@data_option
def dead_events(data: str | None) -> None:
    """List dead events with their handlers and errors."""
    from shopwright.cli import events as command

    raise SystemExit(with_shop(read_settings(data), command.show))


@events.command(name="replay")
@data_option
@click.argument("ids", nargs=-1)
def replay_events(data: str | None, ids: tuple[str, ...]) -> None:
    """Deliver dead events again: those with these ids, or all."""
    from shopwright.cli import events as command

    raise SystemExit(with_shop(read_settings(data), lambda shop: command.replay(shop, ids), recorded="replay"))


@main.group()
def keys() -> None:
    """Encryption keys of secrets, and signing keys of access tokens."""


@keys.command(name="list")
@data_option
def list_keys(data: str | None) -> None:
    """List the keys by name and age, without showing them."""
    from shopwright.cli import keys as command

    raise SystemExit(with_shop(read_settings(data), command.show))


@keys.command(name="rotate")
@data_option
def rotate_keys(data: str | None) -> None:
    """Rotate encryption and signing keys; the shop may be running, and sessions stay valid."""
    from shopwright.cli import keys as command

    raise SystemExit(with_shop(read_settings(data), command.rotate, recorded="rotate keys"))


@main.command()
@click.option("--seed", type=int, help="seed of the scenario; random if not given")
@click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True),
    default=100.0,
    show_default=True,
    help="simulated time",
)
def simulate(seed: int | None, hours: float) -> None:
    """Simulate a shop in trouble: failing engines, repeated and lost messages, crashing processes."""
    from shopwright.cli import simulating

    raise SystemExit(simulating.simulate(seed, hours, None))
