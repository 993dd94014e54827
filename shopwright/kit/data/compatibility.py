"""Reading what a process of another version may have written: on the wire, in a fact, in a row.

While a shop is renewed, yesterday's version reads what today's writes. What comes from clients is held to every word of it
(`forbid_unknown_fields`); what comes from ourselves may hold more than this version knows, and that is left out. What it
does not hold takes its default: new fields have one (tests/house/test_wire.py).
"""

from functools import cache
from typing import Any, Protocol, TypeVar, overload

import msgspec
from msgspec import inspect

T = TypeVar("T")


class Codec(Protocol):
    """`msgspec.json` or `msgspec.msgpack`."""

    def encode(self, obj: Any, /) -> bytes: ...
    def decode(self, buf: Any, /, *, type: Any = Any) -> Any: ...  # noqa: A002 -- its name there


@overload
def decode_tolerant(data: bytes | str, kind: type[T], words: Codec = ...) -> T: ...
@overload
def decode_tolerant(data: bytes | str, kind: Any, words: Codec = ...) -> Any: ...
def decode_tolerant(data: bytes | str, kind: Any, words: Codec = msgspec.json) -> Any:
    """The value in `data`, without what only a newer version knows. Raises MsgspecError."""
    try:
        return words.decode(data, type=kind)
    except msgspec.ValidationError:
        # Rare, and looked at for a second time only where something is wrong: the usual way costs nothing more.
        return words.decode(words.encode(_known(words.decode(data), _described(kind))), type=kind)


@cache
def _described(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _known(value: Any, kind: inspect.Type) -> Any:
    """The part of a value that its type has a name for."""
    match kind:
        case inspect.StructType() if isinstance(value, dict):
            fields = {field.encode_name: field.type for field in kind.fields}
            tag = {} if kind.tag_field is None else {kind.tag_field: value.get(kind.tag_field)}
            return tag | {name: _known(one, fields[name]) for name, one in value.items() if name in fields}
        case inspect.DictType() if isinstance(value, dict):
            return {name: _known(one, kind.value_type) for name, one in value.items()}
        case inspect.CollectionType() if isinstance(value, (list, tuple)):
            return [_known(one, kind.item_type) for one in value]
        case inspect.TupleType() if isinstance(value, (list, tuple)):
            return [_known(one, its) for one, its in zip(value, kind.item_types, strict=False)]
        case inspect.UnionType():
            return _known(value, _which(value, kind))
    return value


def _which(value: Any, kind: inspect.UnionType) -> inspect.Type:
    """The one of several types that a value is of."""
    if isinstance(value, dict):
        for one in kind.types:
            if isinstance(one, inspect.StructType) and one.tag in {None, value.get(one.tag_field or "")}:
                return one
    wanted = inspect.DictType if isinstance(value, dict) else (inspect.CollectionType, inspect.TupleType)
    return next((one for one in kind.types if isinstance(one, wanted)), inspect.AnyType())
