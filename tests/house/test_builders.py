"""Shared helpers are in tests/builders, and fixtures in a conftest.py: nothing else is imported from another folder."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SHARED = "builders"


def imported(source: str) -> list[str]:
    """The modules of the tests that are imported anywhere in the source, with the names taken from them."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = f"{'.' * node.level}{node.module or ''}"
            found += [f"{origin}.{one.name}" for one in node.names]
    return [name for name in found if name.startswith(("tests.", "."))]


def wrong_imports(folder: str, source: str) -> list[str]:
    """Forbidden imports of a file in this folder of the tests: tests, fixtures, relative names, helpers of other folders."""
    return [
        name
        for name in imported(source)
        if name.startswith(".")
        or any(part == "conftest" or part.startswith("test_") for part in name.split("."))
        or name.split(".")[1] not in {SHARED, folder}
    ]


def test_helpers_are_imported_from_builders_only() -> None:
    wrong = {
        path.relative_to(TESTS).as_posix(): found
        for path in sorted(TESTS.rglob("*.py"))
        if (found := wrong_imports(path.relative_to(TESTS).parts[0], path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "source",
    [
        "from tests.services.test_orders_checkout import place",
        "from tests.services import test_orders_checkout",
        "import tests.services.test_orders_checkout as checkout",
        "from .test_orders_checkout import place",
        "from .conftest import Buses",
        "from tests.engines.conftest import Buses",
        "from tests.services import conftest",
        "from tests.process.server import Server",
        "from tests.process import server",
        "import tests.process.server",
        "def later():\n    from tests.process.server import Server",
    ],
)
def test_an_import_of_a_test_a_fixture_or_another_folder_is_seen(source: str) -> None:
    assert wrong_imports("services", source) != []


def test_builders_and_helpers_of_the_same_folder_may_be_imported() -> None:
    source = "import ast\nfrom tests.builders.orders import place\nfrom tests.builders import load\nfrom tests.simulate.broken import BROKEN"
    assert wrong_imports("simulate", source) == []


def test_builders_import_nothing_but_builders() -> None:
    assert wrong_imports(SHARED, "from tests.simulate.broken import BROKEN") == ["tests.simulate.broken.BROKEN"]
