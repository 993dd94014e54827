"""A rush: shoppers wait for their turn in order, and a limited number is admitted per minute."""

import asyncio
import random
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock, to_micros
from shopwright.kit.data.database import Database
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.open_engines import EngineDecorator
from shopwright.services.carts import room_store
from shopwright.web.storefront.waiting_room import LOOKED_S
from tests.builders.goods import sell
from tests.builders.pages import shopper
from tests.builders.shops import QUICK, make_settings

FROM_OURS = {"Referer": "http://shop.test/p/lamp"}


@pytest.fixture
async def variant(shop: Shop) -> str:
    return (await sell(shop, "Lamp", on_hand=50)).variants[0].id


async def put(client: httpx.AsyncClient, variant: str, **headers: str) -> httpx.Response:
    token = (await client.get("/cart")).cookies.get("form") or client.cookies["form"]
    form = {"variant": variant, "_csrf_token": token}
    return await client.post("/cart/lines", data=form, headers=FROM_OURS | headers)


async def test_without_a_rush_there_is_no_queue(shop: Shop, variant: str) -> None:
    async with shopper(shop) as ada:
        assert (await put(ada, variant)).headers["location"] == "/cart"
        assert (await ada.get("/queue?next=/p/lamp")).headers["location"] == "/p/lamp"
        assert "turn" not in ada.cookies


async def test_in_a_rush_a_shopper_waits_and_is_admitted_when_their_turn_comes(
    shop: Shop, variant: str, clock: HandClock
) -> None:
    await shop.carts.open_waiting_room(6)  # one every ten seconds
    async with shopper(shop) as ada, shopper(shop) as bob, shopper(shop) as eve:
        first = await put(ada, variant)
        assert first.headers["location"] == "/cart", "the first is let in at once"
        assert (await ada.get("/checkout")).status_code in {200, 303}
        waits = await put(bob, variant)
        assert (waits.status_code, waits.headers["location"]) == (303, "/queue?next=/p/lamp")
        page = await bob.get(waits.headers["location"])
        assert "You are next" in page.text
        assert page.headers["refresh"] == "4; url=/queue?next=/p/lamp"
        assert page.headers["cache-control"] == "private, no-store"
        await put(eve, variant)
        assert "2 people are before you" in (await eve.get("/queue")).text
        clock.move(seconds=11)
        assert (await bob.get("/queue?next=/p/lamp")).headers["location"] == "/p/lamp"
        assert (await put(bob, variant)).headers["location"] == "/cart"
        assert "You are next" in (await eve.get("/queue")).text
        for path in ("/", "/p/lamp", "/cart"):
            assert (await eve.get(path)).status_code == 200, "looking around needs no turn"
        clock.move(minutes=20)
        again = await put(bob, variant)
        assert again.headers["location"] == "/cart", "the rush is over: a new turn comes at once"


async def test_a_turn_of_an_earlier_rush_or_a_forged_one_is_invalid(shop: Shop, variant: str) -> None:
    await shop.carts.open_waiting_room(1)
    async with shopper(shop) as ada, shopper(shop) as eve:
        await put(ada, variant)
        old = ada.cookies["turn"]
        await shop.carts.close_waiting_room()
        await shop.carts.open_waiting_room(1)
        async with shopper(shop) as bob:
            assert (await put(bob, variant)).headers["location"] == "/cart"
        for made_up in (old, old[:-2] + "xx", "eyJhbGciOiJub25lIn0.eyJhdCI6MH0.", "x"):
            eve.cookies.clear()
            eve.cookies.set("turn", made_up, domain="shop.test")
            assert (await put(eve, variant)).headers["location"].startswith("/queue"), made_up
            response = await eve.post("/v1/orders", json={}, headers={"Shopwright-Turn": made_up})
            assert response.status_code == 429


class Overrun(EngineDecorator):
    """The database of carts answers, or is unavailable."""

    def __init__(self) -> None:
        self.gone = False

    def database(self, name: str, database: Database) -> Database:
        return cast("Database", Gone(database, self)) if name == "carts" else database


class Gone:
    def __init__(self, inner: Any, around: Overrun) -> None:
        self._inner, self._around = inner, around

    def __getattr__(self, name: str) -> Any:
        if self._around.gone and name in {"begin", "fetch"}:
            raise Unavailable("The database does not answer.")
        return getattr(self._inner, name)


class Slow(EngineDecorator):
    """The database of carts is slow."""

    def database(self, name: str, database: Database) -> Database:
        return cast("Database", Later(database)) if name == "carts" else database


class Later:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch(self, *arguments: Any, **more: Any) -> Any:
        await asyncio.sleep(0.02)
        return await self._inner.fetch(*arguments, **more)

    def pinned(self) -> Any:
        return nullcontext(self)


async def test_of_simultaneous_shoppers_at_an_uninformed_process_none_is_admitted_early(
    data: tuple[Path, str],
) -> None:
    shop = Shop(make_settings(*data), hasher=QUICK, around=Slow())
    async with shopper(shop) as crowd:  # one process
        assert (await crowd.post("/v1/carts/crt_none/lines", json={})).status_code == 404
        await shop.carts.open_waiting_room(1)
        await asyncio.sleep(LOOKED_S + 0.1)
        answers = await asyncio.gather(*(crowd.post("/v1/carts/crt_none/lines", json={}) for _ in range(10)))
    await shop.close()
    assert sorted(one.status_code for one in answers) == [404, *[429] * 9]
    assert all("shopwright-turn" in one.headers for one in answers)


