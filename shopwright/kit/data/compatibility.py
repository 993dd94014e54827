"""Reading data of other versions: calls, events, rows.

During an upgrade the previous version reads what the next one writes. Clients' requests are strict
(`forbid_unknown_fields`); our own data may have unknown fields, which are dropped. Missing fields take their defaults,
so new fields have one (tests/house/test_wire.py).
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
    """Decode without fields only newer versions know. Raises MsgspecError."""
    try:
        return words.decode(data, type=kind)
    except msgspec.ValidationError:
        # Rare: data is only examined again if decoding fails, so the usual way costs nothing.
        return words.decode(words.encode(_known(words.decode(data), _described(kind))), type=kind)


@cache
def _described(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _known(value: Any, kind: inspect.Type) -> Any:
    """The part of a value its type has names for."""
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
    """The member of a union that a value belongs to."""
    if isinstance(value, dict):
        for one in kind.types:
            if isinstance(one, inspect.StructType) and one.tag in {None, value.get(one.tag_field or "")}:
                return one
    wanted = inspect.DictType if isinstance(value, dict) else (inspect.CollectionType, inspect.TupleType)
    return next((one for one in kind.types if isinstance(one, wanted)), inspect.AnyType())
