"""Facet counts of Tantivy, in one pass in its query language."""

from collections.abc import Mapping
from typing import Any

import tantivy

from shopwright.kit.ports import Query

FACET_VALUES = 2_000
COUNTED = {
    "tokens": {"terms": {"field": "terms", "size": FACET_VALUES}},
    "low": {"min": {"field": "price"}},
    "high": {"max": {"field": "price"}},
}
ALL = "*"  # no facet has this name


def count(
    searcher: tantivy.Searcher, query: Query, where: tantivy.Query
) -> tuple[dict[str, int], int | None, int | None]:
    """Count tokens, and find the lowest and highest price. `where`: the text and scope.

    Each chosen facet is counted without its own choice.
    """
    choices = _choices(query)
    narrowed = {name: {"filter": _all(choices, but=name), "aggs": COUNTED} for name in (ALL, *choices)}
    found = searcher.aggregate(where, narrowed if choices else COUNTED)
    all_facets = found[ALL] if choices else found
    counts = _tokens(all_facets)
    for name in choices:
        counts = {token: n for token, n in counts.items() if not token.startswith(f"{name}=")}
        counts |= {token: n for token, n in _tokens(found[name]).items() if token.startswith(f"{name}=")}
    prices = found["price"] if "price" in choices else all_facets
    low, high = prices["low"]["value"], prices["high"]["value"]
    return counts, None if low is None else int(low), None if high is None else int(high)


def _choices(query: Query) -> dict[str, str]:
    """The chosen filters by facet in Tantivy's query language."""
    chosen = {
        name: f"({' OR '.join(f'terms:{_quoted(token)}' for token in tokens)})"
        for name, tokens in query.groups.items()
        if tokens
    }
    if query.price_min is not None or query.price_max is not None:
        chosen["price"] = f"price:[{_end(query.price_min)} TO {_end(query.price_max)}]"
    if query.rating_min is not None:
        chosen["rating"] = f"rating:[{round(query.rating_min * 100)} TO *]"
    return chosen


def _all(choices: Mapping[str, str], but: str) -> str:
    return " AND ".join(choice for name, choice in choices.items() if name != but) or "*"


def _end(value: int | None) -> str:
    return "*" if value is None else str(value)


def _quoted(token: str) -> str:
    escaped = token.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _tokens(found: Mapping[str, Any]) -> dict[str, int]:
    return {bucket["key"]: bucket["doc_count"] for bucket in found["tokens"]["buckets"]}
