"""The contract of documents on every engine; and MongoDB: bodies that move, and a server that is away."""

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
from shopwright.engines.documents.mongo_moving import arrived_completely
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

COLLECTION = DocumentCollection("things", unique=("slug",), indexed=("colour", "rooms"))


async def forget(url: str) -> None:
    async with pymongo.AsyncMongoClient(url) as client:
        await client.drop_database(client.get_default_database())


@pytest.fixture
async def mongo(data: tuple[Path, str]) -> AsyncIterator[str]:
    """The URL of a database of this test."""
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
        return await documents.put(tx, COLLECTION, name, body, version)


async def test_documents_are_found_by_indexed_fields(documents: DocumentStore, work: ServiceDatabase) -> None:
    async with work.begin() as tx:
        await documents.put(tx, COLLECTION, "b", {"slug": "chair", "colour": "red", "rooms": ["bed"]}, 0)
        await documents.put(tx, COLLECTION, "a", {"slug": "lamp", "colour": "red", "rooms": ["hall", "bed"]}, 0)
        assert [one.id for one in await documents.find(tx, COLLECTION, {"slug": "lamp"})] == ["a"]
    assert [one.id for one in await documents.find(work, COLLECTION, {"colour": "red", "rooms": "bed"})] == ["a", "b"]
    assert [one.id for one in await documents.find(work, COLLECTION, {"colour": "red"}, after="a")] == ["b"]
    assert [one.id for one in await documents.find(work, COLLECTION, {}, limit=1)] == ["a"]
    assert {one.id for one in await documents.find_any(work, COLLECTION, "slug", ["lamp", "chair", "bed"])} == {
        "a",
        "b",
    }
    assert [one.id for one in await documents.get(work, COLLECTION, ["b", "none", "a"])] == ["b", "a"]
    with pytest.raises(LookupError):
        await documents.find(work, COLLECTION, {"weight": "1"})


async def test_a_lost_update_is_refused_and_the_index_follows_the_document(
    documents: DocumentStore, work: ServiceDatabase
) -> None:
    async with work.begin() as tx:
        assert await documents.put(tx, COLLECTION, "a", {"slug": "lamp", "colour": "red"}, 0) == 1
        assert await documents.put(tx, COLLECTION, "a", {"slug": "lamp", "colour": "blue"}, 1) == 2
    with pytest.raises(VersionConflict):
        await put(documents, work, "a", {"slug": "lamp", "colour": "green"}, 1)
    assert await documents.find(work, COLLECTION, {"colour": "red"}) == []
    assert (await documents.find(work, COLLECTION, {"colour": "blue"}))[0].version == 2
    with pytest.raises(UniqueViolation):
        await put(documents, work, "b", {"slug": "lamp"})
    async with work.begin() as tx:
        await documents.delete(tx, COLLECTION, "a")
    assert await documents.find(work, COLLECTION, {"slug": "lamp"}) == []


async def put_many(documents: DocumentStore, work: ServiceDatabase, *writes: Write) -> list[int]:
    async with work.begin() as tx:
        return await documents.put_many(tx, COLLECTION, writes)


async def test_many_are_written_in_one_batch_and_each_is_found_by_its_new_values(
    documents: DocumentStore, work: ServiceDatabase
) -> None:
    red, blue = ({"slug": f"lamp-{colour}", "colour": colour, "rooms": ["hall"]} for colour in ("red", "blue"))
    await put(documents, work, "b", red)
    assert await put_many(documents, work, Write("a", {"slug": "chair", "rooms": ["hall", "bed"]}, 0), Write("b", blue, 1)) == [1, 2]  # fmt: skip
    assert [one.id for one in await documents.find(work, COLLECTION, {"rooms": "hall"})] == ["a", "b"]
    assert [one.id for one in await documents.find(work, COLLECTION, {"colour": "blue"})] == ["b"]
    assert await documents.find(work, COLLECTION, {"colour": "red"}) == []
    assert await documents.find_any(work, COLLECTION, "slug", ["lamp-red"]) == []
    again = open_again(documents)
    assert [(one.version, "blue" in one.body) for one in await again.get(work, COLLECTION, ["a", "b"])] == [
        (1, False),
        (2, True),
    ]
    await again.close()


async def test_unchanged_fields_keep_their_index_entries(documents: DocumentStore, work: ServiceDatabase) -> None:
    await put(documents, work, "a", {"slug": "lamp", "colour": "red", "rooms": ["hall"]})
    async with work.begin() as tx:
        lamp = {"slug": "lamp", "colour": "blue", "rooms": ["hall"]}
        assert await documents.put_many(tx, COLLECTION, [Write("a", lamp, 1)], ("colour",)) == [2]
    for where in ({"colour": "blue"}, {"rooms": "hall"}, {"slug": "lamp"}):
        assert [one.id for one in await documents.find(work, COLLECTION, where)] == ["a"]
    assert await documents.find(work, COLLECTION, {"colour": "red"}) == []


