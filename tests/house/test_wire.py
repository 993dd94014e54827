"""Contracts of services change so that the previous version still understands them, and is understood.

The previous version is in tests/data/wire-VERSION.json: operations with parameters and results, events, the fields of all
their types, and error codes. After a release: `python -m tests.house.test_wire tests/data/wire-VERSION.json`.
"""

import functools
import inspect
import json
import operator
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.data.events import Event
from shopwright.kit.errors import ShopError
from shopwright.kit.observability.process_admin import ProcessAdmin
from shopwright.registry import PROCESS
from tests.builders.shops import make_settings

RELEASES = Path(__file__).parents[1] / "data"
NEEDED, LEFT_OUT = "needed", "may be left out"
WireTypes = dict[
    str, dict[str, list[str]]
]  # of each operation, event, struct and error: the type of each field, and whether it is required


def describe(kind: Any) -> str:
    if get_origin(kind) is Union:  # a union with an annotated member is encoded the same
        kind = functools.reduce(operator.or_, get_args(kind))
    return getattr(kind, "__name__", str(kind)) if not get_args(kind) else str(kind)


def structs(kind: Any, found: WireTypes) -> None:
    """All types with fields within a type."""
    for part in get_args(kind):
        structs(part, found)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__qualname__ not in found:
        hints = get_type_hints(kind)
        fields = {one.name: one for one in msgspec.structs.fields(kind)}
        found[kind.__qualname__] = {
            name: [describe(hints[name]), NEEDED if one.required else LEFT_OUT] for name, one in fields.items()
        }
        for name in fields:
            structs(hints[name], found)


def wire_types(contracts: Mapping[str, type]) -> WireTypes:
    """All types that processes of this version exchange."""
    found: WireTypes = {}
    for service, contract in contracts.items():
        for verb, function in inspect.getmembers(contract, inspect.iscoroutinefunction):
            if verb.startswith("_"):
                continue
            hints = get_type_hints(function)
            parameters = list(inspect.signature(function).parameters.values())[1:]
            found[f"{service}.{verb}"] = {
                "return": [describe(hints["return"]), NEEDED],
                **{
                    one.name: [describe(hints[one.name]), NEEDED if one.default is one.empty else LEFT_OUT]
                    for one in parameters
                },
            }
            for hint in hints.values():
                structs(hint, found)
    for event in Event.types.values():
        if event.__module__.startswith("shopwright."):
            structs(event, found)
    for name, error in ShopError.by_wire_code.items():
        if error.__module__.startswith("shopwright."):
            found[f"error {name}"] = {"codes": [" ".join(error.wire_codes()), NEEDED]}
    return found


def without_modules(kind: str) -> str:
    """A type may move to another file: only its fields are sent."""
    return re.sub(r"\b[\w.]+\.(?=\w)", "", kind)


def broken(before: WireTypes, now: WireTypes) -> list[str]:
    """Differences that a process of the previous version would not understand or not send."""
    wrong = [f"{name} is gone" for name in before if name not in now]
    for name in before.keys() & now.keys():
        for field, (kind, _) in before[name].items():
            if field not in now[name]:
                wrong.append(f"{name}: {field} is gone")
            elif without_modules(now[name][field][0]) != without_modules(kind):
                wrong.append(f"{name}: {field} was {kind} and is {now[name][field][0]}")
        for field, (_, need) in now[name].items():
            if need == NEEDED and (field not in before[name] or before[name][field][1] != NEEDED):
                wrong.append(f"{name}: {field} is needed, and the version before need not say it")
    return sorted(wrong)


def of(shop: Shop) -> WireTypes:
    return wire_types({**shop.contracts, PROCESS: ProcessAdmin})


def test_this_version_and_the_previous_one_understand_each_other(shop: Shop) -> None:
    before = max(RELEASES.glob("wire-*.json"), key=lambda one: [int(part) for part in one.stem[5:].split(".")])
    assert broken(json.loads(before.read_text()), of(shop)) == []


@pytest.mark.parametrize(
    ("name", "field", "now", "problem"),
    [
        ("orders.get", "order_id", None, "orders.get: order_id is gone"),
        ("orders.get", "why", ["str", NEEDED], "orders.get: why is needed, and the version before need not say it"),
        ("Money", "amount", ["str", NEEDED], "Money: amount was int and is str"),
        ("Money", "rounded", ["bool", NEEDED], "Money: rounded is needed, and the version before need not say it"),
        ("Money", "rounded", ["bool", LEFT_OUT], None),
        (
            "error sold_out",
            "codes",
            ["sold_out conflict", NEEDED],
            "error sold_out: codes was sold_out refused error and is sold_out conflict",
        ),
    ],
)
def test_an_incompatible_change_is_found(
    shop: Shop, name: str, field: str, now: list[str] | None, problem: str | None
) -> None:
    before, after = of(shop), of(shop)
    if now is None:
        del after[name][field]
    else:
        after[name][field] = now
    assert broken(before, after) == ([] if problem is None else [problem])
    del after[name]
    assert f"{name} is gone" in broken(before, after)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        lines = [
            f"{json.dumps(name)}: {json.dumps(its)}"
            for name, its in sorted(of(Shop(make_settings(Path(folder)))).items())
        ]
    Path(sys.argv[1]).write_text("{\n" + ",\n".join(lines) + "\n}\n")
