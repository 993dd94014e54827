"""`make bench`: each figure beside its floor, measured in the same run. One core for the server, one for the load (wrk).

python bench/run.py [--seconds 4] [--size 40000]: the number of products. `bench/growth.py` shows what size costs.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.floors import record, replay
from bench.measuring import free_port, memory_mb, start, stop, wrk
from shopwright.app import Shop
from shopwright.demo.load import load
from shopwright.demo.many import load_many
from shopwright.kit.addresses import Address
from shopwright.kit.auth import GUEST
from shopwright.kit.data.unit_of_work import one_request
from shopwright.services.carts.contract import Cart, CartChange
from shopwright.services.inventory.contract import Adjustment
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
    "cart flow": 0.20,
    "checkout": 0.15,
}
ROUNDS = 3
Row = tuple[str, float, float, int]
ADDRESS = {"name": "Ada Lovelace", "line1": "Torstraße 1", "city": "Berlin", "postal_code": "10119", "country": "DE"}
FLOWS = 150
SOLD = ("harbour-kettle", "morning-mug")


def beside_floor(url: str, folder: Path, seconds: int) -> tuple[float, float, int]:
    """Requests per second of ours and of a bare server that answers the same bytes, in turns, and the number of bytes."""
    answer = httpx.get(url, trust_env=False)
    # A page is requested as a browser requests its second one: with the cookie its forms need.
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


async def flow_over_http(
    url: str,
    skus: list[str],
    times: int,
    at_once: int,
    *,
    order: bool,
    warm: int = 20,
    transport: httpx.AsyncBaseTransport | None = None,
) -> float:
    """Complete flows per second. Cart: created, two lines, another quantity, viewed; with `order` address, shipping, place, pay."""

    async def one(client: httpx.AsyncClient, n: int) -> None:
        cart = (await client.post("/v1/carts")).json()["id"]
        for sku in skus:
            last = (await client.post(f"/v1/carts/{cart}/lines", json={"sku": sku, "quantity": 1})).json()
        if not order:
            await client.patch(f"/v1/carts/{cart}/lines/{last['lines'][0]['id']}", json={"quantity": 2})
            seen = await client.get(f"/v1/carts/{cart}")
            if [line["quantity"] for line in seen.json()["lines"]] != [2, 1]:
                raise SystemExit(seen.text)
            return
        change = {"email": f"b{n}@example.com", "shipping_address": ADDRESS, "shipping_option_id": "shr_standard"}
        total = (await client.patch(f"/v1/carts/{cart}", json=change)).json()["totals"]["total"]
        body = {"cart_id": cart, "expected_total": total, "payment": {"provider": "pretend", "token": "pretend_ok"}}
        answer = await client.post("/v1/orders", json=body, headers={"Idempotency-Key": f"k{n}"})
        if answer.status_code != 201 or answer.json()["status"] != "paid":
            raise SystemExit(answer.text)

    gate = asyncio.Semaphore(at_once)
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, transport=transport) as client:

        async def gated(n: int) -> None:
            async with gate:
                await one(client, n)

        await asyncio.gather(*(gated(n) for n in range(warm)))
        started = time.perf_counter()
        await asyncio.gather(*(gated(n) for n in range(warm, warm + times)))
        return times / (time.perf_counter() - started)


async def floor_of(folder: Path, flow: Callable[[Shop], Awaitable[None]]) -> tuple[float, int]:
    """The statements of one flow (with its consequences), replayed directly on sqlite3."""
    shop = Shop(complete(Settings(data=str(folder))), send_webhook=_accepted)
    await shop.migrate()
    calls = record(shop)
    await shop.carts.create()  # so that every database is open
    del calls[:]
    await flow(shop)
    await shop.bus.settle()
    buying_calls = [call for call in calls if "timers" not in call[2]]
    await shop.close()
    return replay(folder, buying_calls, 200), len(buying_calls)


async def _cart_with_lines(shop: Shop) -> Cart:
    with one_request():
        cart = await shop.carts.create()
    for slug in SOLD:
        with one_request():
            product = await shop.catalog.get(slug)
            cart = await shop.carts.add(cart.id, product.variants[0].id, 1)
    return cart


async def cart_flow(shop: Shop) -> None:
    cart = await _cart_with_lines(shop)
    await shop.carts.set_quantity(cart.id, cart.lines[0].id, 2)
    await shop.carts.get(cart.id)


async def checkout(shop: Shop) -> None:
    cart = await _cart_with_lines(shop)
    change = CartChange(
        email="bench@example.com", shipping_address=Address(**ADDRESS), shipping_option_id="shr_standard"
    )
    with one_request():
        cart = await shop.carts.change(cart.id, change)
    request = PlaceOrder(
        cart_id=cart.id, expected_total=cart.totals.total, payment=PaymentChoice(provider="pretend", token="pretend_ok")
    )
    with one_request():
        await shop.orders.place(request, shop.ids.new("bench"), GUEST)


async def _accepted(_provider: str, _headers: object, _body: bytes) -> bool:
    return True


async def prepare(folder: Path, size: int = 0) -> list[str]:
    return await prepare_in(complete(Settings(data=str(folder))), size)


async def prepare_in(settings: Settings, size: int = 0) -> list[str]:
    """A shop with plenty of two products; returns their SKUs."""
    shop = Shop(settings)
    await shop.migrate()
    await (load_many(shop, size) if size else load(shop))
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    skus = []
    for slug in SOLD:
        product = await shop.catalog.get(slug)
        await shop.inventory.adjust([Adjustment(variant_id=product.variants[0].id, on_hand=100_000, reason="bench")])
        skus.append(product.variants[0].sku)
    await shop.bus.settle()
    await shop.close()
    return skus


def flows(url: str, skus: list[str]) -> list[Row]:
    """Our cart flows and checkouts per second, beside the same statements without us."""
    os.sched_setaffinity(0, {1})
    ours = [asyncio.run(flow_over_http(url, skus, FLOWS, 8, order=order)) for order in (False, True)]
    os.sched_setaffinity(0, {0})
    rows = []
    for name, got, flow in (("cart flow", ours[0], cart_flow), ("checkout", ours[1], checkout)):
        folder = Path(tempfile.mkdtemp(prefix="shopwright-bench-"))
        asyncio.run(prepare(folder))
        rows.append((name, got, *asyncio.run(floor_of(folder, flow))))
        shutil.rmtree(folder)
    return rows


def idle_demo(settings: dict[str, str]) -> float:
    """Memory of an idle demo shop in megabytes."""
    folder = Path(tempfile.mkdtemp(prefix="shopwright-bench-"))
    asyncio.run(prepare(folder))
    port = free_port()
    server = start(
        [PYTHON, "-m", "shopwright", "serve", "--quiet", "--port", str(port), "--data", str(folder)], port, **settings
    )
    try:
        time.sleep(2)
        return memory_mb(server)
    finally:
        stop(server)
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--size", type=int, default=40_000)
    arguments = parser.parse_args()
    seconds = arguments.seconds
    folder = Path(tempfile.mkdtemp(prefix="shopwright-bench-"))
    skus = asyncio.run(prepare(folder, arguments.size))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [PYTHON, "-m", "shopwright", "serve", "--quiet", "--port", str(port), "--data", str(folder)]
    settings = {
        "SHOPWRIGHT_LIMITS": "off",
        "SHOPWRIGHT_PAYMENTS": "pretend:",
        "SHOPWRIGHT_OWNER_PASSWORD": "bench-password",
    }
    paths = {
        "product JSON": "/v1/products/harbour-kettle",
        "list of 24": "/v1/products?limit=24",
        "search with facets": "/v1/search?q=mug&limit=24",
        "category page": "/c/table",
        "product page": "/p/harbour-kettle",
    }
    rows: list[Row] = []
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
        rows += [(name, *beside_floor(url + path, folder, seconds)) for name, path in paths.items()]
        rows += flows(url, skus)
    finally:
        stop(server)
    idle = idle_demo(settings)
    print(f"{arguments.size} products")
    print(f"{'':26} {'ours/s':>9} {'floor/s':>9} {'ratio':>6} {'bar':>5}   size (bytes; statements)")
    for name, got, least, size in rows:
        mark = "" if got / least >= BARS[name] else "  BELOW"
        print(f"{name:26} {got:9.0f} {least:9.0f} {got / least:6.2f} {BARS[name]:5.2f}   {size}{mark}")
    print(f"{'idle demo':26} {idle:9.0f} MB (bar: 150 MB)")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
