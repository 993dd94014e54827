"""Tantivy queries."""

from collections.abc import Mapping, Sequence

import tantivy
from tantivy import FieldType, Occur

from shopwright.engines.search.terms import APART, BEGUN, FIELDS, JOINED, NEAR, QueryWord, stem
from shopwright.kit.ports import Query

SORTS: Mapping[str, tuple[str, tantivy.Order]] = {
    "price": ("price", tantivy.Order.Asc),
    "-price": ("price", tantivy.Order.Desc),
    "newest": ("published", tantivy.Order.Desc),
    "rating": ("rating", tantivy.Order.Desc),
    "bestselling": ("sold", tantivy.Order.Desc),
}


def _schema() -> tantivy.Schema:
    build = tantivy.SchemaBuilder()
    build.add_text_field("id", tokenizer_name="raw", index_option="basic")
    for name, _ in FIELDS:
        build.add_text_field(name, tokenizer_name="stemmed")
    build.add_text_field("plain", tokenizer_name="plain", index_option="freq")
    build.add_text_field("terms", tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("price", "rating", "published", "sold"):
        build.add_integer_field(name, indexed=True, fast=True)
    for name in ("shown", "card"):
        build.add_bytes_field(name, stored=True, indexed=False)
    return build.build()


SCHEMA = _schema()


def text(words: Sequence[QueryWord], *, every: bool = True) -> tantivy.Query:
    """A query for these words: all of them, or any."""
    if not words:
        return tantivy.Query.all_query()
    if not every:
        return tantivy.Query.boolean_query([(Occur.Should, _word(word)) for word in words])
    clauses = [(Occur.Must, _word(word)) for word in words]
    if len(words) > 1:
        near = _phrase("title", [part for word in words for part in word.parts], slop=APART)
        clauses.append((Occur.Should, tantivy.Query.boost_query(near, NEAR)))
    return tantivy.Query.boolean_query(clauses)


def _word(word: QueryWord) -> tantivy.Query:
    boosted = tantivy.Query.boost_query
    alone = len(word.parts) == 1 or not word.is_unspaced
    clauses = [boosted(_term(name, word.stem), boost) for name, boost in FIELDS if alone]
    clauses += [boosted(_phrase(name, one), boost) for one in word.phrases for name, boost in FIELDS]
    clauses += [boosted(_term("plain", one), JOINED) for one in word.written_joined]
    for one in word.begins:
        beginning = tantivy.Query.fuzzy_term_query(SCHEMA, "plain", one, distance=0, prefix=True)
        clauses.append(boosted(beginning, BEGUN))
    return tantivy.Query.disjunction_max_query(clauses, 0.1)


def _phrase(field: str, words: Sequence[str], slop: int = 0) -> tantivy.Query:
    return tantivy.Query.phrase_query(SCHEMA, field, [stem(word) for word in words], slop=slop)


def _term(field: str, text: str) -> tantivy.Query:
    return tantivy.Query.term_query(SCHEMA, field, text)


def within(query: Query) -> list[tantivy.Query]:
    """The scope of the search, whatever is chosen."""
    return [tantivy.Query.const_score_query(_term("terms", token), 0.0) for token in query.within]


def filters(query: Query) -> list[tantivy.Query]:
    """The scope and the chosen filters."""
    found = [tantivy.Query.term_set_query(SCHEMA, "terms", list(tokens)) for tokens in query.groups.values() if tokens]
    if query.price_min is not None or query.price_max is not None:
        found.append(_range("price", query.price_min, query.price_max))
    if query.rating_min is not None:
        found.append(_range("rating", round(query.rating_min * 100), None))
    return [*within(query), *(tantivy.Query.const_score_query(one, 0.0) for one in found)]


def _range(field: str, low: int | None, high: int | None) -> tantivy.Query:
    return tantivy.Query.range_query(SCHEMA, field, FieldType.Integer, low, high)


def all_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    """A query that requires all of these."""
    return queries[0] if len(queries) == 1 else tantivy.Query.boolean_query([(Occur.Must, one) for one in queries])
