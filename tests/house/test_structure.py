"""The rules of DESIGN sections 1-3, kept by reading the code. Each rule is shown to see what breaks it."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from shopwright.kit.facts import Event
from shopwright.kit.label import Label
from shopwright.services import FLOW, READERS, RIVER, SOURCES

HOME = Path(__file__).parents[2] / "shopwright"
FACES = ("shelf", "storefront", "backoffice", "docs")
SQL = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b", re.DOTALL)
LONGEST_FILE, LONGEST_FUNCTION = 400, 50
USUAL = {"__init__", "contract", "model", "store", "service", "reactions", "http"}
SPLIT = {("catalog", "media"), ("orders", "fulfilment"), ("users", "tokens")}


def imports(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{name.name}" for name in node.names} | {node.module}
    return {name for name in found if name.startswith("shopwright")}


def label(service: str) -> Label:
    return importlib.import_module(f"shopwright.services.{service}").LABEL


def owner_of(event: str) -> str:
    return Event.types[event].__module__.split(".")[2]


def foreign(service: str, source: str) -> set[str]:
    """What a file of `service` imports from other services without the right to."""
    mine = label(service)
    heard = mine.hears if mine.hears != ("*",) else tuple(name for name, kind in Event.types.items() if kind.SUBJECT)
    allowed = set(mine.asks) | {owner_of(event) for event in heard}
    wrong = set()
    for name in imports(source):
        parts = name.split(".")
        if name.startswith("shopwright.services.") and parts[2] != service:
            ok = parts[2] in allowed and (len(parts) == 3 or parts[3] == "contract")
            wrong |= set() if ok else {name}
        elif name.startswith(
            ("shopwright.engines", "shopwright.faces", "shopwright.app", "shopwright.web", "shopwright.settings")
        ):
            wrong.add(name)
    return wrong


def files(folder: str) -> list[Path]:
    return sorted((HOME / folder).rglob("*.py"))


@pytest.fixture(autouse=True, scope="module")
def all_contracts() -> None:
    for service in RIVER:
        importlib.import_module(f"shopwright.services.{service}.contract")


@pytest.mark.parametrize("path", files("kit"), ids=lambda path: path.name)
def test_the_kit_knows_no_service_engine_or_face(path: Path) -> None:
    assert {
        name for name in imports(path.read_text()) if not name.startswith(("shopwright.kit",)) and name != "shopwright"
    } == set()


@pytest.mark.parametrize("path", files("engines"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_engines_know_the_kit_and_their_own_kind_only(path: Path) -> None:
    kind = path.relative_to(HOME / "engines").parts[0]
    allowed = ("shopwright.kit", f"shopwright.engines.{kind}")
    assert {name for name in imports(path.read_text()) if not name.startswith(allowed)} == set()


@pytest.mark.parametrize("path", files("services"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_services_meet_only_through_contracts_named_on_their_labels(path: Path) -> None:
    service = path.relative_to(HOME / "services").parts[0]
    if service in RIVER:
        assert foreign(service, path.read_text()) == set()


@pytest.mark.parametrize("path", files("faces"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_faces_know_contracts_only(path: Path) -> None:
    wrong = {
        name
        for name in imports(path.read_text())
        if name.startswith("shopwright.engines")
        or (name.startswith("shopwright.services.") and ".contract" not in name and len(name.split(".")) > 3)
    }
    assert wrong == set()


def test_a_forbidden_import_is_seen() -> None:
    assert foreign("catalog", "from shopwright.services.orders.contract import Order") != set()
    assert foreign("orders", "from shopwright.services.carts.service import Baskets") != set()
    assert foreign("orders", "from shopwright.services.carts.contract import Carts") == set()
    assert foreign("orders", "import shopwright.engines.cache") != set()


@pytest.mark.parametrize("service", RIVER)
def test_requests_go_up_the_river(service: str) -> None:
    place = RIVER.index(service)
    assert all(RIVER.index(asked) < place for asked in label(service).asks)
    if service in SOURCES:
        assert label(service).asks == ()


@pytest.mark.parametrize("service", RIVER)
def test_labels_tell_the_events_of_the_contract(service: str) -> None:
    declared = {
        name for name, kind in Event.types.items() if kind.__module__ == f"shopwright.services.{service}.contract"
    }
    assert set(label(service).tells) == declared
    assert set(label(service).hears) <= set(Event.types) | {"*"}


@pytest.mark.parametrize("service", RIVER)
def test_reactions_hear_what_the_label_says(service: str) -> None:
    path = HOME / "services" / service / "reactions.py"
    source = (
        (path.read_text() if path.exists() else "") + (HOME / "services" / service / "model.py").read_text()
        if path.exists() and (HOME / "services" / service / "model.py").exists()
        else (path.read_text() if path.exists() else "")
    )
    if label(service).hears != ("*",):
        assert {event for event in Event.types if re.search(rf"\b{event}\b", source)} == set(label(service).hears)


@pytest.mark.parametrize("service", RIVER)
def test_a_service_has_the_usual_files(service: str) -> None:
    found = {path.stem for path in (HOME / "services" / service).glob("*.py")}
    assert {"__init__", "contract", "service", "store"} <= found
    assert {(service, name) for name in found - USUAL} <= SPLIT
    assert (HOME / "services" / service / "migrations").is_dir() or service == "catalog"


def says_sql(source: str) -> bool:
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
        for node in ast.walk(ast.parse(source))
    )


@pytest.mark.parametrize("path", files("services") + files("faces"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_only_stores_say_sql(path: Path) -> None:
    assert path.name == "store.py" or not says_sql(path.read_text())


def test_sql_is_seen() -> None:
    assert says_sql('x = "SELECT a FROM b"')
    assert not says_sql('"""Select one from the list."""')


@pytest.mark.parametrize("path", files("services"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_models_are_pure(path: Path) -> None:
    if path.name != "model.py":
        return
    source = path.read_text()
    assert "async def" not in source
    assert not re.search(r"\.now\(\)|import (random|secrets|time|os|httpx|sqlite3)\b|open\(", source)


def test_nobody_imports_in_a_ring() -> None:
    graph: dict[str, set[str]] = {}
    modules = {
        ".".join(("shopwright", *path.relative_to(HOME).with_suffix("").parts)).removesuffix(".__init__")
        for path in files("")
    }
    for path in files(""):
        name = ".".join(("shopwright", *path.relative_to(HOME).with_suffix("").parts)).removesuffix(".__init__")
        top = ast.parse(path.read_text())
        top.body = [
            node
            for node in top.body
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If)
        ]
        graph[name] = {
            one
            for one in imports(ast.unparse(top))
            if one in modules and one != name and not name.startswith(one + ".")
        }
    seen: dict[str, int] = {}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert seen.get(name) != 1, f"a ring: {' → '.join((*trail, name))}"
        if name in seen:
            return
        seen[name] = 1
        for other in graph.get(name, ()):
            visit(other, (*trail, name))
        seen[name] = 2

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("path", files(""), ids=lambda path: str(path.relative_to(HOME)))
def test_files_and_functions_stay_small(path: Path) -> None:
    source = path.read_text()
    if path.name != "goods.py":  # a list of goods is as long as the list
        assert source.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (
                (node.end_lineno or 0)
                - (node.body[0].lineno if not ast.get_docstring(node) else node.body[0].end_lineno or 0)
                + 1
            )
            assert lines <= LONGEST_FUNCTION, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("service", RIVER)
def test_each_service_is_in_the_river_once(service: str) -> None:
    assert [group for group in (SOURCES, FLOW, READERS) if service in group].__len__() == 1
    assert (HOME / "services" / service / "__init__.py").is_file()
