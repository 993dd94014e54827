"""The contract of documents, on every engine; and what MongoDB does beside it: bodies that move, and a server that is gone."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pymongo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.engines.documents import open_documents
from shopwright.engines.documents.mongo_bodies import BodyMove, MongoBodies, marked, unmarked
from shopwright.engines.documents.mongo_moving import arrived_whole
from shopwright.engines.documents.mongodb import BodyCache, MongoDocuments
from shopwright.kit.clock import HandClock
from shopwright.kit.data.database import UniqueViolation
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Conflict, Invalid, Unavailable, VersionConflict
from shopwright.kit.ports import DocumentCollection, DocumentStore, Write
from shopwright.operations.archive import checksum
from shopwright.operations.archive import read as read_archive
from shopwright.operations.archive import write as write_archive
from shopwright.operations.move.other_stores import move_beside
from shopwright.operations.process_admin import LocalProcessAdmin
from tests.builders.environment import mongo_url
from tests.builders.goods import sell
from tests.builders.shops import QUICK, make_settings
from tests.builders.tcp_proxy import TcpProxy

THINGS = DocumentCollection("things", unique=("slug",), indexed=("colour", "rooms"))


async def forget(url: str) -> None:
    async with pymongo.AsyncMongoClient(url) as client:
        await client.drop_database(client.get_default_database())


@pytest.fixture
async def mongo(data: tuple[Path, str]) -> AsyncIterator[str]:
    """The URL of a database of this test's own."""
    yield mongo_url(data[0])
    await forget(mongo_url(data[0]))


@pytest.fixture(params=["database", "mongodb"])
async def documents(request: pytest.FixtureRequest, shop: Shop) -> AsyncIterator[DocumentStore]:
    url = mongo_url(Path(shop.settings.data)) if request.param == "mongodb" else "database:"
    opened = open_documents(url)
    yield opened
    await opened.close()
    if request.param == "mongodb":
        await forget(url)


@pytest.fixture
def work(shop: Shop) -> ServiceDatabase:
    return shop.databases["catalog"]


async def put(
    documents: DocumentStore, work: ServiceDatabase, name: str, body: dict[str, Any], version: int = 0
) -> int:
    async with work.begin() as tx:
        return await documents.put(tx, THINGS, name, body, version)


async def test_documents_are_found_by_what_is_indexed(documents: DocumentStore, work: ServiceDatabase) -> None:
    async with work.begin() as tx:
        await documents.put(tx, THINGS, "b", {"slug": "chair", "colour": "red", "rooms": ["bed"]}, 0)
        await documents.put(tx, THINGS, "a", {"slug": "lamp", "colour": "red", "rooms": ["hall", "bed"]}, 0)
        assert [one.id for one in await documents.find(tx, THINGS, {"slug": "lamp"})] == ["a"]
    assert [one.id for one in await documents.find(work, THINGS, {"colour": "red", "rooms": "bed"})] == ["a", "b"]
    assert [one.id for one in await documents.find(work, THINGS, {"colour": "red"}, after="a")] == ["b"]
    assert [one.id for one in await documents.find(work, THINGS, {}, limit=1)] == ["a"]
    assert {one.id for one in await documents.find_any(work, THINGS, "slug", ["lamp", "chair", "bed"])} == {"a", "b"}
    assert [one.id for one in await documents.get(work, THINGS, ["b", "none", "a"])] == ["b", "a"]
    with pytest.raises(LookupError):
        await documents.find(work, THINGS, {"weight": "1"})


async def test_a_lost_update_is_refused_and_the_index_follows_the_document(
    documents: DocumentStore, work: ServiceDatabase
) -> None:
    async with work.begin() as tx:
        assert await documents.put(tx, THINGS, "a", {"slug": "lamp", "colour": "red"}, 0) == 1
        assert await documents.put(tx, THINGS, "a", {"slug": "lamp", "colour": "blue"}, 1) == 2
    with pytest.raises(VersionConflict):
        await put(documents, work, "a", {"slug": "lamp", "colour": "green"}, 1)
    assert await documents.find(work, THINGS, {"colour": "red"}) == []
    assert (await documents.find(work, THINGS, {"colour": "blue"}))[0].version == 2
    with pytest.raises(UniqueViolation):
        await put(documents, work, "b", {"slug": "lamp"})
    async with work.begin() as tx:
        await documents.delete(tx, THINGS, "a")
    assert await documents.find(work, THINGS, {"slug": "lamp"}) == []


