"""Guarantees with real processes: the last unit, `kill -9`, clean stops, clear messages."""

import asyncio
import contextlib
import os
import random
import re
import signal
import socket
import stat
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.kit.outgoing import client
from shopwright.services.pricing.contract import Coupon, Price
from tests.builders.environment import ON_SERVERS, POSTGRES, SOAK, bare_environment, need
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.processes import settled, stock_up
from tests.builders.server import Server, all_at_once, buy
from tests.builders.shops import QUICK, make_settings
from tests.builders.tcp_proxy import TcpProxy

pytestmark = pytest.mark.slow
CROWD = 1000 if SOAK else 60


async def test_many_buyers_of_the_last_unit_make_one_order(data: tuple[Path, str]) -> None:
    (sku,) = await stock_up(data, ("Last Lamp", 1))
    server = Server(*data, workers=2).start()
    try:
        answers = await all_at_once(server.url, CROWD, sku)
    finally:
        assert server.stop() == 0
    codes = Counter(
        (answer.status_code, answer.json().get("code") or answer.json().get("status")) for answer in answers
    )
    assert codes[201, "paid"] == 1, codes
    assert all(status in {201, 409} for status, _ in codes), codes
    shop = await settled(data)
    try:
        assert [order.status for order in await shop.orders.search(limit=100)] == ["paid"]
        assert await wrong(shop) == []
    finally:
        await shop.close()


async def test_many_uses_of_the_last_coupon_use_it_once(data: tuple[Path, str]) -> None:
    (sku,) = await stock_up(data, ("Lamp", 5_000))
    shop = Shop(make_settings(*data), hasher=QUICK)
    await shop.pricing.put_coupon(Coupon(code="LAST", kind="percentage", value=1000, limit_total=1))
    await shop.close()
    server = Server(*data, workers=2).start()
    try:
        answers = await all_at_once(server.url, CROWD, sku, coupon="LAST")
    finally:
        assert server.stop() == 0
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    shop = await settled(data)
    try:
        orders = [await shop.orders.get(one.id) for one in await shop.orders.search(limit=100)]
        assert [(order.status, order.coupons) for order in orders if order.totals.discount.amount] == [
            ("paid", ("LAST",))
        ]
        assert next(one.used for one in await shop.pricing.coupons() if one.code == "LAST") == 1
        assert await wrong(shop) == []
    finally:
        await shop.close()


@pytest.mark.soak
async def test_repeated_kills_under_load_lose_and_duplicate_nothing(data: tuple[Path, str]) -> None:
    skus = await stock_up(data, ("Lamp", 100_000), ("Chair", 100_000))
    chance = random.Random(os.environ.get("SEED", "shopwright"))
    server = Server(*data).start()
    acknowledged: dict[str, str] = {}
    tokens = ["pretend_ok"] * 6 + ["pretend_declined", "pretend_delayed", "pretend_lost", "pretend_3ds"]
    number = 0
    stopping = False

    async def shopper() -> None:
        nonlocal number
        while not stopping:
            number += 1
            name = f"buyer{number}"
            with contextlib.suppress(httpx.HTTPError, ValueError, KeyError):
                async with httpx.AsyncClient(base_url=server.url, timeout=5, trust_env=False) as client:
                    answer = await buy(client, chance.choice(skus), name, chance.choice(tokens))
                    if answer.status_code == 201:
                        acknowledged[answer.json()["id"]] = answer.json()["status"]
                    continue
            await asyncio.sleep(0.02)

    shoppers = [asyncio.create_task(shopper()) for _ in range(4)]
    kills = int(os.environ.get("KILLS", "15" if ON_SERVERS else "25" if POSTGRES else "60"))
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.02, 0.5))
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    await asyncio.sleep(2)
    stopping = True
    await asyncio.gather(*shoppers)
    assert server.stop() == 0
    shop = await settled(data)
    try:
        assert len(acknowledged) > kills // 4, "too little was bought for the kills to mean anything"
        orders = {
            row["id"]: row["status"] for row in await shop.databases["orders"].fetch("SELECT id, status FROM orders")
        }
        assert [order for order in acknowledged if order not in orders] == []
        assert [order for order, status in acknowledged.items() if status == "paid" and orders[order] != "paid"] == []
        captured = Counter(
            row["order_id"]
            for row in await shop.databases["payments"].fetch("SELECT order_id FROM payments WHERE status = 'captured'")
        )
        assert [order for order, count in captured.items() if count > 1] == []
        messages = Counter(
            (row["recipient"], row["subject"])
            for row in await shop.databases["notifications"].fetch("SELECT recipient, subject FROM viewer")
        )
        assert [message for message, count in messages.items() if count > 1] == []
        paid = [order for order, status in orders.items() if status == "paid"]
        assert sum(subject.startswith("Payment received") for _, subject in messages) == len(paid)
        assert await wrong(shop) == []
    finally:
        await shop.close()


