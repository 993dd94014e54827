"""The benefit of each cache: a shop with all of them beside shops that lack one, in turns in the same run.

python bench/caches.py sqlite [--rounds 5] [--parts NAME …] [--only FIGURE …]
make servers; . var/cluster.env; python bench/caches.py postgresql|workers|apart

Reports the CPU per request of the serving processes, its change in the middle round of five (with those of the best and the
worst), and requests per second. Shops take turns every tenth of a second, so that other load on the machine affects all.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.apart import new_database, on_servers
from bench.run import prepare_in
from bench.turns import CHANGING, CHECKOUT, Figure, Served, jobs, round_of, served
from bench.without import NOTHING
from shopwright.app import Shop
from shopwright.kit.settings import read
from shopwright.settings import Settings, complete

PARTS = {
    "sqlite": ("again", "wal index", "page cache", "memo"),
    "postgresql": ("again", "page cache", "memo", "pool", "cart count", "joined reads", "redis line"),
    "workers": ("again", "shared page cache"),
    "apart": ("again", "rpc cache", "cart count"),
}
# Processes of a shop share the server with others': a limited number of connections for each service.
CONNECTIONS = {"postgresql": 4, "workers": 2, "apart": 2}
SLICES = {CHECKOUT: 2, CHANGING: 4}  # of a round
SHOPPER = ("ada@example.com", "a-long-password-of-hers")
Rounds = dict[str, dict[str, list[Figure]]]  # by figure, and what is left out


async def signed_in(settings: Settings) -> str:
    shop = Shop(settings)
    await shop.users.register(*SHOPPER, "Ada")
    found = await shop.users.open_session(*SHOPPER)
    await shop.bus.settle()
    await shop.close()
    return found


async def on_server(settings: Settings, *statements: str) -> None:
    server = await asyncpg.connect(settings.database.partition("?")[0].rpartition("/")[0] + "/postgres")
    for statement in statements:
        await server.execute(statement)
    await server.close()


def environment_of(shape: str, folder: str, name: str) -> dict[str, str]:
    """Settings of the shop that all others are copies of."""
    common = {"SHOPWRIGHT_LIMITS": "off", "SHOPWRIGHT_PAYMENTS": "pretend:", "SHOPWRIGHT_DATA": folder}
    if shape == "sqlite":
        return common | {"SHOPWRIGHT_SECRET": uuid.uuid4().hex * 2}
    found = on_servers(folder, name) | common | {"SHOPWRIGHT_DOCUMENTS": "database:"}
    found["SHOPWRIGHT_DATABASE"] = f"{found['SHOPWRIGHT_DATABASE'].partition('?')[0]}?connections={CONNECTIONS[shape]}"
    return found if shape == "apart" else found | {"SHOPWRIGHT_BUS": "local:"}


def copied(environment: dict[str, str], name: str, to: str, part: str) -> dict[str, str]:
    """A copy of that shop: its folder, its database, its prefix in Redis and at the broker. They share the product index."""
    settings = complete(read(Settings, environment)[0])
    folder = f"{environment['SHOPWRIGHT_DATA']}-{to}"
    shutil.copytree(settings.data, folder)
    if settings.database.startswith("postgresql"):
        asyncio.run(on_server(settings, f"CREATE DATABASE {to} TEMPLATE {name}"))
    moved = {
        key: environment[key].replace(name, to)
        for key in ("SHOPWRIGHT_DATABASE", "SHOPWRIGHT_CACHE", "SHOPWRIGHT_BUS")
        if key in environment
    }
    no_shared_pages = {"SHOPWRIGHT_HOT_READS": "off:"} if part == "shared page cache" else {}
    return environment | moved | no_shared_pages | {"SHOPWRIGHT_DATA": folder}


@contextmanager
def shops_of(shape: str, parts: list[str]) -> Iterator[list[Served]]:
    """A shop with all caches, and one for each that is left out."""
    with tempfile.TemporaryDirectory(prefix="shopwright-caches-") as folder, ExitStack() as stack:
        name = f"bench_{uuid.uuid4().hex[:8]}"
        environment = environment_of(shape, f"{folder}/shop", name)
        for one in [key for key in os.environ if key.startswith("SHOPWRIGHT_")]:  # no settings of the measured shops
            del os.environ[one]
        Path(environment["SHOPWRIGHT_DATA"]).mkdir()
        settings = complete(read(Settings, environment)[0])
        names = [f"{name}_{number}" for number in range(len(parts) + 1)]
        if shape != "sqlite":
            gone = [f"DROP DATABASE IF EXISTS {one} WITH (FORCE)" for one in (name, *names)]
            stack.callback(lambda: asyncio.run(on_server(settings, *gone)))
            asyncio.run(new_database(settings, name))
        skus = asyncio.run(prepare_in(settings))
        session = asyncio.run(signed_in(settings))
        shops = []
        for part, to in zip((NOTHING, *parts), names, strict=True):
            own = copied(environment, name, to, part)
            shops.append(stack.enter_context(served(shape, part, own, skus, session)))
        yield shops


async def compared(shape: str, shops: list[Served], rounds: int, only: list[str]) -> Rounds:
    every = [jobs(shape, one) for one in shops]
    names = [name for name in every[0] if not only or name in only]
    for name in names:  # connections are open, statements prepared, and caches filled
        await round_of(shops, [one[name] for one in every], 1)
    for one in shops:
        before = one.used_s()
        await asyncio.sleep(3)
        one.idle = (one.used_s() - before) / 3
    got: Rounds = {name: {one.part: [] for one in shops} for name in names}
    for turn in range(rounds):
        for name in names:
            figures = await round_of(shops, [one[name] for one in every], SLICES.get(name, 10))
            for one, figure in zip(shops, figures, strict=True):
                got[name][one.part].append(figure)
        print(f"round {turn + 1}", file=sys.stderr, flush=True)
    return got


def report(shape: str, got: Rounds) -> None:
    for part in next(iter(got.values())):
        if part == NOTHING:
            continue
        print(f"\n{shape}, without: {part}")
        print(
            f"{'':24} {'ms CPU':>8} {'without':>9} {'more':>8} {'(spread)':>16} {'a second':>9} {'without':>9} {'':>7}"
        )
        for name, figures in got.items():
            have, lack = figures[NOTHING], figures[part]
            more = sorted(there[1] / here[1] - 1 for here, there in zip(have, lack, strict=True))
            rates = [statistics.median(one[0] for one in side) for side in (have, lack)]
            costs = [statistics.median(one[1] for one in side) for side in (have, lack)]
            spread = f"{more[0]:+.0%} … {more[-1]:+.0%}"
            print(
                f"{name:24} {costs[0]:8.3f} {costs[1]:9.3f} {statistics.median(more):+8.1%} {spread:>16}"
                f" {rates[0]:9.0f} {rates[1]:9.0f} {rates[1] / rates[0] - 1:+7.1%}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("shape", choices=PARTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--parts", nargs="+", default=[])
    parser.add_argument("--only", nargs="+", default=[], help="figures")
    arguments = parser.parse_args()
    with shops_of(arguments.shape, arguments.parts or list(PARTS[arguments.shape])) as shops:
        os.sched_setaffinity(0, {1})
        report(arguments.shape, asyncio.run(compared(arguments.shape, shops, arguments.rounds, arguments.only)))


if __name__ == "__main__":
    main()
