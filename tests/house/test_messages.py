"""Every text on pages is in the message catalogue, and the catalogue matches the code."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from types import MappingProxyType

import pytest
from babel.messages import Catalog

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import (
    PSEUDO,
    check_language,
    gettext,
    in_language,
    languages,
    ngettext,
    pseudo,
    read_catalogue,
)
from shopwright.web.render import HOME, environment
from shopwright.web.translated_template import with_messages
from tests.house.template_text import untranslated
from tools import catalogues

CODE = HOME.parent
PRODUCTS = {"FerretDB ", "Memcached ", "MongoDB ", "PostgreSQL ", "Redis ", "SQLite ", "Tantivy "}  # before a version
SENTENCE = re.compile(r"[A-Za-z]{2,}[^A-Za-z]* ")  # two words or a word and a value
TEMPLATES = sorted(path.relative_to(HOME).as_posix() for path in HOME.rglob("*.html"))


def test_no_template_has_text_outside_the_catalogue() -> None:
    missing = {name: found for name in TEMPLATES if (found := untranslated((HOME / name).read_text()))}
    assert missing == {}, "put these into the catalogue by _(“…”), then run tools/catalogues.py"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Sold out</p>", ["Sold out"]),
        ("<p>{% if x %}Only {{ n }} left{% endif %}</p>", ["Only {{ n }} left"]),
        ('<input placeholder="Search for {{ a > b }}" name="x y">', ["Search for {{ a > b }}"]),
        ('<p aria-label="{{ _("Cart") }}">{{ _("Sold out") }} · {{ n }}</p><svg><title>An icon</title></svg>', []),
        ("<style>p > a { color: red }</style>&nbsp;&middot;", []),
    ],
)
def test_text_outside_the_catalogue_is_found(source: str, found: list[str]) -> None:
    assert untranslated(source) == found


def test_the_catalogue_has_every_message_of_the_code() -> None:
    assert catalogues.TEMPLATE.read_bytes() == catalogues.written(catalogues.template()), "run tools/catalogues.py"


def test_every_message_can_be_filled_in_the_pseudo_locale() -> None:
    for message in catalogues.template():
        for text in [message.id] if isinstance(message.id, str) else message.id:
            values = {name: "x" for _, name, _, _ in Formatter().parse(text) if name}
            assert pseudo(text).format(**values), text


def test_the_pseudo_locale_shows_translated_texts_and_their_possible_length() -> None:
    with in_language(PSEUDO):
        assert gettext("Pay {amount}", amount="€5.00") == "[Pàý €5.00····]"
        assert ngettext("{count} item", "{count} items", 2) == "[2 îtémš····]"
    assert gettext("Pay {amount}", amount="€5.00") == "Pay €5.00"


def test_templates_escape_values_and_not_the_markup_around_them() -> None:
    template = '{{ _("Hello, {name}", name=name) }} {{ ngettext("{count} item", "{count} items", n) }} {{ _("by {link}", link=link) }}'
    rendered = environment("en").render_str(template, "x.html", name="<Ada>", n=2, link="<b>")
    assert rendered == "Hello, &lt;Ada&gt; 2 items by &lt;b&gt;"
    within = '{% macro b(x) %}<b>{{ x }}</b>{% endmacro %}{{ ngettext("{count} by {link}", "{count} by {link}", 1, link=b("<i>")) }}'
    assert environment("en").render_str(within, "x.html") == "1 by <b>&lt;i&gt;</b>"


def without_a_value(source: str) -> list[tuple[int, list[str]]]:
    """Line and texts of each message with a placeholder without value."""
    wrong = []
    for call in ast.walk(ast.parse(source)):
        if (
            not isinstance(call, ast.Call)
            or not isinstance(call.func, ast.Name)
            or call.func.id not in {"_", "ngettext"}
        ):
            continue
        texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        named = {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}
        passed = {one.arg for one in call.keywords} | ({"count"} if call.func.id == "ngettext" else set())
        wrong += [(call.lineno, texts)] if texts and named - passed else []
    return wrong


def test_every_placeholder_of_a_message_has_a_value() -> None:
    wrong = {
        path.relative_to(CODE): found for path in CODE.rglob("*.py") if (found := without_a_value(path.read_text()))
    }
    assert wrong == {}


def test_a_placeholder_without_a_value_is_seen() -> None:
    assert without_a_value('x = _("Pay {amount}", amount=a)\ny = _("Pay {amount}")') == [(2, ["Pay {amount}"])]


def error_classes() -> set[str]:
    """The names of all errors of the family, of what they consist of, and of reports on engines."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for path in CODE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    found = {"ShopError", "Problem", "RowError", "Health"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found


def is_sentence(value: object) -> bool:
    return isinstance(value, str) and value not in PRODUCTS and bool(SENTENCE.search(value))


CATALOGUED = {"_", "ngettext", "gettext", "gettext_noop"}