async def put_many(documents: DocumentStore, work: ServiceDatabase, *writes: Write) -> list[int]:
    async with work.begin() as tx:
        return await documents.put_many(tx, THINGS, writes)


async def test_many_are_written_together_and_each_is_found_by_what_it_has_now(
    documents: DocumentStore, work: ServiceDatabase
) -> None:
    red, blue = ({"slug": f"lamp-{colour}", "colour": colour, "rooms": ["hall"]} for colour in ("red", "blue"))
    await put(documents, work, "b", red)
    assert await put_many(documents, work, Write("a", {"slug": "chair", "rooms": ["hall", "bed"]}, 0), Write("b", blue, 1)) == [1, 2]  # fmt: skip
    assert [one.id for one in await documents.find(work, THINGS, {"rooms": "hall"})] == ["a", "b"]
    assert [one.id for one in await documents.find(work, THINGS, {"colour": "blue"})] == ["b"]
    assert await documents.find(work, THINGS, {"colour": "red"}) == []
    assert await documents.find_any(work, THINGS, "slug", ["lamp-red"]) == []
    again = open_again(documents)
    assert [(one.version, "blue" in one.body) for one in await again.get(work, THINGS, ["a", "b"])] == [
        (1, False),
        (2, True),
    ]
    await again.close()


async def test_where_little_has_changed_the_rest_is_found_as_before(
    documents: DocumentStore, work: ServiceDatabase
) -> None:
    await put(documents, work, "a", {"slug": "lamp", "colour": "red", "rooms": ["hall"]})
    async with work.begin() as tx:
        lamp = {"slug": "lamp", "colour": "blue", "rooms": ["hall"]}
        assert await documents.put_many(tx, THINGS, [Write("a", lamp, 1)], ("colour",)) == [2]
    for where in ({"colour": "blue"}, {"rooms": "hall"}, {"slug": "lamp"}):
        assert [one.id for one in await documents.find(work, THINGS, where)] == ["a"]
    assert await documents.find(work, THINGS, {"colour": "red"}) == []


async def test_two_may_exchange_what_is_unique(documents: DocumentStore, work: ServiceDatabase) -> None:
    await put_many(documents, work, Write("a", {"slug": "lamp"}, 0), Write("b", {"slug": "chair"}, 0))
    await put_many(documents, work, Write("a", {"slug": "chair"}, 1), Write("b", {"slug": "lamp"}, 1))
    assert [one.id for one in await documents.find_any(work, THINGS, "slug", ["chair"])] == ["a"]


@pytest.mark.parametrize(
    ("second", "error"),
    [
        (Write("b", {"slug": "bed"}, 0), VersionConflict),
        (Write("b", {"slug": "bed"}, 2), VersionConflict),
        (Write("none", {"slug": "bed"}, 1), VersionConflict),
        (Write("c", {"slug": "chair"}, 0), UniqueViolation),
        (Write("a", {"slug": "bed"}, 1), LookupError),
    ],
    ids=["made meanwhile", "changed meanwhile", "gone meanwhile", "taken", "twice"],
)
async def test_where_one_of_many_cannot_be_written_none_is(
    documents: DocumentStore, work: ServiceDatabase, second: Write, error: type[Exception]
) -> None:
    await put_many(documents, work, Write("a", {"slug": "lamp"}, 0), Write("b", {"slug": "chair"}, 0))
    with pytest.raises(error):
        await put_many(documents, work, Write("a", {"slug": "stool"}, 1), second)
    found = await documents.find(work, THINGS, {})
    assert [(one.id, one.version) for one in found] == [("a", 1), ("b", 1)]
    assert [one.id for one in await documents.find_any(work, THINGS, "slug", ["lamp", "stool", "bed"])] == ["a"]


