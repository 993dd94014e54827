"""Removing a protection fails the test that is named beside it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.removed_protections import REMOVED, Removed

HOME = Path(__file__).parents[2]
FAILED = 1  # pytest's exit code where tests failed


@pytest.mark.parametrize("one", REMOVED, ids=lambda one: one.protection)
def test_the_code_of_each_protection_and_its_test_exist(one: Removed) -> None:
    assert (HOME / "shopwright" / one.file).read_text().count(one.code) == 1
    file, _, name = one.test.partition("::")
    assert (HOME / file).is_file()
    attack = re.search(r"\[(\w+)\]", name)
    function = attack[1] if attack else name
    assert not function or f"def {function}(" in (HOME / file).read_text()


def test_each_protection_is_listed_once() -> None:
    assert len({one.protection for one in REMOVED}) == len(REMOVED) >= 40


@pytest.mark.soak
@pytest.mark.parametrize("one", REMOVED, ids=lambda one: one.protection)
def test_removing_a_protection_fails_its_test(one: Removed, tmp_path: Path) -> None:
    for folder in ("shopwright", "tests"):
        shutil.copytree(HOME / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(HOME / file, tmp_path / file)
    path = tmp_path / "shopwright" / one.file
    path.write_text(path.read_text().replace(one.code, one.instead))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not soak", one.test],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert ran.returncode == FAILED, ran.stdout[-3000:]
    assert " failed" in ran.stdout, ran.stdout[-3000:]  # and not: could not be collected
