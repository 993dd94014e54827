"""Document bodies in MongoDB: one of its collections for each of a service's, one entry per document.

    catalog_products   {_id: "prd_…", version: 7, found_by: {status: ["published"], …}, body: {title: "Lamp", …}}

`body` is the plain document, so that it can be queried with MongoDB's tools; `found_by` has the indexed values. Only
features FerretDB 1 has are used: no transactions, no change streams.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from bson import Int64
from bson.errors import BSONError
from pymongo import AsyncMongoClient
from pymongo.errors import ConfigurationError, InvalidURI, PyMongoError
from pymongo.read_preferences import ReadPreference

from shopwright.kit.caching.circuit_breaker import CircuitBreaker
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.observability.health import Health
from shopwright.kit.ports import StoredDocument
from shopwright.kit.translation import gettext as _

CONNECT_MS, ANSWER_MS = 2_000, 5_000
CONNECTIONS = 20
DUPLICATE_KEY = 11000
TAKEN = "it is there already"
PARTS = {"version": 1, "body": 1}
FERRET_AT_ONCE = 5  # it scans the collection for each: many at once exceed their time-out
AT_ONCE = 50  # entries read in one go
PORTION_BYTES = 8_000_000  # a message to the server may have 48
# A body leaves the database once a majority of servers has stored it.
DURABLE = {"writeConcern": {"w": "majority", "j": True}}
OLDEST = (5, 0)
UNLESS_SAID: Mapping[str, Any] = {
    "appname": "shopwright",
    "maxPoolSize": CONNECTIONS,
    "serverSelectionTimeoutMS": CONNECT_MS,
    "connectTimeoutMS": CONNECT_MS,
    "timeoutMS": ANSWER_MS,
}
DATABASE = "shopwright"
LIST = "%[]"  # around a list in a list, which FerretDB does not take
# Characters forbidden in field names by some server, and the escape itself.
MARKED = {"%": "%25", ".": "%2E", "$": "%24", "\0": "%00"}


class BodyMove(msgspec.Struct, frozen=True):
    """A changed document: its new body and indexed values, or `body` None if it was deleted."""

    id: str
    version: int
    body: str | None
    found_by: Mapping[str, Sequence[str]] = {}


class MongoBodies:
    """A client of the server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: AsyncMongoClient[dict[str, Any]] | None = None
        self._breaker = CircuitBreaker("MongoDB", self.examine)
        self._indexed: set[str] = set()
        self._ferret: bool | None = None
        self._open(connect=False)  # a URL that cannot be is refused before anything starts

    def _open(self, *, connect: bool) -> AsyncMongoClient[dict[str, Any]]:
        options = {name.lower() for name, _ in parse_qsl(urlsplit(self._url).query)}
        try:
            client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
                self._url,
                connect=connect,
                retryWrites=False,  # what was not brought is brought by a timer
                **{name: value for name, value in UNLESS_SAID.items() if name.lower() not in options},
            )
        except (ConfigurationError, InvalidURI, ValueError) as error:
            raise Invalid(
                _(
                    "SHOPWRIGHT_DOCUMENTS is not a valid address of MongoDB ({error}); example: mongodb://user:password@host:27017/shopwright, with %40 for an @ in the password.",
                    error=type(error).__name__,
                )
            ) from None
        return client

    @property
    def _database(self) -> Any:
        if self._client is None:
            self._client = self._open(connect=True)
        # Read from the primary, whatever the URL says.
        return self._client.get_default_database(DATABASE, read_preference=ReadPreference.PRIMARY)

    async def read(self, name: str, ids: Sequence[str]) -> list[StoredDocument]:
        """Return these bodies in no order. Raises Unavailable."""
        found: list[StoredDocument] = []
        for start in range(0, len(ids), AT_ONCE):
            found += await self._breaker.ask(partial(self._read, name, ids[start : start + AT_ONCE]))
        return found

    async def _read(self, name: str, ids: Sequence[str]) -> list[StoredDocument]:
        async with translated():
            if await self._is_ferret():  # which scans the collection for `$in`, but not for one key
                found = []
                for start in range(0, len(ids), FERRET_AT_ONCE):
                    some = ids[start : start + FERRET_AT_ONCE]
                    found += await asyncio.gather(*(self._database[name].find_one({"_id": one}, PARTS) for one in some))
            else:
                found = await self._database[name].find({"_id": {"$in": list(ids)}}, PARTS).to_list()
        return [_read_entry(one) for one in found if one is not None]

    async def _is_ferret(self) -> bool:
        if self._ferret is None:
            self._ferret = "ferretdbVersion" in await self._database.command("buildInfo")
        return self._ferret

    async def write(self, name: str, moves: Sequence[BodyMove]) -> dict[str, str]:
        """Write these unless a later version exists; returns refused ones with the reason. Raises Unavailable."""
        refused: dict[str, str] = {}
        await self._breaker.ask(lambda: self._index(name, {field for move in moves for field in move.found_by}))
        for some in _portions(moves):
            if not await self._breaker.ask(partial(self._write, name, some)):
                continue
            for move in some:
                if why := await self._breaker.ask(partial(self._write, name, [move])):
                    refused[move.id] = why
        return refused

    async def _write(self, name: str, moves: Sequence[BodyMove]) -> str:
        """Write all at once; returns the problem of any of them."""
        there = [move for move in moves if move.body is not None]
        gone = [move for move in moves if move.body is None]
        if gone:
            await self._command("delete", name, deletes=[{"q": _older(move), "limit": 1} for move in gone])
        problem = await self._command("insert", name, documents=[_entry(move) for move in there]) if there else ""
        # FerretDB stops at the first existing document, so each is tried by itself.
        if problem == TAKEN and not (len(there) > 1 and await self._is_ferret()):
            updates = [{"q": _older(move), "u": _entry(move)} for move in there]
            problem, count = await self._run_command("update", name, updates=updates)
            if not problem and count < len(there):
                problem = TAKEN if len(there) > 1 else await self._compare(name, there[0])
        return problem

    async def _compare(self, name: str, move: BodyMove) -> str:
        """Compare with an existing version that is not older: our own, or one from before a restore."""
        async with translated():
            found = await self._database[name].find_one({"_id": move.id}, PARTS)
        same = found is not None and found["version"] == move.version
        if same and unmarked(found["body"]) == msgspec.json.decode(move.body or "null"):
            return ""
        return "it has another version, as if the database had been restored without it"

    async def _command(self, verb: str, name: str, **what: Any) -> str:
        """Return the problem of the first refused write. Raises Unavailable."""
        return (await self._run_command(verb, name, **what))[0]

    async def _run_command(self, verb: str, name: str, **what: Any) -> tuple[str, int]:
        """Return the problem, and the number of affected documents."""
        async with translated():
            try:
                answer = await self._database.command(verb, name, ordered=False, **what, **DURABLE)
            except (BSONError, OverflowError) as error:  # beyond 16 MB, or a number beyond 64 bits
                return str(error)[:200], 0
        if lack := answer.get("writeConcernError"):
            raise Unavailable(
                _(
                    "MongoDB has not written to enough of its disks ({problem}).",
                    problem=lack.get("codeName", "unknown"),
                )
            )
        errors = answer.get("writeErrors", ())
        others = [str(one["errmsg"])[:200] for one in errors if one["code"] != DUPLICATE_KEY]
        return (others[0] if others else TAKEN if errors else ""), int(answer.get("n", 0))

    async def _index(self, name: str, fields: Iterable[str]) -> None:
        async with translated():
            for field in fields:
                if (known := f"{name}.{field}") not in self._indexed:
                    await self._database[name].create_index([(f"found_by.{field}", 1)])
                    self._indexed.add(known)

    async def drop(self, prefix: str) -> None:
        """Drop collections with this prefix. Raises Unavailable."""
        async with translated():
            for name in await self._database.list_collection_names():
                if name.startswith(prefix):
                    await self._database.drop_collection(name)
        self._indexed.clear()

    async def examine(self) -> Health:
        async with translated():
            info = await self._database.command("buildInfo")
            hello = await self._database.command("hello")
        version = str(info["version"])
        wrong = []
        if tuple(int(part) for part in version.split(".")[:2] if is_number(part)) < OLDEST:
            wrong.append(_("MongoDB {version} is too old; the shop needs 5.0 or later.", version=version))
        if ferret := info.get("ferretdbVersion"):
            return Health(f"FerretDB {ferret}", tuple(wrong))
        if not hello.get("setName") and hello.get("msg") != "isdbgrid":
            wrong.append(
                _(
                    "MongoDB is one server without a replica set: what it acknowledged is lost with its disk."
                    " Run a replica set of three."
                )
            )
        return Health(f"MongoDB {version}", tuple(wrong))

    async def close(self) -> None:
        await self._breaker.close()
        client, self._client = self._client, None
        if client is not None:
            await client.close()


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Translate the client's errors."""
    try:
        yield
    except (PyMongoError, OSError, TimeoutError) as error:
        raise Unavailable(_("MongoDB does not answer ({error}).", error=type(error).__name__)) from error


