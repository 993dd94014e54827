"""Limits of texts and lists in requests, declared in types; a plain string is one short line.

    class NewReview(msgspec.Struct):
        title: str                      # one line of at most 255 characters
        email: Email                    # … of 254
        body: Text                      # several lines

Limits are checked when a request is read (`kit.http.strict`), never on stored data.
"""

import functools
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple, get_args, get_origin

import msgspec

from shopwright.kit.errors import Problem
from shopwright.kit.text import DIRECTIONS, has_controls
from shopwright.kit.translation import gettext as _

DEEPEST = 16
LARGEST_NUMBER = 2**63


class TextLimit(NamedTuple):
    """The limit of a text in characters. `lines`: line feeds and tabs are allowed.

    `copied`: direction marks around it are allowed, as programs add them to phone numbers; the reader removes them.
    """

    longest: int
    lines: bool = False
    copied: bool = False


class SizeLimit(NamedTuple):
    """The limit of members of a list or object."""

    items: int


LINE, MEMBERS = TextLimit(255), SizeLimit(1000)
EMAIL, NAME, TOKEN, URL, REASON, NOTE, TEXT, HTML = (
    TextLimit(254), TextLimit(200), TextLimit(2048), TextLimit(2048), TextLimit(500), TextLimit(1_000, lines=True), TextLimit(20_000, lines=True), TextLimit(100_000, lines=True),
)  # fmt: skip
PHONE = TextLimit(255, copied=True)
POSTCODES = TextLimit(2_000)
Email = Annotated[str, EMAIL]
Phone = Annotated[str, PHONE]
Postcodes = Annotated[str, POSTCODES]  # patterns of many
Name = Annotated[str, NAME]
Token = Annotated[str, TOKEN]
Url = Annotated[str, URL]
Reason = Annotated[str, REASON]
Text = Annotated[str, TEXT]
Note = Annotated[str, NOTE]
Html = Annotated[str, HTML]
# Form and query fields have no type; these names mean the same everywhere, unless the form names its struct
# (`kit.http.strict`). Fields with a text area allow lines.
BY_NAME: Mapping[str, TextLimit] = {
    "email": EMAIL, "phone": PHONE, "name": NAME, "token": TOKEN, "next": URL, "return_url": URL, "reason": REASON,
    "message": NOTE, "postcodes": POSTCODES, "small_business": REASON,
    "description": HTML,
    "countries": TextLimit(2_048),  # all there are
    "_seen": TextLimit(300_000),  # a mark of each field of a form
    **dict.fromkeys(("body", "options", "reply", "seo_description", "skus", "swatches"), TEXT),
}  # fmt: skip


def bounds_of(kind: type[msgspec.Struct]) -> dict[str, TextLimit]:
    """The bounds of a struct's texts, by field."""
    return {name: _marked(hint, TextLimit) or LINE for name, hint in _fields(kind)}


def wrong_with(text: str, bound: TextLimit, name: str = "") -> str:
    """Describe the problem of a field's text in a sentence; "" if it is valid."""
    name = name or _("The text")
    if len(text) > bound.longest:
        return _("{name} is longer than {longest} characters.", name=name, longest=bound.longest)
    if has_controls(text.strip(DIRECTIONS) if bound.copied else text, lines=bound.lines):
        if bound.lines:
            return _("{name} has control characters.", name=name)
        return _("{name} has line breaks or other control characters.", name=name)
    return ""


def faults(value: Any, hint: Any, pointer: str = "", depth: int = 0) -> Iterator[Problem]:
    """Everything in a decoded body that exceeds the limits of its type."""
    if isinstance(value, str):
        if problem := wrong_with(value, _marked(hint, TextLimit) or LINE, pointer.rpartition("/")[2]):
            yield Problem(pointer, "invalid", problem)
    elif isinstance(value, int):
        if not -LARGEST_NUMBER <= value < LARGEST_NUMBER:
            yield Problem(pointer, "invalid", _("{value} is larger than 64 bits.", value=pointer.rpartition("/")[2]))
    elif isinstance(value, datetime):
        if value.tzinfo is None:
            yield Problem(
                pointer,
                "invalid",
                _(
                    "{value} has no time zone: {isoformat}Z is UTC.",
                    value=pointer.rpartition("/")[2] or "The time",
                    isoformat=value.isoformat(),
                ),
            )
    elif depth > DEEPEST:
        yield Problem(pointer, "invalid", _("It is nested deeper than {deepest} levels.", deepest=DEEPEST))
    elif isinstance(value, msgspec.Struct):
        for name, field in _fields(type(value)):
            yield from faults(getattr(value, name), field, f"{pointer}/{name}", depth + 1)
    elif isinstance(value, Mapping | list | tuple | set | frozenset):
        yield from _members(value, hint, pointer, depth)


def _members(value: Any, hint: Any, pointer: str, depth: int) -> Iterator[Problem]:
    most = (_marked(hint, SizeLimit) or MEMBERS).items
    if len(value) > most:
        yield Problem(
            pointer, "invalid", _("{value} has more than {most} members.", value=pointer.rpartition("/")[2], most=most)
        )
        return
    inner = _inner(hint)
    if isinstance(value, Mapping):
        for key, one in value.items():
            name = _("A name in {value}", value=pointer.rpartition("/")[2])
            if isinstance(key, str) and (problem := wrong_with(key, LINE, name)):
                yield Problem(pointer, "invalid", problem)
            else:
                yield from faults(one, inner, f"{pointer}/{key}", depth + 1)
    else:
        for number, one in enumerate(value):
            yield from faults(one, inner, f"{pointer}/{number}", depth + 1)


@functools.cache
def _fields(kind: type[msgspec.Struct]) -> list[tuple[str, Any]]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return [(name, hints[name]) for name in kind.__struct_fields__]


def _marked(hint: Any, kind: type) -> Any:
    """The limit of this kind in a type's annotations."""
    if get_origin(hint) is Annotated:
        inner, *annotations = get_args(hint)
        return next((mark for mark in annotations if isinstance(mark, kind)), None) or _marked(inner, kind)
    if get_origin(hint) in {typing.Union, types.UnionType}:
        return next((found for one in get_args(hint) if (found := _marked(one, kind))), None)
    return None


def _inner(hint: Any) -> Any:
    """The type of members: the last argument of a list or mapping."""
    if get_origin(hint) is Annotated:
        return _inner(get_args(hint)[0])
    if get_origin(hint) in {typing.Union, types.UnionType}:
        return next((found for one in get_args(hint) if (found := _inner(one)) is not Any), Any)
    named = [one for one in get_args(hint) if one is not Ellipsis]
    return named[-1] if named else Any
