"""Stored text: fields of stored bodies, documents and events, and columns of tables."""

import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from shopwright.engines.database.migrations import all_in
from shopwright.kit.data.events import Event
from shopwright.kit.data.retention import Retention
from shopwright.kit.personal import is_marked, is_personal
from shopwright.kit.ports import DocumentCollection
from shopwright.lifecycle import migrations_of
from shopwright.retention import retention_of
from shopwright.services import RIVER

SERVICES = (*RIVER, "pretend")
# Names that mean the same in every type. A name that ends like one of these is still classified: `passport_id`.
MADE_UP = "a random id of the shop that identifies nobody outside it"
CODES: dict[str, str] = {
    **dict.fromkeys(
        (
            "id", "card_id", "cart_id", "customer_id", "document_id", "erasure_id", "line_id", "movement_id", "order_id",
            "payment_id", "product_id", "refund_id", "request_id", "shipment_id", "user_id", "variant_id",
        ),
        MADE_UP,
    ),
    "currency": "an ISO 4217 code, checked on input",
}  # fmt: skip
# Columns: the ids above and those of further tables, and states of our own.
COLUMN_CODES = {
    *CODES, "fact_id", "from_currency", "message_id", "next_id", "other_id", "review_id", "session_id",
    "shipping_option_id", "state", "status", "to_currency",
}  # fmt: skip
TABLE = re.compile(r"CREATE TABLE (\w+)\s*\((.*)\)", re.DOTALL)
MADE = re.compile(r"(?:^|,)\s*(\w+) (?:TEXT|JSONB)\b", re.MULTILINE)
ADDED = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (\w+) (?:TEXT|JSONB)\b")


def events() -> Iterator[type[Event]]:
    """All stored types of the shop."""
    return (one for one in Event.types.values() if one.__module__.startswith("shopwright."))


def collections() -> Iterator[DocumentCollection]:
    """The data rules of all services."""
    for service in RIVER:
        for one in vars(import_module(f"shopwright.services.{service}.store")).values():
            if isinstance(one, DocumentCollection):
                yield one


def stored_kinds() -> list[Any]:
    """The type of everything that is stored as JSON."""
    found = [body.kind for service in SERVICES for rule in retention_of(service) for body in rule.bodies]
    return [*events(), *found, *(one.kind for one in collections() if one.kind is not None)]


def unclassified(kinds: Iterable[Any], reasons: Mapping[str, str]) -> list[str]:
    """Texts within these types that do not declare whether they are personal."""
    return sorted(
        f"{kind.__name__}.{name}: mark it, `{name}: Personal[…]`, where it may tell who someone is or is written by a buyer;"
        f' else give the reason in REASONS of tests/house/test_personal.py, "{kind.__name__}.{name}": "…"'
        for kind, name in free_texts(kinds)
        if name not in CODES and not {kind.__name__, f"{kind.__name__}.{name}"} & {*reasons}
    )  # fmt: skip


def free_texts(kinds: Iterable[Any]) -> list[tuple[type[msgspec.Struct], str]]:
    """The unmarked texts within these types: each a type and the name of its field."""
    found: dict[type[msgspec.Struct], None] = {}
    for kind in kinds:
        _within(kind, found)
    return [(kind, name) for kind in found for name, hint in fields(kind).items() if _is_free_text(hint)]


def fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a struct with their types and marks."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: hints[name] for name in kind.__struct_fields__}


def _within(hint: Any, found: dict[type[msgspec.Struct], None]) -> None:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        if hint not in found:
            found[hint] = None
            for one in fields(hint).values():
                _within(one, found)
    elif get_origin(hint) is not typing.Literal:
        for one in get_args(hint):
            _within(one, found)


def _is_free_text(hint: Any) -> bool:
    if get_origin(hint) is typing.Literal or is_marked(hint):
        return False
    return hint in {str, Any, object, msgspec.Raw} or any(map(_is_free_text, get_args(hint)))


def text_columns(statements: Iterable[str]) -> dict[str, set[str]]:
    """Columns with texts or JSON, by table."""
    found: dict[str, set[str]] = {}
    for statement in statements:
        if made := TABLE.match(statement):
            found.setdefault(made.group(1), set()).update(MADE.findall(made.group(2)))
        elif added := ADDED.match(statement):
            found.setdefault(added.group(1), set()).add(added.group(2))
    return found


def columns_of(service: str) -> dict[str, set[str]]:
    """The text columns of the database of a service."""
    return text_columns(
        statement for migration in all_in(migrations_of(service)) for statement in migration.statements()
    )


def wrong_columns(rule: Retention, columns: set[str]) -> list[str]:
    """Wrong and missing declarations of a table about its columns."""
    bodies = [one.column for one in rule.bodies]
    declared = [*bodies, *rule.personal_columns, *rule.silent]
    declares = bool(rule.personal_columns) or any(is_personal(one.kind) for one in rule.bodies)
    return [
        *(
            f"{rule.table}.{name}: list it in retention.py among `personal_columns`, `bodies` or `silent`"
            for name in sorted(columns - {*declared})
            if name not in COLUMN_CODES
        ),
        *(f"{rule.table}.{name}: there is no such text column" for name in sorted({*declared} - columns)),
        *(f"{rule.table}.{name}: it is listed twice" for name in sorted({*declared}) if declared.count(name) > 1),
        *(
            [f"{rule.table}: it has personal data; give the reason in `personal`"]
            if declares and not rule.personal
            else []
        ),
        *([f"{rule.table}: it has personal data; give `expiries` or `end`"] if declares and not rule.ends() else []),
    ]
