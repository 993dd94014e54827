"""The contract of every search engine: Tantivy always, OpenSearch where it is available."""

import asyncio
import os
import shutil
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from shopwright.app import Shop
from shopwright.engines.search import open_search, place
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.ports import IndexDocument, Query, SearchIndex
from shopwright.services.search.contract import Results
from shopwright.services.search.service import SearchService
from shopwright.web.application import build
from tests.builders.goods import sell
from tests.builders.search_entries import goods
from tests.builders.server import free_port
from tests.builders.shops import QUICK, make_settings


async def test_search_finds_stems_beginnings_and_one_edit_typos(index: SearchIndex) -> None:
    await index.write([goods(1, "Enamel kettle"), goods(2, "Steel kettle"), goods(3, "Cutting boards")], [])
    assert set((await index.search(Query(text="kettles"))).cards) == {"Enamel kettle", "Steel kettle"}
    assert (await index.search(Query(text="board"))).cards == ("Cutting boards",)
    assert (await index.search(Query(text="enam"))).cards == ("Enamel kettle",)
    for typo in ("ketle", "kettel", "kettlle", "kattle"):
        found = await index.search(Query(text=typo))
        assert (found.total, found.corrected) == (2, "kettle"), typo
    assert (await index.search(Query(text="ketle", exact=True))).total == 0
    assert (await index.search(Query(text="zzzzz"))).total == 0
    assert await index.suggest("cutt", 5) == ["Cutting boards"]


async def test_matches_are_marked_in_titles_and_everything_else_is_escaped(index: SearchIndex) -> None:
    await index.write([goods(1, "Enamel <i>kettles</i> & more"), goods(2, "Pan", brand="Kettle")], [])
    found = await index.search(Query(text="kettle"))
    assert dict(zip(found.cards, found.highlights, strict=True)) == {
        "Enamel <i>kettles</i> & more": "Enamel &lt;i&gt;<mark>kettles</mark>&lt;/i&gt; &amp; more",
        "Pan": "",
    }
    assert (await index.search(Query(text="ketle"))).highlights[0].count("<mark>") <= 1
    assert (await index.search(Query())).highlights == ()


async def test_facets_are_disjunctive_and_counted_right(index: SearchIndex) -> None:
    await index.write(
        [
            goods(1, "A", "Ida", 100, colour="red"),
            goods(2, "B", "Ida", 200, colour="blue"),
            goods(3, "C", "Norr", 300, colour="red"),
        ],
        [],
    )
    found = await index.search(Query(groups={"brand": ("brand=Ida",)}))
    assert found.total == 2
    assert found.counts == {"brand=Ida": 2, "brand=Norr": 1, "colour=red": 1, "colour=blue": 1}
    both = await index.search(Query(groups={"brand": ("brand=Ida", "brand=Norr"), "colour": ("colour=red",)}))
    assert both.total == 2
    assert (await index.search(Query(price_min=150, price_max=250))).cards == ("B",)
    assert ((found := await index.search(Query(price_max=100))).price_low, found.price_high) == (100, 300)
    assert (await index.search(Query(sort="-price", limit=2))).cards == ("C", "B")
    assert (await index.search(Query(sort="price", offset=2))).cards == ("C",)


ODD = (
    "x y",
    '"q"',
    "b\\c",
    "Größe [1 TO 2]",
    "it's",
    "x AND y",
    "(1)",
    "*",
    "日本",
    "trail\\",
    "a:b",
    "a=b",
    "-1",
    "~",
)


@pytest.mark.parametrize("value", ODD)
async def test_any_attribute_value_is_filterable_and_counted(index: SearchIndex, value: str) -> None:
    await index.write([goods(1, "A", colour=value, size="S"), goods(2, "B", colour="red", size="S")], [])
    groups = {"colour": (f"colour={value}",), "size": ("size=S",)}
    found = await index.search(Query(groups=groups))
    assert found.cards == ("A",)
    assert {token: count for token, count in found.counts.items() if token.startswith(("colour", "size"))} == {
        f"colour={value}": 1, "colour=red": 1, "size=S": 1,
    }  # fmt: skip


