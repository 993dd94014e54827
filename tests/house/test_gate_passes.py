"""Passes of tests: each runs whatever failed before; a test that fails once is listed, one that fails twice fails the pass."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "run_tests.py"
QUICK = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
FAILS_ONCE = """
from pathlib import Path

def test_that_holds():
    assert True

def test_that_fails_once():
    there = Path(__file__).with_suffix(".seen")
    first = not there.exists()
    there.touch()
    assert not first
"""


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module that writes into a folder of this test."""
    spec = importlib.util.spec_from_file_location("run_tests_here", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    for name in ("JUNIT", "LOGS", "CACHES"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.setattr(module, name, folder)
    monkeypatch.setattr(module, "FLAKY", tmp_path / "flaky.txt")
    return module


def a_pass(runner: ModuleType, folder: Path, name: str, text: str):
    file = folder / f"test_{name}.py"
    file.write_text(text)
    return runner.Pass(name, "sqlite", "not slow", (f"--rootdir={folder}", "-c", os.devnull, str(file)))


def test_a_test_that_fails_once_is_listed_and_fails_nothing(runner: ModuleType, tmp_path: Path, capsys) -> None:
    (outcome,) = runner.run_all([a_pass(runner, tmp_path, "once", FAILS_ONCE)], QUICK, 1)
    assert outcome.failed == ()
    assert [one.rpartition("::")[2] for one in outcome.flaky] == ["test_that_fails_once"]
    assert runner.summary([outcome]) == 0
    assert "test_that_fails_once" in (tmp_path / "flaky.txt").read_text()
    assert "FLAKY  once:" in capsys.readouterr().out


def test_a_test_that_fails_twice_fails_and_the_other_passes_still_run(runner: ModuleType, tmp_path: Path) -> None:
    broken = a_pass(runner, tmp_path, "broken", "def test_wrong():\n    assert False\n")
    unreadable = a_pass(runner, tmp_path, "unreadable", "this is not Python\n")
    holds = a_pass(runner, tmp_path, "holds", "def test_right():\n    assert True\n")
    first, second, third = runner.run_all([broken, unreadable, holds], QUICK, 2)
    assert [one.rpartition("::")[2] for one in first.failed] == ["test_wrong"]
    assert second.failed
    assert (third.failed, third.flaky) == ((), ())
    assert runner.summary([first, second, third]) == 1
    assert (tmp_path / "flaky.txt").read_text() == ""


def test_each_pass_of_the_gate_has_a_unique_name(runner: ModuleType) -> None:
    for passes in runner.PASSES.values():
        assert len({one.name for one in passes}) == len(passes)


def test_files_written_by_tests_are_deleted_after_their_pass(runner: ModuleType, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    text = f"def test_it(tmp_path):\n    open({str(seen)!r}, 'w').write(str(tmp_path))\n"
    (outcome,) = runner.run_all([a_pass(runner, tmp_path, "writes", text)], QUICK, 1)
    assert not outcome.failed
    folder = Path(seen.read_text())
    assert "/shop-" in str(folder)
    assert not folder.exists()


def test_compiled_files_are_reused_by_the_next_process(runner: ModuleType, tmp_path: Path) -> None:
    text = "import sys\n\ndef test_it():\n    assert not sys.dont_write_bytecode\n"
    environment = {**QUICK, "PYTHONDONTWRITEBYTECODE": "1"}
    (outcome,) = runner.run_all([a_pass(runner, tmp_path, "compiles", text)], environment, 1)
    assert not outcome.failed


def test_every_folder_with_slow_tests_has_a_pass_of_the_gate(runner: ModuleType) -> None:
    named = {place for one in runner.PASSES["gate"] if one.chosen == runner.SLOW for place in one.where}
    slow = {
        f"tests/{path.parent.name}"
        for path in SCRIPT.parents[1].joinpath("tests").glob("*/test_*.py")
        if "mark.slow" in path.read_text() and "browser" not in path.name
    } - {"tests/house"}
    assert slow <= named, "slow tests that no pass runs: name their folder in tools/run_tests.py, or have them soaked"
