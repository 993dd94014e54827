"""The contracts of documents, post and bus, on the engines there are."""

import asyncio
import io
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

import pytest
from PIL import Image

from shopwright.app import Shop
from shopwright.engines.bus.local import ATTEMPTS, LocalBus
from shopwright.engines.documents import open_documents
from shopwright.kit.clock import HandClock
from shopwright.kit.database import UniqueViolation
from shopwright.kit.errors import Invalid, Missing, Unavailable, VersionConflict
from shopwright.kit.facts import Event, Heard, Reaction, Timer
from shopwright.kit.ports import Collection, Message
from shopwright.kit.work import AlreadyDone

THINGS = Collection("things", unique=("slug",), indexed=("colour", "rooms"))


# --- documents


async def test_documents_are_found_by_what_is_indexed(shop: Shop) -> None:
    documents, work = open_documents("database:"), shop.works["catalog"]
    async with work.begin() as tx:
        await documents.put(tx, THINGS, "a", {"slug": "lamp", "colour": "red", "rooms": ["hall", "bed"]}, 0)
        await documents.put(tx, THINGS, "b", {"slug": "chair", "colour": "red", "rooms": ["bed"]}, 0)
        assert [one.id for one in await documents.find(tx, THINGS, {"slug": "lamp"})] == ["a"]
    assert [one.id for one in await documents.find(work, THINGS, {"colour": "red", "rooms": "bed"})] == ["a", "b"]
    assert [one.id for one in await documents.find(work, THINGS, {"colour": "red"}, after="a")] == ["b"]
    assert [one.id for one in await documents.get(work, THINGS, ["b", "none", "a"])] == ["b", "a"]
    with pytest.raises(LookupError):
        await documents.find(work, THINGS, {"weight": "1"})


async def test_a_lost_update_is_refused_and_the_index_follows_the_document(shop: Shop) -> None:
    documents, work = open_documents("database:"), shop.works["catalog"]
    async with work.begin() as tx:
        assert await documents.put(tx, THINGS, "a", {"slug": "lamp", "colour": "red"}, 0) == 1
        assert await documents.put(tx, THINGS, "a", {"slug": "lamp", "colour": "blue"}, 1) == 2
    with pytest.raises(VersionConflict):
        async with work.begin() as tx:
            await documents.put(tx, THINGS, "a", {"slug": "lamp", "colour": "green"}, 1)
    assert await documents.find(work, THINGS, {"colour": "red"}) == []
    assert (await documents.find(work, THINGS, {"colour": "blue"}))[0].version == 2
    with pytest.raises(UniqueViolation):
        async with work.begin() as tx:
            await documents.put(tx, THINGS, "b", {"slug": "lamp"}, 0)
    async with work.begin() as tx:
        await documents.delete(tx, THINGS, "a")
    assert await documents.find(work, THINGS, {"slug": "lamp"}) == []


# --- post and pictures


async def test_the_viewer_keeps_a_message_once(shop: Shop) -> None:
    message = Message(id="msg_1", channel="email", recipient="ada@example.com", subject="Hello", text="Hello")
    for _ in range(3):
        await shop.postboxes["email"].deliver(message)
    rows = await shop.works["notifications"].fetch("SELECT * FROM viewer WHERE id = 'msg_1'")
    assert [row["subject"] for row in rows] == ["Hello"]


async def test_pictures_are_cut_to_a_bounded_set_of_sizes(shop: Shop) -> None:
    out = io.BytesIO()
    Image.new("RGB", (900, 600), "red").save(out, "PNG")
    media = await shop.catalog.add_media(out.getvalue(), "red")
    digest = media.url.split("/")[2]
    assert (media.width, media.height) == (900, 600)
    for form in ("webp", "avif"):
        with Image.open(io.BytesIO(await shop.catalog.picture(digest, 320, form))) as cut:
            assert (cut.size, cut.format) == ((320, 213), form.upper())
    for width, form in ((321, "webp"), (320, "gif")):
        with pytest.raises(Missing):
            await shop.catalog.picture(digest, width, form)
    for data in (b"", b"GIF89a not really", b"<svg viewBox='oops'>", b"\x89PNG\r\n\x1a\n broken"):
        with pytest.raises(Invalid):
            await shop.catalog.add_media(data, "")