async def test_each_facet_is_counted_without_its_own_filter_and_with_all_others(index: SearchIndex) -> None:
    colours, sizes = ("red", "blue"), ("S", "M", "L")
    several = [(colour, size) for colour in colours for size in sizes]
    await index.write(
        [goods(n, f"P{n}", price=100 * n, colour=colour, size=size) for n, (colour, size) in enumerate(several)], []
    )
    found = await index.search(
        Query(groups={"colour": ("colour=red",), "size": ("size=S", "size=M")}, price_min=0, price_max=300)
    )
    assert found.total == 2
    assert {token: count for token, count in found.counts.items() if token.startswith(("colour", "size"))} == {
        "colour=red": 2, "colour=blue": 1, "size=S": 1, "size=M": 1, "size=L": 1,
    }  # fmt: skip
    assert (found.price_low, found.price_high) == (0, 100)


@pytest.mark.parametrize("sort", ["price", "newest", "relevance"])
async def test_a_list_continues_to_its_end(index: SearchIndex, sort: Any) -> None:
    await index.write([goods(n, f"Kettle {n}", price=100 + n % 3) for n in range(25)], [])
    seen: list[str] = []
    after = ""
    for number in range(4):
        found = await index.search(Query(text="kettle", sort=sort, after=after, limit=7))
        seen += found.cards
        after = found.next
        assert (bool(after), found.total) == (number < 3, 25)
    assert sorted(seen) == sorted(f"Kettle {n}" for n in range(25))
    assert seen == [*(await index.search(Query(text="kettle", sort=sort, limit=25))).cards]


@pytest.mark.parametrize(
    "after", ["nonsense", "!", "kQE", place.written(["p1", 2]), place.written([float("nan"), "p1"]), "A" * 199]
)
async def test_an_invented_cursor_is_refused(index: SearchIndex, after: str) -> None:
    await index.write([goods(1, "Kettle")], [])
    with pytest.raises(Invalid) as refused:
        await index.search(Query(after=after, sort="price"))
    assert refused.value.problems[0].pointer == "/after"


async def test_the_index_can_be_changed_and_emptied(index: SearchIndex) -> None:
    await index.write([goods(1, "Old lamp")], [])
    await index.write([goods(1, "New lamp")], [])
    assert (await index.search(Query(text="lamp"))).cards == ("New lamp",)
    await index.write([], ["p1"])
    assert await index.count() == 0
    await index.write([goods(2, "Chair")], [])
    await index.replace(batches())
    assert await index.count() == 0


async def batches(*several: list[IndexDocument]) -> AsyncIterator[list[IndexDocument]]:
    for one in several:
        yield one


async def test_an_index_answers_until_its_successor_is_complete(index: SearchIndex) -> None:
    await index.write([goods(n, f"Lamp {n}") for n in range(2_500)], [])
    assert await index.count() == 2_500
    seen = []

    async def slowly() -> AsyncIterator[list[IndexDocument]]:
        for n in range(3):
            yield [goods(n, f"Chair {n}")]
            seen.append((await index.search(Query(text="lamp"))).total)

    await index.replace(slowly())
    assert seen == [2_500] * 3
    assert (await index.search(Query(sort="newest"))).cards == ("Chair 2", "Chair 1", "Chair 0")
    await index.write([goods(1, "Table")], ["p2", "never there"])
    assert set((await index.search(Query())).cards) == {"Chair 0", "Table"}


async def test_an_index_whose_successor_fails_stays(index: SearchIndex) -> None:
    await index.write([goods(1, "Lamp")], [])

    async def broken() -> AsyncIterator[list[IndexDocument]]:
        yield [goods(2, "Chair")]
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        await index.replace(broken())
    assert (await index.search(Query())).cards == ("Lamp",)


