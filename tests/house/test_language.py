"""Docstrings, texts of pages, settings and documentation use the terms of docs/glossary.md, not words of our own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
# A word we once used, and what to write instead. Code in backticks or blocks is not prose.
INSTEAD = {
    r"nobody|somebody|whoever|whosoever": "name the person or part: a shopper, staff, no process",
    r"anew": "again",
    r"it stands|there stands": "is",
    r"(?:is|are|was|were) told (?!apart)": "is notified, is shown, receives",
    r"so many": "a number of",
    r"reckon\w*": "calculate",
    r"hearers?": "handler",
    r"facts?(?! sheet)": "event",
    r"(?<!with )(?<!a )verbs?": "operation",
    r"letters? with (?:a|the) (?:link|code|key)|by letter": "e-mail",
    r"set aside": "reserve, authorise, quarantine",
    r"g[ia]ve(?:n|s)? back|gives back": "refund, release, return",
    r"take[ns]? the money": "capture, charge",
    r"look(?:s|ed)? through": "check, search",
    r"cut off(?! time)": "truncate",
}
WORDS = {re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE): better for pattern, better in INSTEAD.items()}
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
DEFINED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
ALLOWED = {
    "docs/glossary.md",  # names the old words beside the new ones
}


def docstrings() -> Iterator[tuple[str, str]]:
    for path in sorted((HOME / "shopwright").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, DEFINED) and (text := ast.get_docstring(node)):
                yield f"{path.relative_to(HOME)}:{getattr(node, 'lineno', 1)}", text


def messages() -> Iterator[tuple[str, str]]:
    catalogue = (HOME / "shopwright" / "locales" / "shopwright.pot").read_text()
    for found in re.finditer(r'^msgid(?:_plural)? ((?:"(?:[^"\\]|\\.)*"\n)+)', catalogue, re.MULTILINE):
        text = "".join(ast.literal_eval(line) for line in found[1].splitlines())
        yield f"the message “{text[:60]}”", text


def pages() -> Iterator[tuple[str, str]]:
    for path in sorted([*HOME.glob("*.md"), *(HOME / "docs").rglob("*.md")]):
        name = str(path.relative_to(HOME))
        if name not in ALLOWED:
            for number, line in enumerate(CODE.sub("", path.read_text()).splitlines(), 1):
                yield f"{name}, line {number} without code", line


def own_words(texts: Iterator[tuple[str, str]]) -> list[str]:
    """Each use of such a word: where, the word, and what to write instead."""
    return [
        f"{where}: “{found[0]}”; write: {better}"
        for where, text in texts
        for pattern, better in WORDS.items()
        for found in pattern.finditer(CODE.sub("", text))
    ]


def test_docstrings_use_the_terms_of_the_field() -> None:
    assert own_words(docstrings()) == []


def test_texts_of_pages_and_errors_use_the_terms_of_the_field() -> None:
    assert own_words(messages()) == []


def test_documentation_uses_the_terms_of_the_field() -> None:
    assert own_words(pages()) == []


@pytest.mark.parametrize(
    "text",
    ["Nobody is told of it.", "A page made anew.", "The money is set aside.", "A fact is heard by its hearers."],
)
def test_a_word_of_our_own_is_found(text: str) -> None:
    assert own_words(iter([("here", text)]))
    assert own_words(iter([("here", f"`{text}`")])) == []