async def test_every_worker_answers_with_all_acknowledged_data(data: tuple[Path, str]) -> None:
    """A price rises repeatedly while readers look at the pages cached by two workers."""
    shop = Shop(make_settings(*data), hasher=QUICK)
    lamp = await sell(shop, "Lamp")
    server = Server(*data, workers=2).start()
    acknowledged, looks, done = 1000, 0, False

    async def look(path: str, price: str) -> None:
        nonlocal looks
        while not done:
            async with client(10, server.url) as reader:  # at any worker
                for _ in range(3):
                    least = acknowledged
                    answer = await reader.get(path)
                    assert int(re.search(price, answer.text)[1].replace(".", "")) >= least
                    looks += 1

    try:
        await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(acknowledged, "EUR"))])
        readers = [
            asyncio.create_task(look(path, price))
            for path, price in (("/p/lamp", r"<strong>€([0-9.]+)"), ("/v1/products/lamp", r'"amount": ?(\d+)')) * 2
        ]
        for _ in range(150):
            await shop.pricing.set_prices([Price(lamp.variants[0].id, Money(acknowledged + 1, "EUR"))])
            acknowledged += 1
            await asyncio.sleep(0.005)
        done = True
        await asyncio.gather(*readers)
        assert looks > 100
    finally:
        server.stop()
        await shop.close()


async def test_one_process_answers_and_another_delivers_events(data: tuple[Path, str]) -> None:
    (sku,) = await stock_up(data, ("Lamp", 50))
    server = Server(*data, carry="elsewhere").start()
    command = [sys.executable, "-m", "shopwright", "work"]
    with (data[0] / "work.log").open("wb") as log:
        carrier = subprocess.Popen(command, env=server.environment, stdout=log, stderr=log)
    shop = Shop(make_settings(*data), hasher=QUICK)
    try:
        answers = await all_at_once(server.url, 5, sku, at_once=5)
        assert [answer.status_code for answer in answers] == [201] * 5
        async with asyncio.timeout(60):
            while [order.status for order in await shop.orders.search(limit=10)] != ["paid"] * 5:
                await asyncio.sleep(0.05)
            sql = "SELECT recipient FROM viewer WHERE subject LIKE 'Payment received%'"
            while len(await shop.databases["notifications"].fetch(sql)) < 5:
                await asyncio.sleep(0.05)
    finally:
        carrier.send_signal(signal.SIGINT)
        assert carrier.wait(20) == 0
        assert server.stop() == 0
        await shop.close()


async def test_two_workers_answer_for_one_shop_and_stop_cleanly(data: tuple[Path, str]) -> None:
    (sku,) = await stock_up(data, ("Lamp", 50))
    server = Server(*data, workers=2).start()
    try:
        answers = await all_at_once(server.url, 60, sku, at_once=20)
        assert Counter(answer.status_code for answer in answers) == {201: 50, 409: 10}
        for _ in range(6):  # whichever of the two answers
            numbers = (await asyncio.to_thread(httpx.get, f"{server.url}/metrics", trust_env=False)).text
            placed = 'shopwright_requests_total{method="POST",route="/v1/orders",status="201"} 50.0'
            assert placed in numbers
            assert 'shopwright_events_total{type="OrderPlaced"} 50.0' in numbers
            assert numbers.count('shopwright_engine_up{engine="database orders"} 1.0') == 1
        commands = await asyncio.to_thread(server.run, "doctor")
        assert commands.returncode == 0, commands.stdout
    finally:
        assert server.stop() == 0
    text = server.log.read_text()
    assert "Closed." in text
    assert "Traceback" not in text
    assert "owner-password" not in text


