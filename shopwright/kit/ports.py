"""The ports to engines, by kind. Each has a contract suite in tests/engines."""

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
    """A collection of documents. `unique` and `indexed` name top-level fields; lists count by member.

    `kind`: the type that declares personal fields; None if there are only ids and fingerprints.
    """

    name: str
    unique: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()
    kind: Any = None


class StoredDocument(msgspec.Struct, frozen=True):
    """A JSON document and its version, which grows with every change."""

    id: str
    version: int
    body: str


class Write(msgspec.Struct, frozen=True):
    """A document to write. `version`: the one read (0: new)."""

    id: str
    body: Mapping[str, Any]
    version: int


class DocumentStore(Protocol):
    """Documents of one service. Reads within a transaction see its writes."""

    async def get(
        self, source: ServiceDatabase | Transaction, collection: DocumentCollection, ids: Sequence[str]
    ) -> list[StoredDocument]:
        """Return the existing documents in this order."""
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
        """Return documents with these indexed or unique values, by id, after id `after`."""
        ...

    async def find_any(
        self, source: ServiceDatabase | Transaction, collection: DocumentCollection, field: str, values: Sequence[str]
    ) -> list[StoredDocument]:
        """Return documents whose unique `field` has any of these values, in no order."""
        ...

    async def put(
        self, tx: Transaction, collection: DocumentCollection, document_id: str, body: Mapping[str, Any], version: int
    ) -> int:
        """Write and return the new version; `version`: the one read (0: new). Raises VersionConflict, UniqueViolation."""
        ...

    async def put_many(
        self,
        tx: Transaction,
        collection: DocumentCollection,
        writes: Sequence[Write],
        changed: Sequence[str] | None = None,
    ) -> list[int]:
        """Write many different documents in a few statements, all or none.

        `changed`: the indexed fields that may have changed (None: all).
        """
        ...

    async def delete(self, tx: Transaction, collection: DocumentCollection, document_id: str) -> None: ...

    async def fill(self, work: ServiceDatabase, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        """Add bodies stored elsewhere to rows of the table `documents`. Raises Unavailable."""
        ...

    def steady(self, work: ServiceDatabase) -> AbstractAsyncContextManager[None]:
        """Inside, results of `fill` match a database snapshot opened there."""
        ...

    async def clear(self, work: ServiceDatabase) -> None:
        """Delete a service's documents outside its database. Raises Unavailable."""
        ...

    async def arrived(self, session: DatabaseSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """Handle rows written to the table `documents` by a database move."""
        ...

    async def leaving(self, session: DatabaseSession, keys: Sequence[Sequence[Any]]) -> None:
        """Handle documents (collection, id) about to be removed from the table by a move."""
        ...

    async def claim_pending(self, work: ServiceDatabase) -> int:
        """Take over documents from the service's database, while others may still use it.

        Returns how many. Raises Unavailable; Conflict if something read back differs.
        """
        ...

    async def return_pending(self, work: ServiceDatabase) -> int:
        """Copy all documents back into the service's database, to stay there two hours. Raises Unavailable."""
        ...

    async def settle(self, work: ServiceDatabase) -> None:
        """Move pending documents from the database to where they are stored. Raises Unavailable."""
        ...

    def timers(self, works: Sequence[ServiceDatabase]) -> list[ScheduledJob]:
        """Return the scheduled jobs for these services' documents."""
        ...

    async def examine(self) -> Health:
        """Check its configuration. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


class Cache(Protocol):
    """Bytes for a limited time, precise to a second. Losing them costs time, never correctness."""

    async def get(self, key: str) -> bytes | None: ...

    async def set(self, key: str, value: bytes, ttl: timedelta) -> None: ...

    async def add(self, key: str, value: bytes, ttl: timedelta) -> bool:
        """Set a missing key. Returns whether it was missing."""
        ...

    async def delete(self, key: str) -> None: ...

    async def increment(self, key: str, ttl: timedelta) -> int:
        """Increase a count and return it; it restarts `ttl` after the first."""
        ...

    async def examine(self) -> Health:
        """Check its configuration. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


class Files(Protocol):
    """Files by name."""

    async def put(self, name: str, data: bytes) -> None: ...

    async def get(self, name: str) -> bytes | None: ...

    async def delete(self, name: str) -> None: ...

    async def names(self, below: str = "") -> list[str]:
        """Return all names, or those in a folder."""
        ...

    async def size(self, name: str) -> int | None:
        """Return the size in bytes; None if missing."""
        ...

    async def address(self, verb: Literal["GET", "PUT"], name: str, lasting: timedelta) -> str | None:
        """A URL to read or write the file for this time; None if only the shop can."""
        ...

    async def examine(self) -> Health:
        """Check its configuration. Raises Unavailable."""
        ...


class Attachment(msgspec.Struct, frozen=True):
    """A file attached to a message: name, media type and content."""

    name: str
    media_type: str
    content: bytes


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message to a person. `id` is its Message-ID, for deduplication.

    `unsubscribe`: the one-click URL (RFC 8058), "" for required messages. `secrets`: parts for the recipient only.
    `attachments`: of e-mails only.
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
    """A register's answer about a tax id: validity, holder, and reference of the request."""

    valid: bool
    name: str = ""
    reference: str = ""


class TaxRegister(Protocol):
    """A register of tax ids."""

    async def ask(self, tax_id: str, requester: str) -> RegisterAnswer:
        """Check a tax id; `requester`: the seller's own, if any. Raises Unavailable."""
        ...


class Deferred(Unavailable):
    """The provider asks to retry this message later; others may be sent."""


class MessageTransport(Protocol):
    """Delivers messages; if it does not `sends`, they are kept in the shop."""

    sends: bool

    async def deliver(self, message: Message) -> None:
        """Deliver a message.

        Raises Refused if it will never work, Deferred to retry this message later, Unavailable if nothing can be sent.
        """
        ...

    async def kept(self, message_id: str) -> Message | None:
        """Return a message kept for viewing instead of sending."""
        ...

    async def forget(self, message_ids: Sequence[str]) -> None:
        """Delete kept messages."""
        ...

    async def examine(self) -> Health:
        """Check its configuration. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


class IndexDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A product in the search engine. `terms`: facet tokens `name=value`; `card`: returned as it is."""

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
    """A search. `groups`: facet name → chosen tokens (any of a group, all groups). Prices in minor units, inclusive.

    `text`: the first 40 words count; text with symbols only (😀, ***) finds nothing. `within`: required tokens that are
    no choice, such as the page's category. `after`: `SearchFound.next` of the same query, in place of an offset, at
    constant cost.
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
    """Search results. `counts`: token → matches if it were chosen, too (ignoring its own group).

    `highlights`: each card's title as HTML with matches in <mark>; "" without any. `next`: the cursor, "" at the end.
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
    """A product index that can always be rebuilt."""

    async def write(self, documents: Sequence[IndexDocument], removed: Sequence[str]) -> None:
        """Write and remove documents, visible on return."""
        ...

    async def search(self, query: Query) -> SearchFound:
        """Search. Raises Invalid for a foreign `after`, Unavailable."""
        ...

    async def suggest(self, text: str, limit: int) -> list[str]:
        """Return cards of products with words that start like `text`."""
        ...

    async def replace(self, batches: AsyncIterator[Sequence[IndexDocument]]) -> None:
        """Replace all documents; the former ones are served until the last one is written.

        Of concurrent calls the last one counts. Raises Unavailable and errors of `batches`, without changes.
        """
        ...

    async def count(self) -> int: ...

    async def examine(self) -> Health:
        """Check its configuration. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


class Cdn(Protocol):
    """A CDN in front of the shop."""

    every: timedelta
    """How often it may be told."""

    def headers(self, keys: Iterable[str]) -> list[tuple[bytes, bytes]]:
        """Response headers that allow caching, with keys for purging."""
        ...

    async def purge(self, keys: Iterable[str]) -> None:
        """Purge all responses with any of these keys, as far as confirmed. Raises Unavailable."""
        ...

    async def close(self) -> None: ...
