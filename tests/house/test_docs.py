"""Documentation is complete: an undocumented setting, command, engine or event fails here."""

import ast
import csv
import gzip
import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import msgspec
import pytest

from shopwright.cli.importing import IMPORTERS
from shopwright.cli.main import main
from shopwright.kit.setting_types import SettingType
from shopwright.settings import Settings
from tests.builders.removed_protections import REMOVED

HOME = Path(__file__).parents[2]
PAGES = sorted([*HOME.glob("*.md"), *HOME.glob("docs/**/*.md")])


def test_the_map_and_the_settings_page_match_the_code() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/write_docs.py", "--check"], cwd=HOME, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_every_setting_has_a_meaning_and_a_check_of_its_value() -> None:
    wrong = []
    for name, hint in get_type_hints(Settings, include_extras=True).items():
        kind, *extras = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        metas = [one for one in extras if isinstance(one, msgspec.Meta)]
        if not any(one.description for one in metas):
            wrong.append(f"{name}: say what it is for, in _means(…) or msgspec.Meta(description=…)")
        if kind is str and not any(isinstance(one, SettingType) for one in extras):
            wrong.append(f"{name}: a text needs a SettingType; those at the top of shopwright/settings.py are examples")
        if kind is int and not any(one.ge is not None and one.le is not None for one in metas):
            wrong.append(f"{name}: a number needs bounds, msgspec.Meta(ge=…, le=…)")
    assert wrong == []


def test_links_resolve() -> None:
    dead = [
        f"{page.relative_to(HOME)} links to {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert dead == []


def test_the_site_has_every_page() -> None:
    nav = (HOME / "mkdocs.yml").read_text()
    for page in (HOME / "docs").glob("**/*.md"):
        name = page.relative_to(HOME / "docs").as_posix()
        assert name.startswith(("decisions/", "runbooks/")) or f"- {name}" in nav, f"{name} is not in mkdocs.yml"


def test_every_command_and_importer_is_documented() -> None:
    text = "".join(page.read_text() for page in PAGES)
    for command in main.commands:
        assert f"shopwright {command}" in text or f"`{command}" in text, command
    for kind in IMPORTERS:
        assert f"import {kind}" in text


def test_the_readme_begins_with_the_two_commands() -> None:
    readme = (HOME / "README.md").read_text()
    assert 0 < readme.index("make run") < readme.index("make test") < readme.index("## ")


def test_the_repository_describes_only_the_product() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=HOME, capture_output=True, text=True, check=False).stdout.split()
    machine = re.compile("/" + "work/|/" + "root/|" + "pypi" + r"\.org|registry" + r"\.npmjs")
    for name in listed:
        path = HOME / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".html", ".css", ".js", ".sql", ""} and path.is_file():
            assert not machine.search(path.read_text(errors="ignore")), name


def test_decisions_are_half_a_page_titled_as_the_rule() -> None:
    for page in set((HOME / "docs" / "decisions").glob("*.md")) - {HOME / "docs" / "decisions" / "index.md"}:
        assert page.read_text().startswith("# ")
        lines = [
            line for line in page.read_text().splitlines() if not line.startswith("|")
        ]  # figures are looked up, not read
        assert len(" ".join(lines).split()) < 250


LIST = HOME.parent / "shared" / "data" / "security-checklists" / "owasp_asvs_5.0.0.csv.gz"


def security_rows() -> list[list[str]]:
    lines = (HOME / "docs" / "security.md").read_text().splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| V")]


def test_the_security_table_lists_every_requirement_once() -> None:
    requirements = [one for row in security_rows() for one in row[0].split()]
    assert len(requirements) == len(set(requirements))
    if not LIST.is_file():
        pytest.skip("the list of requirements is not there")
    with gzip.open(LIST, "rt", encoding="utf-8") as file:
        wanted = {row["req_id"] for row in csv.DictReader(file) if row["L"] in {"1", "2"}}
    assert set(requirements) == wanted


def test_the_security_table_names_tests_that_exist() -> None:
    code = "".join(path.read_text() for path in (HOME / "tests").rglob("*.py"))
    for requirement, state, where in security_rows():
        assert state in {"met", "built", "part", "open", "n/a"}, requirement
        for name in re.findall(r"`([a-z_]+_[a-z_]+)`", where):
            assert f"def {name}(" in code or name == "signing_keys", f"{requirement} names {name}"


def test_a_requirement_is_met_by_a_test_that_fails_without_it() -> None:
    seen = {
        found[1] if (found := re.search(r"\[(\w+)\]", one.test)) else one.test.partition("::")[2] for one in REMOVED
    }
    for requirement, state, where in security_rows():
        if state == "met":
            assert set(re.findall(r"`([a-z_]+_[a-z_]+)`", where)) & seen, (
                f"{requirement}: tests/builders/removed_protections.py shows none"
            )


SERVERS = ("postgresql", "mongodb", "redis", "s3", "opensearch", "rabbitmq", "smtp")


@pytest.mark.parametrize("server", SERVERS)
def test_the_page_of_each_server_documents_when_how_and_what_happens_without_it(server: str) -> None:
    page = (HOME / "docs" / "guides" / f"{server}.md").read_text()
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert headings == ["When", "Settings", "Size", "Back up", "When it fails"]
    assert f"({server}.md)" in (HOME / "docs" / "guides" / "engines.md").read_text()


def middleware_of_the_code() -> list[str]:
    """The middleware of the application, in the order in which a request passes it."""
    tree = ast.parse((HOME / "shopwright" / "web" / "application.py").read_text())
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    found = [node for node in ast.walk(functions["middleware"]) if isinstance(node, ast.Yield)]
    around = [node.value for node in sorted(found, key=lambda node: node.lineno)]
    calls = [value.body if isinstance(value, ast.Lambda) else value for value in around]
    names = [ast.unparse(call.func if isinstance(call, ast.Call) else call) for call in calls if call]
    of_routes = re.findall(r"DefineMiddleware\((\w+)", ast.unparse(functions["routes_of"]))
    return [*(name for name in names if name[0].isupper()), "AppContext", *of_routes]


def test_the_way_of_a_request_is_documented_in_the_order_of_the_code() -> None:
    page = (HOME / "docs" / "architecture.md").read_text()
    steps = re.findall(
        r"^\| `(\w+)` \| `kit/http|^\| `(\w+)` \| `(?:kit/caching/page_|web/storefront/waiting)", page, re.MULTILINE
    )
    assert [a or b for a, b in steps] == middleware_of_the_code()
