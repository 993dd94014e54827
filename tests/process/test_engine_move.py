"""A running shop moves to other engines and back: nothing is lost or duplicated, and the move may be killed."""

import asyncio
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path

import httpx
import pymongo
import pytest

from shopwright.app import Shop
from shopwright.kit.errors import Conflict, Refused, Unavailable
from shopwright.operations.archive import checksum
from shopwright.operations.move.run import EngineMove, release
from tests.builders.environment import ON_SERVERS, POSTGRES, mongo_url, need, postgres_do, server, server_place
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.server import Server, buy, delivered
from tests.builders.shops import QUICK, make_settings

pytestmark = [pytest.mark.slow, pytest.mark.skipif(ON_SERVERS, reason="each of these knows two shapes already")]


@pytest.fixture
async def embedded(tmp_path: Path) -> Mapping[str, str]:
    """Embedded engines in a folder."""
    folder = tmp_path / "embedded"
    return {"database": f"sqlite://{folder}", "documents": "database:", "files": f"file://{folder}/files", "search": f"tantivy://{folder}/search"}  # fmt: skip


@pytest.fixture
async def servers(tmp_path: Path, database: None) -> AsyncIterator[Mapping[str, str]]:
    """Namespaces of this test on the servers."""
    folder = tmp_path / "servers"
    name = f"move_{uuid.uuid4().hex[:12]}"
    await postgres_do(f"CREATE DATABASE {name}")
    yield {
        "database": f"{POSTGRES.rpartition('/')[0]}/{name}?roles=move",
        "documents": mongo_url(folder),
        "files": server("S3").replace("?", f"/{server_place(folder)}?"),
        "search": f"tantivy://{folder}/search",
    }
    await postgres_do(f"DROP DATABASE {name} WITH (FORCE)")
    async with pymongo.AsyncMongoClient(mongo_url(folder)) as client:
        await client.drop_database(client.get_default_database())


@pytest.fixture
def database() -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")


def open_shop(tmp_path: Path, engines: Mapping[str, str]) -> Shop:
    return Shop(make_settings(tmp_path / "data", **engines), hasher=QUICK)


def two_shops(tmp_path: Path, embedded: Mapping[str, str]) -> tuple[Shop, Shop]:
    """Settings that differ only in their databases."""
    here, there = ({**embedded, "database": f"sqlite://{tmp_path}/{name}"} for name in ("here", "there"))
    return open_shop(tmp_path, here), open_shop(tmp_path, there)


