"""Searching on pages and by the API: words of every script, and invalid queries."""

import html
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.services.search.contract import SearchRequest
from tests.builders.environment import ON_SERVERS
from tests.builders.goods import sell
from tests.builders.shops import QUICK, make_settings


async def titles(api: httpx.AsyncClient, text: str) -> list[str]:
    answer = await api.get("/v1/search", params={"q": text})
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


async def test_shoppers_find_words_of_every_script(shop: Shop, api: httpx.AsyncClient) -> None:
    for title in ("猫の置物", "Ёлка", "Filter AB-123/4", "Kettle 😀"):
        await sell(shop, title)
    await shop.search.bring_up_to_date()
    for text, title in {"猫": "猫の置物", "置物": "猫の置物", "ЕЛКА": "Ёлка", "ab1234": "Filter AB-123/4"}.items():
        assert await titles(api, text) == [title]
        assert [
            one["title"] for one in (await api.get("/v1/search/suggestions", params={"q": text})).json()["items"]
        ] == [title]
        page = html.unescape((await api.get("/search", params={"q": text})).text)
        assert (title in page, "1 product<" in page) == (True, True), text
    marked = (await api.get("/v1/search", params={"q": "置物"})).json()["highlights"]
    assert marked == ["猫の<mark>置物</mark>"]


@pytest.mark.parametrize("text", ["😀", "!!!", "***", "\u200b"])
async def test_punctuation_alone_finds_nothing_and_the_page_says_why(
    shop: Shop, api: httpx.AsyncClient, text: str
) -> None:
    await sell(shop, "Kettle 😀")
    assert await titles(api, text) == []
    page = (await api.get("/search", params={"q": text})).text
    assert "A search needs a letter or a digit" in page
    assert "A search needs a letter or a digit" not in (await api.get("/search", params={"q": "nonsense"})).text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("q=" + "a" * 201, 422, "A search has at most 200 characters."),
        ("q=" + "word+" * 1_000, 422, "q is longer than 255 characters."),
        ("q=" + "%E2%80%8B" * 200 + "kettle", 422, "A search has at most 200 characters."),
        ("q=%00%01kettle%7f", 422, "q has line breaks or other control characters."),
        ("q=%ED%A0%80kettle", 400, "The query is not UTF-8."),
        ("q=kettle%E2%80%8B", 200, "Kettle"),
        ("q=" + "ket+tle+" * 25, 200, '"total":1'),
    ],
)
async def test_unusual_queries_are_answered(
    shop: Shop, api: httpx.AsyncClient, query: str, status: int, words: str
) -> None:
    await sell(shop, "Kettle")
    await shop.search.bring_up_to_date()
    answer = await api.get(f"/v1/search?{query}")
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert (await api.get(f"/search?{query}")).status_code in (200, status)
    assert (await api.get(f"/v1/search/suggestions?{query}")).status_code in (200, status)


@pytest.mark.skipif(ON_SERVERS, reason="the folder is that of the embedded index")
async def test_a_new_version_that_tokenises_differently_rebuilds_its_index(
    data: tuple[Path, str], clock: HandClock
) -> None:
    before = Shop(make_settings(*data), clock=clock, hasher=QUICK)
    async with before.running(deliver=False):
        await sell(before, "Kettle")
    found = [path for path in (data[0] / "search").iterdir() if path.is_dir()]
    assert len(found) == 1
    found[0].rename(found[0].with_name("v2"))
    now = Shop(make_settings(*data), clock=clock, hasher=QUICK)
    async with now.running(deliver=False):
        await now.search.refresh_index()
        assert (await now.search.find(SearchRequest(text="kettle"))).total == 1
