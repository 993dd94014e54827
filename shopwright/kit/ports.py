"""What the engines promise, kind by kind. Each promise is a contract suite in tests/engines."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Literal, Protocol

import msgspec

from shopwright.kit.data.database import DatabaseSession
from shopwright.kit.data.events import ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Unavailable
from shopwright.kit.observability.health import Health


class DocumentCollection(msgspec.Struct, frozen=True):
    """A kind of document. `unique` and `indexed` name top-level fields; a list counts with each of its members.

    `kind`: the type that declares what of a document is personal; None where it holds nothing but ids and fingerprints.
    """

    name: str
    unique: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()
    kind: Any = None


class StoredDocument(msgspec.Struct, frozen=True):
    """A JSON document and the number of its version, which grows with every change."""

    id: str
    version: int
    body: str


class Write(msgspec.Struct, frozen=True):
    """A document as it should be. `version` is the one read (0: it is new)."""

    id: str
    body: Mapping[str, Any]
    version: int


class DocumentStore(Protocol):
    """Flexible documents of one service. Reads may be given a transaction to see its own writes."""

    async def get(
        self, source: ServiceDatabase | Transaction, collection: DocumentCollection, ids: Sequence[str]
    ) -> list[StoredDocument]:
        """Those of `ids` that exist, in that order."""
        ...

    async def find(
        self,
        source: ServiceDatabase | Transaction,
        collection: DocumentCollection,
        where: Mapping[str, str],
        *,
        after: str = "",
        limit: int = 100,
    ) -> list[StoredDocument]:
        """Documents whose indexed or unique fields have these values, by id ascending, after id `after`."""
        ...

    async def find_any(
        self, source: ServiceDatabase | Transaction, collection: DocumentCollection, field: str, values: Sequence[str]
    ) -> list[StoredDocument]:
        """Documents whose unique `field` has any of these values, in no order."""
        ...

    async def put(
        self, tx: Transaction, collection: DocumentCollection, document_id: str, body: Mapping[str, Any], version: int
    ) -> int:
        """Write and answer the new version. `version` is the one read (0: it is new). Raises VersionConflict, UniqueViolation."""
        ...

    async def put_many(
        self,
        tx: Transaction,
        collection: DocumentCollection,
        writes: Sequence[Write],
        changed: Sequence[str] | None = None,
    ) -> list[int]:
        """The same for many, each another document, in a few statements for all: all are written, or it raises.

        `changed`: of the fields they are found by, those in which they may differ from what is there (None: all).
        """
        ...

    async def delete(self, tx: Transaction, collection: DocumentCollection, document_id: str) -> None: ...

    async def fill(self, work: ServiceDatabase, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        """Rows of the table `documents` with the bodies that are kept elsewhere in them. Raises Unavailable."""
        ...

    def steady(self, work: ServiceDatabase) -> AbstractAsyncContextManager[None]:
        """While this lasts, what `fill` answers fits to a snapshot of the database that was opened in here."""
        ...

    async def clear(self, work: ServiceDatabase) -> None:
        """Forget all of a service's that is kept outside of its database. Raises Unavailable."""
        ...

    async def arrived(self, session: DatabaseSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """These rows were written to the table `documents` by whoever brings a whole database here."""
        ...

    async def leaving(self, session: DatabaseSession, keys: Sequence[Sequence[Any]]) -> None:
        """Documents (collection, id) are about to be taken from that table in the same way."""
        ...

    async def adopt(self, work: ServiceDatabase) -> int:
        """Take over what a service's database keeps itself, while others may still be told that it does.

        Answers how many documents. Raises Unavailable; Conflict where what was written does not read as it was.
        """
        ...

    async def give_back(self, work: ServiceDatabase) -> int:
        """Put everything into the database of the service, and leave it there for two hours. Raises Unavailable."""
        ...

    async def settle(self, work: ServiceDatabase) -> None:
        """Bring what waits in the database of a service to where documents are kept. Raises Unavailable."""
        ...

    def timers(self, works: Sequence[ServiceDatabase]) -> list[ScheduledJob]:
        """What must be done for the documents of these services as time passes."""
        ...

    async def examine(self) -> Health:
        """How it is set up. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


class Cache(Protocol):
    """Bytes for a while, to within a second. Losing them costs time, never truth."""

    async def get(self, key: str) -> bytes | None: ...

    async def set(self, key: str, value: bytes, ttl: timedelta) -> None: ...

    async def add(self, key: str, value: bytes, ttl: timedelta) -> bool:
        """Set what is not there, and say whether it was not."""
        ...

    async def delete(self, key: str) -> None: ...

    async def increment(self, key: str, ttl: timedelta) -> int:
        """Count up and answer the count; it starts again `ttl` after the first."""
        ...

    async def examine(self) -> Health:
        """How it is set up. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


class Files(Protocol):
    """Bytes under a name, for good."""

    async def put(self, name: str, data: bytes) -> None: ...

    async def get(self, name: str) -> bytes | None: ...

    async def delete(self, name: str) -> None: ...

    async def names(self, below: str = "") -> list[str]:
        """All there are, or those below a folder."""
        ...

    async def size(self, name: str) -> int | None:
        """How many bytes it has; None where it is not there."""
        ...

    async def address(self, verb: Literal["GET", "PUT"], name: str, lasting: timedelta) -> str | None:
        """Where whoever has this address may read or write the file for so long; None where only the shop can."""
        ...

    async def examine(self) -> Health:
        """How it is set up. Raises Unavailable."""
        ...


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes out with a message: what it is called, of which media type, and what is in it."""

    name: str
    media_type: str
    content: bytes


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message to a person. `id` is its Message-ID: delivering it again changes nothing.

    `unsubscribe`: where one POST ends messages of its kind (RFC 8058), "" for those that must be sent. `secrets`: what in it
    is for its reader alone. `attachments`: files that go with an e-mail; other channels have none.
    """

    id: str
    channel: Literal["email", "sms", "push"]
    recipient: str
    subject: str
    text: str
    html: str = ""
    unsubscribe: str = ""
    secrets: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class RegisterAnswer(msgspec.Struct, frozen=True):
    """What a register of tax ids says of one: whether it is valid, whose it is, and under which reference that was asked."""

    valid: bool
    name: str = ""
    reference: str = ""


class TaxRegister(Protocol):
    """A register that knows which tax ids exist."""

    async def ask(self, tax_id: str, requester: str) -> RegisterAnswer:
        """Whether `tax_id` is valid now; `requester`: the seller's own, where there is one. Raises Unavailable."""
        ...


class Deferred(Unavailable):
    """The other side answers and asks to try this message again later; others may go."""


class MessageTransport(Protocol):
    """Where messages leave the shop; where it does not `sends`, they are kept in it."""

    sends: bool

    async def deliver(self, message: Message) -> None:
        """Hand over.

        Raises Refused when it never will work, Deferred when this message is to be tried again later, Unavailable when
        nothing can be sent at the moment.
        """
        ...

    async def kept(self, message_id: str) -> Message | None:
        """A message as it was handed over, where it is kept to be shown instead of being sent."""
        ...

    async def forget(self, message_ids: Sequence[str]) -> None:
        """Keep none of these, where any are kept."""
        ...

    async def examine(self) -> Health:
        """How it is set up. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


class IndexDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What the search engine keeps of a product. `terms` are facet tokens `name=value`; `card` is answered as it is."""

    id: str
    title: str
    brand: str
    words: str
    terms: tuple[str, ...]
    price: int
    rating: float
    published: int
    sold: int
    card: str


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """`groups`: facet name → chosen tokens (any of a group, all of the groups). Prices in minor units, inclusive.

    `text`: words, of which the first 40 count; where it has signs and no word at all (😀, ***), nothing is found.
    `within`: tokens that must all be there and are no choice, such as the category whose page it is.
    `after`: `SearchFound.next` of the same query, in place of an offset: however deep, the next page costs what the first did.
    """

    text: str = ""
    within: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = {}
    price_min: int | None = None
    price_max: int | None = None
    rating_min: float | None = None
    sort: Literal["relevance", "price", "-price", "newest", "rating", "bestselling"] = "relevance"
    offset: int = 0
    after: str = ""
    limit: int = 24
    exact: bool = False


class SearchFound(msgspec.Struct, frozen=True, kw_only=True):
    """`counts`: token → how many products would be there, were it chosen too (its own group left aside).

    `highlights`: the title of each card as HTML, with what was searched for in <mark>; "" where nothing of it is there.
    `next`: where the list goes on, "" at its end.
    """

    cards: tuple[str, ...]
    highlights: tuple[str, ...] = ()
    total: int
    counts: Mapping[str, int]
    price_low: int | None = None
    price_high: int | None = None
    corrected: str | None = None
    next: str = ""


NOTHING = SearchFound(cards=(), total=0, counts={})


class SearchIndex(Protocol):
    """A product index that can always be built again."""

    async def write(self, documents: Sequence[IndexDocument], removed: Sequence[str]) -> None:
        """Put and remove; visible to `search` when it returns."""
        ...

    async def search(self, query: Query) -> SearchFound:
        """What fits. Raises Invalid for an `after` it did not answer, Unavailable."""
        ...

    async def suggest(self, text: str, limit: int) -> list[str]:
        """Cards of products whose words begin like `text`."""
        ...

    async def replace(self, batches: AsyncIterator[Sequence[IndexDocument]]) -> None:
        """In place of all there is, these: what was there answers until the last of them is written, then they do.

        Where several do so at once, the last one counts. Raises Unavailable, and whatever `batches` does: nothing changed.
        """
        ...

    async def count(self) -> int: ...

    async def examine(self) -> Health:
        """How it is set up. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


class Cdn(Protocol):
    """A cache in front of the shop, near to shoppers (a CDN): how it is told what to keep, and what to drop."""

    every: timedelta
    """How often it may be told."""

    def headers(self, keys: Iterable[str]) -> list[tuple[bytes, bytes]]:
        """The headers of an answer it may keep and give to anyone; by these keys it can be dropped."""
        ...

    async def purge(self, keys: Iterable[str]) -> None:
        """Drop every answer with one of these keys; seen by all when this returns, as far as it can tell. Raises Unavailable."""
        ...

    async def close(self) -> None: ...
