"""Servers to be measured, and tools to measure them."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pinned(core: int, *command: str) -> list[str]:
    return ["taskset", "-c", str(core), *command] if shutil.which("taskset") else list(command)


def start(command: list[str], port: int, **environment: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        pinned(0, *command), env={**os.environ, **environment}, stdout=subprocess.DEVNULL, start_new_session=True
    )
    for _ in range(400):
        try:
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return process
    raise SystemExit(f"{command} did not start")


def stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wrk(url: str, seconds: int, cookie: str = "") -> float:
    header = ["-H", f"Cookie: {cookie}"] if cookie else []
    command = pinned(1, "wrk", "-t1", "-c16", f"-d{seconds}s", *header, url)
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        raise SystemExit(f"{url} answered errors:\n{output}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    return float(found.group(1)) if found else 0.0


def memory_mb(process: subprocess.Popen[bytes]) -> float:
    """Proportional memory of the server and all its processes."""
    total = 0
    for one in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(one.name)) == process.pid:
                found = re.search(r"^Pss:\s+(\d+)", (one / "smaps_rollup").read_text(), re.MULTILINE)
                total += int(found.group(1)) if found else 0
        except (OSError, ProcessLookupError):
            continue
    return total / 1024


def cpu_s(chosen: Callable[[Path], bool]) -> float:
    """CPU used by the processes chosen by their folders in /proc."""
    ticks = 0
    for one in Path("/proc").glob("[0-9]*"):
        try:
            if chosen(one):
                fields = (one / "stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")
