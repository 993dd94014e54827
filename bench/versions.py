"""Two versions of the code side by side: this checkout and another one, taking turns in the same run.

git worktree add ../before v0.1.0; python bench/versions.py ../before [--rounds 5] [--only FIGURE …]

Each serves a shop of its own on SQLite, made by its own code. A third shop, of this checkout again, shows the noise: the
difference between two equal shops. Each figure is CPU for each request, its change in the median round (with those of
the best and the worst), and requests a second. Shops take turns every tenth of a second, so that other load on the
machine affects all alike.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.apart import filled_cart
from bench.caches import compared, report
from bench.measuring import free_port, start, stop
from bench.turns import Served
from bench.without import NOTHING

HERE = Path(__file__).parents[1]
# Run inside each checkout, so that its own code makes the shop.
PREPARE = """
import asyncio, json, os, sys
from pathlib import Path
from bench.run import prepare
from shopwright.app import Shop
from shopwright.kit.settings import read
from shopwright.settings import Settings, complete

async def signed_in():
    shop = Shop(complete(read(Settings, dict(os.environ))[0]))
    await shop.users.register("ada@example.com", "a-long-password-of-hers", "Ada")
    session = await shop.users.open_session("ada@example.com", "a-long-password-of-hers")
    await shop.bus.settle()
    await shop.close()
    return session

skus = asyncio.run(prepare(Path(os.environ["SHOPWRIGHT_DATA"])))
print(json.dumps([skus, asyncio.run(signed_in())]))
"""


@contextmanager
def shop_of(code: Path, name: str, folder: Path) -> Iterator[Served]:
    """Serve a new shop by the code of a checkout."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    folder.mkdir()
    environment = {
        "PYTHONPATH": str(code), "SHOPWRIGHT_DATA": str(folder),
        "SHOPWRIGHT_LIMITS": "off", "SHOPWRIGHT_PAYMENTS": "pretend:", "SHOPWRIGHT_URL": url,
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-c", PREPARE],
        cwd=code,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    skus, session = json.loads(made.stdout.splitlines()[-1])
    # -P: the code is found by PYTHONPATH, not in this folder.
    command = [sys.executable, "-P", "-m", "shopwright", "serve", "--quiet", "--port", str(port)]
    process = start(command, port, **environment)
    try:
        one = Served(name, [process.pid], url, url, url, environment, skus, session)
        one.cart = filled_cart(url, skus[0])
        if "Sign in" in httpx.get(url, headers={"Cookie": f"session={session}"}, trust_env=False).text:
            raise SystemExit("The shopper is not signed in.")
        yield one
    finally:
        stop(process)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="another checkout of the code")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", default=[], help="figures")
    asked = parser.parse_args()
    for one in [key for key in os.environ if key.startswith("SHOPWRIGHT_")]:
        del os.environ[one]
    sides = ((HERE, NOTHING), (HERE, "this code again"), (asked.other.resolve(), f"the code of {asked.other}"))
    with tempfile.TemporaryDirectory(prefix="shopwright-versions-") as folder, ExitStack() as stack:
        shops = [
            stack.enter_context(shop_of(code, name, Path(folder) / f"shop{number}"))
            for number, (code, name) in enumerate(sides)
        ]
        os.sched_setaffinity(0, {1})
        report("sqlite", asyncio.run(compared("sqlite", shops, asked.rounds, asked.only)))


if __name__ == "__main__":
    main()
