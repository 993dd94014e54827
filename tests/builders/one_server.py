"""A shop on one machine, as `deploy server` runs it: restarted when it ends, with a small disk, mail and a clock of its own."""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import msgspec

from shopwright.app import Shop
from tests.builders.environment import need
from tests.builders.goods import sell
from tests.builders.load import Load
from tests.builders.mail_server import MailServer
from tests.builders.server import Server
from tests.builders.shops import QUICK, make_settings

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
STARTED_AGAIN_S = 2.0  # RestartSec of the unit
SIZE_MB = 400


class OneServer:
    """The machine: its disk, its clock, its mail server, and its service manager."""

    def __init__(self, disk: Path, clock: Path, mail: MailServer) -> None:
        self.disk, self.clock, self.mail = disk, clock, mail
        self.data = disk / "data"
        self.server = Server(
            self.data, "", mail=f"smtp://127.0.0.1:{mail.port}?starttls=never", mail_from="Shop <shop@example.com>"
        )
        self.server.log = disk.parent / "server.log"
        self.set_clock("+0")
        self.server.environment |= {
            "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_RESET": "1",
        }  # fmt: skip
        self.sku = ""
        self.kept = True  # whether it is started again

    def set_clock(self, ahead: str) -> None:
        """Set the clock ahead of the time (in the notation of libfaketime: `+3h`, `-1h`)."""
        self.clock.write_text(ahead + "\n")

    @property
    def filler(self) -> Path:
        return self.disk / "filler"

    async def furnish(self, migrated: Path) -> None:
        shutil.copytree(migrated, self.data)
        shop = Shop(make_settings(self.data), hasher=QUICK)
        async with shop.running(deliver=False):
            product = await sell(shop, "Lamp", on_hand=1_000_000)
            await shop.search.bring_up_to_date()
        self.sku = product.variants[0].sku

    async def watch(self) -> None:
        """Restart ended processes, as systemd does."""
        while True:
            process = self.server.process
            if self.kept and (process is None or process.poll() is not None):
                with contextlib.suppress(RuntimeError):
                    await asyncio.to_thread(self.server.start)
            await asyncio.sleep(STARTED_AGAIN_S)

    async def lights(self) -> set[str]:
        """Problems visible to anyone: readiness and the status page."""
        found: set[str] = set()
        async with httpx.AsyncClient(base_url=self.server.url, timeout=10, trust_env=False) as client:
            try:
                answer = await client.get("/health/ready")
                ready = answer.json()
                page = (await client.get("/status")).text
            except (httpx.HTTPError, ValueError):
                return {"/health/ready: no answer"}
        if "engines" not in ready:  # the details are not requested
            return {f"/health/ready: {answer.status_code}"}
        if ready["status"] != "ok":
            found |= {f"/health/ready: {engine}" for engine, state in ready["engines"].items() if state != "ok"}
        if not ready["writes"]:
            found.add("/health/ready: writes false")
        rows = re.findall(r"<(?:dt|td|th|li)[^>]*>([^<]+)</[^>]+>\s*<[^>]+>\s*(Degraded|Unavailable)", page)
        found |= {f"/status: {check}: {status}" for check, status in rows}
        return found


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own."""
    need(FAKETIME.exists(), "libfaketime (package faketime)")
    need(os.geteuid() == 0, "root, who may mount a small disk,")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@asynccontextmanager
async def one_server(migrated: Path, disk: Path) -> AsyncIterator[OneServer]:
    """The machine, running."""
    mail = MailServer()
    mail.start()
    machine = OneServer(disk, disk.with_name("clock"), mail)
    watching = None
    try:
        await machine.furnish(migrated)
        await asyncio.to_thread(machine.server.start)
        watching = asyncio.create_task(machine.watch())
        yield machine
    finally:
        machine.kept = False
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        machine.server.kill()
        mail.stop()


def fill(path: Path) -> None:
    """Fill the disk to the last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1_000_000, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


class Fault(msgspec.Struct, frozen=True):
    """The fault, the alarm that reports it (part of its name), the runbook, and a command or words in it.

    `ends` repairs it as the runbook says.
    """

    name: str
    light: str
    runbook: str
    typed: str
    begins: Callable[[OneServer], Awaitable[None]]
    ends: Callable[[OneServer], Awaitable[None]]
    sells: bool = False  # products are sold while it lasts


