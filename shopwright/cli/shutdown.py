"""Graceful shutdown within a time limit, immediate shutdown at a second signal, and the watchdog of the service manager."""

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

from shopwright.kit.service_manager import service_manager

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Receive, Scope, Send

ORPHANED_AFTER_S = 0.5
BEATS = "_SHOPWRIGHT_BEATS"  # folder of heartbeat files, one for each worker
BEAT_S = 2.0
CUT_OFF, SECOND_SIGNAL = 0, 1  # exit codes


class GracefulShutdown:
    """Lets requests finish at the first signal; ends the process at the second, or after the grace period."""

    def __init__(self, stop: Callable[[], object], grace_s: float) -> None:
        self._stop = stop
        self._grace_s = grace_s
        self.signalled = False

    def on_signal(self) -> None:
        """Handle SIGINT or SIGTERM."""
        if self.signalled:
            end(SECOND_SIGNAL, "second signal: ended at once")
        self.signalled = True
        service_manager().notify("STOPPING=1")
        last = threading.Timer(
            self._grace_s, end, (CUT_OFF, f"some requests took longer than {self._grace_s:g} s: cut off")
        )
        last.daemon = True
        last.start()
        self._stop()


def end(code: int, why: str) -> None:
    """End this process now; everything acknowledged is on disk."""
    sys.stderr.write(f"shopwright: {why}\n")
    sys.stderr.flush()
    os._exit(code)


def handle_signals(server: Any, grace_s: float) -> Callable[[], None]:
    """Return a startup hook that shuts a server with workers down as `GracefulShutdown` does."""

    def begin() -> None:
        # Workers are killed after their grace period; then this process ends by itself.
        shutdown = GracefulShutdown(server.signal_handler_interrupt, grace_s + 5)

        def signalled(*_: object) -> None:
            if shutdown.signalled:
                for worker in server.wrks:
                    worker.kill()
            shutdown.on_signal()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signalled)

    return begin


def exit_with_parent() -> None:
    """End this worker when its parent is killed, so that its port becomes free."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(ORPHANED_AFTER_S)
        end(1, "the process that started this one is gone")

    threading.Thread(target=watch, daemon=True).start()


def with_notifications(application: "ASGIApp") -> "ASGIApp":
    """Wrap the application: notify the service manager when it is ready, then send heartbeats from its event loop."""

    async def answer(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if str(scope["type"]) != "lifespan":
            await application(scope, receive, send)
            return

        beats: list[asyncio.Task[None]] = []

        async def answering(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                service_manager().notify("READY=1")
                beats.append(asyncio.create_task(_beat()))

        await application(scope, receive, answering)
        for task in beats:
            task.cancel()

    return answer


async def _beat() -> None:
    """Send heartbeats for as long as the event loop runs."""
    folder, manager = os.environ.get(BEATS, ""), service_manager()
    while manager.watchdog_s:
        if folder:
            (Path(folder) / str(os.getpid())).touch()
        else:
            manager.notify("WATCHDOG=1")
        await asyncio.sleep(min(BEAT_S, manager.watchdog_s / 3))


@contextlib.contextmanager
def watchdog() -> Iterator[None]:
    """Reset the watchdog of the service manager for as long as the event loop of every worker runs."""
    manager = service_manager()
    if not manager.watchdog_s:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="shopwright-beats-") as folder:
        os.environ[BEATS] = folder
        done = threading.Event()

        def watch() -> None:
            while not done.wait(manager.watchdog_s / 4):
                if all_beating(Path(folder), time.time() - manager.watchdog_s / 2):
                    manager.notify("WATCHDOG=1")

        threading.Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            done.set()


def all_beating(folder: Path, since: float) -> bool:
    """Check that every running worker has sent a heartbeat since then; False where there is none."""
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
    except PermissionError:  # of another user by now
        return True
    return True