async def test_a_document_that_was_deleted_can_be_made_again(documents: DocumentStore, work: ServiceDatabase) -> None:
    await put(documents, work, "a", {"slug": "lamp", "colour": "red"})
    async with work.begin() as tx:
        await documents.delete(tx, THINGS, "a")
        await documents.delete(tx, THINGS, "a")
    version = await put(documents, work, "a", {"slug": "lamp", "colour": "blue"})
    again = open_again(documents)
    (found,) = await again.get(work, THINGS, ["a"])
    assert (found.version, '"blue"' in found.body) == (version, True)
    assert await put(documents, work, "a", {"slug": "lamp"}, version) == version + 1
    await again.close()


def open_again(documents: DocumentStore) -> DocumentStore:
    """As another process that has seen nothing yet."""
    return type(documents)(*([documents.url] if isinstance(documents, MongoDocuments) else []))


async def test_what_is_undone_was_never_there(documents: DocumentStore, work: ServiceDatabase) -> None:
    await put(documents, work, "a", {"slug": "lamp", "colour": "red"})
    with pytest.raises(ZeroDivisionError):
        async with work.begin() as tx:
            await documents.put(tx, THINGS, "a", {"slug": "lamp", "colour": "blue"}, 1)
            await documents.put(tx, THINGS, "b", {"slug": "chair"}, 0)
            _ = 1 / 0
    assert [(one.id, one.version) for one in await documents.find(work, THINGS, {})] == [("a", 1)]
    assert await put(documents, work, "a", {"slug": "lamp", "colour": "green"}, 1) == 2
    again = open_again(documents)
    assert "green" in (await again.get(work, THINGS, ["a"]))[0].body
    await again.close()


async def test_many_who_change_one_document_lose_no_change(documents: DocumentStore, work: ServiceDatabase) -> None:
    await put(documents, work, "a", {"slug": "lamp", "rooms": []})

    async def add(room: str) -> None:
        while True:
            (found,) = await documents.get(work, THINGS, ["a"])
            rooms = [*json.loads(found.body)["rooms"], room]
            try:
                await put(documents, work, "a", {"slug": "lamp", "rooms": rooms}, found.version)
            except VersionConflict:
                continue
            return

    await asyncio.gather(*(add(str(number)) for number in range(20)))
    again = open_again(documents)
    (found,) = await again.get(work, THINGS, ["a"])
    assert sorted(json.loads(found.body)["rooms"], key=int) == [str(number) for number in range(20)]
    assert found.version == 21
    await again.close()


async def test_any_json_comes_back_as_it_went(documents: DocumentStore, work: ServiceDatabase) -> None:
    body = {
        "slug": "lamp", "": "no name", "a.b": 1, "$set": {"%": [None, True, 1.5, -3, 2**53], "%2E": "x"}, "ünï": "✓ “q”",
        "deep": [[{"x": []}, {}]],
    }  # fmt: skip
    await put(documents, work, "a", body)
    again = open_again(documents)
    assert json.loads((await again.get(work, THINGS, ["a"]))[0].body) == body
    await again.close()


# --- MongoDB


# Few fields each: to draw many names that differ took seconds, and each name is marked by itself.
@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
    )
)
def test_names_of_fields_are_marked_and_come_back(value: Any) -> None:
    there = marked(value)
    assert unmarked(there) == value

    def names(one: Any) -> list[str]:
        return [name for key, inner in one.items() for name in (key, *names(inner))] if isinstance(one, dict) else []

    assert not any(set(name) & set(".$\0") or not name for name in names(there))


def test_kept_bodies_take_no_more_room_than_they_may() -> None:
    kept = BodyCache(most_bytes=10)
    for number in range(5):
        kept.put(("s", "c", str(number), 1), "1234")
    assert [kept.get(("s", "c", str(number), 1)) for number in range(5)] == [None, None, None, "1234", "1234"]