async def test_a_drawing_is_served_as_a_picture_that_cannot_run(shop: Shop) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 100"><script>alert(1)</script><rect width="80" height="100" fill="#c00"/></svg>'
    media = await shop.catalog.add_media(svg, "")
    cut = await shop.catalog.picture(media.url.split("/")[2], 160, "webp")
    assert cut[:4] == b"RIFF"


# --- bus


class Rang(Event, frozen=True, kw_only=True):
    SUBJECT: ClassVar[str] = "bell"
    bell: str
    n: int


async def ring(shop: Shop, hearers: tuple[str, ...], *facts: tuple[str, int]) -> None:
    shop.works["users"].hearers.by_event = {"Rang": hearers}
    async with shop.works["users"].begin() as tx:
        for bell, n in facts:
            await tx.tell(Rang(bell=bell, n=n))
            shop.clock.move(milliseconds=1)


async def test_a_fact_is_heard_once_by_each_and_in_order(shop: Shop) -> None:
    heard: list[tuple[str, int]] = []

    async def hear(one: Heard) -> None:
        async with shop.works["search"].begin(once=one.key):
            heard.append((one.hearer, one.event.n))

    bus = LocalBus([shop.works["users"]], [Reaction("one", Rang, hear), Reaction("two", Rang, hear)], [])
    await ring(shop, ("one", "two"), ("a", 1), ("a", 2))
    await bus.settle()
    await bus.settle()
    assert sorted(heard) == [("one", 1), ("one", 2), ("two", 1), ("two", 2)]
    assert await shop.works["users"].fetch("SELECT * FROM deliveries") == []


async def test_another_process_takes_over_when_the_first_has_died(shop: Shop) -> None:
    heard = []

    async def hear(one: Heard) -> None:
        heard.append(one.event.n)

    LocalBus([shop.works["users"]], [], [])  # tells, and dies before it delivers
    await ring(shop, ("one",), ("a", 1), ("a", 2))
    other = LocalBus([shop.works["users"]], [Reaction("one", Rang, hear)], [])
    assert await other.settle() == 0  # the lease is not over yet
    shop.clock.move(seconds=21)
    await other.settle()
    assert heard == [1, 2]


async def test_processes_that_died_while_they_delivered_do_not_count_as_failures(shop: Shop) -> None:
    heard, fails = [], True

    async def hear(one: Heard) -> None:
        if fails:
            raise RuntimeError("not now")
        heard.append(one.event.n)

    work = shop.works["users"]
    LocalBus([work], [], [])
    await ring(shop, ("one",), ("a", 1))
    for _ in range(ATTEMPTS + 1):
        shop.clock.move(seconds=21)
        assert len(await LocalBus([work], [], [])._claim(work)) == 1  # and dies
    shop.clock.move(seconds=21)
    bus = LocalBus([work], [Reaction("one", Rang, hear)], [])
    await bus.settle()
    fails = False
    shop.clock.move(seconds=1)
    await bus.settle()
    assert heard == [1]


async def test_processes_that_take_over_at_once_do_not_wait_for_each_other_in_a_ring(shop: Shop) -> None:
    heard: Counter[str] = Counter()

    async def hear(one: Heard) -> None:
        heard[one.event.bell] += 1

    work = shop.works["users"]
    for lap in range(8):
        LocalBus([work], [], [])  # tells, and dies
        await ring(shop, ("one",), *((f"{lap}/{n}", n) for n in range(100)))
        shop.clock.move(seconds=21)
        buses = [LocalBus([work], [Reaction("one", Rang, hear)], []) for _ in range(4)]
        await asyncio.gather(*(bus.settle() for bus in buses))
    assert len(heard) == 800
    assert set(heard.values()) == {1}