async def furnish(shop: Shop) -> str:
    """Publish a product with a picture; returns its SKU."""
    from shopwright.demo.load import load_rules

    await shop.migrate()
    await load_rules(shop)
    await shop.users.ensure_owner("owner@example.com", "owner-password")
    await shop.catalog.add_media(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>', "")  # fmt: skip
    lamp = await sell(shop, "Lamp", on_hand=100_000)
    for n in range(30):
        await sell(shop, f"Chair {n}", colours=("Red", "Blue"))
    return lamp.variants[0].sku


async def judge(shop: Shop, acknowledged: set[str]) -> None:
    """Check that the shop is complete and works."""
    await delivered(shop)
    orders = {row["id"]: row["status"] for row in await shop.databases["orders"].fetch("SELECT id, status FROM orders")}
    assert acknowledged <= orders.keys()
    assert set(orders.values()) <= {"paid", "placed", "cancelled", "expired"}
    assert await wrong(shop) == []
    await shop.search.bring_up_to_date()
    new = await sell(shop, f"Sofa {uuid.uuid4().hex}")
    assert (await shop.catalog.get(new.id)).title.startswith("Sofa")


def moving(server: Server, target: Mapping[str, str], *more: str) -> subprocess.Popen:
    options = [part for name in ("documents", "files", "search") for part in (f"--{name}", target[name])]
    return subprocess.Popen(
        [sys.executable, "-m", "shopwright", "move", "--to", target["database"], *options, *more],
        env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@pytest.mark.soak
@pytest.mark.parametrize("mode", ["there", "back"])
async def test_a_shop_moves_while_it_sells_and_the_move_may_be_killed(
    mode: str, tmp_path: Path, embedded: Mapping[str, str], servers: Mapping[str, str]
) -> None:
    source, target = (embedded, servers) if mode == "there" else (servers, embedded)
    shop = open_shop(tmp_path, source)
    sku = await furnish(shop)
    await shop.close()
    environment = {f"{name}": url for name, url in source.items() if name != "database"}
    server = Server(tmp_path / "data", source["database"], **environment).start()
    acknowledged: set[str] = set()
    refused = number = 0
    stopping = False

    async def shopper() -> None:
        nonlocal number, refused
        while not stopping:
            number += 1
            with suppress(httpx.HTTPError, ValueError, KeyError):
                async with httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as client:
                    answer = await buy(client, sku, f"buyer{number}")
                    if answer.status_code == 201:
                        acknowledged.add(answer.json()["id"])
                        continue
                    assert answer.status_code == 503, answer.text
                    assert "moving to another place" in answer.text
            refused += 1
            await asyncio.sleep(0.05)

    shoppers = [asyncio.create_task(shopper()) for _ in range(3)]
    try:
        while len(acknowledged) < 10:
            await asyncio.sleep(0.05)
        for line in ("copying orders/", "comparing"):
            first = moving(server, target)
            await asyncio.to_thread(_until, first, line)
            first.send_signal(signal.SIGKILL)
            first.wait()
            first.stdout.close()
        before = len(acknowledged)
        last = moving(server, target)
        output, _ = await asyncio.to_thread(last.communicate, timeout=120)
        assert last.returncode == 0, output
        assert "broken off" in output
        assert "The shop was read-only for" in output
        while not refused:
            await asyncio.sleep(0.05)
        assert len(acknowledged) > before
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
            assert (await client.get("/p/lamp")).status_code == 200  # browsing is not disturbed
    finally:
        stopping = True
        await asyncio.gather(*shoppers)
        server.stop()
    moved = open_shop(tmp_path, target)
    left = open_shop(tmp_path, source)
    try:
        assert len(await checksum(left)) == 64  # it can still be read
        await judge(moved, acknowledged)
        with pytest.raises(Unavailable, match="moving to another place"):
            await left.carts.create(None)
        await release(left)
        await judge(left, acknowledged)
    finally:
        await moved.close()
        await left.close()


def _until(process: subprocess.Popen, words: str) -> None:
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"“{words}” was not said")


async def test_an_idle_shop_is_unchanged_after_it_moved_there_and_back(
    tmp_path: Path, embedded: Mapping[str, str], servers: Mapping[str, str]
) -> None:
    shop = open_shop(tmp_path, embedded)
    await furnish(shop)
    before = await checksum(shop)
    there = open_shop(tmp_path, servers)
    done = await EngineMove(shop, there, lambda _line: None).run(replace=False)
    assert (done.files > 0, done.read_only_s < 10) == (True, True)
    assert await checksum(there) == before
    await shop.close()
    home = open_shop(tmp_path, {**embedded, "database": f"sqlite://{tmp_path}/home", "files": f"file://{tmp_path}/home/files"})  # fmt: skip
    await EngineMove(there, home, lambda _line: None).run(replace=False)
    assert await checksum(home) == before
    for one in (there, home):
        await one.close()


async def test_a_target_that_is_not_empty_is_replaced_only_on_request(
    tmp_path: Path, embedded: Mapping[str, str]
) -> None:
    here, there = two_shops(tmp_path, embedded)
    for shop in (here, there):
        await furnish(shop)
    with pytest.raises(Refused, match="--replace"):
        await EngineMove(here, there, lambda _line: None).run(replace=False)
    with pytest.raises(Refused, match="choose another"):
        await EngineMove(here, here, lambda _line: None).run(replace=True)
    await EngineMove(here, there, lambda _line: None).run(replace=True)
    assert await checksum(there) == await checksum(here)
    for shop in (here, there):
        await shop.close()


async def test_a_differing_copy_is_found_and_the_shop_stays_where_it_is(
    tmp_path: Path, embedded: Mapping[str, str]
) -> None:
    here, there = two_shops(tmp_path, embedded)
    await furnish(here)
    lines: list[str] = []

    class Spoiled(EngineMove):
        async def _files(self) -> None:
            async with there.databases["pricing"].begin() as tx:
                await tx.run(
                    "UPDATE prices SET amount = amount + 1 WHERE variant_id = (SELECT min(variant_id) FROM prices)"
                )

    with pytest.raises(Conflict, match=r"pricing\.prices is not the same"):
        await Spoiled(here, there, lines.append).run(replace=False)
    await here.carts.create(None)
    for shop in (here, there):
        await shop.close()


async def test_rows_that_move_during_the_copy_arrive(tmp_path: Path, embedded: Mapping[str, str]) -> None:
    """A unique value that moves from row to row never blocks the copy."""
    here, there = two_shops(tmp_path, embedded)
    await furnish(here)
    users = here.databases["users"]

    async def swap(round_: int) -> None:
        async with users.begin() as tx:
            for n in range(3):
                await tx.run("UPDATE users SET email_key = :key WHERE id = :id", key=f"x{n}", id=f"usr_{n}")
            for n in range(3):
                await tx.run(
                    "UPDATE users SET email_key = :key WHERE id = :id", key=f"k{(n + round_) % 3}", id=f"usr_{n}"
                )

    columns = [row["name"] for row in await users.fetch("SELECT name FROM pragma_table_info('users')")]
    async with users.begin() as tx:
        (known,) = await tx.fetch("SELECT * FROM users")
        for n in range(3):
            row = {**dict(known), "id": f"usr_{n}", "email_key": f"k{n}"}
            await tx.run(
                f"INSERT INTO users ({', '.join(columns)}) VALUES ({', '.join(f':{one}' for one in columns)})", **row
            )

    class Swapping(EngineMove):
        async def _catch_up(self) -> int:
            await swap(1)
            return await super()._catch_up()

        async def _switch(self, checksum: str):
            self._catch_up = super()._catch_up
            return await super()._switch(checksum)

    await Swapping(here, there, lambda _line: None).run(replace=False)
    assert await checksum(there) == await checksum(here)
    for shop in (here, there):
        await shop.close()