async def test_of_several_concurrent_replacements_one_wins(index: SearchIndex) -> None:
    await index.write([goods(1, "Lamp")], [])
    await asyncio.gather(*(index.replace(batches([goods(n, f"Chair {n}")])) for n in range(3)))
    found = (await index.search(Query())).cards
    assert found in [(f"Chair {n}",) for n in range(3)]
    await index.write([goods(9, "Table")], [])
    assert await index.count() == 2


async def test_user_input_is_never_query_syntax_of_the_engine(index: SearchIndex) -> None:
    await index.write([goods(1, "Lamp")], [])
    for text in ('"', "lamp AND", "title:lamp", "lamp~2", "*", "/.*/", "(lamp", "\\", "lamp\0", "😀", "[1 TO 2]"):
        await index.search(Query(text=text))
        await index.suggest(text, 5)
    assert (await index.search(Query(text="LÁMP!"))).total == 1


async def test_each_of_several_unknown_words_is_corrected_and_known_ones_stay(index: SearchIndex) -> None:
    await index.write([goods(1, "Enamel kettle"), goods(2, "Steel pan")], [])
    found = await index.search(Query(text="enamle kettel"))
    assert (found.cards, found.corrected) == (("Enamel kettle",), "enamel kettle")
    either = await index.search(Query(text="steel kettle"))  # nothing has both: one of them is better than nothing
    assert (set(either.cards), either.corrected) == ({"Enamel kettle", "Steel pan"}, None)
    assert await index.suggest("kettel", 5) == ["Enamel kettle"]


async def test_an_index_describes_itself(index: SearchIndex) -> None:
    health = await index.examine()
    assert health.wrong == ()
    assert health.engine.casefold().startswith(("tantivy 0.", "opensearch 3."))


async def test_a_missing_search_server_is_unavailable() -> None:
    gone = open_search(f"opensearch://127.0.0.1:{free_port()}")
    for call in (
        gone.search(Query(text="lamp")),
        gone.count(),
        gone.write([goods(1, "Lamp")], []),
        gone.replace(batches()),
    ):
        with pytest.raises(Unavailable):
            await call
    await gone.close()


async def test_an_index_whose_folder_is_unusable_is_unavailable_and_recovers(tmp_path: Path) -> None:
    index, folder = open_search(f"tantivy://{tmp_path}/index"), tmp_path / "index"
    await index.write([goods(1, "Lamp")], [])
    shutil.rmtree(folder)
    folder.write_text("not a folder")
    for call in (
        index.search(Query(text="lamp")),
        index.count(),
        index.write([goods(1, "Lamp")], []),
        index.replace(batches()),
    ):
        with pytest.raises(Unavailable) as refused:
            await call
        assert str(tmp_path) not in refused.value.detail
    folder.unlink()
    await index.write([goods(1, "Lamp")], [])
    assert (await index.search(Query(text="lamp"))).cards == ("Lamp",)
    await index.close()


async def test_two_changes_within_one_timestamp_of_the_file_system_are_both_seen(tmp_path: Path) -> None:
    index = open_search(f"tantivy://{tmp_path}")
    await index.write([goods(1, "Old lamp")], [])
    committed = tmp_path / "v3" / "first" / "meta.json"
    tick = committed.stat().st_mtime_ns
    assert (await index.search(Query())).cards == ("Old lamp",)
    await index.write([goods(1, "New lamp")], [])
    os.utime(committed, ns=(tick, tick))
    assert (await index.search(Query())).cards == ("New lamp",)