async def nothing(_machine: OneServer) -> None:
    """A fault that ends by itself."""


async def killed(machine: OneServer) -> None:
    await asyncio.to_thread(machine.server.kill)


async def full(machine: OneServer) -> None:
    await asyncio.to_thread(fill, machine.filler)


async def emptied(machine: OneServer) -> None:
    machine.filler.unlink(missing_ok=True)


async def mail_away(machine: OneServer) -> None:
    await asyncio.to_thread(machine.mail.stop)


async def mail_back(machine: OneServer) -> None:
    await asyncio.to_thread(machine.mail.start)


async def clock_ahead(machine: OneServer) -> None:
    machine.set_clock("+3h")


async def clock_behind(machine: OneServer) -> None:
    machine.set_clock("-1h")


async def clock_right(machine: OneServer) -> None:
    machine.set_clock("+0")


async def search_away(machine: OneServer) -> None:
    """Its folder can be neither read nor created."""
    folder = machine.data / "search"
    shutil.rmtree(folder, ignore_errors=True)  # it may be missing from the time before
    folder.write_text("not a folder")


async def search_back(machine: OneServer) -> None:
    (machine.data / "search").unlink(missing_ok=True)


async def unmounted(machine: OneServer) -> None:
    """The folder is missing when the machine starts."""
    await asyncio.to_thread(machine.server.kill)
    machine.data.rename(machine.data.with_name("elsewhere"))


async def mounted(machine: OneServer) -> None:
    shutil.rmtree(machine.data, ignore_errors=True)
    machine.data.with_name("elsewhere").rename(machine.data)


async def orders_damaged(machine: OneServer) -> None:
    """Damage one page of the orders while the shop runs."""
    from tests.builders.damage import PAGE, pages_of

    machine.kept = False
    await asyncio.to_thread(machine.server.stop)
    file = machine.data / "orders.db"
    page = pages_of(file, "timeline")[0]
    with file.open("r+b") as opened:
        opened.seek((page - 1) * PAGE)
        opened.write(bytes(PAGE))
    machine.kept = True


async def recovered(machine: OneServer) -> None:
    """Stop, `shopwright doctor --recover`, start."""
    machine.kept = False
    await asyncio.to_thread(machine.server.stop)
    done = await asyncio.to_thread(machine.server.run, "doctor", "--recover")
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    machine.kept = True


FAULTS = (
    Fault("the process is killed (`kill -9`)", "/health/ready: no answer", "PartDown", "systemctl status shopwright", killed, nothing),
    Fault("the disk is full", "/health/ready: writes", "DiskLow", "`df -h`", full, emptied),
    Fault("the mail server is away", "/status: E-mails", "MessagesLate", "shopwright doctor --engines", mail_away, mail_back, sells=True),
    Fault("the clock is an hour behind", "alert ClockJumped", "ClockJumped", "timedatectl", clock_behind, clock_right, sells=True),
    Fault("the search index cannot be opened", "/health/ready: search", "EngineAway", "/health/ready", search_away, search_back, sells=True),
    Fault("the data folder is not there", "/health/ready: no answer", "PartDown", "systemctl status shopwright", unmounted, mounted),
    Fault("a page of `orders.db` is damaged", "/health/ready: writes", "DatabaseDamaged", "shopwright doctor --recover", orders_damaged, recovered),
    # Last: the alarm lasts as long as the clock was ahead.
    Fault("the clock is three hours ahead", "alert ClockJumped", "ClockJumped", "timedatectl", clock_ahead, clock_right, sells=True),
)  # fmt: skip


async def well_again(load: Load, since: float) -> float:
    """Seconds until pages and orders were answered again."""
    return await load.well_since(since) - since


async def until(true: Callable[[], Awaitable[bool]], within_s: float) -> float | None:
    """Seconds until the condition held; None if it never did."""
    began = time.monotonic()
    while time.monotonic() < began + within_s:
        if await true():
            return time.monotonic() - began
        await asyncio.sleep(0.2)
    return None
