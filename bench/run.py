"""`make bench`: each figure beside its floor, measured in the same run. One core for the server, one for the load (wrk).

python bench/run.py [--seconds 4]
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.floors import record, replay
from shopwright.app import Shop
from shopwright.demo.load import load
from shopwright.kit.auth import GUEST
from shopwright.kit.places import Address
from shopwright.services.carts.contract import CartChange
from shopwright.services.orders.contract import PaymentChoice, PlaceOrder
from shopwright.settings import Settings, complete

HERE = Path(__file__).parent
PYTHON = sys.executable
BARS = {
    "product JSON": 0.40,
    "list of 24": 0.15,
    "search with facets": 0.15,
    "category page, made anew": 0.10,
    "product page, made anew": 0.10,
    "category page": 0.40,
    "product page": 0.40,
    "checkout": 0.15,
}
ROUNDS = 3
ADDRESS = {"name": "Ada Lovelace", "line1": "Torstraße 1", "city": "Berlin", "postal_code": "10119", "country": "DE"}
CHECKOUTS = 150


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
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"{url} answered errors:\n{said}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    return float(found.group(1)) if found else 0.0


def beside_floor(url: str, folder: Path, seconds: int) -> tuple[float, float, int]:
    """Requests a second of ours and of a bare server that answers the same bytes, turn about, and how many bytes."""
    answer = httpx.get(url, trust_env=False)
    # A page is asked for as a browser asks for its second one: with the cookie its forms need.
    cookie = f"form={answer.cookies['form']}" if "form" in answer.cookies else ""
    port = free_port()
    (folder / "bytes").write_bytes(answer.content)
    floor = start(
        [PYTHON, str(HERE / "serve_bare.py"), str(port), str(folder / "bytes"), answer.headers["content-type"]], port
    )
    try:
        wrk(url, 1, cookie)
        turns = [(wrk(url, seconds, cookie), wrk(f"http://127.0.0.1:{port}/", seconds)) for _ in range(ROUNDS)]
    finally:
        stop(floor)
    return sum(ours for ours, _ in turns) / ROUNDS, sum(least for _, least in turns) / ROUNDS, len(answer.content)


async def checkout_over_http(url: str, skus: list[str], times: int, at_once: int) -> float:
    """Whole checkouts a second: two lines, address, shipping, place, pay."""

    async def one(client: httpx.AsyncClient, n: int) -> None:
        cart = (await client.post("/v1/carts")).json()["id"]
        for sku in skus:
            await client.post(f"/v1/carts/{cart}/lines", json={"sku": sku, "quantity": 1})
        change = {"email": f"b{n}@example.com", "shipping_address": ADDRESS, "shipping_option_id": "shr_standard"}
        total = (await client.patch(f"/v1/carts/{cart}", json=change)).json()["totals"]["total"]
        body = {"cart_id": cart, "expected_total": total, "payment": {"provider": "pretend", "token": "pretend_ok"}}
        answer = await client.post("/v1/orders", json=body, headers={"Idempotency-Key": f"k{n}"})
        if answer.status_code != 201 or answer.json()["status"] != "paid":
            raise SystemExit(answer.text)

    gate = asyncio.Semaphore(at_once)
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:

        async def gated(n: int) -> None:
            async with gate:
                await one(client, n)

        await asyncio.gather(*(gated(n) for n in range(20)))
        started = time.perf_counter()
        await asyncio.gather(*(gated(n) for n in range(20, 20 + times)))
        return times / (time.perf_counter() - started)


async def checkout_floor(folder: Path) -> tuple[float, int]:
    """The statements of one checkout (with what follows from it), replayed straight on sqlite3."""
    shop = Shop(complete(Settings(data=str(folder))), send_webhook=_taken)
    await shop.migrate()
    calls = record(shop)
    lamp, chair = [await shop.catalog.get(slug) for slug in ("harbour-kettle", "morning-mug")]
    del calls[:]
    cart = await shop.carts.create()
    for product in (lamp, chair):
        cart = await shop.carts.add(cart.id, product.variants[0].id, 1)
    cart = await shop.carts.change(
        cart.id,
        CartChange(email="bench@example.com", shipping_address=Address(**ADDRESS), shipping_option_id="shr_standard"),
    )
    request = PlaceOrder(
        cart_id=cart.id, expected_total=cart.totals.total, payment=PaymentChoice(provider="pretend", token="pretend_ok")
    )
    await shop.orders.place(request, shop.ids.new("bench"), GUEST)
    await shop.bus.settle()
    story = [call for call in calls if "timers" not in call[2]]
    await shop.close()
    return replay(folder, story, 200), len(story)


async def _taken(_provider: str, _headers: object, _body: bytes) -> bool:
    return True


async def prepare(folder: Path) -> list[str]:
    shop = Shop(complete(Settings(data=str(folder))))
    await shop.migrate()
    await load(shop)
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    skus = []
    for slug in ("harbour-kettle", "morning-mug"):
        product = await shop.catalog.get(slug)
        from shopwright.services.inventory.contract import Adjustment  # noqa: PLC0415 -- one use

        await shop.inventory.adjust([Adjustment(variant_id=product.variants[0].id, on_hand=100_000, reason="bench")])
        skus.append(product.variants[0].sku)
    await shop.bus.settle()
    await shop.close()
    return skus


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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=2)
    seconds = parser.parse_args().seconds
    folder = Path(tempfile.mkdtemp(prefix="shopwright-bench-"))
    skus = asyncio.run(prepare(folder))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [PYTHON, "-m", "shopwright", "serve", "--quiet", "--port", str(port), "--data", str(folder)]
    settings = {"SHOPWRIGHT_LIMITS": "off", "SHOPWRIGHT_OWNER_PASSWORD": "bench-password"}
    paths = {
        "product JSON": "/v1/products/harbour-kettle",
        "list of 24": "/v1/products?limit=24",
        "search with facets": "/v1/search?q=mug&limit=24",
        "category page": "/c/table",
        "product page": "/p/harbour-kettle",
    }
    rows = []
    server = start(command, port, **settings, SHOPWRIGHT_PAGES="fresh")
    try:
        rows += [
            (f"{name}, made anew", *beside_floor(url + paths[name], folder, seconds))
            for name in ("category page", "product page")
        ]
    finally:
        stop(server)
    server = start(command, port, **settings)
    try:
        time.sleep(2)
        idle = memory_mb(server)
        rows += [(name, *beside_floor(url + path, folder, seconds)) for name, path in paths.items()]
        os.sched_setaffinity(0, {1})
        ours = asyncio.run(checkout_over_http(url, skus, CHECKOUTS, 8))
    finally:
        stop(server)
    os.sched_setaffinity(0, {0})
    fresh = Path(tempfile.mkdtemp(prefix="shopwright-bench-"))
    asyncio.run(prepare(fresh))
    floor, statements = asyncio.run(checkout_floor(fresh))
    rows.append(("checkout", ours, floor, statements))
    print(f"{'':26} {'ours/s':>9} {'floor/s':>9} {'ratio':>6} {'bar':>5}   size (bytes; statements)")
    for name, got, least, size in rows:
        mark = "" if got / least >= BARS[name] else "  BELOW"
        print(f"{name:26} {got:9.0f} {least:9.0f} {got / least:6.2f} {BARS[name]:5.2f}   {size}{mark}")
    print(f"{'idle demo':26} {idle:9.0f} MB (bar: 150 MB)")
    for one in (folder, fresh):
        shutil.rmtree(one)


if __name__ == "__main__":
    main()
