"""Attribute and condition values in forms."""

from collections.abc import Mapping
from typing import Any

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.kit.typed import number, write_number
from shopwright.services.catalog.contract import AttributeType, Product, ProductType, Value

YES = {"yes": True, "true": True, "no": False, "false": False}


def value_of(text: str, known: AttributeType | None, pointer: str) -> Value:
    """Parse typed text into the attribute's kind. Raises Invalid."""
    kind = known.kind if known else "text"
    title = known.title if known else _("This")
    if kind in {"number", "measurement"}:
        return number(text, pointer, title)
    if kind == "boolean":
        if text.casefold() not in YES:
            raise Invalid.at(pointer, _("{title} is yes or no, not “{text}”.", title=title, text=text[:40]))
        return YES[text.casefold()]
    return text


def written(value: Value) -> str:
    """The value as text for a field."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return write_number(value) if isinstance(value, float | int) else value


def fields(
    product: Product,
    kinds: Mapping[str, AttributeType],
    types: Mapping[str, ProductType],
    typed: Mapping[str, str],
) -> list[dict[str, Any]]:
    """One field for each attribute of the product and its type."""
    wanted = types[product.type].attributes if product.type in types else ()
    return [
        {
            "name": name,
            "title": kinds[name].title if name in kinds else name,
            "unit": kinds[name].unit if name in kinds else "",
            "choices": list(kinds[name].choices) if name in kinds else [],
            "value": typed.get(f"attr-{name}", written(product.attributes[name]) if name in product.attributes else ""),
        }
        for name in dict.fromkeys([*wanted, *product.attributes])
    ]


def attributes(
    before: Mapping[str, Value], form: Mapping[str, str], kinds: Mapping[str, AttributeType]
) -> dict[str, Value]:
    """The attributes of a form; an emptied field removes one. Raises Invalid."""
    found = dict(before)
    given = {name.removeprefix("attr-"): text.strip() for name, text in form.items() if name.startswith("attr-")}
    if form.get("add-attr", "").strip():
        given[form["add-attr"].strip()] = form.get("add-value", "").strip()
    for name, text in given.items():
        if text:
            found[name] = value_of(text, kinds.get(name), f"/attr-{name}")
        else:
            found.pop(name, None)
    return found