async def test_two_documents_may_exchange_unique_values(documents: DocumentStore, work: ServiceDatabase) -> None:
    await put_many(documents, work, Write("a", {"slug": "lamp"}, 0), Write("b", {"slug": "chair"}, 0))
    await put_many(documents, work, Write("a", {"slug": "chair"}, 1), Write("b", {"slug": "lamp"}, 1))
    assert [one.id for one in await documents.find_any(work, COLLECTION, "slug", ["chair"])] == ["a"]


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
async def test_a_batch_with_one_failure_writes_nothing(
    documents: DocumentStore, work: ServiceDatabase, second: Write, error: type[Exception]
) -> None:
    await put_many(documents, work, Write("a", {"slug": "lamp"}, 0), Write("b", {"slug": "chair"}, 0))
    with pytest.raises(error):
        await put_many(documents, work, Write("a", {"slug": "stool"}, 1), second)
    found = await documents.find(work, COLLECTION, {})
    assert [(one.id, one.version) for one in found] == [("a", 1), ("b", 1)]
    assert [one.id for one in await documents.find_any(work, COLLECTION, "slug", ["lamp", "stool", "bed"])] == ["a"]


async def test_a_deleted_document_can_be_created_again(documents: DocumentStore, work: ServiceDatabase) -> None:
    await put(documents, work, "a", {"slug": "lamp", "colour": "red"})
    async with work.begin() as tx:
        await documents.delete(tx, COLLECTION, "a")
        await documents.delete(tx, COLLECTION, "a")
    version = await put(documents, work, "a", {"slug": "lamp", "colour": "blue"})
    again = open_again(documents)
    (found,) = await again.get(work, COLLECTION, ["a"])
    assert (found.version, '"blue"' in found.body) == (version, True)
    assert await put(documents, work, "a", {"slug": "lamp"}, version) == version + 1
    await again.close()


def open_again(documents: DocumentStore) -> DocumentStore:
    """Documents of another process with an empty cache."""
    return type(documents)(*([documents.url] if isinstance(documents, MongoDocuments) else []))


async def test_a_rolled_back_document_does_not_exist(documents: DocumentStore, work: ServiceDatabase) -> None:
    await put(documents, work, "a", {"slug": "lamp", "colour": "red"})
    with pytest.raises(ZeroDivisionError):
        async with work.begin() as tx:
            await documents.put(tx, COLLECTION, "a", {"slug": "lamp", "colour": "blue"}, 1)
            await documents.put(tx, COLLECTION, "b", {"slug": "chair"}, 0)
            _ = 1 / 0
    assert [(one.id, one.version) for one in await documents.find(work, COLLECTION, {})] == [("a", 1)]
    assert await put(documents, work, "a", {"slug": "lamp", "colour": "green"}, 1) == 2
    again = open_again(documents)
    assert "green" in (await again.get(work, COLLECTION, ["a"]))[0].body
    await again.close()


async def test_concurrent_changes_of_one_document_lose_nothing(documents: DocumentStore, work: ServiceDatabase) -> None:
    await put(documents, work, "a", {"slug": "lamp", "rooms": []})

    async def add(room: str) -> None:
        while True:
            (found,) = await documents.get(work, COLLECTION, ["a"])
            rooms = [*json.loads(found.body)["rooms"], room]
            try:
                await put(documents, work, "a", {"slug": "lamp", "rooms": rooms}, found.version)
            except VersionConflict:
                continue
            return

    await asyncio.gather(*(add(str(number)) for number in range(20)))
    again = open_again(documents)
    (found,) = await again.get(work, COLLECTION, ["a"])
    assert sorted(json.loads(found.body)["rooms"], key=int) == [str(number) for number in range(20)]
    assert found.version == 21
    await again.close()


async def test_any_json_is_read_back_unchanged(documents: DocumentStore, work: ServiceDatabase) -> None:
    body = {
        "slug": "lamp", "": "no name", "a.b": 1, "$set": {"%": [None, True, 1.5, -3, 2**53], "%2E": "x"}, "ünï": "✓ “q”",
        "deep": [[{"x": []}, {}]],
    }  # fmt: skip
    await put(documents, work, "a", body)
    again = open_again(documents)
    assert json.loads((await again.get(work, COLLECTION, ["a"]))[0].body) == body
    await again.close()


# --- MongoDB


