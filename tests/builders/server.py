"""A shop served by real processes, and shoppers at its API."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from shopwright.app import Shop
from shopwright.deployment.cluster.patience import is_ready
from shopwright.deployment.cluster.plan import free_ports
from tests.builders.api import ADDRESS
from tests.builders.environment import bare_environment, engines


def free_port() -> int:
    return free_ports(1)[0]


class Server:
    """`shopwright serve`, started and killed."""

    def __init__(self, data: Path, database: str, workers: int = 1, parts: Sequence[str] = (), **more: str) -> None:
        """`parts`: services to serve, if not all; `more`: settings."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.workers = workers
        self.parts = parts
        self.quiet = True
        self.environment = {
            **bare_environment(),
            "SHOPWRIGHT_DATA": str(data),
            "SHOPWRIGHT_LIMITS": "off",
            "SHOPWRIGHT_STAFF_SECOND_FACTOR": "optional",
            "SHOPWRIGHT_PAYMENTS": "pretend:",
            "SHOPWRIGHT_RETURN_ORIGINS": "http://127.0.0.1",
            "SHOPWRIGHT_OWNER_PASSWORD": "owner-password",
            **({"SHOPWRIGHT_DATABASE": database} if database else {}),
            **{f"SHOPWRIGHT_{name.upper()}": url for name, url in engines(data).items()},
            **{f"SHOPWRIGHT_{name.upper()}": value for name, value in more.items()},
        }
        self.log = data / "server.log"
        self.process: subprocess.Popen | None = None

    def start(self) -> "Server":
        command = [
            sys.executable,
            "-m",
            "shopwright",
            "serve",
            *self.parts,
            "--port",
            str(self.port),
            "--workers",
            str(self.workers),
            *(["--quiet"] if self.quiet else []),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if is_ready(self.port):
                return self
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)
        raise RuntimeError(f"the server is not ready: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    def run(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "shopwright", *command],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


async def buy(
    client: httpx.AsyncClient, sku: str, name: str, token: str = "pretend_ok", coupon: str = ""
) -> httpx.Response:
    """Place an order as one shopper, with a coupon if it applies."""
    cart = (await client.post("/v1/carts")).json()["id"]
    added = await client.post(f"/v1/carts/{cart}/lines", json={"sku": sku, "quantity": 1})
    if not added.is_success:
        return added
    details = {"email": f"{name}@example.com", "shipping_address": ADDRESS, "shipping_option_id": "shr_standard"}
    ready = await client.patch(f"/v1/carts/{cart}", json=details)
    if not ready.is_success:
        return ready
    if coupon:
        ready = await client.put(f"/v1/carts/{cart}/coupons", json={"codes": [coupon]})
        if not ready.is_success or not ready.json()["totals"]["discount"]["amount"]:
            return ready
    total = ready.json()["totals"]["total"]
    body = {
        "cart_id": cart,
        # Only documented fields: a newer version may return more than an older one accepts.
        "expected_total": {"amount": total["amount"], "currency": total["currency"]},
        "payment": {"provider": "pretend", "token": token, "return_url": "http://127.0.0.1/back"},
    }
    return await client.post("/v1/orders", json=body, headers={"Idempotency-Key": f"key-{name}"})


async def all_at_once(url: str, count: int, sku: str, at_once: int = 60, coupon: str = "") -> list[httpx.Response]:
    """Let this many shoppers buy the same product at once."""
    gate = asyncio.Semaphore(at_once)
    limits = httpx.Limits(max_connections=at_once)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits, trust_env=False) as client:

        async def one(n: int) -> httpx.Response:
            async with gate:
                return await buy(client, sku, f"buyer{n}", coupon=coupon)

        return await asyncio.gather(*(one(n) for n in range(count)))


async def delivered(shop: Shop, patience_s: float = 240) -> None:
    """Every event was handled; failed ones are retried ever later, which may take minutes.

    Not until `settle` answers 0: that counts jobs, of which one is always due.
    """
    deadline = time.monotonic() + patience_s
    while True:
        await shop.bus.settle()
        waiting = {
            name: len(await work.fetch("SELECT hearer FROM deliveries")) for name, work in shop.databases.items()
        }
        if not any(waiting.values()):
            return
        assert time.monotonic() < deadline, f"{waiting} events were not delivered"
        await asyncio.sleep(0.5)
