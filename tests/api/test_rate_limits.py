"""Rate limits by kind of request, counted by all processes together in a sliding minute."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.engines.cache.memory import MemoryCache
from shopwright.engines.cache.windows import CacheWindows, MachineWindows, Windows
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Missing, RateLimited, Unavailable
from shopwright.kit.http.limits import Limiter
from shopwright.kit.http.problems import describe, when_again
from shopwright.web.application import build
from tests.builders.customers import sign_in
from tests.builders.gateway import shop_port
from tests.builders.shops import OWNER, QUICK, make_settings

PROMISED = ("retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")


@asynccontextmanager
async def limited(data: tuple[Path, str], clock: HandClock, writes: int) -> AsyncIterator[httpx.AsyncClient]:
    shop = Shop(make_settings(*data, limits="on", writes_per_minute=writes), clock=clock, hasher=QUICK)
    transport = httpx.ASGITransport(app=build(shop, deliver=False), client=("203.0.113.1", 1))
    async with shop.running(deliver=False), httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
        yield api


@pytest.mark.parametrize(
    ("writes", "path", "limit"),
    [(1, "/v1/products", 10), (1, "/", 10), (1, "/account", 10), (1, "/p/nowhere", 10), (1, "/nowhere", 10), (2, "/v1/search", 4), (2, "/search", 4),
     (2, "/v1/search/suggestions", 4), (5, "/track", 1), (1, "/assets/x/site.css", 50), (1, "/media/x/1.webp", 50)],
)  # fmt: skip
async def test_reads_are_limited_on_pages_too(data: tuple[Path, str], writes: int, path: str, limit: int) -> None:
    async with limited(data, HandClock(), writes) as api:
        # A cached page is no search.
        mark = "&" if "?" in path else "?"
        answers = [await api.get(f"{path}{mark}q={n}" if "search" in path else path) for n in range(limit + 1)]
        assert 429 not in [one.status_code for one in answers[:-1]]
        assert answers[-1].status_code == 429
        assert all(name in answers[-1].headers for name in PROMISED), answers[-1].headers
        assert answers[-1].headers["ratelimit-limit"] == str(limit)
        assert answers[-1].headers["ratelimit-remaining"] == "0"
        assert (await api.get("/health/live")).status_code == 200


@pytest.mark.parametrize("path", ["/v1/documents/doc_1/pdf", "/v1/ledger-export?from=2026-03&to=2026-03"])
async def test_downloads_of_documents_and_of_the_ledger_are_limited(data: tuple[Path, str], path: str) -> None:
    async with limited(data, HandClock(), 10) as api:
        staff = await sign_in(api, *OWNER)
        answers = [await api.get(path, headers=staff) for _ in range(3)]
        assert [one.status_code == 429 for one in answers] == [False, False, True]
        assert answers[2].headers["ratelimit-limit"] == "2"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/password-resets", {"email": "ada@example.com"}), ("/v1/stock-alerts", {"sku": "X", "email": "ada@example.com"}),
     ("/v1/users", {"email": "ada@example.com", "password": "correct horse", "name": "Ada"})],
)  # fmt: skip
async def test_messages_are_limited(data: tuple[Path, str], path: str, body: dict[str, str]) -> None:
    async with limited(data, HandClock(), 20) as api:
        answers = [await api.post(path, json=body) for _ in range(3)]
        assert [one.status_code for one in answers].count(429) == 1
        assert answers[2].headers["ratelimit-limit"] == "2"
        assert all(name in answers[2].headers for name in PROMISED)


async def test_a_minute_is_a_sliding_window(data: tuple[Path, str]) -> None:
    clock = HandClock()
    clock.move(seconds=60 - clock.now().timestamp() % 60 + 55)
    async with limited(data, clock, 60) as api:
        assert [(await api.post("/v1/carts")).status_code for _ in range(61)].count(201) == 60
        clock.move(seconds=10)  # the next minute has begun: of the one before, 55 seconds still count
        assert [(await api.post("/v1/carts")).status_code for _ in range(60)].count(201) in range(4, 8)
        clock.move(seconds=120)
        assert [(await api.post("/v1/carts")).status_code for _ in range(60)].count(201) == 60


@pytest.mark.parametrize("kind", ["machine", "cache"])
async def test_processes_share_their_counts(kind: str, tmp_path: Path) -> None:
    clock, cache = HandClock(), MemoryCache()
    clock.move(seconds=60 - clock.now().timestamp() % 60)

    def process() -> Windows:
        return MachineWindows(clock, tmp_path) if kind == "machine" else CacheWindows(clock, cache)

    for writes in (1, 20, 1_000):
        scope = {"client": (f"203.0.113.{writes % 250}", 1)}
        processes = [process() for _ in range(3)]
        limiters = [Limiter(one, writes) for one in processes]
        passed = 0
        for number in range(2 * writes + 3):
            try:
                await limiters[number % 3].count(scope, "write")
                passed += 1
            except RateLimited:
                continue
        assert writes - 3 * max(0, writes // 50) <= passed <= writes
        for one in processes:
            one.close()


@pytest.mark.slow
async def test_two_workers_let_no_more_through_than_one(data: tuple[Path, str], tmp_path: Path) -> None:
    async with shop_port("two workers", data, tmp_path, limits="on", writes_per_minute="20") as port:
        limits = httpx.Limits(max_keepalive_connections=0)  # each request to any worker
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, limits=limits, timeout=20
        ) as api:
            answers = await asyncio.gather(*(api.post("/v1/carts") for _ in range(60)))
            assert [one.status_code for one in answers].count(201) <= 40  # where a minute ended meanwhile
            assert [one.status_code for one in answers].count(429) >= 20
            other = await api.post("/v1/carts", headers={"X-Forwarded-For": "203.0.113.77"})
            assert other.status_code == 201


async def test_a_request_that_cannot_be_counted_is_admitted(tmp_path: Path) -> None:
    limiter = Limiter(MachineWindows(HandClock(), tmp_path / "nowhere"), 1)
    for _ in range(3):
        assert (await limiter.count({"client": ("203.0.113.1", 1)}, "write"))[1] == 1


def test_every_429_names_the_time_to_retry() -> None:
    for error, again, limit in (
        (RateLimited("Too many."), "60", "1"),
        (RateLimited("Too many.", data={"retry_after": 7, "limit": 30}), "7", "30"),
    ):
        retry_after = when_again(describe(error))
        assert retry_after == {
            "Retry-After": again, "RateLimit-Limit": limit, "RateLimit-Remaining": "0", "RateLimit-Reset": again,
        }  # fmt: skip
    assert when_again(describe(Unavailable("Away.", data={"retry_after": 3}))) == {"Retry-After": "3"}
    assert when_again(describe(Missing("Nothing."))) == {}
