"""Highlighting matches in titles with <mark>, in whatever spelling."""

import html
import re
from collections.abc import Sequence
from functools import cache, lru_cache

from shopwright.engines.search.terms import QueryWord, stem
from shopwright.kit.folding import fold, marks
from shopwright.kit.pieces import SIMPLE, piece


def marked(title: str, words: Sequence[QueryWord]) -> str:
    """The title as escaped HTML with matches marked; "" without any."""
    found = _pieces(title)
    stems = {word.stem for word in words if len(word.parts) == 1}
    joined_words = {one.replace(".", "") for word in words for one in (word.text, *word.joins)}
    begins = tuple(one for word in words for one in word.begins)
    longest, initials = max(map(len, joined_words), default=0), {one[:1] for one in joined_words}
    spans: list[tuple[int, int]] = []
    for first, (text, start, end) in enumerate(found):
        if stem(text) in stems or text.startswith(begins):
            spans.append((start, end))
        joined = ""
        for other, _, far in found[first:] if text[0] in initials else ():
            joined += other
            if len(joined) > longest:
                break
            if joined in joined_words:
                spans.append((start, far))
    return _written(title, spans) if spans else ""


def _written(title: str, spans: Sequence[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in _merged(spans):
        parts += [
            html.escape(title[done:start]),
            "<mark>",
            html.escape(title[start:end]),
            "</mark>",
        ]
        done = end
    return "".join((*parts, html.escape(title[done:])))


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@lru_cache(2_000)
def _pieces(title: str) -> list[tuple[str, int, int]]:
    """The folded words of a title with their positions."""
    if title.isascii():
        return [(found[0], found.start(), found.end()) for found in SIMPLE.finditer(title.lower())]
    characters, positions = [], []
    for found in _letters().finditer(title):
        folded = found[0].lower() if found[0].isascii() else fold(found[0])
        characters.append(folded)
        positions += [found.span()] * len(folded)
    return [
        (found[0], positions[found.start()][0], positions[found.end() - 1][1])
        for found in piece().finditer("".join(characters))
    ]


@cache
def _letters() -> re.Pattern[str]:
    """A letter with its marks and invisible characters."""
    return re.compile(f".[{marks()}\uff9e\uff9f\u00ad\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff]*", re.DOTALL)