async def test_a_server_waits_for_a_missing_database_and_logs_it(data: tuple[Path, str]) -> None:
    need(bool(data[1]), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    proxy = TcpProxy(data[1])
    await proxy.open()
    server = Server(data[0], proxy.url)
    await proxy.cut()
    starting = asyncio.create_task(asyncio.to_thread(server.start))
    async with httpx.AsyncClient(base_url=server.url, timeout=5, trust_env=False) as client, asyncio.timeout(60):
        try:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    answer = await client.get("/health/ready")
                    break
                await asyncio.sleep(0.1)
            assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
            assert (await client.post("/v1/carts")).status_code == 503
            assert "Waiting …" in server.log.read_text()
            await proxy.open()
            await starting
            assert (await client.post("/v1/carts")).status_code == 201
        finally:
            assert await asyncio.to_thread(server.stop) == 0
            await proxy.cut()
    assert "Traceback" not in server.log.read_text()


def connections(group: int, port: int) -> dict[int, set[str]]:
    """The open connections to that port of each process of a group (proc(5))."""
    table = Path("/proc/net/tcp").read_text().splitlines()[1:]
    there = {columns[9] for line in table if (columns := line.split())[2].endswith(f":{port:04X}")}
    found: dict[int, set[str]] = {}
    for state in Path("/proc").glob("[0-9]*/stat"):
        pid = int(state.parent.name)
        with contextlib.suppress(OSError):
            if os.getpgid(pid) == group:
                held = {str(one.readlink()) for one in (state.parent / "fd").iterdir()}
                found[pid] = {inode for inode in there if f"socket:[{inode}]" in held}
    return found


async def wave(url: str, sku: str, name: str) -> set[int]:
    """The responses to thirty simultaneous buyers."""
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        answers = await asyncio.gather(*(buy(client, sku, f"{name}{n}") for n in range(30)))
    return {answer.status_code for answer in answers}


async def test_a_replaced_worker_opens_its_own_connections(data: tuple[Path, str]) -> None:
    need(bool(data[1]), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    (sku,) = await stock_up(data, ("Lamp", 1_000))
    port = urlsplit(data[1]).port or 5432
    server = Server(*data, workers=3).start()
    try:
        killed: set[int] = set()
        for number in range(2):
            await until_three_answer(server, port, killed)
            assert await wave(server.url, sku, f"wave{number}") == {201}
            held = {pid: its for pid, its in connections(server.process.pid, port).items() if its}
            assert len(held) == 3
            assert sum(map(len, held.values())) == len(set().union(*held.values()))
            killed.add(min(held))
            os.kill(min(held), signal.SIGKILL)
        await until_three_answer(server, port, killed)
        assert await wave(server.url, sku, "last") == {201}
    finally:
        assert server.stop() == 0


async def until_three_answer(server: Server, port: int, killed: set[int]) -> None:
    """A killed process may look alive for a moment."""

    def answering() -> set[int]:
        return {pid for pid, its in connections(server.process.pid, port).items() if its} - killed

    async with asyncio.timeout(30):
        while len(answering()) < 3:
            with contextlib.suppress(httpx.HTTPError):
                await asyncio.to_thread(httpx.get, f"{server.url}/health/ready", trust_env=False, timeout=5)


def shopwright(tmp_path: Path, *command: str, **more: str) -> subprocess.CompletedProcess:
    environment = bare_environment()
    environment |= {"SHOPWRIGHT_DATA": str(tmp_path / "data"), **more}
    return subprocess.run(
        [sys.executable, "-m", "shopwright", *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def check_output(result: subprocess.CompletedProcess, code: int, words: str) -> None:
    assert result.returncode == code, result.stdout + result.stderr
    assert words in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_wrong_arguments_are_refused_with_the_right_ones(tmp_path: Path) -> None:
    check_output(shopwright(tmp_path, "sevre"), 2, "No such command")
    check_output(shopwright(tmp_path, "init"), 0, "Created an empty shop")
    check_output(shopwright(tmp_path, "serve", "--port", "70000"), 2, "70000")
    check_output(shopwright(tmp_path, "import", "shopify", str(tmp_path / "none.csv")), 1, "There is no file")
    check_output(shopwright(tmp_path, "import", "shopfy", str(tmp_path / "none.csv")), 1, "Did you mean shopify?")
    check_output(shopwright(tmp_path, "doctor", SHOPWRIGHT_DATABSE="x"), 1, "Did you mean SHOPWRIGHT_DATABASE?")
    check_output(shopwright(tmp_path, "doctor", SHOPWRIGHT_DATABASE="mysql://x"), 1, "is not a URL of a known engine")
    check_output(shopwright(tmp_path, "doctor", SHOPWRIGHT_CURRENCY="EURO"), 1, "ISO 4217")
    check_output(
        shopwright(tmp_path, "doctor", SHOPWRIGHT_DATABASE="postgresql://nobody@127.0.0.1:9/none"),
        1,
        "PostgreSQL does not answer",
    )
    check_output(shopwright(tmp_path / "other", "init", SHOPWRIGHT_OWNER_EMAIL="nobody"), 1, "is not an e-mail address")


def test_a_port_in_use_is_reported_with_a_free_one(tmp_path: Path) -> None:
    with socket.socket() as taken_port:
        taken_port.bind(("127.0.0.1", 0))
        taken_port.listen()
        port = taken_port.getsockname()[1]
        check_output(shopwright(tmp_path, "serve", "--port", str(port)), 1, f"--port {port + 1}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_data_folder_is_reported(tmp_path: Path) -> None:
    locked = tmp_path / "data"
    locked.mkdir()
    locked.chmod(stat.S_IREAD | stat.S_IEXEC)
    check_output(shopwright(tmp_path, "demo"), 1, "cannot be used")


def test_a_data_folder_that_is_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    check_output(shopwright(tmp_path, "doctor"), 1, "cannot be used")


def test_commands_have_their_documented_effect(tmp_path: Path) -> None:
    check_output(shopwright(tmp_path, "init"), 0, "`shopwright password owner@example.com` sets one")
    check_output(shopwright(tmp_path, "migrate"), 0, "up to date")
    check_output(shopwright(tmp_path, "export", str(tmp_path / "out.jsonl")), 0, "0 products were written")
    check_output(shopwright(tmp_path, "export", str(tmp_path / "no" / "out.jsonl")), 1, "cannot be written")
    for name in ("out.csv", "out.tar", "out"):
        check_output(
            shopwright(tmp_path, "export", str(tmp_path / name)),
            2,
            "FILE.zip is the whole shop, FILE.jsonl its products",
        )
        assert not (tmp_path / name).exists()
    check_output(shopwright(tmp_path, "doctor"), 0, "No problems found.")
    check_output(shopwright(tmp_path, "events", "dead"), 0, "No dead events.")
    check_output(shopwright(tmp_path, "events", "replay", "evt_1"), 1, "evt_1: no such dead event.")
    listed = shopwright(tmp_path, "settings", SHOPWRIGHT_OWNER_PASSWORD="hunter2hunter2")
    check_output(listed, 0, "SHOPWRIGHT_DATABASE")
    assert "hunter2" not in listed.stdout


def test_a_newer_data_folder_is_refused_and_not_touched(tmp_path: Path) -> None:
    import sqlite3

    check_output(shopwright(tmp_path, "init"), 0, "Created an empty shop")
    database = tmp_path / "data" / "orders.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("INSERT INTO migrations VALUES ('orders/9999_future.sql', 'x')")
        connection.commit()
    check_output(shopwright(tmp_path, "migrate"), 1, "newer Shopwright")
