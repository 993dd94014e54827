"""How a server ends: within its grace whatever clients do, at once when it is told twice, and never without its parent."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopwright.kit.supervised import manager

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Receive, Scope, Send

ORPHANED_AFTER_S = 0.5
BEATS = "_SHOPWRIGHT_BEATS"  # the folder in which each worker says that it lives
BEAT_S = 2.0
CUT, TOLD_TWICE = 0, 1  # exit codes


class Stopping:
    """The first signal lets requests end; the second, or the end of the grace, ends the process."""

    def __init__(self, stop: Callable[[], object], grace_s: float) -> None:
        self._stop = stop
        self._grace_s = grace_s
        self.told = False

    def signalled(self) -> None:
        """SIGINT or SIGTERM came."""
        if self.told:
            end(TOLD_TWICE, "told twice: ended at once")
        self.told = True
        manager().tell("STOPPING=1")
        last = threading.Timer(
            self._grace_s, end, (CUT, f"some requests took longer than {self._grace_s:g} s: cut off")
        )
        last.daemon = True
        last.start()
        self._stop()


def end(code: int, why: str) -> None:
    """Now. Nothing is lost by it: whatever was acknowledged is written."""
    sys.stderr.write(f"shopwright: {why}\n")
    sys.stderr.flush()
    os._exit(code)


def stop_together(server: Any, grace_s: float) -> Callable[[], None]:
    """For a server of several processes: what it is to do at its start, so that its signals are ours."""

    def begin() -> None:
        def stop() -> None:
            server.signal_handler_interrupt()

        stopping = Stopping(stop, grace_s + 5)  # workers are killed when their grace is over

        def signalled(*_: object) -> None:
            if stopping.told:
                for worker in server.wrks:
                    worker.kill()
            stopping.signalled()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signalled)

    return begin


def end_with_parent() -> None:
    """A worker whose parent was killed ends, so that its port is free for a new server."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(ORPHANED_AFTER_S)
        end(1, "the process that started this one is gone")

    threading.Thread(target=watch, daemon=True).start()


def watched(application: "ASGIApp") -> "ASGIApp":
    """The application, which tells the service manager that it is ready, and goes on to tell that its loop turns."""
    beats: set[asyncio.Task[None]] = set()

    async def answer(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if str(scope["type"]) != "lifespan":
            await application(scope, receive, send)
            return

        async def told(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                manager().tell("READY=1")
                beats.add(asyncio.create_task(_beat()))

        await application(scope, receive, told)
        for task in beats:
            task.cancel()

    return answer


async def _beat() -> None:
    """As long as the loop turns."""
    folder, told = os.environ.get(BEATS, ""), manager()
    while folder or told.patience_s:
        if folder:
            (Path(folder) / str(os.getpid())).touch()
        else:
            told.tell("WATCHDOG=1")
        await asyncio.sleep(min(BEAT_S, told.patience_s / 3 if told.patience_s else BEAT_S))


@contextlib.contextmanager
def all_alive() -> Iterator[None]:
    """The manager hears that a server of several processes lives as long as the loop of each one turns."""
    told = manager()
    if not told.patience_s:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="shopwright-beats-") as folder:
        os.environ[BEATS] = folder
        done = threading.Event()

        def watch() -> None:
            while not done.wait(told.patience_s / 4):
                if all_beat(Path(folder), time.time() - told.patience_s / 2):
                    told.tell("WATCHDOG=1")

        threading.Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            done.set()


def all_beat(folder: Path, since: float) -> bool:
    """Has each process that ever beat, and still is there, beaten since then? False where there is none."""
    there = False
    for beat in folder.iterdir():
        if not _is_there(int(beat.name)):
            beat.unlink(missing_ok=True)
        elif beat.stat().st_mtime < since:
            return False
        else:
            there = True
    return there


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
