"""The rules of the repository as functions: the violations of a file (its path below `shopwright/` and its source)."""

import ast
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_type_hints

from shopwright.kit.data.events import Event
from shopwright.kit.manifest import ServiceManifest
from shopwright.service_spec import ServiceSpec
from shopwright.services import RIVER
from shopwright.services.specs import spec_of, specs

HOME = Path(__file__).parents[2] / "shopwright"
SQL = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b", re.DOTALL)
LONGEST_FILE, LONGEST_FUNCTION = 400, 50
# Names that say nothing of what is in a file, so anything comes to be in it.
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}
NAMED = re.compile(r"^ *(\w+(?:\.py|/))  +\S", re.MULTILINE)  # a line of a table of files
OUTER = (
    "shopwright.app",
    "shopwright.engines",
    "shopwright.open_engines",
    "shopwright.service_spec",
    "shopwright.settings",
    "shopwright.web",
)
# Doctor, recovery and archives read the stores, as they must not trust what the services say of them; what compares
# sums uses the rules that made them. Long exports are written from the stores, page by page.
READ_STORES = {
    f"operations/{name}.py"
    for name in (
        "book_checks",
        "counters",
        "gift_card_checks",
        "ledger_files",
        "order_checks",
        "order_walk",
        "recovery",
        "refund_sums",
        "tax_sums",
    )
}
NAME_CLASSES = {"shop_services.py"}  # for type checkers only
IMPURE = re.compile(r"async def|\.now\(\)|\bimport (random|secrets|time|os|httpx|sqlite3)\b|\bopen\(")

Rule = Callable[[str, str], list[str]]


def sources() -> dict[str, str]:
    """All source files."""
    return {str(path.relative_to(HOME)): path.read_text() for path in sorted(HOME.rglob("*.py"))}


def imports(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{name.name}" for name in node.names} | {node.module}
    return {name for name in found if name.startswith("shopwright")}


def manifest_of(service: str) -> ServiceManifest:
    return spec_of(service).manifest


def owner_of(event: str) -> str:
    specs()  # which loads the contracts of all
    return Event.types[event].__module__.split(".")[2]


def kit_imports_only_itself(path: str, source: str) -> list[str]:
    if not path.startswith("kit/"):
        return []
    return [name for name in imports(source) if not name.startswith("shopwright.kit") and name != "shopwright"]


def engines_import_only_the_kit_and_their_kind(path: str, source: str) -> list[str]:
    if not path.startswith("engines/"):
        return []
    allowed = ("shopwright.kit", f"shopwright.engines.{path.split('/')[1].removesuffix('.py')}")
    return [name for name in imports(source) if not name.startswith(allowed)]


def services_import_declared_contracts(path: str, source: str) -> list[str]:
    service = path.split("/")[1] if path.startswith("services/") else ""
    if service not in RIVER:
        return []
    mine = manifest_of(service)
    handled = (
        mine.handles if mine.handles != ("*",) else tuple(name for name, kind in Event.types.items() if kind.SUBJECT)
    )
    allowed = set(mine.asks) | {owner_of(event) for event in handled}
    wrong = []
    for name in imports(source):
        parts = name.split(".")
        if name.startswith("shopwright.services.") and parts[2] != service:
            ok = parts[2] in allowed and (len(parts) == 3 or parts[3] == "contract")
            wrong += [] if ok else [name]
        elif name.startswith(OUTER) and not (path.endswith("/spec.py") and name.startswith("shopwright.service_spec")):
            wrong.append(name)
    return wrong


def others_import_contract_and_spec(path: str, source: str) -> list[str]:
    """Other code imports only the contract and the spec of services."""
    if path.startswith("services/") or path in READ_STORES | NAME_CLASSES:
        return []
    return past_contracts(source)


def past_contracts(source: str) -> list[str]:
    """Imports of more than the contract and the spec of services."""
    return [
        name
        for name in imports(source)
        if (within := re.match(r"shopwright\.services\.(\w+)\.(\w+)", name))
        and within[1] in RIVER
        and within[2] not in {"contract", "spec"}
    ]


def web_imports_no_engines(path: str, source: str) -> list[str]:
    if not path.startswith("web/") or path == "web/application.py":
        return []
    return [name for name in imports(source) if name.startswith("shopwright.engines")]


def sql_is_in_stores(path: str, source: str) -> list[str]:
    if not path.startswith(("services/", "web/")) or path.endswith(("/store.py", "_store.py", "/retention.py")):
        return []
    return [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]


def models_are_pure(path: str, source: str) -> list[str]:
    return IMPURE.findall(source) if path.startswith("services/") and path.endswith("/model.py") else []


def contracts_import_the_kit_and_other_contracts(path: str, source: str) -> list[str]:
    if not re.fullmatch(r"services/\w+/contract(\.py|/\w+\.py)", path):
        return []
    return [
        name
        for name in imports(source)
        if not (name.startswith("shopwright.kit") or re.match(r"shopwright\.services\.\w+\.contract\b", name))
        and not re.fullmatch(r"shopwright\.services(\.\w+)?", name)
    ]


def numbers_are_checked_by_the_kit(path: str, source: str) -> list[str]:
    """`"²".isdigit()` is true and int("²") an error; use kit/digits.py."""
    return (
        re.findall(r"\w+\.(?:isdigit|isnumeric)\(", source)
        if path not in {"kit/digits.py", "kit/http/request_bodies.py"}
        else []
    )


def importing_a_service_runs_nothing(path: str, source: str) -> list[str]:
    if not re.fullmatch(r"services/\w+/__init__\.py", path):
        return []
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    return [ast.unparse(node) for node in ast.parse(source).body[1:] if not isinstance(node, allowed)]


def files_are_named_for_what_is_in_them(path: str, source: str) -> list[str]:
    return [part for part in path.removesuffix(".py").split("/") if part in VAGUE]


def each_file_of_a_service_is_in_its_table(path: str, source: str) -> list[str]:
    """A service's docstring has a table of its files and folders: all of them, and no others."""
    parts = path.split("/")
    if parts[0] != "services" or len(parts) < 3:
        return []
    home = HOME / "services" / parts[1]
    if parts[2:] == ["__init__.py"]:
        missing = [name for name in table_of_files(source) if not (home / name).exists()]
        return [f"{path} names {name}, which does not exist" for name in missing]
    name = parts[2] + ("/" if len(parts) > 3 else "")
    if name in table_of_files((home / "__init__.py").read_text()):
        return []
    return [f"say in a line of the table in services/{parts[1]}/__init__.py what {name} is for"]


def table_of_files(source: str) -> list[str]:
    """The files and folders that the docstring of a service lists."""
    return NAMED.findall(ast.get_docstring(ast.parse(source), clean=False) or "")


def files_and_functions_stay_small(path: str, source: str) -> list[str]:
    wrong = []
    if source.count("\n") > LONGEST_FILE and not path.endswith("/goods.py"):  # a list of products has any length
        wrong.append(f"{path} has {source.count(chr(10))} lines")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0].lineno if not ast.get_docstring(node) else node.body[0].end_lineno or 0
            lines = (node.end_lineno or 0) - first + 1
            wrong += [f"{node.name} has {lines} lines"] if lines > LONGEST_FUNCTION else []
    return wrong


