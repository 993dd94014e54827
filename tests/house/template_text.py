"""The readable text of a template, and its position: finds text outside the message catalogue."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# Attributes whose value is read to or by a person.
READ = frozenset({"alt", "aria-label", "data-needed", "placeholder", "title"})
UNREAD = ("script", "style", "svg", "code")
TWO_LETTERS = re.compile(r"[A-Za-z]{2}")
NO_WORDS = re.compile(r"""&#?\w+;|[\w-]+="(?:\w+")?""")  # entities, and attributes that a macro writes
JINJA = {"{{": "}}", "{%": "%}", "{#": "#}"}
KINDS = {"{{": "expression", "{%": "block", "{#": "comment"}
ATTRIBUTE = re.compile(r"""\s([a-zA-Z][\w-]*)="((?:\{\{.*?\}\}|\{%.*?%\}|[^"{]|\{)*)\"""", re.DOTALL)


class Token(NamedTuple):
    """A piece of a template: `kind` is text, expression, block, comment or tag."""

    kind: str
    text: str
    start: int


def _end_of_tag(source: str, start: int) -> int:
    at = start + 1
    while at < len(source) and source[at] != ">":
        opening = source[at : at + 2]
        at = source.index(JINJA[opening], at) + 2 if opening in JINJA else at + 1
    return at + 1


def tokens(source: str) -> Iterator[Token]:
    """The pieces in order; joined, they are the source."""
    at = begun = 0
    while at < len(source):
        opening = source[at : at + 2]
        if opening in JINJA:
            kind, end = KINDS[opening], source.index(JINJA[opening], at) + 2
        elif re.match(r"<[a-zA-Z/!]", opening):
            kind, end = "tag", _end_of_tag(source, at)
            name = re.match(r"<(\w+)", source[at:])
            if name and name[1] in UNREAD and not source[at:end].endswith("/>"):
                kind, end = "unread", source.index(f"</{name[1]}", end)
        else:
            at += 1
            continue
        if begun < at:
            yield Token("text", source[begun:at], begun)
        yield Token(kind, source[at:end], at)
        at = begun = end
    if begun < len(source):
        yield Token("text", source[begun:], begun)


def runs(source: str) -> Iterator[list[Token]]:
    """Text and expressions that follow one another within one element: a sentence."""
    run: list[Token] = []
    for token in tokens(source):
        if token.kind in {"text", "expression"}:
            run.append(token)
        else:
            if run:
                yield run
            run = []
    if run:
        yield run


def has_text(run: list[Token]) -> bool:
    """Whether it contains words."""
    return any(token.kind == "text" and TWO_LETTERS.search(NO_WORDS.sub("", token.text)) for token in run)


def attributes(source: str) -> Iterator[tuple[int, str]]:
    """The position and value of each readable attribute."""
    for token in tokens(source):
        if token.kind == "tag":
            for found in ATTRIBUTE.finditer(token.text):
                if found[1] in READ:
                    yield token.start + found.start(2), found[2]


def untranslated(source: str) -> list[str]:
    """Text outside the catalogue: in elements, and in readable attributes."""
    all_runs = list(runs(source)) + [run for _, value in attributes(source) for run in runs(value)]
    return [" ".join("".join(token.text for token in run).split()) for run in all_runs if has_text(run)]
