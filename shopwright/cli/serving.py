"""`serve` and `work`: the shop in the foreground, until Ctrl-C."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from shopwright.app import Shop
from shopwright.cli.opening import place_of, require_none, require_shop
from shopwright.cli.owner import first_password
from shopwright.cli.shutdown import (
    ORPHANED_AFTER_S,
    GracefulShutdown,
    exit_with_parent,
    handle_signals,
    watchdog,
    with_notifications,
)
from shopwright.cli.waiting import until_there
from shopwright.demo.load import load, mark_if_new
from shopwright.demo.people import live_a_little
from shopwright.engines.payments import PRETEND
from shopwright.kit import business, disk
from shopwright.kit.errors import Invalid, Refused
from shopwright.kit.http import access_log
from shopwright.kit.observability import security_log
from shopwright.kit.observability.logs import ACCESS, TEXT, JsonFormatter, SecurityLines, SizedFile, TextFormatter
from shopwright.kit.private import keep_to_ourselves, make_file, make_folder
from shopwright.kit.translation import gettext as _
from shopwright.operations.shop_currency import require_currency
from shopwright.registry import check_apart, serving
from shopwright.settings import Settings, with_secret

if TYPE_CHECKING:
    from litestar.types import ASGIApp

# Internal variables for the processes of this server, not settings.
QUIET, SERVED = "_SHOPWRIGHT_QUIET", "_SHOPWRIGHT_SERVED"
BACKLOG = 4096
# How long a connection may stay silent before a request, or take to send its head.
HEADERS_MS = 20_000
LEFT_S = 3 * ORPHANED_AFTER_S


def set_up_logging(data: str, kind: str, *, quiet: bool) -> None:
    """Log events and business steps to the terminal, requests unless quiet, security events to `security.log`."""
    lines = JsonFormatter() if kind == "json" else None
    stderr_handler = logging.StreamHandler(sys.stderr)
    stderr_handler.setFormatter(lines or TextFormatter(TEXT))
    logging.basicConfig(level=logging.WARNING, handlers=[stderr_handler])
    for log, layout, level in (
        (access_log.log, ACCESS, logging.WARNING if quiet else logging.INFO),
        (business.log, TEXT, logging.INFO),
    ):
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(lines or TextFormatter(layout))
        log.setLevel(level)
        log.propagate = False
        log.handlers[:] = [handler]
    make_folder(Path(data))
    make_file(Path(data) / "security.log")
    kept = SizedFile(str(Path(data) / "security.log"))
    kept.setFormatter(SecurityLines())
    security_log.log.setLevel(logging.INFO)
    security_log.log.propagate = False
    security_log.log.handlers[:] = [kept]


def _check_port(host: str, port: int) -> None:
    """Check that the port is free, waiting for workers of a killed server, which end soon."""
    until = time.monotonic() + LEFT_S
    while (why := _refused_port(host, port)) and time.monotonic() < until:
        time.sleep(ORPHANED_AFTER_S / 2)
    if why:
        raise Refused(
            _(
                "Port {port} at {host} cannot be used ({why}). Choose another: --port {other_port}.",
                port=port,
                host=host,
                why=why,
                other_port=port + 1,
            )
        )


def _refused_port(host: str, port: int) -> str:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


class ListenAddress(msgspec.Struct, frozen=True):
    """The address of a server, and its number of processes."""

    host: str
    port: int
    workers: int


class OpenedShop(msgspec.Struct, frozen=True):
    """`password`: the owner's, if just generated. `notes`: for the operator."""

    password: str | None
    notes: tuple[str, ...]


async def prepare(settings: Settings, services: Sequence[str], *, demo: bool) -> OpenedShop:
    """Create databases, owner and demo catalogue if missing."""
    shop = Shop(with_secret(settings), local_services=services)
    try:
        await shop.migrate()
        await require_currency(shop)
        password = None
        if "users" in shop.local_services:
            password = await shop.users.ensure_owner(settings.owner_email, settings.owner_password)
            password = None if settings.owner_password else password
        if demo and await mark_if_new(shop):
            from rich.progress import Progress

            with Progress(transient=True) as bar:
                task = bar.add_task("Drawing the demo catalogue")
                await load(shop, lambda done, every: bar.update(task, completed=done, total=every))
            with business.unlogged():
                await shop.bus.settle()
                await live_a_little(shop)
        return OpenedShop(password, await _notes(shop, demo=demo) if "payments" in shop.local_services else ())
    finally:
        await shop.close()


async def _notes(shop: Shop, *, demo: bool) -> tuple[str, ...]:
    setup = await shop.payments.setup()
    notes = []
    if demo and not setup.demo:
        notes.append(_("This shop has goods or orders of its own: it is no demo shop, and was not filled."))
    if not setup.providers:
        notes.append(
            _("It has no payment provider: it accepts only orders that cost nothing. Set SHOPWRIGHT_PAYMENTS.")
        )
    elif PRETEND in setup.providers:
        notes.append(_("Its payments are pretended: no money moves."))
    return tuple(notes)