async def test_a_reaction_that_fails_is_tried_again_later_and_keeps_its_order(shop: Shop) -> None:
    heard, broken = [], True

    async def hear(one: Heard) -> None:
        if broken and one.event.bell == "a":
            raise RuntimeError("not now")
        heard.append((one.event.bell, one.event.n))

    bus = LocalBus([shop.works["users"]], [Reaction("one", Rang, hear)], [])
    await ring(shop, ("one",), ("a", 1), ("b", 1), ("a", 2))
    await bus.settle()
    assert heard == [("b", 1)]
    broken = False
    for _ in range(4):
        shop.clock.move(seconds=30)
        await bus.settle()
    assert heard == [("b", 1), ("a", 1), ("a", 2)]


async def test_facts_heard_together_are_one_transaction_and_one_that_fails_takes_no_other_with_it(shop: Shop) -> None:
    work = shop.works["users"]
    heard: list[int] = []

    async def hear(one: Heard) -> None:
        async with work.begin(once=one.key) as tx:
            await tx.run("UPDATE timers SET due = due + 1 WHERE name = 'users.count'")
            heard.append(one.event.n)
            if one.event.n == 2:
                raise RuntimeError("not this one")

    reaction = Reaction("users.count", Rang, hear, alone=False)
    bus = LocalBus([work], [reaction], [])
    work.hearers.by_event = {"Rang": ("users.count",)}
    async with work.begin() as tx:
        await tx.run("INSERT INTO timers (name, due) VALUES ('users.count', 0)")
        await tx.tell(*(Rang(n=n, bell=f"bell {n}") for n in range(4)))
    await bus._deliver_fresh()
    row = await work.one("SELECT due FROM timers WHERE name = 'users.count'")
    assert dict(row or {}) == {"due": 3}  # what the broken transaction had counted is undone, then counted once
    assert heard == [0, 1, 2, 0, 1, 2, 3]
    left = await work.fetch("SELECT state, problem FROM deliveries WHERE hearer = 'users.count'")
    assert ["not this one" in one["problem"] for one in left] == [True]


async def test_deeds_done_together_are_all_there_or_none(shop: Shop) -> None:
    work = shop.works["users"]
    with pytest.raises(Unavailable):
        async with work.together():
            async with work.begin(once="a"):
                pass
            with suppress(ValueError):
                async with work.begin(once="b"):
                    raise ValueError
    assert await work.fetch("SELECT key FROM inbox WHERE key IN ('a', 'b')") == []
    async with work.together():
        async with work.begin(once="a"):
            pass
        with pytest.raises(AlreadyDone):
            async with work.begin(once="a"):
                raise AssertionError
    assert [row["key"] for row in await work.fetch("SELECT key FROM inbox WHERE key IN ('a', 'b')")] == ["a"]


async def test_a_reaction_that_never_works_is_kept_as_dead(shop: Shop) -> None:
    async def hear(_one: Heard) -> None:
        raise RuntimeError("never")

    bus = LocalBus([shop.works["users"]], [Reaction("one", Rang, hear)], [])
    await ring(shop, ("one",), ("a", 1))
    for _ in range(ATTEMPTS + 2):
        await bus.settle()
        shop.clock.move(hours=1)
    rows = await shop.works["users"].fetch("SELECT state, problem FROM deliveries")
    assert [(row["state"], "never" in row["problem"]) for row in rows] == [("dead", True)]


async def test_a_timer_rings_in_one_process_only(shop: Shop, clock: HandClock) -> None:
    rung = []

    async def bell() -> None:
        rung.append(clock.now())
        await asyncio.sleep(0)

    timers = [Timer("users.bell", timedelta(seconds=10), bell)]
    buses = [LocalBus([shop.works["users"]], [], timers) for _ in range(3)]
    await asyncio.gather(*(bus.settle() for bus in buses))
    assert len(rung) == 1
    clock.move(seconds=11)
    await asyncio.gather(*(bus.settle() for bus in buses))
    assert len(rung) == 2