async def test_bodies_leave_the_database_for_mongodb_and_can_be_asked_there(
    shop: Shop, work: ServiceDatabase, mongo: str
) -> None:
    documents = open_documents(mongo)
    await put(documents, work, "a", {"slug": "lamp", "colour": "red", "a.b": 1})
    rows = await work.fetch("SELECT body FROM documents WHERE collection = 'things'")
    assert [row["body"] for row in rows] == ["null"]
    assert await work.fetch("SELECT id FROM document_moves") == []
    async with pymongo.AsyncMongoClient(mongo) as client:
        things = client.get_default_database()["catalog_things"]
        assert await things.find_one({"found_by.colour": "red"}) == {
            "_id": "a", "version": 1, "found_by": {"colour": ["red"], "slug": ["lamp"]},
            "body": {"slug": "lamp", "colour": "red", "a%2Eb": 1},
        }  # fmt: skip
        assert "found_by.colour_1" in await things.index_information()
    with pytest.raises(Unavailable, match="SHOPWRIGHT_DOCUMENTS"):
        await open_documents("database:").get(work, THINGS, ["a"])
    await documents.close()


async def test_an_older_version_that_arrives_late_changes_nothing(work: ServiceDatabase, mongo: str) -> None:
    documents, bodies = open_documents(mongo), MongoBodies(mongo)
    await put(documents, work, "a", {"slug": "lamp", "colour": "red"})
    await put(documents, work, "a", {"slug": "lamp", "colour": "blue"}, 1)
    await bodies.write("catalog_things", [BodyMove("a", 1, '{"colour":"red"}'), BodyMove("a", 2, None)])
    assert [(one.version, one.body) for one in await bodies.read("catalog_things", ["a"])] == [
        (2, '{"slug":"lamp","colour":"blue"}')
    ]
    for one in (documents, bodies):
        await one.close()


async def test_while_mongodb_is_gone_documents_are_written_and_those_seen_are_read(
    work: ServiceDatabase, mongo: str
) -> None:
    road = TcpProxy(mongo)
    await road.open()
    documents, stranger = open_documents(road.url), open_documents(road.url)
    await put(documents, work, "a", {"slug": "lamp", "colour": "red"})
    await road.cut()
    assert "red" in (await documents.find(work, THINGS, {"slug": "lamp"}))[0].body
    with pytest.raises(Unavailable, match="MongoDB"):
        await stranger.get(work, THINGS, ["a"])
    assert await put(documents, work, "a", {"slug": "lamp", "colour": "blue"}, 1) == 2
    assert "blue" in (await stranger.get(work, THINGS, ["a"]))[0].body  # it waits in the database
    async with work.begin() as tx:
        await documents.put(tx, THINGS, "b", {"slug": "chair"}, 0)
        await documents.delete(tx, THINGS, "b")
    await road.open()
    await asyncio.sleep(1.1)  # nobody is asked again for a second
    (timer,) = stranger.timers([work])
    await timer.handler()
    rows = await work.fetch("SELECT id, body FROM documents WHERE collection = 'things'")
    assert [(row["id"], row["body"]) for row in rows] == [("a", "null")]
    again = open_again(documents)
    assert "blue" in (await again.get(work, THINGS, ["a"]))[0].body
    for one in (documents, stranger, again):
        await one.close()
    await road.cut()


def test_limits_in_the_address_of_mongodb_go_before_ours() -> None:
    ours, theirs = (
        MongoBodies(f"mongodb://127.0.0.1:9/shop{more}")._open(connect=False).options
        for more in ("", "?MaxPoolSize=7&timeoutms=900")
    )
    assert (ours.pool_options.max_pool_size, ours.timeout) == (20, 5)
    assert (theirs.pool_options.max_pool_size, theirs.timeout) == (7, 0.9)
    assert ours.server_selection_timeout == theirs.server_selection_timeout == 2


async def test_those_who_run_the_shop_are_told_that_mongodb_is_gone(
    data: tuple[Path, str], clock: HandClock, mongo: str
) -> None:
    road = TcpProxy(mongo)
    await road.open()
    shop = Shop(make_settings(*data, documents=road.url), clock=clock, hasher=QUICK)
    async with shop.running(deliver=False):
        assert (await LocalProcessAdmin(shop).engines())["documents"] == "ok"
        await road.cut()
        assert "MongoDB does not answer" in (await LocalProcessAdmin(shop).engines())["documents"]


