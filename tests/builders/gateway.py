"""nginx and other programs in front of a shop, and raw requests that no client normalises."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx

from shopwright.deployment.gateway import nginx
from shopwright.registry import PARTS
from tests.builders.environment import need
from tests.builders.server import Server, free_port


async def ask(
    port: int, method: str, path: bytes, head: str = "", body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Send a raw request over a socket, not normalised by a client."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = f" HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{head}\r\n"
    writer.write(method.encode() + b" " + path + lines.encode() + body)
    answer = await reader.read()
    writer.close()
    head_, _, body_ = answer.partition(b"\r\n\r\n")
    first, *more = head_.decode().split("\r\n")
    return int(first.split()[1]), {k.lower(): v for k, _, v in (one.partition(": ") for one in more)}, body_


@contextlib.asynccontextmanager
async def shop_port(kind: str, data: tuple[Path, str], folder: Path, **more: str) -> AsyncIterator[int]:
    """The port of a shop of one process, of two, or behind nginx as shipped."""
    server = Server(*data, workers=2 if kind == "two workers" else 1, proxies="127.0.0.1", **more)
    await asyncio.to_thread(server.start)
    port = free_port()
    settings = {"servers": {part: [f"127.0.0.1:{server.port}"] for part in PARTS}, "listen": f"127.0.0.1:{port}"}
    try:
        if kind != "nginx":
            yield server.port
            return
        with running(folder, **settings, behind=f"127.0.0.1:{free_port()}", session_cookie="session"):
            until = time.monotonic() + 10
            while time.monotonic() < until:
                with contextlib.suppress(OSError):
                    await ask(port, "GET", b"/health/live")
                    break
                await asyncio.sleep(0.05)
            yield port
    finally:
        await asyncio.to_thread(server.stop)


PATH = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
EVERYWHERE = {part: ["127.0.0.1:9001", "127.0.0.1:9002"] for part in PARTS}


def gateway_configuration(folder: Path, **more: Any) -> nginx.GatewayConfig:
    """Settings of nginx in front of two servers."""
    values = {
        "servers": EVERYWHERE, "listen": "127.0.0.1:9000", "behind": "127.0.0.1:9100", "folder": folder,
        "session_cookie": "__Host-session", "largest_body": 25_000_000, "logs": str(folder),
    }  # fmt: skip
    return nginx.GatewayConfig(**values | more)


def program(name: str) -> str:
    """The path of a program; without it the test is skipped, or fails where engines are required."""
    command = shutil.which(name, path=PATH)
    need(bool(command), name)
    return str(command)


def accepted(name: str, *words: str | Path) -> str:
    """The output of a program that accepts a file."""
    result = subprocess.run([program(name), *words], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


@contextlib.contextmanager
def running(folder: Path, **more: Any) -> Iterator[None]:
    """nginx with this configuration."""
    command = program("nginx")
    more |= {"user": "root"} if os.geteuid() == 0 else {}  # the folder of the test is private to its user
    (folder / "nginx.conf").write_text(nginx.configuration(gateway_configuration(folder, **more)))
    process = subprocess.Popen([command, "-c", folder / "nginx.conf", "-p", folder, "-g", "daemon off;"])
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


TOKEN = "crt_01kjpwd6m08k96c0denf43vrwq"
SECRET = "0123456789abcdef" * 4
URLS = (
    f"/v1/carts/{TOKEN}", f"/v1/carts/{TOKEN}/lines?sku=ada@example.com", f"/nowhere/{TOKEN}/{SECRET}",
    f"/v1/orders/ord_1?key={SECRET}&email=ada@example.com", f"/wp-login.php?{TOKEN}",
)  # fmt: skip


async def requests_to(url: str) -> list[httpx.Response]:
    """Requests with all data that no log may contain."""
    headers = {"user-agent": f"me/1 {TOKEN}", "referer": f"http://shop.test/{TOKEN}", "idempotency-key": SECRET}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=20) as client:
        return [await client.get(path) for path in URLS]


def has_no_secrets(text: str) -> bool:
    """Whether a log contains none of the secrets of these requests."""
    return not any(one in text for one in (TOKEN, TOKEN.removeprefix("crt_"), SECRET, "ada@example.com"))


async def first_answer(client: httpx.AsyncClient) -> httpx.Response:
    """The home page, as soon as a server answers."""
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(httpx.TransportError):
                return await client.get("/")
            await asyncio.sleep(0.05)
