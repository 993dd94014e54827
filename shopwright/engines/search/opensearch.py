"""Search on OpenSearch, limited to what Elasticsearch 8 has, too.

opensearch://user:password@host1:9200,host2:9200/prefix        (elasticsearch:// is the same)
opensearchs://user:password@host:9200/prefix?ca=/etc/ssl/ca.pem    with TLS

All processes use an alias. A new index is filled beside it and swapped in at once. Words, typos, facets and highlights
work as in `tantivy.py`.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import NotFoundError, OpenSearchException, RequestError, TransportError

from shopwright.engines.search import opensearch_body as body_of
from shopwright.engines.search import place, terms
from shopwright.engines.search.marking import marked
from shopwright.engines.search.terms import QueryWord
from shopwright.kit.caching.circuit_breaker import CircuitBreaker
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.observability.health import Health
from shopwright.kit.ports import NOTHING, IndexDocument, Query, SearchFound
from shopwright.kit.settings import take_apart
from shopwright.kit.translation import gettext as _

# The client logs every failure with a traceback; `CircuitBreaker` logs the first.
logging.getLogger("opensearch").setLevel(logging.CRITICAL)

SHAPE = "v2"  # a new number is a new alias beside the old one, which older processes go on using
PORT = 9200
ANSWER_S, WRITE_S = 5, 60
CONNECTIONS = 20
BATCH = 1_000
BUSY = 429
TRIES = 6
FIRST_PAUSE_S = 0.2
SWEPT_AFTER_S = 3_600
CORRECTABLE = 4  # shorter words are names and sizes more often than typos
Sorted = list[float | int | str]  # what a hit is sorted by, and its id
SORTS: Mapping[str, tuple[str, str]] = {
    "price": ("price", "asc"),
    "-price": ("price", "desc"),
    "newest": ("published", "desc"),
    "rating": ("rating", "desc"),
    "bestselling": ("sold", "desc"),
}
SHAPE_OF_INDEX: Mapping[str, Any] = {
    "settings": {
        "number_of_shards": 1,
        "analysis": {
            "filter": {"stems": {"type": "stemmer", "language": "porter2"}},
            "analyzer": {
                "stemmed": {"type": "custom", "tokenizer": "whitespace", "filter": ["stems"]},
                "plain": {"type": "custom", "tokenizer": "whitespace"},
            },
        },
    },
    "mappings": {
        "dynamic": "strict",
        "_source": {"includes": ["card", "shown"]},
        "properties": {
            "id": {"type": "keyword"},
            "title": {"type": "text", "analyzer": "stemmed"},
            "brand": {"type": "text", "analyzer": "stemmed"},
            "words": {"type": "text", "analyzer": "stemmed"},
            "plain": {"type": "text", "analyzer": "plain", "norms": False},
            "terms": {"type": "keyword", "eager_global_ordinals": True},
            "price": {"type": "long"},
            "rating": {"type": "integer"},
            "published": {"type": "long"},
            "sold": {"type": "long"},
            "shown": {"type": "keyword", "index": False, "doc_values": False},
            "card": {"type": "keyword", "index": False, "doc_values": False},
        },
    },
}


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Translate the client's errors."""
    try:
        yield
    except (OpenSearchException, OSError, TimeoutError) as error:
        raise Unavailable(
            _("The search server does not do what was asked of it ({error}).", error=type(error).__name__)
        ) from error


