"""The contract of every cache: in memory always, Redis and Memcached where they are available."""

import asyncio
import gc
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import trustme
from redis.asyncio import Redis

from shopwright.app import Shop
from shopwright.engines.cache import open_cache
from shopwright.engines.cache.guarded import GuardedCache
from shopwright.engines.cache.memory import MemoryCache
from shopwright.engines.cache.redis import RedisCache
from shopwright.kit.caching.circuit_breaker import REST_S
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.ports import Cache
from shopwright.kit.settings import client_of
from shopwright.web.application import build
from tests.builders.environment import need, server
from tests.builders.server import free_port
from tests.builders.shops import QUICK, make_settings

LONG = timedelta(minutes=10)


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A unique key with all characters that a key may contain."""
    return f"{request.node.name} {time.monotonic_ns()} ☕"


async def test_a_stored_value_is_there_until_it_is_deleted(cache: Cache, key: str) -> None:
    assert await cache.get(key) is None
    await cache.set(key, b"\0\xff\r\nEND\r\n", LONG)
    assert await cache.get(key) == b"\0\xff\r\nEND\r\n"
    await cache.set(key, b"", LONG)
    assert await cache.get(key) == b""
    await cache.delete(key)
    await cache.delete(key)
    assert await cache.get(key) is None


async def test_of_many_concurrent_additions_of_a_key_one_succeeds(cache: Cache, key: str) -> None:
    added = await asyncio.gather(*(cache.add(key, str(number).encode(), LONG) for number in range(20)))
    assert added.count(True) == 1
    assert await cache.get(key) == str(added.index(True)).encode()
    await cache.set(key, b"other", LONG)
    assert not await cache.add(key, b"x", LONG)
    assert await cache.get(key) == b"other"
    await cache.delete(key)
    assert await cache.add(key, b"x", timedelta(seconds=1))
    await asyncio.sleep(2.1)
    assert await cache.add(key, b"y", LONG)


async def test_a_read_during_another_read_sees_the_newest_value(cache: Cache, key: str) -> None:
    for number in range(50):
        early = [asyncio.create_task(cache.get(f"{key}{other}")) for other in range(3)]
        await asyncio.sleep(0)
        await cache.set(key, str(number).encode(), LONG)
        found = await asyncio.gather(*(cache.get(key) for _ in range(5)), cache.get(f"{key} other"))
        assert found == [str(number).encode()] * 5 + [None]
        await asyncio.gather(*early)


async def test_concurrent_requests_to_redis_leave_no_connection_open() -> None:
    """As when a probe succeeds while a request still waits for the server."""
    cache = RedisCache(server("REDIS"))
    for _ in range(3):
        assert await asyncio.gather(*(cache.hash("nothing") for _ in range(3))) == [{}, {}, {}]
    await cache.close()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gc.collect()
    assert [str(one.message) for one in caught] == []


@pytest.mark.slow
async def test_a_value_expires(cache: Cache, key: str) -> None:
    await cache.set(key, b"x", timedelta(seconds=2))
    assert await cache.increment(key + "n", timedelta(seconds=2)) == 1
    assert await cache.increment(key + "n", timedelta(seconds=2)) == 2
    assert await cache.get(key) == b"x"
    await asyncio.sleep(2.1)
    assert await cache.get(key) is None
    assert await cache.increment(key + "n", timedelta(seconds=2)) == 1


@pytest.mark.slow
async def test_a_counter_expires_when_its_first_increment_does(cache: Cache, key: str) -> None:
    """The expiry of a counter is not moved by later increments."""
    counts = [await cache.increment(key, timedelta(seconds=4))]
    await asyncio.sleep(2)
    counts.append(await cache.increment(key, timedelta(seconds=4)))
    await asyncio.sleep(2.6)  # Memcached may expire it up to a second too early
    counts.append(await cache.increment(key, timedelta(seconds=4)))
    assert counts == [1, 2, 1]


async def test_concurrent_increments_are_all_counted(cache: Cache, key: str) -> None:
    counts = await asyncio.gather(*(cache.increment(key, LONG) for _ in range(200)))
    assert sorted(counts) == list(range(1, 201))


async def test_keys_of_any_length_and_values_of_any_size_are_harmless(cache: Cache, key: str) -> None:
    await cache.set(key * 50, b"long", LONG)
    assert await cache.get(key * 50) == b"long"
    await cache.set(key, b"small", LONG)
    await cache.set(key, b"x" * 3_000_000, LONG)
    assert await cache.get(key) in {None, b"x" * 3_000_000}  # never an old value


async def test_a_cache_in_memory_evicts_when_it_is_full() -> None:
    now = 0.0
    cache = MemoryCache(monotonic=lambda: now, capacity=2)
    for one in ("a", "b", "c"):
        await cache.set(one, b"x", timedelta(seconds=10))
    assert await cache.get("a") is None
    assert await cache.get("c") == b"x"
    now = 10.0
    assert await cache.get("c") is None


# --- servers that are missing or hang


@contextmanager
def silent_server() -> Iterator[int]:
    """A server that accepts every connection and never answers."""

    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("scheme", ["redis", "memcached", "redis+cluster", "redis+sentinel"])
async def test_a_missing_server_is_unavailable_and_is_waited_for_once(scheme: str) -> None:
    path = "/mymaster" if scheme == "redis+sentinel" else ""
    cache = open_cache(f"{scheme}://127.0.0.1:{free_port()}{path}")
    with pytest.raises(Unavailable):
        await cache.get("a")
    began = time.monotonic()
    for _ in range(1000):
        with pytest.raises(Unavailable):
            await cache.increment("a", LONG)
    assert time.monotonic() - began < REST_S
    await cache.close()


@pytest.mark.parametrize("scheme", ["redis", "memcached"])
async def test_a_server_that_never_answers_times_out_quickly(scheme: str) -> None:
    with silent_server() as port:
        cache = open_cache(f"{scheme}://127.0.0.1:{port}")
        with pytest.raises(Unavailable):
            await asyncio.wait_for(cache.get("a"), 10)
        await cache.close()


@pytest.mark.parametrize("scheme", ["redis", "memcached"])
@pytest.mark.slow
async def test_concurrent_requests_to_a_hanging_server_do_not_wait_for_one_another(scheme: str) -> None:
    with silent_server() as port:
        cache = open_cache(f"{scheme}://127.0.0.1:{port}")
        began = time.monotonic()
        answers = await asyncio.gather(*(cache.increment("a", LONG) for _ in range(300)), return_exceptions=True)
        assert {type(answer) for answer in answers} == {Unavailable}
        assert time.monotonic() - began < 8  # in sequence it would take a minute
        await cache.close()


async def test_a_half_dead_engine_does_not_delay_the_answers_of_a_healthy_process(
    data: tuple[Path, str],
) -> None:
    with silent_server() as port:
        files = f"s3://key:secret@media?endpoint=http://127.0.0.1:{port}"
        async with Shop(make_settings(*data, files=files), hasher=QUICK).running(deliver=False) as shop:
            transport = httpx.ASGITransport(app=build(shop, deliver=False))
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
                answer = await asyncio.wait_for(client.get("/health/ready"), 10)
    assert (answer.status_code, answer.json()["status"]) == (200, "less")
    assert "does not answer" in answer.json()["engines"]["files"]


@pytest.mark.slow
async def test_while_it_is_away_only_a_probe_calls_it() -> None:
    requests: list[str] = []
    broken = True

    class Moody(MemoryCache):
        async def get(self, key: str) -> bytes | None:
            requests.append(key)
            if broken:
                await asyncio.sleep(REST_S / 2)  # one that hangs
                raise Unavailable("not now")
            return await super().get(key)

    cache = GuardedCache(Moody())
    with pytest.raises(Unavailable, match="not now"):
        await cache.get("a")
    while requests.count("ready") < 2:
        with pytest.raises(Unavailable, match="a moment ago"):
            await cache.get("a")
        await asyncio.sleep(0.01)
    assert requests.count("a") == 1
    broken = False
    while True:
        with suppress(Unavailable):
            assert await cache.get("a") is None
            break
        await asyncio.sleep(0.01)
    broken = True
    with pytest.raises(Unavailable, match="not now"):
        await cache.get("a")
    await cache.close()
    before = len(requests)
    await asyncio.sleep(2 * REST_S)
    assert len(requests) == before


async def test_a_shop_without_its_cache_sells_and_limits_no_client(data: tuple[Path, str]) -> None:
    away = {"cache": f"redis://127.0.0.1:{free_port()}", "limits": "on", "writes_per_minute": 1}
    shop = Shop(make_settings(*data, **away), hasher=QUICK)
    app = build(shop, deliver=False)
    async with (
        shop.running(deliver=False),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as client,
    ):
        carts = [await client.post("/v1/carts") for _ in range(3)]
        users = [
            await client.post(
                "/v1/users", json={"email": f"{name}@example.com", "password": "correct horse", "name": name}
            )
            for name in ("ada", "eve")
        ]
    assert [answer.status_code for answer in carts + users] == [201] * 5


# --- Redis with TLS, watched by Sentinels, and as a Cluster


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Start servers of a test."""
    server("REDIS")
    command = shutil.which("redis-server")
    need(bool(command), "redis-server")
    running: list[subprocess.Popen] = []

    def start(*lines: str, sentinel: bool = False, tls: bool = False) -> int:
        port = free_port()
        home = tmp_path / str(port)
        home.mkdir()
        ports = ["port 0", f"tls-port {port}"] if tls else [f"port {port}"]
        configuration = ["bind 127.0.0.1", *ports, f"dir {home}", "save ''", *lines]
        (home / "redis.conf").write_text("\n".join(configuration) + "\n")
        more = ["--sentinel"] if sentinel else []
        with (home / "log").open("w") as log:
            running.append(subprocess.Popen([command, home / "redis.conf", *more], stdout=log, stderr=log))
        start.processes[port] = running[-1]
        return port

    start.processes = {}
    yield start
    for process in running:
        process.kill()
        process.wait()


