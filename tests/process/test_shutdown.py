"""How servers end, and what they report to the service manager: with real processes."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shopwright.cli.shutdown import all_beating
from tests.builders.server import Server

pytestmark = pytest.mark.slow
GRACE_S = 3
BOTH = pytest.mark.parametrize("workers", [1, 2])


@contextlib.contextmanager
def running(data: tuple[Path, str], workers: int) -> Iterator[Server]:
    server = Server(*data, workers=workers, stop_grace=str(GRACE_S)).start()
    try:
        yield server
    finally:
        server.kill()


def stuck_upload(server: Server) -> socket.socket:
    """A client that announces a body, sends part of it, and stops."""
    line = socket.create_connection(("127.0.0.1", server.port))
    line.sendall(
        b"POST /v1/carts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{"
    )
    time.sleep(0.3)
    return line


def ended_after(server: Server) -> float:
    began = time.monotonic()
    server.process.wait(timeout=GRACE_S + 20)
    return time.monotonic() - began


@BOTH
def test_a_stuck_upload_does_not_delay_the_shutdown(data: tuple[Path, str], workers: int) -> None:
    with running(data, workers) as server:
        with stuck_upload(server):
            server.process.send_signal(signal.SIGTERM)
            assert ended_after(server) < GRACE_S + 8
        assert server.process.returncode == 0


@BOTH
def test_a_second_signal_ends_it_at_once(data: tuple[Path, str], workers: int) -> None:
    with running(data, workers) as server:
        children = children_of(server.process.pid)
        with stuck_upload(server):
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            server.process.send_signal(signal.SIGINT)
            assert ended_after(server) < 3
        assert server.process.returncode == 1
        time.sleep(1.5)
        assert not [child for child in children if alive(child)]


def children_of(process: int) -> list[int]:
    result = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return [int(one) for one in result.stdout.split()]


def alive(process: int) -> bool:
    status = Path(f"/proc/{process}/status")
    return status.exists() and "\nState:\tZ" not in status.read_text()


def test_a_killed_parent_leaves_no_worker_and_a_new_server_takes_its_place(data: tuple[Path, str]) -> None:
    with running(data, 2) as server:
        children = children_of(server.process.pid)
        assert len(children) >= 2
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.start()  # at the same port, at once: at first the workers that are left may answer
        deadline = time.monotonic() + 3
        while [child for child in children if alive(child)]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(httpx.HTTPError):
                assert httpx.get(f"{server.url}/health/live", trust_env=False).is_success
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert server.process.poll() is None


@BOTH
async def test_the_service_manager_is_notified_ready_alive_and_stopping(
    data: tuple[Path, str], tmp_path: Path, workers: int
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "s"))
        line.setblocking(False)
        loop, notifications = asyncio.get_running_loop(), []

        async def listen() -> None:
            while True:
                notifications.append((await loop.sock_recv(line, 4096)).decode())

        listening = asyncio.create_task(listen())
        server = Server(*data, workers=workers)
        server.environment |= {"NOTIFY_SOCKET": str(tmp_path / "s"), "WATCHDOG_USEC": "4000000"}
        await asyncio.to_thread(server.start)
        await asyncio.sleep(5)
        assert notifications[0] == "READY=1"
        assert notifications.count("WATCHDOG=1") >= 2
        if workers > 1:  # one blocked loop is enough to be silent
            stopped = [child for child in children_of(server.process.pid) if alive(child)][-1]
            os.kill(stopped, signal.SIGSTOP)
            await asyncio.sleep(4)
            before = notifications.count("WATCHDOG=1")
            await asyncio.sleep(4)
            assert notifications.count("WATCHDOG=1") == before
            os.kill(stopped, signal.SIGCONT)
        assert await asyncio.to_thread(server.stop) == 0
        listening.cancel()
    assert "STOPPING=1" in notifications


def test_a_process_that_is_gone_is_not_waited_for(tmp_path: Path) -> None:
    assert not all_beating(tmp_path, 0)
    (tmp_path / str(os.getpid())).touch()
    gone = subprocess.Popen(["true"])
    gone.wait()
    (tmp_path / str(gone.pid)).touch()
    os.utime(tmp_path / str(gone.pid), (1, 1))
    assert all_beating(tmp_path, time.time() - 5)
    assert not (tmp_path / str(gone.pid)).exists()
    os.utime(tmp_path / str(os.getpid()), (1, 1))
    assert not all_beating(tmp_path, time.time() - 5)