async def test_a_server_that_never_answers_is_given_up_in_time(work: ServiceDatabase, mongo: str) -> None:
    road = TcpProxy(mongo)
    await road.open()
    documents, stranger = open_documents(mongo), open_documents(road.url)
    await put(documents, work, "a", {"slug": "lamp"})
    road.hush()
    async with asyncio.timeout(9):
        with pytest.raises(Unavailable):
            await stranger.get(work, THINGS, ["a"])
        await put(stranger, work, "b", {"slug": "chair"})
    for one in (documents, stranger):
        await one.close()
    await road.cut()


async def test_what_mongodb_refuses_stays_in_the_database_and_holds_nobody_up(
    work: ServiceDatabase, mongo: str
) -> None:
    documents = open_documents(mongo)
    async with work.begin() as tx:
        await documents.put(tx, THINGS, "a", {"slug": "lamp"}, 0)
        await documents.put(tx, THINGS, "b", {"slug": "huge", "text": "x" * 17_000_000}, 0)
        await documents.put(tx, THINGS, "c", {"slug": "chair"}, 0)
    rows = await work.fetch("SELECT id, body FROM documents WHERE collection = 'things' ORDER BY id")
    assert [row["body"] == "null" for row in rows] == [True, False, True]
    again = open_again(documents)
    assert [one.id for one in await again.find(work, THINGS, {})] == ["a", "b", "c"]
    for one in (documents, again):
        await one.close()


async def test_a_body_that_is_missing_is_told_and_not_made_up(work: ServiceDatabase, mongo: str) -> None:
    documents = open_documents(mongo)
    await put(documents, work, "a", {"slug": "lamp"})
    async with pymongo.AsyncMongoClient(mongo) as client:
        await client.get_default_database()["catalog_things"].delete_many({})
    again = open_again(documents)
    with pytest.raises(Unavailable, match="has not got version 1 of a"):
        await again.get(work, THINGS, ["a"])
    for one in (documents, again):
        await one.close()


async def test_an_archive_holds_the_bodies_that_are_in_mongodb(
    data: tuple[Path, str], tmp_path: Path, clock: HandClock, mongo: str
) -> None:
    shop = Shop(make_settings(*data, documents=mongo), clock=clock, hasher=QUICK)
    lamp = await sell(shop, "Lamp")
    file = tmp_path / "shop.zip"
    await write_archive(shop, file)
    before = await checksum(shop)
    await shop.close()
    embedded = Shop(make_settings(*data, documents="database:"), clock=clock, hasher=QUICK)
    with pytest.raises(Unavailable, match="SHOPWRIGHT_DOCUMENTS"):
        await embedded.catalog.get(lamp.id)
    await read_archive(embedded, file)
    assert (await embedded.catalog.get(lamp.id)).title == "Lamp"
    assert await checksum(embedded) == before
    await embedded.close()


async def test_a_shop_that_was_restored_without_mongodb_shows_what_it_was_told_since(
    data: tuple[Path, str], tmp_path: Path, clock: HandClock, mongo: str
) -> None:
    """The numbers of versions mean something else now: what MongoDB has of the life before is never taken for ours."""
    shop = Shop(make_settings(*data, documents=mongo), clock=clock, hasher=QUICK)
    work = shop.databases["catalog"]
    await put(shop.documents, work, "a", {"slug": "lamp", "colour": "red"})
    await write_archive(shop, tmp_path / "shop.zip")
    for version, colour in ((1, "blue"), (2, "green")):
        await put(shop.documents, work, "a", {"slug": "lamp", "colour": colour}, version)
    await read_archive(shop, tmp_path / "shop.zip")
    for version, colour in ((1, "white"), (2, "black"), (3, "grey"), (4, "pink")):
        await put(shop.documents, work, "a", {"slug": "lamp", "colour": colour}, version)
        for one in (shop.documents, again := open_again(shop.documents)):
            (found,) = await one.get(work, THINGS, ["a"])
            assert (json.loads(found.body)["colour"], found.version) == (colour, version + 1)
        await again.close()
    await shop.close()


