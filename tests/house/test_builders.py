"""Shared helpers are in tests/builders or in fixtures of a conftest.py: no test is imported."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def imported_tests(source: str) -> list[str]:
    """The test modules that are imported anywhere in the source."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module or ''}.{one.name}" for one in node.names]
    return [name for name in found if any(part.startswith("test_") for part in name.split("."))]


def test_no_test_is_imported() -> None:
    wrong = {
        path.relative_to(TESTS).as_posix(): found
        for path in sorted(TESTS.rglob("*.py"))
        if (found := imported_tests(path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "source",
    [
        "from tests.services.test_orders_checkout import place",
        "from tests.services import test_orders_checkout",
        "import tests.services.test_orders_checkout as checkout",
        "from .test_orders_checkout import place",
        "def later():\n    from tests.services.test_orders_checkout import place",
    ],
)
def test_an_imported_test_is_seen(source: str) -> None:
    assert imported_tests(source) != []


def test_builders_may_be_imported() -> None:
    assert imported_tests("from tests.builders.orders import place\nfrom tests.process.server import Server") == []
