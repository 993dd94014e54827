"""Docstrings, names, texts of pages, settings and documentation use the terms of docs/glossary.md, not words of our own."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
FOLDERS = ("shopwright", "tests", "bench", "tools")
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
# A word that no variable, argument, attribute, function or class is named by, and what such a name says instead.
NAMED_INSTEAD = {
    "told|untold|heard|unheard|hears?|tells?": "what it holds: events, response, message, output; or emits, handles",
    "deeds?": "action",
    "roads?": "proxy, connection",
    "story|stories": "scenario",
    "bells?|rang": "job, listener",
    "postbox(?:es)?": "transport",
    "things?": "product, item, line",
    "torn": "failed, damaged",
    "nobody|somebody|whoever|strangers?": "name the person or part: anonymous, unknown client, no provider",
}
ANY_NAME = re.compile(r"(?:^|_)(?:" + "|".join(f"({pattern})" for pattern in NAMED_INSTEAD) + r")(?:_|$)")
BETTER = dict(enumerate(NAMED_INSTEAD.values(), 1))
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
EXPLAINED = re.compile(r"`(\w+)`:")
# First words of a docstring that neither names the thing nor says what it does.
NOT_FIRST = re.compile(r"(?:What|Who|Whoever|Where|Nothing|None of|Such|The same)\b")
# Functions that take a text as their first or second argument: log messages, and helps of metrics.
LOGGED = {"debug", "info", "warning", "error", "exception", "critical"}
DESCRIBED = {"_counter", "_gauge", "_histogram"}
DEFINED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Nodes that introduce a name, and the field with the name.
NAMING = {
    ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg", ast.FunctionDef: "name", ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name", ast.ExceptHandler: "name", ast.MatchAs: "name", ast.alias: "asname",
}  # fmt: skip
ALLOWED = {
    "docs/glossary.md",  # names the old words beside the new ones
}


def name_of(node: ast.AST) -> str:
    """The name that a node introduces; empty for others."""
    field = NAMING.get(type(node))
    return (getattr(node, field) or "") if field and not isinstance(getattr(node, "ctx", None), ast.Load) else ""


@cache
def syntax_tree(path: Path) -> ast.Module:
    """A parsed module; each is parsed once for all rules."""
    return ast.parse(path.read_text())


def unknown_parameters(tree: ast.AST, *beside: ast.AST) -> list[str]:
    """Names that a docstring explains (a name in backticks and a colon) and that neither its module nor others contain."""
    nodes = [node for one in (tree, *beside) for node in ast.walk(one)]
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    known: set[str] = set()
    for node in nodes:
        if id(node) in docstrings:
            continue
        known.update(getattr(node, one) for one in ("id", "attr", "arg", "name") if getattr(node, one, None))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            known.update(re.findall(r"\w+", node.value))
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, DEFINED)]
    return [name for text in texts for name in EXPLAINED.findall(text) if name not in known]


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Comments of a module with their lines."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def operator_texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Log messages and helps of metrics with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGGED | DESCRIBED:
            for one in node.args[:2]:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield node.lineno, one.value


def texts_for_maintainers() -> Iterator[tuple[str, str]]:
    """Comments, log messages and helps of metrics of all files."""
    for path in sorted(path for folder in FOLDERS for path in (HOME / folder).rglob("*.py")):
        for line, text in (*comments(path.read_text()), *operator_texts(syntax_tree(path))):
            yield f"{path.relative_to(HOME)}:{line}", text


@cache
def parsed() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Every docstring, and every name that is introduced, each with its place."""
    texts, names = [], []
    for path in sorted(path for folder in FOLDERS for path in (HOME / folder).rglob("*.py")):
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, DEFINED) and (text := ast.get_docstring(node)):
                texts.append((f"{path.relative_to(HOME)}:{getattr(node, 'lineno', 1)}", text))
            if name := name_of(node):
                names.append((f"{path.relative_to(HOME)}:{getattr(node, 'lineno', 1)}", name))
    return texts, names


def own_names(names: Iterable[tuple[str, str]]) -> list[str]:
    """Each name with such a word: where, the name, and what to say instead."""
    found = [(where, name, ANY_NAME.search(HUMP.sub("_", name).lower())) for where, name in names]
    return [f"{where}: {name}; say: {BETTER[match.lastindex or 0]}" for where, name, match in found if match]


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


def own_words(texts: Iterable[tuple[str, str]]) -> list[str]:
    """Each use of such a word: where, the word, and what to write instead."""
    return [
        f"{where}: “{found[0]}”; write: {better}"
        for where, text in texts
        for pattern, better in WORDS.items()
        for found in pattern.finditer(CODE.sub("", text))
    ]


def test_docstrings_use_the_terms_of_the_field() -> None:
    assert own_words(parsed()[0]) == []


def test_comments_and_logs_use_the_terms_of_the_field() -> None:
    assert own_words(texts_for_maintainers()) == []


def test_docstrings_begin_with_a_noun_or_a_verb() -> None:
    assert [f"{where}: {text.splitlines()[0]}" for where, text in parsed()[0] if NOT_FIRST.match(text)] == []


def test_docstrings_explain_parameters_that_exist() -> None:
    modules = sorted((HOME / "shopwright").rglob("*.py"))
    found = {
        # The operations of a contract explain its values.
        str(path.relative_to(HOME)): unknown_parameters(
            syntax_tree(path), *map(syntax_tree, path.parent.glob("values.py"))
        )
        for path in modules
    }
    assert {path: names for path, names in found.items() if names} == {}


def test_names_say_what_they_hold() -> None:
    assert own_names(parsed()[1]) == []


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


@pytest.mark.parametrize(
    "source",
    [
        "told = 1",
        "def tell_all(): ...",
        "class SmallThings: ...",
        "self.heard = 1",
        "def buy(deed): ...",
        "STORY: int = 1",
    ],
)
def test_a_name_of_our_own_is_found(source: str) -> None:
    assert len(own_names(("here", name) for node in ast.walk(ast.parse(source)) if (name := name_of(node)))) == 1


def test_a_word_of_our_own_is_found_in_comments_and_logs() -> None:
    source = 'log.info("nobody answers")  # the facts\nself._gauge("up", "who is told of it")'
    texts = [*comments(source), *operator_texts(ast.parse(source))]
    assert len(own_words((str(line), text) for line, text in texts)) == 3


def test_an_explanation_of_a_renamed_parameter_is_found() -> None:
    assert unknown_parameters(ast.parse('def buy(sku: str): """`sku`: the item."""')) == []
    assert unknown_parameters(ast.parse('def buy(sku: str): """`item`: what is bought."""')) == ["item"]


@pytest.mark.parametrize("source", ["print(told)", "tx.run(told=1)", "something = anything = history = 1"])
def test_other_names_are_accepted(source: str) -> None:
    assert own_names(("here", name) for node in ast.walk(ast.parse(source)) if (name := name_of(node))) == []
