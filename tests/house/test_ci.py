"""`.ci/run` runs every step, exits with its result, and stops its servers; tried with commands that only print their names."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
CALLED = ("make", "apt-get", "tools/servers.py")


def run(folder: Path, *failing: str) -> tuple[int, list[str], str]:
    """Exit code, calls and output; commands that begin with one of `failing` fail."""
    cases = "".join(f'"{one}"*) exit 3;; ' for one in failing or ["nothing"])
    for name in CALLED:
        stub = folder / (name if "/" in name else f"bin/{name}")
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(
            f'#!/bin/sh\nsaid="{Path(name).name} $*"\necho "$said" >> {folder}/called\ncase "$said" in {cases}esac\n'
        )
        stub.chmod(0o755)
    (folder / ".ci").mkdir()
    shutil.copy(HOME / ".ci" / "run", folder / ".ci" / "run")
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", ".ci/run"], cwd=folder, env={"PATH": path}, capture_output=True, check=False, timeout=60, text=True
    )
    return ran.returncode, (folder / "called").read_text().splitlines(), ran.stdout


def test_a_passing_gate_exits_with_zero(tmp_path: Path) -> None:
    code, called, _ = run(tmp_path)
    assert code == 0
    assert called[-1] == "servers.py stop"
    assert {"make install-dev", "make check", "make test TESTS=gate", "make docs"} < set(called)


@pytest.mark.parametrize(
    "failing", ["servers.py start", "make install-dev", "make check", "make test", "make docs", "make wheel"]
)
def test_one_failure_fails_the_gate(tmp_path: Path, failing: str) -> None:
    code, called, _ = run(tmp_path, failing)
    assert code != 0
    assert called[-1] == "servers.py stop"


def test_all_failures_are_reported_and_none_hides_another(tmp_path: Path) -> None:
    code, called, output = run(tmp_path, "make check", "make test")
    assert code != 0
    assert {"make check", "make test TESTS=gate", "make wheel"} < set(called)
    assert output.splitlines()[-2:] == ["FAILED: make check", "FAILED: make test"]
