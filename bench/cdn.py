"""The share of requests that a CDN answers: shoppers by the browsing mix of TPC-W, through a real Varnish.

python bench/cdn.py [--products 2000] [--shoppers 100] [--steps 100] [--mixes ../shared/data/workload-mixes/mixes.json]

Each shopper is a browser of its own, which caches immutable files; products are chosen among those a page links to.
Meanwhile a price changes each second.
"""

import argparse
import asyncio
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.measuring import free_port
from bench.run import prepare_in
from shopwright.settings import Settings, complete

BAR = 0.95
OWNER = "bench-password"
WORDS = (
    "mug",
    "kettle",
    "lamp",
    "wool",
    "oak",
    "linen",
    "chair",
    "blue",
    "green",
    "rug",
    "bowl",
    "clock",
    "shelf",
    "tray",
)
LINK, LIST = re.compile(r'href="(/p/[a-z0-9-]+)'), re.compile(r'href="(/c/[a-z0-9-]+)"')
CACHED_URL = re.compile(r'(?:src|href)="(/(?:assets|media)/[^"]+)"')
FIXED = {
    "HOME": "/", "SEARCH_REQUEST": "/search", "CUSTOMER_REGISTRATION": "/register", "BUY_REQUEST": "/checkout",
    "BUY_CONFIRM": "/checkout", "ORDER_INQUIRY": "/track", "ORDER_DISPLAY": "/account", "ADMIN_REQUEST": "/sign-in",
    "ADMIN_CONFIRM": "/sign-in",
}  # fmt: skip


class Shopper:
    """Walks from page to page by the mix."""

    def __init__(self, url: str, steps: dict[str, dict[str, float]], seed: int, counts: Counter[str]) -> None:
        self.chance = random.Random(seed)
        self.browser = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30, follow_redirects=True)
        self.steps, self.counts = steps, counts
        self.links: list[str] = ["/p/harbour-kettle"]
        self.lists: list[str] = []
        self.has: set[str] = set()

    async def walk(self, pages: int) -> None:
        at = "HOME"
        for _ in range(pages):
            await self.look(at)
            at = self.chance.choices(*zip(*self.steps[at].items(), strict=True))[0]
        await self.browser.aclose()

    async def look(self, at: str) -> None:
        if at == "SHOPPING_CART":
            await self.put()
        answer = await self.browser.get(self.path(at), headers={"Sec-Fetch-Site": "same-origin"})
        self.counts[f"page {answer.headers['x-cache']}"] += 1
        if answer.headers["x-cache"] == "miss":
            self.counts[f"miss {at}"] += 1
        self.links, self.lists = LINK.findall(answer.text) or self.links, LIST.findall(answer.text) or self.lists
        for one in set(CACHED_URL.findall(answer.text)) - self.has:
            self.has.add(one)
            found = await self.browser.get(one)
            self.counts[f"file {found.headers['x-cache']}"] += 1

    async def put(self) -> None:
        """Add to the cart from the current page."""
        page = await self.browser.get(self.chance.choice(self.links))
        variant = re.search(r'name="variant" value="(var_[a-z0-9]+)"', page.text)
        self.counts[f"page {page.headers['x-cache']}"] += 1
        if variant:
            form = {"variant": variant.group(1), "_csrf_token": ""}
            sent = await self.browser.post("/cart/lines", data=form, headers={"Sec-Fetch-Site": "same-origin"})
            self.counts["cart" if sent.is_success else f"cart refused {sent.status_code}"] += 1

    def path(self, at: str) -> str:
        if at == "PRODUCT_DETAIL":
            return self.chance.choice(self.links)
        if at == "SEARCH_RESULTS":
            return f"/search?q={self.chance.choice(WORDS)}"
        if at in {"NEW_PRODUCTS", "BEST_SELLERS"}:
            return f"{self.chance.choice(self.lists)}?sort={'newest' if at == 'NEW_PRODUCTS' else 'bestselling'}"
        return "/cart" if at == "SHOPPING_CART" else FIXED[at]