# Few fields each: drawing many different names took seconds, and each name is escaped by itself.
@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
    )
)
def test_special_field_names_are_escaped_and_read_back(value: Any) -> None:
    there = marked(value)
    assert unmarked(there) == value

    def names(one: Any) -> list[str]:
        return [name for key, inner in one.items() for name in (key, *names(inner))] if isinstance(one, dict) else []

    assert not any(set(name) & set(".$\0") or not name for name in names(there))


def test_cached_bodies_stay_within_their_memory_limit() -> None:
    cache = BodyCache(most_bytes=10)
    for number in range(5):
        cache.put(("s", "c", str(number), 1), "1234")
    assert [cache.get(("s", "c", str(number), 1)) for number in range(5)] == [None, None, None, "1234", "1234"]


async def test_bodies_move_from_the_database_to_mongodb_and_can_be_queried_there(
    shop: Shop, work: ServiceDatabase, mongo: str
) -> None:
    documents = open_documents(mongo)
    await put(documents, work, "a", {"slug": "lamp", "colour": "red", "a.b": 1})
    rows = await work.fetch("SELECT body FROM documents WHERE collection = 'things'")
    assert [row["body"] for row in rows] == ["null"]
    assert await work.fetch("SELECT id FROM document_moves") == []
    async with pymongo.AsyncMongoClient(mongo) as client:
        collection = client.get_default_database()["catalog_things"]
        assert await collection.find_one({"found_by.colour": "red"}) == {
            "_id": "a", "version": 1, "found_by": {"colour": ["red"], "slug": ["lamp"]},
            "body": {"slug": "lamp", "colour": "red", "a%2Eb": 1},
        }  # fmt: skip
        assert "found_by.colour_1" in await collection.index_information()
    with pytest.raises(Unavailable, match="SHOPWRIGHT_DOCUMENTS"):
        await open_documents("database:").get(work, COLLECTION, ["a"])
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


async def test_without_mongodb_documents_are_written_and_cached_ones_are_read(
    work: ServiceDatabase, mongo: str
) -> None:
    proxy = TcpProxy(mongo)
    await proxy.open()
    documents, other_client = open_documents(proxy.url), open_documents(proxy.url)
    await put(documents, work, "a", {"slug": "lamp", "colour": "red"})
    await proxy.cut()
    assert "red" in (await documents.find(work, COLLECTION, {"slug": "lamp"}))[0].body
    with pytest.raises(Unavailable, match="MongoDB"):
        await other_client.get(work, COLLECTION, ["a"])
    assert await put(documents, work, "a", {"slug": "lamp", "colour": "blue"}, 1) == 2
    assert "blue" in (await other_client.get(work, COLLECTION, ["a"]))[0].body  # it waits in the database
    async with work.begin() as tx:
        await documents.put(tx, COLLECTION, "b", {"slug": "chair"}, 0)
        await documents.delete(tx, COLLECTION, "b")
    await proxy.open()
    await asyncio.sleep(1.1)  # it is not called again for a second
    (timer,) = other_client.timers([work])
    await timer.handler()
    rows = await work.fetch("SELECT id, body FROM documents WHERE collection = 'things'")
    assert [(row["id"], row["body"]) for row in rows] == [("a", "null")]
    again = open_again(documents)
    assert "blue" in (await again.get(work, COLLECTION, ["a"]))[0].body
    for one in (documents, other_client, again):
        await one.close()
    await proxy.cut()


def test_options_in_the_mongodb_address_override_ours() -> None:
    ours, theirs = (
        MongoBodies(f"mongodb://127.0.0.1:9/shop{more}")._open(connect=False).options
        for more in ("", "?MaxPoolSize=7&timeoutms=900")
    )
    assert (ours.pool_options.max_pool_size, ours.timeout) == (20, 5)
    assert (theirs.pool_options.max_pool_size, theirs.timeout) == (7, 0.9)
    assert ours.server_selection_timeout == theirs.server_selection_timeout == 2


async def test_operators_are_notified_that_mongodb_is_gone(
    data: tuple[Path, str], clock: HandClock, mongo: str
) -> None:
    proxy = TcpProxy(mongo)
    await proxy.open()
    shop = Shop(make_settings(*data, documents=proxy.url), clock=clock, hasher=QUICK)
    async with shop.running(deliver=False):
        assert (await LocalProcessAdmin(shop).engines())["documents"] == "ok"
        await proxy.cut()
        assert "MongoDB does not answer" in (await LocalProcessAdmin(shop).engines())["documents"]


async def test_a_server_that_never_answers_times_out(work: ServiceDatabase, mongo: str) -> None:
    proxy = TcpProxy(mongo)
    await proxy.open()
    documents, other_client = open_documents(mongo), open_documents(proxy.url)
    await put(documents, work, "a", {"slug": "lamp"})
    proxy.hush()
    async with asyncio.timeout(9):
        with pytest.raises(Unavailable):
            await other_client.get(work, COLLECTION, ["a"])
        await put(other_client, work, "b", {"slug": "chair"})
    for one in (documents, other_client):
        await one.close()
    await proxy.cut()