async def test_a_shopper_who_cannot_be_queued_waits_and_is_admitted_nowhere(data: tuple[Path, str]) -> None:
    around = Overrun()
    shop = Shop(make_settings(*data), hasher=QUICK, around=around)
    async with shop.running(deliver=False), shopper(shop) as ada:
        variant = (await sell(shop, "Lamp", on_hand=50)).variants[0].id
        await shop.carts.open_waiting_room(1)
        await put(ada, variant)
        ada.cookies.delete("turn")
        around.gone = True
        assert (await ada.get("/checkout")).headers["location"] == "/queue?next=/checkout"
        page = await ada.get("/queue?next=/checkout")
        assert "you have no place in the queue yet" in page.text
        assert page.headers["refresh"] == "5; url=/queue?next=/checkout"
        response = await ada.post("/v1/orders", json={})
        assert (response.status_code, response.headers["retry-after"]) == (503, "5")
        around.gone = False
        assert "You are next" in (await ada.get("/queue?next=/checkout")).text


async def test_a_shopper_who_leaves_the_queue_delays_no_other(shop: Shop, variant: str) -> None:
    await shop.carts.open_waiting_room(600)
    async with shopper(shop) as client:
        first = asyncio.create_task(client.post("/v1/orders", json={}))
        await asyncio.sleep(0.02)
        others = [asyncio.create_task(client.post("/v1/orders", json={})) for _ in range(3)]
        await asyncio.sleep(0.01)
        first.cancel()
        async with asyncio.timeout(5):
            answers = await asyncio.gather(*others)
    assert {answer.status_code for answer in answers} == {429}
    assert [answer.json()["data"]["ahead"] for answer in answers] == [1, 2, 3]


async def test_the_api_names_the_waiting_time_and_accepts_a_turn(shop: Shop, variant: str, clock: HandClock) -> None:
    await shop.carts.open_waiting_room(60)
    async with shopper(shop) as client:
        cart = (await client.post("/v1/carts")).json()["id"]
        lines, line = f"/v1/carts/{cart}/lines", {"variant_id": variant}
        assert (await client.post(lines, json=line)).status_code == 201
        client.cookies.clear()
        response = await client.post(lines, json=line)
        assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
        assert response.json()["data"] == {"retry_after": 1, "ahead": 1}
        assert response.headers["retry-after"] == "1"
        turn = {"Shopwright-Turn": response.headers["shopwright-turn"]}
        client.cookies.clear()
        clock.move(seconds=1)
        assert (await client.post(lines, json=line, headers=turn)).status_code == 201
        fragment = await put(client, variant, **{"X-Requested-With": "fragment"})
        assert fragment.status_code == 429, "the script then sends the form as it is"


async def test_the_waiting_page_redirects_only_within_the_shop(shop: Shop) -> None:
    async with shopper(shop) as eve:
        for bad in (
            "https://elsewhere.example",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "x",
            "/a\r\nSet-Cookie: b=c",
        ):
            answer = await eve.get("/queue", params={"next": bad})
            assert answer.headers["location"] == "/", bad
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("seed", range(5))
async def test_admissions_follow_the_configured_pace_in_order(shop: Shop, clock: HandClock, seed: int) -> None:
    chance = random.Random(seed)
    pace = chance.choice([1, 7, 60, 999, 60_000])
    await shop.carts.open_waiting_room(pace)
    turns: list[int] = []
    for _ in range(20):
        clock.move(seconds=chance.choice([0, 0, 1, 30, 600]))
        count = chance.randint(1, 40)
        positions = await shop.carts.take_places(count)
        assert positions is not None
        assert positions.first >= to_micros(clock.now())
        turns += [positions.first + number * positions.step for number in range(count)]
    assert turns == sorted(turns)
    for start in turns:
        within = [one for one in turns if start <= one < start + room_store.MINUTE]
        assert len(within) <= pace + 1 + pace // 1000, "steps are whole microseconds"


async def test_concurrent_requests_get_distinct_turns_in_order(shop: Shop, clock: HandClock) -> None:
    room = await shop.carts.open_waiting_room(600)
    assigned = await asyncio.gather(*(shop.carts.take_places(count) for count in (3, 1, 5, 2, 7, 1)))
    turns = sorted(
        place.first + n * place.step
        for place, count in zip(assigned, (3, 1, 5, 2, 7, 1), strict=True)
        if place
        for n in range(count)
    )
    now = to_micros(clock.now())
    assert turns == [now + n * 100_000 for n in range(19)]
    clock.move(hours=1)
    later = await shop.carts.take_places(2)
    assert later is not None
    assert later.first == to_micros(clock.now()), "what nobody used is not saved up"
    await shop.carts.open_waiting_room(60)
    slower = await shop.carts.take_places(1)
    assert slower is not None
    assert (slower.room_id, slower.step) == (room.id, 1_000_000), "who waits keeps the turn when the pace changes"
    await shop.carts.close_waiting_room()
    assert await shop.carts.take_places(1) is None
    for wrong in (0, -1, 60_001):
        with pytest.raises(Invalid):
            await shop.carts.open_waiting_room(wrong)