def serve(settings: Settings, where: ListenAddress, services: Sequence[str], *, demo: bool, quiet: bool) -> int:
    """Prepare the shop, print its addresses, and serve."""
    if demo and services:
        raise Invalid(
            _(
                "`serve --demo` works in one process only. Load the demo catalogue into split services with `shopwright demo`."
            )
        )
    check_apart(settings, serving(services))
    _check_port(where.host, where.port)

    async def ready() -> OpenedShop:
        await require_shop(settings, services, needs="whole or none" if demo else "whole")
        set_up_logging(settings.data, settings.log, quiet=quiet)
        disk.keep_reserve(Path(settings.data))
        return await prepare(settings, services, demo=demo)

    prepared = asyncio.run(until_there(ready, where.host, where.port))
    settings = with_secret(settings)
    _print_start(settings, where, services, prepared)
    os.environ |= {QUIET: "1"} if quiet else {}
    os.environ[SERVED] = " ".join(services)
    if where.workers == 1:
        _run(_serve_here(settings, where, services))
    else:
        _serve_many(where, settings.stop_grace)
    print("  Closed.")
    return 0


async def init(settings: Settings) -> int:
    """Create an empty shop with an owner, and print the next steps. Raises Refused if there is one."""
    await require_none(settings)
    prepared = await prepare(settings, (), demo=False)
    print(_("Created an empty shop in {settings}.", settings=place_of(settings)))
    shown = first_password(settings.owner_email, prepared.password, sys.stdout)
    print(_("Its owner is {owner_email}", owner_email=settings.owner_email) + (f"   {shown}" if shown else "."))
    print(
        _(
            "Next: `shopwright serve` starts it, `shopwright import shopify FILE` imports products, and `shopwright demo` loads a demo catalogue."
        )
    )
    for note in prepared.notes:
        print(note)
    return 0


def _print_start(settings: Settings, where: ListenAddress, services: Sequence[str], prepared: OpenedShop) -> None:
    shown = first_password(settings.owner_email, prepared.password, sys.stdout)
    if services:
        print(
            _(
                "{names} of {shop_name} at {host}:{port}",
                names=", ".join(services),
                shop_name=settings.shop_name,
                host=where.host,
                port=where.port,
            ),
            flush=True,
        )
        if shown:
            print(_("owner {owner_email} {shown}", owner_email=settings.owner_email, shown=shown), flush=True)
        print("\n".join(prepared.notes), flush=True)
        return
    print(_("\n  {shop_name} is open.\n", shop_name=settings.shop_name))
    print(_("  storefront   {url}/", url=settings.url))
    print(_("  back office  {url}/office", url=settings.url))
    print(f"  API          {settings.url}/docs")
    print(f"  owner        {settings.owner_email}" + (f"   {shown}" if shown else "") + "\n")
    for note in prepared.notes:
        print(f"  {note}")
    print(_("  Press Ctrl-C to stop.\n"), flush=True)


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop if available."""
    try:
        import uvloop
    except ImportError:  # Windows
        asyncio.run(main)
    else:
        uvloop.run(main)


async def _serve_here(settings: Settings, where: ListenAddress, services: Sequence[str]) -> None:
    """Serve from one process, the lightest way."""
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.server.embed import Server

    server = Server(
        _built(settings, services),
        address=where.host,
        port=where.port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_MS),
        log_enabled=False,
    )
    loop, shutdown = asyncio.get_running_loop(), GracefulShutdown(server.stop, settings.stop_grace)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, shutdown.on_signal)
    await server.serve()


def _serve_many(where: ListenAddress, grace_s: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    server = Granian(
        "shopwright.cli.serving:create",
        factory=True,
        address=where.host,
        port=where.port,
        workers=where.workers,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_MS),
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=grace_s,
    )
    server.on_startup(handle_signals(server, grace_s))
    with watchdog():
        server.serve()


def create() -> "ASGIApp":
    """Build the application of a worker process."""
    from shopwright.cli.main import read_settings

    keep_to_ourselves()
    exit_with_parent()
    settings = with_secret(read_settings(None))
    set_up_logging(settings.data, settings.log, quiet=QUIET in os.environ)
    return _built(settings, os.environ.get(SERVED, "").split())


def _built(settings: Settings, services: Sequence[str]) -> "ASGIApp":
    """Build the application, and exempt its objects from garbage collection.

    A collection would take 65 ms now and then, in the middle of a request.
    """
    from shopwright.web.application import build

    application = with_notifications(build(Shop(settings, local_services=services)))
    gc.collect()
    gc.freeze()
    return application


def work(settings: Settings, services: Sequence[str]) -> int:
    """Deliver events and run jobs, until stopped."""
    check_apart(settings, serving(services))

    async def run() -> None:
        await until_there(lambda: require_shop(settings, services), "", 0)
        ours = with_secret(settings)
        set_up_logging(ours.data, ours.log, quiet=True)
        disk.keep_reserve(Path(ours.data))
        shop = Shop(msgspec.structs.replace(ours, carry="here"), local_services=services)
        await until_there(shop.migrate, "", 0)
        await require_currency(shop)
        stopped = asyncio.Event()
        loop, shutdown = asyncio.get_running_loop(), GracefulShutdown(stopped.set, settings.stop_grace)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, shutdown.on_signal)
        async with shop.running():
            print(_("Delivering events and running jobs. Press Ctrl-C to stop."), flush=True)
            with suppress(asyncio.CancelledError):
                await stopped.wait()

    asyncio.run(run())
    return 0
