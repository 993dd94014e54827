"""Personal data is declared on the field; erasure, export and redaction follow the declaration.

    class OrderBody(msgspec.Struct, frozen=True):
        totals: Totals
        gift_message: Personal[str] = ""
        shipping_address: Address       # its own fields are marked

Text and lists of text are marked, at a field or within its type. Structs are not marked, but their fields.
"""

import functools
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec

T = TypeVar("T")
# Replaces personal text.
ERASED = "erased"


class PersonalMark:
    """Marks a type whose values are personal."""


PERSONAL_MARK = PersonalMark()
Personal = Annotated[T, PERSONAL_MARK]
UNIONS = (typing.Union, types.UnionType)


def personal_fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields that contain personal data, in order."""
    return tuple(name for name, _ in _personal_hints(kind))


def is_personal(hint: Any) -> bool:
    """Whether this type is marked, or contains a marked one."""
    return _holds(hint, frozenset())


def is_marked(hint: Any) -> bool:
    """Whether this type itself is marked, also within a union."""
    if get_origin(hint) is Annotated:
        return PERSONAL_MARK in get_args(hint)[1:] or is_marked(get_args(hint)[0])
    return get_origin(hint) in UNIONS and any(map(is_marked, get_args(hint)))


def redacted(value: T) -> T:
    """The struct without personal data.

    Text becomes `ERASED`, or is omitted in structs that omit defaults; other values become their defaults.
    """
    if not isinstance(value, msgspec.Struct):
        raise TypeError(f"{type(value).__name__} is no struct: nothing in it is declared")
    kind = type(value)
    changes = {name: _redacted_field(kind, name, getattr(value, name), hint) for name, hint in _personal_hints(kind)}
    return msgspec.structs.replace(value, **changes) if changes else value


def personal_values(value: msgspec.Struct) -> dict[str, Any]:
    """The personal fields of a struct by name, each whole."""
    return {name: getattr(value, name) for name in personal_fields(type(value))}


@functools.cache
def _hints(kind: type[msgspec.Struct]) -> Mapping[str, Any]:
    """Fields with their annotated types."""
    found = typing.get_type_hints(kind, include_extras=True)
    return {name: found[name] for name in kind.__struct_fields__}


@functools.cache
def _personal_hints(kind: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, hint) for name, hint in _hints(kind).items() if is_personal(hint))


def _holds(hint: Any, seen: frozenset[Any]) -> bool:
    if is_marked(hint):
        return True
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint not in seen and any(_holds(one, seen | {hint}) for one in _hints(hint).values())
    return any(_holds(one, seen) for one in get_args(hint) if get_origin(hint) is not typing.Literal)


def _redacted_field(kind: type[msgspec.Struct], name: str, value: Any, hint: Any) -> Any:
    if not is_marked(hint):
        return _redacted(value, hint)
    field = next(one for one in msgspec.structs.fields(kind) if one.name == name)
    default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    if default is not msgspec.NODEFAULT and (kind.__struct_config__.omit_defaults or not isinstance(value, str)):
        return default
    return _erased(value)


def _redacted(value: Any, hint: Any) -> Any:
    """Redact a value whose type contains a mark."""
    if value is None or not is_personal(hint):
        return value
    if is_marked(hint):
        return _erased(value)
    if isinstance(value, msgspec.Struct):
        return redacted(value)
    inner = next(one for one in _members(hint, type(value)) if is_personal(one))
    if isinstance(value, Mapping):
        return {key: _redacted(one, inner) for key, one in value.items()}
    return type(value)(_redacted(one, inner) for one in value)


def _erased(value: Any) -> Any:
    if isinstance(value, str):
        return ERASED
    if value is None:
        return None
    if isinstance(value, (tuple, list, dict)):
        return type(value)()
    raise TypeError(f"{type(value).__name__} cannot be marked as personal without a default")


def _members(hint: Any, container: type) -> tuple[Any, ...]:
    """The member types of a container, also within a union."""
    if get_origin(hint) is Annotated:
        return _members(get_args(hint)[0], container)
    if get_origin(hint) in UNIONS:
        return next((found for one in get_args(hint) if (found := _members(one, container))), ())
    origin = get_origin(hint)
    return get_args(hint) if isinstance(origin, type) and issubclass(container, origin) else ()
