"""Rules for every form of every template, read from the templates themselves."""

import re
from html.parser import HTMLParser

import pytest

from shopwright.web.render import HOME

TEMPLATES = {str(path.relative_to(HOME)): path.read_text() for path in sorted(HOME.rglob("*.html"))}
MACRO = re.compile(r"\{% macro (\w+)\(.*?\) %\}(.*?)\{% endmacro %\}", re.DOTALL)
MACROS = {name: body for text in TEMPLATES.values() for name, body in MACRO.findall(text)}
CALL = re.compile(r"\{\{ (\w+)\([^{}]*\) \}\}")
INCLUDE = re.compile(r'\{% include "([^"]+)" %\}')
UNTYPED = {"hidden", "file", "button", "reset"}


def expanded(text: str) -> str:
    """A template with what it includes and calls in its place; all branches of each condition."""
    for _ in range(4):
        text = INCLUDE.sub(lambda found: TEMPLATES[found[1]], MACRO.sub("", text))
        text = CALL.sub(lambda found: MACROS.get(found[1], found[0]), text)
    return re.sub(r"\{[%{].*?[%}]\}", "", text, flags=re.DOTALL)


class Sent(HTMLParser):
    """The forms of a page: whether Enter in a field sends them, and their buttons in order."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict] = []
        self.open: dict | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.open = {"id": attributes.get("id"), "typed": False, "buttons": []}
            self.forms.append(self.open)
        elif tag in {"input", "button"}:
            own = attributes.get("form")
            form = next((one for one in self.forms if one["id"] == own), None) if own else self.open
            if form is None:
                return
            kind = attributes.get("type", "text" if tag == "input" else "submit")
            if kind in {"submit", "image"}:
                form["buttons"].append(attributes)
            elif tag == "input" and kind not in UNTYPED:
                form["typed"] = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


def pressed_by_enter(text: str) -> list[dict]:
    """The button that Enter presses in each form with several buttons."""
    page = Sent()
    page.feed(text)
    return [form["buttons"][0] for form in page.forms if form["typed"] and len(form["buttons"]) > 1]


def is_what_the_form_is_for(button: dict) -> bool:
    """A button without fields of its own that skips no validation."""
    return not {"name", "formnovalidate", "formaction", "hidden"} & set(button)


@pytest.mark.parametrize("template", [name for name, text in TEMPLATES.items() if "<form" in text])
def test_enter_submits_the_main_action_of_the_form(template: str) -> None:
    wrong = [
        button for button in pressed_by_enter(expanded(TEMPLATES[template])) if not is_what_the_form_is_for(button)
    ]
    assert wrong == []


def test_a_form_whose_first_button_is_another_is_found() -> None:
    form = '<form><input name="a"><button name="other" value="1">Other</button><button>Send</button></form>'
    assert [is_what_the_form_is_for(one) for one in pressed_by_enter(form)] == [False]


def checked_alone(text: str) -> list[str]:
    """Fields that a browser would report one by one, or without a message of their own when they are empty."""
    forms = re.findall(r"<form[^>]*>.*?</form>", text, re.DOTALL)
    needing = [form for form in forms if re.search(r"<(?:input|select|textarea)[^>]* required", form)]
    silent = [form for form in needing if "novalidate" not in form.partition(">")[0]]
    fields = [
        field for form in needing for field in re.findall(r"<(?:input|select|textarea)[^>]* required[^>]*>", form)
    ]
    return [*silent, *(field for field in fields if "data-needed" not in field)]


@pytest.mark.parametrize(
    "template", [one for one in TEMPLATES if one.startswith("storefront") and "<form" in TEMPLATES[one]]
)
def test_forms_of_the_storefront_report_all_their_errors_by_one_mechanism(template: str) -> None:
    assert checked_alone(expanded(TEMPLATES[template])) == []


def test_a_form_that_leaves_its_errors_to_the_browser_is_found() -> None:
    assert checked_alone('<form><input name="a" required></form>')
    assert not checked_alone('<form novalidate><input name="a" required data-needed="A is needed."></form>')