def _read_entry(found: Mapping[str, Any]) -> StoredDocument:
    return StoredDocument(found["_id"], found["version"], msgspec.json.encode(unmarked(found["body"])).decode())


def _older(move: BodyMove) -> dict[str, Any]:
    return {"_id": move.id, "version": {"$lt": move.version}}


def _entry(move: BodyMove) -> dict[str, Any]:
    body = marked(msgspec.json.decode(move.body or "null"))
    return {"_id": move.id, "version": move.version, "found_by": dict(move.found_by), "body": body}


def _portions(moves: Sequence[BodyMove]) -> Iterator[list[BodyMove]]:
    """Batches that fit into a message."""
    portion: list[BodyMove] = []
    size = 0
    for move in moves:
        portion.append(move)
        size += len(move.body or "")
        if size > PORTION_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def marked(value: Any) -> Any:
    """JSON with field names every server accepts."""
    if isinstance(value, dict):
        return {_mark(name): marked(one) for name, one in value.items()}
    if isinstance(value, list):
        return [{LIST: marked(one)} if isinstance(one, list) else marked(one) for one in value]
    return value


def _mark(name: str) -> str:
    return "".join(MARKED.get(character, character) for character in name) or "%"


def unmarked(value: Any) -> Any:
    """Undo `marked`."""
    if isinstance(value, dict):
        if LIST in value:
            return unmarked(value[LIST])
        return {_unmark(name): unmarked(one) for name, one in value.items()}
    if isinstance(value, list):
        return [unmarked(one) for one in value]
    return int(value) if isinstance(value, Int64) else value


def _unmark(name: str) -> str:
    if "%" not in name:
        return name
    if name == "%":
        return ""
    for character, mark in reversed(MARKED.items()):
        name = name.replace(mark, character)
    return name
