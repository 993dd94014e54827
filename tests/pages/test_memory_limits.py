"""Caches in memory are bounded, including their keys."""

from typing import Any

import httpx
from prometheus_client import CollectorRegistry, Counter

from shopwright.app import Shop
from shopwright.kit.caching import memo, page_cache
from shopwright.kit.caching.memo import Memo, weight
from shopwright.kit.caching.page_cache import AnonymousOnly, CachePolicy, PageCache, ServiceVersions
from shopwright.web import render


async def test_styles_are_served_once_each_at_their_own_address(api: httpx.AsyncClient) -> None:
    address, content = render.asset("tokens.css+site.css")
    good = await api.get(address)
    assert (good.status_code, good.content) == (200, content)
    digest = address.split("/")[2]
    render.asset.cache_clear()
    for wrong in (
        f"/assets/{digest}/site.css+site.css", f"/assets/{digest}/tokens.css+site.css+site.css", "/assets/abc/site.css",
        f"/assets/{digest}/site.css", f"/assets/{digest}/none.css", f"/assets/{digest}/tokens.css+", f"/assets/{digest[::-1]}/tokens.css+site.css",
        f"/assets/{digest}/" + "+".join(["site.css"] * 200), f"/assets/{digest}/..", f"/assets/{digest}/tokens.css+site.css+office.css",
    ):  # fmt: skip
        assert (await api.get(wrong)).status_code in {400, 404}, wrong
    assert render.asset.cache_info().currsize <= 5


async def test_addresses_of_cached_pages_are_bounded() -> None:
    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    counted = Counter("kept", "kept", ["how"], registry=CollectorRegistry())
    sources = ServiceVersions({"catalog": lambda: 1}, None)
    cache = PageCache(answer, {"/v1/search": CachePolicy(("catalog",), AnonymousOnly())}, sources, counted)

    async def nothing(_message: Any) -> None: ...

    for number in range(6_000):
        query = b"q=" + str(number).encode() * 1_500
        scope: Any = {
            "type": "http",
            "method": "GET",
            "path": "/v1/search",
            "query_string": query[:8_000],
            "headers": [],
        }
        await cache(scope, nothing, nothing)
    held = sum(len(path) + len(query) for path, query in cache._kept)
    assert 1_000_000 < held < page_cache.MOST_BYTES
    assert cache._bytes <= page_cache.MOST_BYTES


async def test_caches_of_services_are_bounded(local_shop: Shop) -> None:
    remembered = Memo(local_shop.databases["catalog"])

    async def value() -> str:
        return "v" * 100_000

    for number in range(1_000):
        await remembered.get(("q" * 1_000, number), value)
    assert remembered._bytes <= memo.MOST_BYTES + 200_000
    assert sum(weight(key) + weight(one) for key, one in remembered._values.items()) == remembered._bytes


async def test_an_entry_evicted_during_a_read_is_still_answered(local_shop: Shop) -> None:
    remembered = Memo(local_shop.databases["catalog"])

    async def read(ids: list[str]) -> dict[str, str]:
        async def value() -> str:
            return "other"

        for number in range(
            memo.MOST + 2 if ids == ["b"] else 0
        ):  # too many: all entries of the same version are dropped
            await remembered.get(number, value)
        return {one: one * 2 for one in ids}

    for _ in range(2):  # the first version of a database is not in its log
        assert await remembered.many("kind", ["a"], read) == {"a": "aa"}
    assert await remembered.many("kind", ["a", "b"], read) == {"a": "aa", "b": "bb"}
    assert len(remembered._values) < memo.MOST