async def test_a_body_that_mongodb_refuses_stays_in_the_database_and_delays_nothing(
    work: ServiceDatabase, mongo: str
) -> None:
    documents = open_documents(mongo)
    async with work.begin() as tx:
        await documents.put(tx, COLLECTION, "a", {"slug": "lamp"}, 0)
        await documents.put(tx, COLLECTION, "b", {"slug": "huge", "text": "x" * 17_000_000}, 0)
        await documents.put(tx, COLLECTION, "c", {"slug": "chair"}, 0)
    rows = await work.fetch("SELECT id, body FROM documents WHERE collection = 'things' ORDER BY id")
    assert [row["body"] == "null" for row in rows] == [True, False, True]
    again = open_again(documents)
    assert [one.id for one in await again.find(work, COLLECTION, {})] == ["a", "b", "c"]
    for one in (documents, again):
        await one.close()


async def test_a_missing_body_is_reported_and_not_invented(work: ServiceDatabase, mongo: str) -> None:
    documents = open_documents(mongo)
    await put(documents, work, "a", {"slug": "lamp"})
    async with pymongo.AsyncMongoClient(mongo) as client:
        await client.get_default_database()["catalog_things"].delete_many({})
    again = open_again(documents)
    with pytest.raises(Unavailable, match="has not got version 1 of a"):
        await again.get(work, COLLECTION, ["a"])
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


async def test_a_shop_restored_without_mongodb_shows_documents_written_since(
    data: tuple[Path, str], tmp_path: Path, clock: HandClock, mongo: str
) -> None:
    """Version numbers restart: bodies in MongoDB from before the restore are never used."""
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
            (found,) = await one.get(work, COLLECTION, ["a"])
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
    # The old processes continue for a while.
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
    await new.documents.settle(new.databases["catalog"])  # which releases nothing now
    assert all((await inside(back)).values())
    assert (await back.catalog.get(late.id)).status == "retired"
    assert await back.files.get("aa/picture.webp") == b"picture"
    assert (await back.catalog.set_status(late.id, "published")).status == "published"
    for one in (new, back):
        await one.close()


async def test_bodies_that_mongodb_returns_changed_end_a_move(work: ServiceDatabase, mongo: str) -> None:
    await put(open_documents("database:"), work, "a", {"slug": "lamp"})
    bodies = MongoBodies(mongo)
    lamp = BodyMove("a", 1, '{"slug": "lamp"}', {})
    with pytest.raises(Conflict, match="as it was written"):
        await arrived_completely(bodies, work, "catalog_things", [lamp])
    await bodies.write("catalog_things", [lamp])
    await arrived_completely(bodies, work, "catalog_things", [lamp])
    changed = BodyMove("a", 1, '{"slug": "table"}', {})
    with pytest.raises(Conflict, match="as it was written"):
        await arrived_completely(bodies, work, "catalog_things", [changed])
    await bodies.close()


async def test_a_full_read_waits_for_a_server_that_is_away_briefly(work: ServiceDatabase, mongo: str) -> None:
    proxy = TcpProxy(mongo)
    await proxy.open()
    documents = open_documents(mongo)
    await put(documents, work, "a", {"slug": "lamp"})
    far = open_documents(proxy.url)
    await proxy.cut()
    rows = [{"collection": "things", "id": "a", "version": 1, "body": "null"}]
    filling = asyncio.create_task(far.fill(work, rows))
    await asyncio.sleep(0.5)
    assert not filling.done()
    await proxy.open()
    assert (await filling)[0]["body"] == '{"slug":"lamp"}'
    for one in (documents, far):
        await one.close()
    await proxy.cut()


async def test_bodies_of_another_shop_in_mongodb_do_not_replace_ours(work: ServiceDatabase, mongo: str) -> None:
    await put(open_documents("database:"), work, "a", {"slug": "lamp"})
    documents, bodies = open_documents(mongo), MongoBodies(mongo)
    await bodies.write("catalog_things", [BodyMove("a", 7, '{"slug": "table"}', {})])
    assert await documents.claim_pending(work) == 0
    await documents.settle(work)
    (found,) = await documents.get(work, COLLECTION, ["a"])
    assert json.loads(found.body) == {"slug": "lamp"}
    for one in (documents, bodies):
        await one.close()


@pytest.mark.parametrize("url", ["mongodb://", "mongodb://a:b@c@d/x", "mongodb://host:notaport/x"])
def test_an_invalid_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(Invalid, match="SHOPWRIGHT_DOCUMENTS"):
        open_documents(url)