class OpenSearchIndex:
    """An index behind its own alias on a server that may be shared."""

    def __init__(self, url: str) -> None:
        parts = take_apart("search", url, ("ca",))
        tls = parts.scheme.endswith("searchs")
        self._client = AsyncOpenSearch(
            hosts=[
                {"host": host, "port": port or PORT, "scheme": "https" if tls else "http"} for host, port in parts.hosts
            ],
            http_auth=(parts.user, parts.password) if parts.user else None,
            ca_certs=parts.options.get("ca"),
            timeout=ANSWER_S,
            max_retries=1,
            retry_on_timeout=False,
            maxsize=CONNECTIONS,
        )
        self._alias = f"{parts.path or 'shopwright'}-products-{SHAPE}"
        self._breaker = CircuitBreaker("The search server", self.examine)
        self._there = False

    async def _prepared(self) -> None:
        """Ensure the alias. Processes may race, so the first index has a fixed name."""
        if self._there:
            return
        if not await self._client.indices.exists_alias(name=self._alias):
            await self._make(f"{self._alias}-first", {self._alias: {}})
        self._there = True

    async def _make(self, name: str, aliases: Mapping[str, Any]) -> None:
        try:
            await self._client.indices.create(index=name, body={**SHAPE_OF_INDEX, "aliases": aliases})
        except RequestError as error:
            if error.error != "resource_already_exists_exception":
                raise

    # --- writing

    async def write(self, documents: Sequence[IndexDocument], removed: Sequence[str]) -> None:
        actions: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
            ({"delete": {"_id": one}}, None) for one in removed
        ]
        actions += [({"index": {"_id": one.id}}, body_of.document(one)) for one in documents]
        async with translated():
            await self._prepared()
            for start in range(0, len(actions), BATCH):
                await self._bulk(actions[start : start + BATCH], self._alias)
            await self._client.indices.refresh(index=self._alias)

    async def _bulk(self, actions: Sequence[tuple[dict[str, Any], dict[str, Any] | None]], index: str) -> None:
        """Run all actions; those the server rejects for load are retried after growing pauses."""
        for number in range(TRIES):
            lines = [msgspec.json.encode(part).decode() for action in actions for part in action if part is not None]
            try:
                answer = await self._client.bulk(
                    index=index, body="\n".join(lines) + "\n", params={"request_timeout": WRITE_S}
                )
            except TransportError as error:
                if error.status_code != BUSY:
                    raise
            else:
                results = [next(iter(item.values())) for item in answer["items"]]
                wrong = [one for one in results if "error" in one and one["status"] != BUSY]
                if wrong:
                    raise Unavailable(
                        _(
                            "The search server refused {count} products ({type}).",
                            count=len(wrong),
                            type=wrong[0]["error"]["type"],
                        )
                    )
                actions = [action for action, one in zip(actions, results, strict=True) if one["status"] == BUSY]
                if not actions:
                    return
            await asyncio.sleep(FIRST_PAUSE_S * 2**number)
        raise Unavailable(_("The search server is too busy to take more products."))

    async def replace(self, batches: AsyncIterator[Sequence[IndexDocument]]) -> None:
        """Fill a new index, then swap the alias in one step."""
        fresh = f"{self._alias}-{secrets.token_hex(6)}"
        async with translated():
            await self._prepared()
            await self._make(fresh, {})
            try:
                async for batch in batches:
                    await self._bulk([({"index": {"_id": one.id}}, body_of.document(one)) for one in batch], fresh)
                await self._client.indices.refresh(index=fresh)
                await self._swap(fresh)
            except BaseException:
                with suppress(OpenSearchException):
                    await self._client.indices.delete(index=fresh)
                raise

    async def _swap(self, fresh: str) -> None:
        for _try in range(TRIES):
            before = await self._client.indices.get_alias(name=self._alias)
            actions = [{"remove": {"index": name, "alias": self._alias, "must_exist": True}} for name in before]
            swap = {"actions": [*actions, {"add": {"index": fresh, "alias": self._alias}}]}
            with suppress(NotFoundError):  # another process has replaced it in this moment
                await self._client.indices.update_aliases(body=swap)
                await self._sweep(fresh)
                return
        raise Unavailable(_("The index is being replaced by others again and again."))

    async def _sweep(self, fresh: str) -> None:
        """Delete old indexes only, as the previous one is still read for a moment and others are being filled."""
        known = await self._client.indices.get_settings(index=f"{self._alias}-*")
        for name, one in known.items():
            age = time.time() - int(one["settings"]["index"]["creation_date"]) / 1_000
            if name != fresh and age > SWEPT_AFTER_S:
                with suppress(NotFoundError):
                    await self._client.indices.delete(index=name)

    async def count(self) -> int:
        async with translated():
            await self._prepared()
            answer = await self._client.count(index=self._alias)
        return int(answer["count"])

    async def examine(self) -> Health:
        async with translated():
            await self._prepared()
            version = (await self._client.info())["version"]
            state = await self._client.cluster.health()
            settings = await self._client.indices.get_settings(index=self._alias)
        wrong = []
        if state["status"] == "red":
            wrong.append(_("The cluster is red: some of its shards are on no server. See _cluster/allocation/explain."))
        if any("read_only_allow_delete" in one["settings"]["index"].get("blocks", {}) for one in settings.values()):
            wrong.append(_("The index was made read-only because the disk ran full: make room, then lift the block."))
        return Health(f"{version.get('distribution', 'elasticsearch')} {version['number']}", tuple(wrong))

    # --- reading

    async def search(self, query: Query) -> SearchFound:
        return await self._breaker.ask(lambda: self._search(query))

    async def _search(self, query: Query) -> SearchFound:
        understood = words = terms.of_query(query.text)
        if query.text.strip() and not words:
            return NOTHING
        async with translated():
            answer = await self._ask(query, body_of.text(words))
            corrected = None
            if not body_of.total(answer) and words and not query.exact:
                corrected = await self._correct(words)
                if corrected:
                    understood = corrected
                    answer = await self._ask(query, body_of.text(understood))
                if not body_of.total(answer) and len(either := terms.any_of(understood)) > 1:
                    understood = either
                    answer = await self._ask(query, body_of.text(understood, every=False))
        hits = answer["hits"]["hits"]
        counts, low, high = body_of.counted(query, answer["aggregations"])
        return SearchFound(
            cards=tuple(hit["_source"]["card"] for hit in hits),
            highlights=tuple(marked(hit["_source"]["shown"], understood) for hit in hits) if understood else (),
            total=body_of.total(answer),
            counts=counts,
            price_low=low,
            price_high=high,
            corrected=" ".join(word.text for word in corrected) if corrected else None,
            next=place.written(hits[-1]["sort"]) if len(hits) == query.limit else "",
        )

    async def _ask(self, query: Query, text: Mapping[str, Any]) -> dict[str, Any]:
        """Request hits and all counts at once: choices filter the hits, and all counts but their own."""
        by, order = SORTS.get(query.sort, SORTS["bestselling"])
        first: Any = "_score" if query.sort == "relevance" and query.text else {by: order}
        body = {
            "query": {"bool": {"must": [text], "filter": [{"term": {"terms": token}} for token in query.within]}},
            "post_filter": body_of.all_of(body_of.chosen(query)),
            "aggs": body_of.counts(query),
            "sort": [first, {"id": "asc"}],
            **({"search_after": place.read(query.after, Sorted)} if query.after else {"from": query.offset}),
            "size": query.limit,
            "track_total_hits": True,
            "_source": ["card", "shown"],
        }
        try:
            return await self._asked(body)
        except RequestError:
            if query.after:  # the shape of a place, but none of this sort
                raise Invalid.at("/after", _(place.WRONG)) from None
            raise

    async def _asked(self, body: Mapping[str, Any]) -> dict[str, Any]:
        await self._prepared()
        try:
            answer: dict[str, Any] = await self._client.search(index=self._alias, body=body)
        except NotFoundError:  # it was removed: recreate it; the service's check rebuilds its content
            self._there = False
            raise
        return answer

    async def _correct(self, words: Sequence[QueryWord]) -> list[QueryWord] | None:
        """Replace unknown words by their likeliest neighbours; None if nothing changes."""
        known = {str(n): {"bool": {"should": body_of.clauses(word)}} for n, word in enumerate(words)}
        near = {
            str(n): {"text": word.text, "term": {
                "field": "plain", "max_edits": 1, "prefix_length": 0, "min_word_length": CORRECTABLE,
                "suggest_mode": "always", "sort": "frequency", "size": 1,
            }}
            for n, word in enumerate(words)
        }  # fmt: skip
        answer = await self._asked({"size": 0, "aggs": {"known": {"filters": {"filters": known}}}, "suggest": near})
        corrected = []
        for n, word in enumerate(words):
            is_known = answer["aggregations"]["known"]["buckets"][str(n)]["doc_count"] > 0
            options = [option["text"] for one in answer["suggest"][str(n)] for option in one["options"]]
            keep = is_known or len(word.text) < CORRECTABLE or not word.may_be_misspelt or not options
            corrected.append(word if keep else word.instead(options[0]))
        return corrected if corrected != list(words) else None

    async def suggest(self, text: str, limit: int) -> list[str]:
        return await self._breaker.ask(lambda: self._suggest(text, limit))

    async def _suggest(self, text: str, limit: int) -> list[str]:
        words = terms.of_query(text)
        if not words:
            return []

        async def cards(understood: Sequence[QueryWord]) -> list[str]:
            body = {"query": body_of.text(understood), "size": limit, "_source": ["card"], "track_total_hits": False}
            return [hit["_source"]["card"] for hit in (await self._asked(body))["hits"]["hits"]]

        async with translated():
            found = await cards(words)
            if not found and (corrected := await self._correct(words)):
                found = await cards(corrected)
        return found

    async def close(self) -> None:
        await self._breaker.close()
        await self._client.close()
