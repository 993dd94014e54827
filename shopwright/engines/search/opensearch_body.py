"""Requests to OpenSearch and parsing of its responses."""

from collections.abc import Mapping, Sequence
from typing import Any

from shopwright.engines.search import terms
from shopwright.engines.search.terms import APART, BEGUN, FIELDS, JOINED, NEAR, QueryWord
from shopwright.kit.ports import IndexDocument, Query

FACET_VALUES = 2_000
TOKENS = {"terms": {"field": "terms", "size": FACET_VALUES}}
LOW, HIGH = {"min": {"field": "price"}}, {"max": {"field": "price"}}


def document(document: IndexDocument) -> dict[str, Any]:
    """A product as indexed."""
    (title, brand, words), plain = terms.of_document(document.title, document.brand, document.words)
    return {
        "id": document.id,
        "title": title,
        "brand": brand,
        "words": words,
        "plain": plain,
        "terms": document.terms,
        "price": document.price,
        "rating": round(document.rating * 100),
        "published": document.published,
        "sold": document.sold,
        "shown": document.title,
        "card": document.card,
    }


def text(words: Sequence[QueryWord], *, every: bool = True) -> dict[str, Any]:
    """A query for these words: all of them, or any."""
    if not words:
        return {"match_all": {}}
    each = [{"dis_max": {"queries": clauses(word), "tie_breaker": 0.1}} for word in words]
    if not every:
        return {"bool": {"should": each, "minimum_should_match": 1}}
    near = " ".join(part for word in words for part in word.parts)
    return {"bool": {"must": each, "should": [_phrase("title", near, NEAR, APART)] if len(words) > 1 else []}}


def clauses(word: QueryWord) -> list[dict[str, Any]]:
    """The ways a word can match."""
    alone = len(word.parts) == 1 or not word.is_unspaced
    met = [_match(name, word.text, boost) for name, boost in FIELDS if alone]
    met += [_phrase(name, " ".join(one), boost) for one in word.phrases for name, boost in FIELDS]
    met += [{"term": {"plain": {"value": one, "boost": JOINED}}} for one in word.written_joined]
    met += [{"prefix": {"plain": {"value": one, "boost": BEGUN}}} for one in word.begins]
    return met


def _match(field: str, word: str, boost: float) -> dict[str, Any]:
    return {"match": {field: {"query": word, "boost": boost}}}


def _phrase(field: str, words: str, boost: float, slop: int = 0) -> dict[str, Any]:
    return {"match_phrase": {field: {"query": words, "boost": boost, "slop": slop}}}


def chosen(query: Query) -> dict[str, dict[str, Any]]:
    """The chosen filters by facet."""
    choice: dict[str, dict[str, Any]] = {
        name: {"terms": {"terms": list(tokens)}} for name, tokens in query.groups.items() if tokens
    }
    if query.price_min is not None or query.price_max is not None:
        ends = {"gte": query.price_min, "lte": query.price_max}
        choice["price"] = {"range": {"price": {name: end for name, end in ends.items() if end is not None}}}
    if query.rating_min is not None:
        choice["rating"] = {"range": {"rating": {"gte": round(query.rating_min * 100)}}}
    return choice


def all_of(choice: Mapping[str, dict[str, Any]], without: str = "") -> dict[str, Any]:
    """All filters but one facet's."""
    return {"bool": {"filter": [one for name, one in choice.items() if name != without]}}


def counts(query: Query) -> dict[str, Any]:
    """Aggregations of tokens and prices, for each chosen facet without its own choice."""
    choice = chosen(query)
    wanted = {"all": {"filter": all_of(choice), "aggs": {"tokens": TOKENS, "low": LOW, "high": HIGH}}}
    for name in choice:
        wanted[f"without {name}"] = {
            "filter": all_of(choice, without=name),
            "aggs": {"tokens": TOKENS, "low": LOW, "high": HIGH},
        }
    return wanted


def counted(query: Query, found: Mapping[str, Any]) -> tuple[dict[str, int], int | None, int | None]:
    """The counts of a response, with the lowest and highest price."""
    counts = _tokens(found["all"])
    for name in chosen(query):
        own = _tokens(found[f"without {name}"])
        counts = {token: n for token, n in counts.items() if not token.startswith(f"{name}=")}
        counts |= {token: n for token, n in own.items() if token.startswith(f"{name}=")}
    priced = found.get("without price", found["all"])
    low, high = priced["low"]["value"], priced["high"]["value"]
    return counts, None if low is None else int(low), None if high is None else int(high)


def _tokens(found: Mapping[str, Any]) -> dict[str, int]:
    return {bucket["key"]: bucket["doc_count"] for bucket in found["tokens"]["buckets"]}


def total(answer: Mapping[str, Any]) -> int:
    """The number of matches."""
    return int(answer["hits"]["total"]["value"])