async def reprice(url: str, changed: Counter[str]) -> None:
    """Change one price after the other, as staff do."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as staff:
        credentials = {"email": "owner@example.com", "password": OWNER}
        staff.headers["Authorization"] = (
            f"Bearer {(await staff.post('/v1/sessions', json=credentials)).json()['access_token']}"
        )
        products = (await staff.get("/v1/products", params={"limit": 100})).json()["items"]
        while True:
            for number, listed in enumerate(products):
                product = (await staff.get(f"/v1/products/{listed['id']}")).json()
                known = {"id", "sku", "title", "options"}
                variants = [{name: one[name] for name in known & one.keys()} for one in product["variants"]]
                for one in variants:
                    one["price"] = {"amount": 1000 + number, "currency": "EUR"}
                answer = await staff.patch(f"/v1/products/{product['id']}", json={"variants": variants})
                answer.raise_for_status()
                changed["prices"] += 1
                await asyncio.sleep(1)


async def measure(
    url: str, shop: str, arguments: argparse.Namespace, steps: dict[str, dict[str, float]]
) -> Counter[str]:
    # Pictures are resized when they are first requested: once in the life of a shop.
    before = [Shopper(url, steps, seed, Counter()) for seed in range(arguments.shoppers, 2 * arguments.shoppers)]
    await asyncio.gather(*(one.walk(arguments.steps) for one in before))
    counts: Counter[str] = Counter()
    repricing = asyncio.create_task(reprice(shop, counts))
    shoppers = [Shopper(url, steps, seed, counts) for seed in range(arguments.shoppers)]
    began = time.perf_counter()
    await asyncio.gather(*(one.walk(arguments.steps) for one in shoppers))
    counts["seconds"] = round(time.perf_counter() - began)
    if repricing.done():
        repricing.result()
    repricing.cancel()
    return counts


def started(words: list[str | Path], url: str, **environment: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([str(word) for word in words], env=environment or None, stdout=subprocess.DEVNULL)
    for _ in range(200):
        try:
            if httpx.get(f"{url}/health/ready", trust_env=False).is_success:
                return process
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{words} did not start")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=2_000)
    parser.add_argument("--shoppers", type=int, default=100)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--mixes", type=Path, default=Path("../shared/data/workload-mixes/mixes.json"))
    arguments = parser.parse_args()
    steps = json.loads(arguments.mixes.read_text())["tpc_w"]["mixes"]["browsing"]["transitions"]
    varnish = shutil.which("varnishd", path="/usr/sbin:/usr/bin")
    if varnish is None:
        raise SystemExit("varnishd is not there: apt-get install varnish")
    with tempfile.TemporaryDirectory(prefix="shopwright-edge-") as folder:
        cdn, shop = free_port(), free_port()
        environment = {
            "SHOPWRIGHT_DATA": folder, "SHOPWRIGHT_LIMITS": "off", "SHOPWRIGHT_PAYMENTS": "pretend:", "SHOPWRIGHT_STAFF_SECOND_FACTOR": "optional", "SHOPWRIGHT_OWNER_PASSWORD": OWNER,
            "SHOPWRIGHT_URL": f"http://127.0.0.1:{cdn}", "SHOPWRIGHT_CDN": f"varnish://:bench@127.0.0.1:{cdn}",
        }  # fmt: skip
        asyncio.run(prepare_in(complete(Settings(data=folder)), arguments.products))
        word = [sys.executable, "-m", "shopwright"]
        serving = started([*word, "serve", "--port", str(shop), "--quiet"], f"http://127.0.0.1:{shop}", **environment)
        file = Path(folder) / "shop.vcl"
        written = subprocess.run(
            [*word, "varnish", "--origin", f"127.0.0.1:{shop}"], env=environment, check=True, capture_output=True
        )
        file.write_bytes(written.stdout)
        words = [varnish, "-F", "-a", f"127.0.0.1:{cdn}", "-f", file, "-n", Path(folder) / "v", "-s", "malloc,256m"]
        gateway = started([*words, "-j", "none"], f"http://127.0.0.1:{cdn}")
        try:
            counts = asyncio.run(measure(f"http://127.0.0.1:{cdn}", f"http://127.0.0.1:{shop}", arguments, steps))
        finally:
            for process in (gateway, serving):
                process.terminate()
                process.wait()
    report(arguments, counts)


def report(arguments: argparse.Namespace, counts: Counter[str]) -> None:
    pages, files = counts["page hit"] + counts["page miss"], counts["file hit"] + counts["file miss"]
    private = sum(counts[f"miss {at}"] for at in ("SHOPPING_CART", *FIXED) if at not in {"HOME", "SEARCH_REQUEST"})
    every = (counts["page hit"] + counts["file hit"]) / (pages + files)
    print(
        f"{arguments.products} products, {arguments.shoppers} shoppers, {pages} pages and {files} files in {counts['seconds']} s,"
        f" {counts['prices']} prices changed meanwhile"
    )
    print(f"pages that are the same for all {counts['page hit'] / (pages - private):8.3f}")
    print(f"all pages, those of carts, too  {counts['page hit'] / pages:8.3f}")
    print(f"all requests                    {every:8.3f}{'' if every >= BAR else '  BELOW'}")
    print({name: count for name, count in counts.items() if name.startswith(("miss", "cart"))})


if __name__ == "__main__":
    main()