RULES: tuple[Rule, ...] = (
    kit_imports_only_itself,
    engines_import_only_the_kit_and_their_kind,
    services_import_declared_contracts,
    others_import_contract_and_spec,
    web_imports_no_engines,
    sql_is_in_stores,
    models_are_pure,
    contracts_import_the_kit_and_other_contracts,
    numbers_are_checked_by_the_kit,
    importing_a_service_runs_nothing,
    files_are_named_for_what_is_in_them,
    each_file_of_a_service_is_in_its_table,
    files_and_functions_stay_small,
)


def import_cycle(files: Mapping[str, str]) -> list[str]:
    """Modules that import each other in a cycle when they are loaded (not within functions); [] without a cycle."""
    named = {
        ".".join(("shopwright", *Path(path).with_suffix("").parts)).removesuffix(".__init__"): source
        for path, source in files.items()
    }
    graph = {name: _loaded_with(name, source) & named.keys() for name, source in named.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph[name]):
            if found := visit(other, (*trail, name)):
                return found
        done.add(name)
        return []

    return next((found for name in graph if (found := visit(name, ()))), [])


def _loaded_with(name: str, source: str) -> set[str]:
    top = ast.parse(source)
    inner = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If
    top.body = [node for node in top.body if not isinstance(node, inner)]
    return {one for one in imports(ast.unparse(top)) if one != name and not name.startswith(one + ".")}


def wrong_calls(order: tuple[str, ...], labels: Mapping[str, ServiceManifest]) -> list[str]:
    """Calls in the wrong direction."""
    return [
        f"{service} asks {called}"
        for service, manifest in labels.items()
        for called in manifest.asks
        if order.index(called) >= order.index(service)
    ]


def apart_from_contract(spec: ServiceSpec[Any, Any]) -> list[str]:
    """The class that a spec builds, unless it names its contract: only then are the two compared where it is written."""
    built = get_type_hints(spec.build)["return"]
    return [] if spec.contract in built.__mro__ else [f"class {built.__name__}({spec.contract.__name__})"]


def undeclared_events(manifest: ServiceManifest, declared: set[str]) -> set[str]:
    """Differences between a manifest and the events of its contract."""
    return set(manifest.emits) ^ declared


def undeclared_handlers(manifest: ServiceManifest, source: str) -> set[str]:
    """Differences between a manifest and the handlers of its service."""
    if manifest.handles == ("*",):
        return set()
    return {event for event in Event.types if re.search(rf"\b{event}\b", source)} ^ set(manifest.handles)


def encrypted(source: str) -> list[str]:
    """The tables that this code encrypts: those given to `protect`."""
    return [
        str(ast.literal_eval(place)[0])
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "protect"
        for place in (node.args[2].elts if isinstance(node.args[2], ast.Tuple) else ())
    ]
