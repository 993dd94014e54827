"""All input is bounded: every field of every body, every parameter of every path and query."""

import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from shopwright.kit import bounds
from shopwright.kit.bounds import (
    BY_NAME,
    EMAIL,
    HTML,
    LINE,
    NAME,
    PHONE,
    REASON,
    TEXT,
    TOKEN,
    URL,
    TextLimit,
    bounds_of,
    faults,
    wrong_with,
)
from shopwright.services.carts.contract import BuyerNotes
from shopwright.web.application import build_api

TEMPLATES = Path(__file__).parents[2] / "shopwright" / "web"
# The kind of a field by its name; anything else is one short line, unless its type says otherwise.
NAMED = {
    "email": EMAIL,
    "phone": PHONE,
    "token": TOKEN,
    "refresh_token": TOKEN,
    "url": URL,
    "return_url": URL,
    "reason": REASON,
}


def structs(hint: Any) -> Iterator[type[msgspec.Struct]]:
    for one in typing.get_args(hint):
        yield from structs(one)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
        for field in typing.get_type_hints(hint, include_extras=True).values():
            yield from structs(field)


def bodies() -> dict[type[msgspec.Struct], str]:
    found: dict[type[msgspec.Struct], str] = {}
    for route in build_api().routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else []:
            data = handler.parsed_fn_signature.parameters.get("data") if isinstance(handler, HTTPRouteHandler) else None
            if data is not None:
                found |= dict.fromkeys(structs(data.raw), f"{handler.operation_id}")
    return found


def test_every_field_has_a_length_limit_named_after_its_kind() -> None:
    found = bodies()
    assert len(found) > 40
    for struct, where in found.items():
        for name, hint in typing.get_type_hints(struct, include_extras=True).items():
            if "str" not in str(hint):
                continue
            bound = bounds._marked(hint, TextLimit) or LINE
            assert bound == NAMED.get(name, bound), f"{where}: {struct.__name__}.{name} is not marked as {NAMED[name]}"
            assert bound.longest <= HTML.longest
            if bound in {TEXT, HTML}:
                assert BY_NAME.get(name) in {TEXT, HTML}, f"{where}: {struct.__name__}.{name} has several lines"


def test_only_fields_of_text_areas_may_have_several_lines() -> None:
    areas = {
        re.search(r'name="(\w+)"', area)[1]
        for page in TEMPLATES.rglob("*.html")
        for area in re.findall(r"<textarea[^>]*>", page.read_text())
    }
    known = {**BY_NAME, **bounds_of(BuyerNotes)}
    assert {name for name, bound in known.items() if bound.lines} == areas


class Inner(msgspec.Struct):
    email: bounds.Email | None = None
    text: bounds.Text = ""


class Outer(msgspec.Struct):
    name: bounds.Name = ""
    bare: str = ""
    count: int = 0
    inner: tuple[Inner, ...] = ()
    free: dict[str, Any] = {}


def complaints(**fields: Any) -> list[str]:
    return [one.pointer for one in faults(Outer(**fields), Outer)]


def test_texts_that_are_too_long_too_deep_or_invalid_are_found_anywhere() -> None:
    assert complaints(name="x" * 200, bare="x" * 255, inner=(Inner("x" * 254, "a\n\tb" * 5000),), count=2**63 - 1) == []
    assert complaints(name="x" * 201) == ["/name"]
    assert complaints(bare="x" * 256) == ["/bare"]
    assert complaints(count=2**63) == ["/count"]
    assert complaints(inner=(Inner(), Inner(email="x" * 255))) == ["/inner/1/email"]
    assert complaints(inner=(Inner(),) * 1001) == ["/inner"]
    assert complaints(free={"k" * 256: 1, "a": "x" * 256, "b": ["\x00"]}) == ["/free", "/free/a", "/free/b/0"]
    deep: Any = []
    for _ in range(20):
        deep = [deep]
    assert len(complaints(free={"a": deep})) == 1
    for wrong in "\x00\x07\n\r\t\x1b\x7f\x85\u2028\u202a\u202e\u2066\u2069":
        assert complaints(bare=f"a{wrong}b") == ["/bare"], repr(wrong)
        if wrong not in "\n\t":
            assert complaints(inner=(Inner(text=f"a{wrong}b"),)) == ["/inner/0/text"], repr(wrong)
    assert NAME.longest == 200


def test_no_text_contains_invalid_characters() -> None:
    for one in "\ufffe\uffff\ud800\udfff":
        assert {wrong_with(f"a{one}b", bound) for bound in (REASON, TEXT)} == {
            "The text has line breaks or other control characters.",
            "The text has control characters.",
        }
    assert wrong_with("Zoë 😀 \ufffd", REASON) == ""