async def test_a_shop_without_search_can_be_browsed(data: tuple[Path, str], clock: HandClock) -> None:
    gone = Shop(make_settings(*data, search=f"opensearch://127.0.0.1:{free_port()}"), clock=clock, hasher=QUICK)
    async with gone.running(deliver=False):
        await gone.catalog.put_category("kitchen", "Kitchen")
        await sell(gone, "Harbour Kettle", categories=("kitchen",))
        await sell(gone, "100% Wool Rug")
        transport = httpx.ASGITransport(app=build(gone, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            found = (await client.get("/v1/search", params={"q": "KETTLE"})).json()
            assert ([item["title"] for item in found["items"]], found["partial"]) == (["Harbour Kettle"], True)
            assert (await client.get("/v1/search", params={"q": "100%"})).json()["total"] == 1
            assert (await client.get("/v1/search", params={"q": "harbour rug"})).json()["total"] == 0
            assert (await client.get("/v1/search/suggestions", params={"q": "ket"})).json() == {"items": []}
            for path in ("/", "/c/kitchen", "/search?q=kettle", "/p/harbour-kettle"):
                page = await client.get(path)
                assert (page.status_code, "Harbour Kettle" in page.text) == (200, True), path
            kitchen = (await client.get("/c/kitchen")).text
            assert "rest for a moment" in kitchen
            assert "Wool Rug" not in kitchen
            assert (await client.get("/health/ready")).json()["engines"]["search"] != "ok"


async def test_a_page_rendered_without_the_index_is_not_cached_when_it_is_back(
    data: tuple[Path, str], clock: HandClock
) -> None:
    class Moody(SearchService):
        async def _find(self, *arguments) -> Results:
            if broken:
                raise Unavailable("not now")
            return await super()._find(*arguments)

    broken = True
    shop = Shop(make_settings(*data), clock=clock, hasher=QUICK, overrides={SearchService: Moody})
    async with shop.running(deliver=False):
        await sell(shop, "Lamp")
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            for _ in range(2):
                assert "rest for a moment" in (await client.get("/search?q=lamp")).text
            broken = False
            assert "rest for a moment" not in (await client.get("/search?q=lamp")).text


async def test_threads_that_search_while_others_replace_the_index_always_find_one(tmp_path: Path) -> None:
    index, interval = open_search(f"tantivy://{tmp_path}"), sys.getswitchinterval()
    await index.write([goods(1, "Lamp")], [])
    done = threading.Event()

    def look() -> int:
        times = 0
        while not done.is_set():
            assert asyncio.run(index.count()) == 1
            times += 1
        return times

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(3) as pool:
            looking = [pool.submit(look) for _ in range(3)]
            try:
                for n in range(15):
                    await index.replace(batches([goods(n, f"Chair {n}")]))
            finally:
                done.set()
            assert all(one.result() for one in looking)
    finally:
        sys.setswitchinterval(interval)


async def test_a_damaged_index_found_by_many_is_rebuilt_once(tmp_path: Path) -> None:
    index = open_search(f"tantivy://{tmp_path}")
    await index.write([goods(1, "Lamp")], [])
    names = set()
    for n in range(20):
        name = tmp_path / "v3" / "current"
        now = name.read_text() if name.exists() else "first"
        (tmp_path / "v3" / now / "meta.json").write_text("{")

        def look() -> str:
            try:
                assert asyncio.run(index.count()) == 0
            except Unavailable as error:
                return str(error.detail)
            return "empty"

        with ThreadPoolExecutor(4) as pool:
            results = [one.result() for one in [pool.submit(look) for _ in range(4)]]
        assert sum("damaged" in one for one in results) == 1, results
        names.add(name.read_text())
        assert len(names) == n + 1
        await index.write([goods(1, "Lamp")], [])
        assert await index.count() == 1


async def test_a_replaced_index_is_readable_briefly_and_deleted_later(tmp_path: Path) -> None:
    index = open_search(f"tantivy://{tmp_path}")
    await index.write([goods(1, "Lamp")], [])
    await index.replace(batches([goods(1, "Lamp")]))
    old = tmp_path / "v3" / "first"
    assert old.is_dir()
    os.utime(old, (0, 0))
    await index.replace(batches([goods(2, "Chair")]))
    assert not old.exists()
    assert (await index.search(Query())).cards == ("Chair",)
