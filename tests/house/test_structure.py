"""The rules of the repository (DESIGN 1-3), checked by reading the code. Each is seen to find a violation."""

import importlib
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from shopwright.kit.data.events import Event
from shopwright.operations.archive import ENCRYPTED, LEFT_OUT
from shopwright.service_spec import BuildContext
from shopwright.services import FLOW, READERS, RIVER, SOURCES
from shopwright.services.specs import spec_of, specs
from tests.house import rules
from tests.house.classes import ladders, shared_names
from tests.house.rules import HOME, RULES, Rule, manifest_of


@pytest.fixture(autouse=True, scope="module")
def all_contracts() -> None:
    for service in RIVER:
        importlib.import_module(f"shopwright.services.{service}.contract")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps_the_rules(rule: Rule) -> None:
    wrong = {path: found for path, source in rules.sources().items() if (found := rule(path, source))}
    assert wrong == {}


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (rules.kit_imports_only_itself, "kit/money.py", "from shopwright.services.orders.contract import Order"),
        (rules.kit_imports_only_itself, "kit/http/pagination.py", "import shopwright.engines.cache"),
        (rules.engines_import_only_the_kit_and_their_kind, "engines/bus/local.py", "import shopwright.engines.cache"),
        (rules.engines_import_only_the_kit_and_their_kind, "engines/bus/local.py", "import shopwright.services.orders"),
        (
            rules.services_import_declared_contracts,
            "services/catalog/service.py",
            "from shopwright.services.orders.contract import Order",
        ),
        (
            rules.services_import_declared_contracts,
            "services/orders/service.py",
            "from shopwright.services.carts.service import CartService",
        ),
        (
            rules.services_import_declared_contracts,
            "services/orders/service.py",
            "import shopwright.engines.cache",
        ),
        (
            rules.others_import_contract_and_spec,
            "web/product_view/view.py",
            "from shopwright.services.catalog.store import ProductStore",
        ),
        (rules.others_import_contract_and_spec, "cli/doctor.py", "from shopwright.services.books import store"),
        (rules.others_import_contract_and_spec, "operations/doctor.py", "import shopwright.services.books.store"),
        (rules.web_imports_no_engines, "web/product_view/view.py", "import shopwright.engines.cache.memory"),
        (
            rules.services_import_declared_contracts,
            "services/orders/service.py",
            "from shopwright.service_spec import BuildContext",
        ),
        (rules.sql_is_in_stores, "services/orders/service.py", 'x = "SELECT a FROM b"'),
        (rules.sql_is_in_stores, "web/product_view/view.py", 'f("UPDATE orders SET total = 0")'),
        (rules.models_are_pure, "services/orders/model.py", "import secrets"),
        (rules.models_are_pure, "services/orders/model.py", "async def total(): ..."),
        (rules.models_are_pure, "services/orders/model.py", "due = datetime.now()"),
        (
            rules.contracts_import_the_kit_and_other_contracts,
            "services/orders/contract.py",
            "from shopwright.services.carts.model import total",
        ),
        (rules.numbers_are_checked_by_the_kit, "services/orders/model.py", "x = int(a) if a.isdigit() else 0"),
        (rules.importing_a_service_runs_nothing, "services/orders/__init__.py", '"""Orders."""\nprint("hello")'),
        (rules.files_are_named_for_what_is_in_them, "services/orders/utils.py", ""),
        (rules.files_are_named_for_what_is_in_them, "kit/common/money.py", ""),
        (rules.each_file_of_a_service_is_in_its_table, "services/orders/discounts.py", ""),
        (rules.each_file_of_a_service_is_in_its_table, "services/orders/parts/discounts.py", ""),
        (
            rules.each_file_of_a_service_is_in_its_table,
            "services/orders/__init__.py",
            '"""Orders.\n\n    lost.py  Lost orders.\n"""',
        ),
        (rules.files_and_functions_stay_small, "services/orders/service.py", "x = 1\n" * 401),
        (rules.files_and_functions_stay_small, "kit/money.py", "def long():\n" + "    x = 1\n" * 51),
    ],
)
def test_a_broken_rule_is_found(rule: Rule, path: str, source: str) -> None:
    assert rule(path, source) != []


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (
            rules.services_import_declared_contracts,
            "services/orders/service.py",
            "from shopwright.services.carts.contract import Carts",
        ),
        (
            rules.services_import_declared_contracts,
            "services/orders/spec.py",
            "from shopwright.service_spec import BuildContext",
        ),
        (rules.others_import_contract_and_spec, "cli/x.py", "from shopwright.services.books.contract import Entry"),
        (rules.others_import_contract_and_spec, "cli/x.py", "from shopwright.services.books.spec import SPEC"),
        (rules.others_import_contract_and_spec, "cli/x.py", "from shopwright.services.specs import specs"),
        (rules.others_import_contract_and_spec, "operations/book_checks.py", "import shopwright.services.books.store"),
        (rules.sql_is_in_stores, "services/orders/service.py", '"""Select one from the list."""'),
        (rules.sql_is_in_stores, "services/orders/store.py", 'x = "SELECT a FROM b"'),
        (rules.files_are_named_for_what_is_in_them, "kit/miscellany.py", ""),
        (rules.each_file_of_a_service_is_in_its_table, "services/orders/contract/values.py", ""),
        (
            rules.each_file_of_a_service_is_in_its_table,
            "services/orders/__init__.py",
            '"""Orders.\n\n    refunds.py  Refunds.\n"""',
        ),
        (rules.files_and_functions_stay_small, "kit/money.py", "def long():\n" + "    x = 1\n" * 50),
    ],
)
def test_a_kept_rule_is_accepted(rule: Rule, path: str, source: str) -> None:
    assert rule(path, source) == []


