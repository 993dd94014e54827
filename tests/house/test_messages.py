"""Every text on pages is in the message catalogue, and the catalogue matches the code."""

import ast
import re
from pathlib import Path
from string import Formatter

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
    """The names of all errors of the family, and of what they consist of."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for path in CODE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    found = {"ShopError", "Problem", "RowError"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found


def said_in_errors(source: str, errors: set[str]) -> list[tuple[int, str]]:
    """Line and text of each sentence that is passed to an error and is not in the catalogue."""
    found: list[tuple[int, str]] = []

    def look(node: ast.AST, within: bool) -> None:
        if isinstance(node, ast.Call):
            function = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            name = function.id if isinstance(function, ast.Name) else ""
            if name in {"_", "ngettext", "gettext"}:
                return
            within = name in errors
        if within and isinstance(node, ast.Constant) and isinstance(node.value, str) and SENTENCE.search(node.value):
            found.append((node.lineno, node.value))
        for child in ast.iter_child_nodes(node):
            look(child, within)

    look(ast.parse(source), within=False)
    return found


def test_every_sentence_of_an_error_is_in_the_catalogue() -> None:
    errors = error_classes()
    assert {"Invalid", "SoldOut", "RowError"} <= errors
    outside = {
        path.relative_to(CODE).as_posix(): found for path in CODE.rglob("*.py")
        if "simulation" not in path.parts and (found := said_in_errors(path.read_text(), errors))
    }  # fmt: skip
    assert outside == {}, "pass the sentence through `_` of kit/translation.py"


def test_a_sentence_of_an_error_outside_the_catalogue_is_seen() -> None:
    source = 'raise Invalid.at("/name", f"This is {x} wrong.")\nraise Invalid(_("This is right."))\nlog.info("This is a log.")'
    assert [line for line, _text in said_in_errors(source, {"Invalid"})] == [1]


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