def outside_catalogue(node: ast.AST) -> list[tuple[int, str]]:
    """Line and text of each sentence below a node that is not passed through a catalogue."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CATALOGUED:
        return []
    if isinstance(node, ast.Constant):
        return [(node.lineno, node.value)] if is_sentence(node.value) else []
    return [found for child in ast.iter_child_nodes(node) for found in outside_catalogue(child)]


def named_sentences(body: list[ast.stmt]) -> dict[str, str]:
    """Sentences outside the catalogue by the name of the variable, or of the function that returns them."""
    found = {}
    for node in body:
        names: list[str] = []
        values: list[ast.AST] = []
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names, values = [one.id for one in targets if isinstance(one, ast.Name)], [node.value]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
                is_append = call.func.attr == "append"
                names, values = [call.func.value.id] if is_append else [], [*call.args]
        elif isinstance(node, ast.FunctionDef):
            returned = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
            names, values = [node.name], [*returned]
        if texts := [text for value in values for _line, text in outside_catalogue(value)]:
            found |= dict.fromkeys(names, texts[0])
    return found


def said_in_errors(
    source: str, errors: set[str], elsewhere: Mapping[str, str] = MappingProxyType({})
) -> list[tuple[int, str]]:
    """Line and text of each sentence that is passed to an error and is not in the catalogue, also by a name.

    `elsewhere`: named sentences of other files, which this one may import.
    """
    tree = ast.parse(source)
    imported = {
        one.asname or one.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for one in node.names
    }
    found: list[tuple[int, str]] = []

    def look(node: ast.AST, within: bool, names: dict[str, str]) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = names | named_sentences(
                [one for one in ast.walk(node) if isinstance(one, ast.Assign | ast.AugAssign | ast.Expr)]
            )
        if isinstance(node, ast.Call):
            function = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            name = function.id if isinstance(function, ast.Name) else ""
            if name in CATALOGUED:
                return
            within = name in errors or within
        if within:
            text = node.value if isinstance(node, ast.Constant) else ""
            if isinstance(node, ast.Name):
                text = names.get(node.id, elsewhere.get(node.id, "") if node.id in imported else "")
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
                text = elsewhere.get(node.attr, "")
            if is_sentence(text):
                found.append((node.lineno, text))
        for child in ast.iter_child_nodes(node):
            look(child, within, names)

    look(tree, within=False, names=named_sentences(tree.body))
    return found


def test_every_sentence_of_an_error_is_in_the_catalogue() -> None:
    errors = error_classes()
    assert {"Invalid", "SoldOut", "RowError"} <= errors
    sources = {
        path.relative_to(CODE).as_posix(): path.read_text()
        for path in CODE.rglob("*.py")
        if "simulation" not in path.parts
    }
    named = {name: text for one in sources.values() for name, text in named_sentences(ast.parse(one).body).items()}
    outside = {path: found for path, one in sources.items() if (found := said_in_errors(one, errors, named))}
    assert outside == {}, "pass the sentence through `_` of kit/translation.py"


def test_a_sentence_of_an_error_outside_the_catalogue_is_seen() -> None:
    source = 'raise Invalid.at("/name", f"This is {x} wrong.")\nraise Invalid(_("This is right."))\nlog.info("This is a log.")'
    assert [line for line, _text in said_in_errors(source, {"Invalid"})] == [1]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('OLD = "This is old."\nNEW = gettext_noop("This is new.")\nraise Invalid(OLD)\nraise Invalid(_(NEW))', [3]),
        ('def why(x):\n    return f"This is {x} wrong."\nraise Invalid.at("/x", why(x))', [3]),
        ('def check(x):\n    message = f"This is {x} wrong."\n    raise Invalid(message)', [3]),
        ('def check(x):\n    wrong = []\n    wrong.append("This is wrong.")\n    raise Invalid(wrong)', [4]),
        ('def other():\n    message = "Not an error."\ndef check(message):\n    raise Invalid(message)', []),
        ("from a import OLD\nimport b\nraise Invalid(OLD)\nraise Invalid(b.OLD)\nraise Invalid(x.OLD)", [3, 4]),
    ],
)
def test_a_sentence_passed_to_an_error_by_a_name_is_seen(source: str, lines: list[int]) -> None:
    assert [line for line, _text in said_in_errors(source, {"Invalid"}, {"OLD": "This is old."})] == lines


def test_every_template_can_be_translated() -> None:
    assert [name for name in TEMPLATES if '_("{' in with_messages((HOME / name).read_text(), PSEUDO)] == []


def test_a_catalogue_of_another_language_is_read_with_its_plurals(tmp_path: Path) -> None:
    catalog = Catalog(locale="pl")
    catalog.add("Cart", "Koszyk")
    catalog.add(("{count} item", "{count} items"), ("{count} rzecz", "{count} rzeczy", "{count} rzeczy"))
    (tmp_path / "shopwright.po").write_bytes(catalogues.written(catalog))
    messages = read_catalogue(tmp_path / "shopwright.po", "pl")
    assert messages.gettext("Cart") == "Koszyk"
    assert messages.ngettext("{count} item", "{count} items", 1) == "{count} rzecz"
    assert messages.ngettext("{count} item", "{count} items", 5) == "{count} rzeczy"
    assert messages.gettext("Not translated yet") == "Not translated yet"


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    assert languages()[0] == "en"
    with pytest.raises(Invalid, match=r"only for en, .*en-XA"):
        check_language("xx")


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ('<p>{{ _("Sold out") }}</p>', "<p>[Šöld öût··]</p>"),
        ('{{ _("Pay {amount} now", amount=x|money) }}', "[Pàý {{ x|money }} ñöw·····]"),
        ('{{ _("{a} of {b}", a=f(1, "x, y"), b=z) }}', '[{{ f(1, "x, y") }} öf {{ z }}···]'),
        ('{{ field("name", _("Full name"), x) }}', '{{ field("name", "[Fûll ñàmé···]", x) }}'),
        ('{{ row(_("by {name}", name=n)) }}', '{{ row(_("by {name}", name=n)) }}'),
        ('<a title="{{ _("The \\"best\\" & more") }}">', '<a title="[Thé &#34;béšt&#34; &amp; möré·····]">'),
    ],
)
def test_messages_are_filled_in_when_a_template_is_loaded(source: str, made: str) -> None:
    assert with_messages(source, PSEUDO) == made