def test_each_exception_reads_services() -> None:
    files = rules.sources()
    others = rules.READ_STORES | rules.NAME_CLASSES
    needless = [one for one in others if not rules.past_contracts(files[one])]
    assert needless == []


def test_no_two_classes_share_a_name_outside_their_service() -> None:
    assert shared_names(rules.sources()) == {}
    assert shared_names({"kit/a.py": "class Line: ...", "web/b.py": "class Line: ..."}) == {
        "Line": ["kit/a.py", "web/b.py"]
    }
    assert shared_names({"services/a/x.py": "class Line: ...", "services/a/y.py": "class Line: ..."}) == {}


LADDER = "class Ending: ...\nclass Book(Ending): ...\nclass Past(Book): ..."


def test_no_class_inherits_in_a_deep_hierarchy() -> None:
    assert ladders(rules.sources()) == []
    assert ladders({"services/orders/x.py": LADDER}) == ["Past"]
    assert ladders({"services/orders/x.py": LADDER.replace("Ending: ...", "Ending(Protocol): ...")}) == []
    assert ladders({"services/orders/x.py": LADDER.replace("Ending: ...", "Ending(ABC): ...")}) == ["Past"]


def test_no_modules_import_each_other_in_a_cycle() -> None:
    assert rules.import_cycle(rules.sources()) == []


def test_an_import_cycle_is_found() -> None:
    files = {
        "kit/a.py": "from shopwright.kit import b",
        "kit/b.py": "from shopwright.kit.c import thing",
        "kit/c.py": "import shopwright.kit.a",
    }
    assert rules.import_cycle(files) == ["shopwright.kit.a", "shopwright.kit.b", "shopwright.kit.c", "shopwright.kit.a"]
    files["kit/c.py"] = "def later():\n    import shopwright.kit.a"
    assert rules.import_cycle(files) == []


def test_services_call_only_services_below_them() -> None:
    assert rules.wrong_calls(RIVER, {service: manifest_of(service) for service in RIVER}) == []
    assert [service for service in SOURCES if manifest_of(service).asks] == []


def test_a_call_in_the_wrong_direction_is_found() -> None:
    wrong = msgspec.structs.replace(manifest_of("catalog"), asks=("orders",))
    assert rules.wrong_calls(RIVER, {"catalog": wrong}) == ["catalog asks orders"]


@pytest.mark.parametrize("service", RIVER)
def test_manifests_match_the_code(service: str) -> None:
    contract = f"shopwright.services.{service}.contract"
    declared = {name for name, kind in Event.types.items() if kind.__module__ in {contract, f"{contract}.events"}}
    manifest = f"services/{service}/__init__.py"
    emitted = rules.undeclared_events(manifest_of(service), declared)
    assert not emitted, f"{manifest}: `emits` must list the events of contract.py; {sorted(emitted)} is in only one."
    unknown = set(manifest_of(service).handles) - set(Event.types) - {"*"}
    assert not unknown, f"{manifest}: `handles` names {sorted(unknown)}, which no service emits."
    handled = rules.undeclared_handlers(manifest_of(service), _handlers(service))
    assert not handled, f"{manifest}: `handles` must list the events of handlers.py; {sorted(handled)} is in only one."


def _handlers(service: str) -> str:
    """The file in which a service declares its handlers; it may use a table of its model."""
    path = HOME / "services" / service / "handlers.py"
    model = path.with_name("model.py")
    return "\n".join(one.read_text() for one in (path, model) if path.exists() and one.exists())


def test_a_wrong_manifest_is_found() -> None:
    orders = manifest_of("orders")
    assert rules.undeclared_events(orders, {*orders.emits, "OrderLost"}) == {"OrderLost"}
    assert rules.undeclared_events(orders, set(orders.emits[1:])) == {orders.emits[0]}
    assert rules.undeclared_handlers(orders, f"{_handlers('orders')}\nProductPublished") == {"ProductPublished"}
    assert rules.undeclared_handlers(orders, "") == set(orders.handles)


def test_each_service_names_its_contract() -> None:
    assert [wrong for spec in specs() for wrong in rules.apart_from_contract(spec)] == []


def test_a_service_apart_from_its_contract_is_found() -> None:
    class Loose: ...

    def build(_context: BuildContext) -> Loose:
        return Loose()

    loose = replace(spec_of("reviews"), build=build)
    assert rules.apart_from_contract(loose) == ["class Loose(Reviews)"]


@pytest.mark.parametrize("service", RIVER)
def test_each_service_is_ordered_once_and_has_what_it_needs(service: str) -> None:
    assert len([group for group in (SOURCES, FLOW, READERS) if service in group]) == 1
    home: Path = HOME / "services" / service
    there = {path.stem for path in home.glob("*.py")} | {path.parent.name for path in home.glob("*/__init__.py")}
    missing = {"__init__", "contract", "http", "retention", "service", "spec", "store"} - there
    assert not missing, f"services/{service} lacks {sorted(missing)}; docs/guides/service.md says what they contain."
    assert (home / "migrations").is_dir() or service == "catalog"


def test_encrypted_columns_stay_encrypted_in_archives() -> None:
    encrypted = {
        (path.split("/")[1], table)
        for path, source in rules.sources().items()
        if path.startswith("services/")
        for table in rules.encrypted(source)
    }
    assert {one for one in encrypted if one[1] not in LEFT_OUT} == set(ENCRYPTED)