async def patiently(cache: Cache, key: str, patience_s: float = 20) -> None:
    """Write a value as soon as the server accepts it."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            await cache.set(key, b"here", LONG)
            assert await cache.get(key) == b"here"
        except Unavailable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
        else:
            return


async def test_redis_with_tls_and_a_user_needs_both(redis_server, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    port = redis_server(
        f"tls-cert-file {tmp_path}/cert.pem",
        f"tls-key-file {tmp_path}/key.pem",
        f"tls-ca-cert-file {tmp_path}/ca.pem",
        "tls-auth-clients no",
        "user default off",
        "user shop on >s%3Cret ~shopwright:* +@all",
        tls=True,
    )
    right = open_cache(f"rediss://shop:s%253Cret@127.0.0.1:{port}/0?ca={tmp_path}/ca.pem")
    await patiently(right, "a")
    await right.close()
    for url in (
        f"rediss://shop:s%253Cret@127.0.0.1:{port}/0",  # an unknown authority
        f"rediss://shop:wrong@127.0.0.1:{port}/0?ca={tmp_path}/ca.pem",
        f"rediss://127.0.0.1:{port}/0?ca={tmp_path}/ca.pem",
        f"redis://shop:s%253Cret@127.0.0.1:{port}/0",
    ):
        wrong = open_cache(url)
        with pytest.raises(Unavailable) as error:
            await wrong.get("a")
        assert "s%3Cret" not in error.value.detail
        await wrong.close()


async def watches(port: int) -> bool:
    """Whether this Sentinel knows the replica and both of its fellows."""
    async with Redis(port=port, decode_responses=True) as sentinel:
        master = await sentinel.sentinel_master("mymaster")
    return master["num-slaves"] == 1 and master["num-other-sentinels"] == 2


@pytest.mark.soak
async def test_when_the_master_dies_the_sentinels_name_another_and_the_shop_follows(redis_server) -> None:
    master = redis_server()
    replica = redis_server(f"replicaof 127.0.0.1 {master}")
    watchers = [
        redis_server(
            f"sentinel monitor mymaster 127.0.0.1 {master} 2",
            "sentinel down-after-milliseconds mymaster 500",
            "sentinel failover-timeout mymaster 3000",
            sentinel=True,
        )
        for _ in range(3)
    ]
    cache = open_cache(f"redis+sentinel://{','.join(f'127.0.0.1:{port}' for port in watchers)}/mymaster")
    await patiently(cache, "before")
    direct = open_cache(f"redis://127.0.0.1:{replica}")
    deadline = time.monotonic() + 60
    for port in watchers:  # they query the master for its replicas each ten seconds: without one they cannot fail over
        while not await watches(port):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
    while await direct.get("before") is None:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
    redis_server.processes[master].kill()
    with pytest.raises(Unavailable):
        await cache.set("during", b"x", LONG)
    await patiently(cache, "after", 40)
    assert await cache.get("before") == b"here"
    await cache.close()
    await direct.close()


async def test_the_description_of_a_cache_names_its_version_and_refused_commands(redis_server) -> None:
    versions = []
    for name in ("REDIS", "MEMCACHED"):
        cache = open_cache(server(name))
        health = await cache.examine()
        await cache.close()
        assert health.wrong == ()
        versions.append(health.engine.split()[0])
    assert versions == ["Redis", "Memcached"]
    full = open_cache(f"redis://127.0.0.1:{redis_server('maxmemory 10mb', 'maxmemory-policy noeviction')}")
    await patiently(full, "a")
    (sentence,) = (await full.examine()).wrong
    assert "allkeys-lru" in sentence
    await full.close()


async def test_a_cluster_finds_the_server_of_each_key(redis_server) -> None:
    ports = [
        redis_server("cluster-enabled yes", "cluster-node-timeout 2000", f"cluster-port {free_port()}")
        for _ in range(3)
    ]
    deadline = time.monotonic() + 20
    nodes = [f"127.0.0.1:{port}" for port in ports]
    create = ["redis-cli", "--cluster", "create", *nodes, "--cluster-yes"]
    while (await asyncio.to_thread(subprocess.run, create, check=False, capture_output=True)).returncode:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
    cache = open_cache(f"redis+cluster://{','.join(nodes)}")
    await patiently(cache, "a")
    for number in range(30):
        await cache.set(f"key {number}", str(number).encode(), LONG)
        assert await cache.increment(f"count {number}", LONG) == 1
    assert [await cache.get(f"key {number}") for number in range(30)] == [str(n).encode() for n in range(30)]
    await cache.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://", "names no host"),
        ("redis://one,two", "redis[+]sentinel"),
        ("redis://one/shop", "numbers them"),
        ("redis://one:port", "a port is a number"),
        ("redis://one?tls=yes", "“tls”"),
        ("redis+sentinel://one", "names no master"),
        ("memcached://one/two", "must be like memcached"),
        ("redys://one", "Did you mean redis"),
    ],
)
def test_an_invalid_url_is_refused_with_a_valid_example(url: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        open_cache(url)


def test_an_engine_whose_client_is_not_installed_says_how_to_install_it() -> None:
    with pytest.raises(Invalid, match=r"pip install 'shopwright\[redis\]'"), client_of("redis"):
        raise ModuleNotFoundError("No module named 'redis'", name="redis")
