"""Rules of attributes: kinds, choices, and what a product type requires. Pure functions."""

import re
from collections.abc import Mapping
from datetime import date

from shopwright.kit.errors import Invalid, Problem
from shopwright.kit.text import is_key, name_key
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.catalog.contract import AttributeType, Kind, ProductType, Value

SWATCH = re.compile(r"#[0-9a-fA-F]{6}")
WORDS: Mapping[Kind, str] = {
    "text": gettext_noop("a text"),
    "number": gettext_noop("a number"),
    "boolean": gettext_noop("true or false"),
    "date": gettext_noop("a date such as 2026-03-02"),
    "choice": gettext_noop("one of its choices"),
    "colour": gettext_noop("a colour"),
    "measurement": gettext_noop("a number"),
}


def kind_of(value: Value) -> Kind:
    """The natural kind of an attribute value."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "text"


def fits(value: Value, known: AttributeType) -> bool:
    """Whether the value fits the attribute."""
    by_itself = kind_of(value)
    if known.kind in {"number", "measurement"}:
        return by_itself == "number"
    if known.kind == "boolean" or by_itself != "text":
        return known.kind == by_itself
    text = str(value)
    if known.kind == "date":
        return is_date(text)
    return known.kind == "text" or not known.choices or text in known.choices


def is_date(text: str) -> bool:
    """Whether the text is an ISO 8601 date."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def check(attributes: Mapping[str, Value], known: Mapping[str, AttributeType]) -> list[AttributeType]:
    """Return the attribute types these values add. Raises Invalid if a value does not fit its attribute."""
    problems, fresh = [], []
    for name, value in attributes.items():
        pointer = f"/attributes/{name}"
        if not is_key(name):
            message = _(
                "An attribute name is like seat_height (letters, digits and _, in lower case, a letter first); “{name}” is not. It may be {key}.",
                name=name,
                key=name_key(name),
            )
            problems.append(Problem(pointer, "invalid", message))
        elif name not in known:
            fresh.append(AttributeType(name=name, title=name.replace("_", " ").capitalize(), kind=kind_of(value)))
        elif not fits(value, known[name]):
            choices = f" ({', '.join(known[name].choices)})" if known[name].choices else ""
            message = _(
                "{title} is {kind}{choices}; “{value}” is not.",
                title=known[name].title,
                kind=_(WORDS[known[name].kind]),
                choices=choices,
                value=value,
            )
            problems.append(Problem(pointer, "invalid", message))
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=tuple(problems))
    return fresh


def check_type(attributes: Mapping[str, Value], wanted: ProductType, *, published: bool) -> None:
    """Check a product against its type. Raises Invalid."""
    problems = [
        Problem(
            _("/attributes/{name}", name=name),
            "invalid",
            _("{title} has no attribute {name}.", title=wanted.title, name=name),
        )
        for name in attributes
        if name not in wanted.attributes
    ]
    problems += [
        Problem(
            _("/attributes/{name}", name=name),
            "required",
            _("{title} needs {name} to be published.", title=wanted.title, name=name),
        )
        for name in wanted.required
        if published and name not in attributes
    ]
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=tuple(problems))


def check_description(attribute: AttributeType) -> None:
    """Check an attribute definition. Raises Invalid."""
    if not is_key(attribute.name):
        raise Invalid.at(
            "/name", _("An attribute name is like seat_height: letters, digits and _, in lower case, a letter first.")
        )
    if not attribute.title.strip():
        raise Invalid.at("/title", _("Enter the name shoppers see for this attribute."))
    if attribute.kind == "choice" and not attribute.choices:
        raise Invalid.at("/choices", _("Name the choices."))
    if attribute.kind == "measurement" and not attribute.unit:
        raise Invalid.at("/unit", _("Name the unit of this measurement, such as cm."))
    for name, colour in attribute.swatches.items():
        if not SWATCH.fullmatch(colour):
            raise Invalid.at(f"/swatches/{name}", _("A swatch is a colour such as #8a3b1d."))