async def test_documents_go_to_mongodb_and_back_while_the_database_stays_and_the_shop_sells(
    data: tuple[Path, str], tmp_path: Path, mongo: str
) -> None:
    def opened(documents: str, files: str = "here") -> Shop:
        return Shop(make_settings(*data, documents=documents, files=f"file://{tmp_path}/{files}"), hasher=QUICK)

    async def inside(shop: Shop) -> dict[str, bool]:
        rows = await shop.databases["catalog"].fetch("SELECT id, body FROM documents WHERE collection = 'products'")
        return {row["id"]: row["body"] != "null" for row in rows}

    old, new = opened("database:"), opened(mongo, "there")
    lamps = [await sell(old, f"Lamp {n}") for n in range(4)]
    await old.files.put("aa/picture.webp", b"picture")
    assert (await move_beside(old, new, lambda _: None)).files == len(await old.files.names())
    # The old processes go on for a while.
    await old.catalog.set_status(lamps[0].id, "retired")
    late = await sell(old, "Late lamp")
    await old.close()
    await new.documents.settle(new.databases["catalog"])
    assert [one for one, here in (await inside(new)).items() if here] == [late.id]
    assert [(await new.catalog.get(one.id)).status for one in (*lamps[:2], late)] == [
        "retired",
        "published",
        "published",
    ]
    assert await new.files.get("aa/picture.webp") == b"picture"
    await move_beside(new, new, lambda _: None)  # the rest of it
    await new.documents.settle(new.databases["catalog"])
    assert not any((await inside(new)).values())
    back = opened("database:")
    assert (await move_beside(new, back, lambda _: None)).files
    await new.catalog.set_status(late.id, "retired")
    await new.documents.settle(new.databases["catalog"])  # which lets go of nothing now
    assert all((await inside(back)).values())
    assert (await back.catalog.get(late.id)).status == "retired"
    assert await back.files.get("aa/picture.webp") == b"picture"
    assert (await back.catalog.set_status(late.id, "published")).status == "published"
    for one in (new, back):
        await one.close()


async def test_bodies_that_mongodb_does_not_answer_as_they_are_end_a_move(work: ServiceDatabase, mongo: str) -> None:
    await put(open_documents("database:"), work, "a", {"slug": "lamp"})
    bodies = MongoBodies(mongo)
    lamp = BodyMove("a", 1, '{"slug": "lamp"}', {})
    with pytest.raises(Conflict, match="as it was written"):
        await arrived_whole(bodies, work, "catalog_things", [lamp])
    await bodies.write("catalog_things", [lamp])
    await arrived_whole(bodies, work, "catalog_things", [lamp])
    changed = BodyMove("a", 1, '{"slug": "table"}', {})
    with pytest.raises(Conflict, match="as it was written"):
        await arrived_whole(bodies, work, "catalog_things", [changed])
    await bodies.close()


async def test_who_reads_the_whole_of_it_waits_for_a_server_that_is_gone_for_a_moment(
    work: ServiceDatabase, mongo: str
) -> None:
    road = TcpProxy(mongo)
    await road.open()
    documents = open_documents(mongo)
    await put(documents, work, "a", {"slug": "lamp"})
    far = open_documents(road.url)
    await road.cut()
    rows = [{"collection": "things", "id": "a", "version": 1, "body": "null"}]
    filling = asyncio.create_task(far.fill(work, rows))
    await asyncio.sleep(0.5)
    assert not filling.done()
    await road.open()
    assert (await filling)[0]["body"] == '{"slug":"lamp"}'
    for one in (documents, far):
        await one.close()
    await road.cut()


async def test_what_mongodb_has_of_another_life_does_not_take_the_place_of_ours(
    work: ServiceDatabase, mongo: str
) -> None:
    await put(open_documents("database:"), work, "a", {"slug": "lamp"})
    documents, bodies = open_documents(mongo), MongoBodies(mongo)
    await bodies.write("catalog_things", [BodyMove("a", 7, '{"slug": "table"}', {})])
    assert await documents.claim_pending(work) == 0
    await documents.settle(work)
    (found,) = await documents.get(work, THINGS, ["a"])
    assert json.loads(found.body) == {"slug": "lamp"}
    for one in (documents, bodies):
        await one.close()


@pytest.mark.parametrize("url", ["mongodb://", "mongodb://a:b@c@d/x", "mongodb://host:notaport/x"])
def test_an_address_that_cannot_be_is_refused_at_once(url: str) -> None:
    with pytest.raises(Invalid, match="SHOPWRIGHT_DOCUMENTS"):
        open_documents(url)
