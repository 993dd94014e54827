"""`.ci/run` ends as what it ran ended, and leaves no server behind; tried with commands that only say that they were called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
CALLED = ("make", "apt-get", "tools/servers.py", ".venv/bin/python")


def run(folder: Path, failing: str) -> tuple[int, list[str]]:
    """Exit code and what was called; the command that begins with `failing` fails."""
    for name in CALLED:
        stub = folder / (name if "/" in name else f"bin/{name}")
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(
            f'#!/bin/sh\nsaid="{Path(name).name} $*"\necho "$said" >> {folder}/called\n'
            f'case "$said" in "{failing or "nothing"}"*) exit 3;; esac\n'
        )
        stub.chmod(0o755)
    (folder / "var").mkdir()
    (folder / "var" / "servers.env").write_text("THERE=yes\n")
    (folder / ".ci").mkdir()
    shutil.copy(HOME / ".ci" / "run", folder / ".ci" / "run")
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", ".ci/run"], cwd=folder, env={"PATH": path}, capture_output=True, check=False, timeout=60
    )
    return ran.returncode, (folder / "called").read_text().splitlines()


def test_when_everything_holds_it_ends_with_nothing_wrong(tmp_path: Path) -> None:
    code, called = run(tmp_path, "")
    assert code == 0
    assert called[-1] == "servers.py stop"
    assert {"make servers", "make install-dev", "make check", "make test"} < set(called)
    assert called[-2].startswith("python tools/run_tests.py all")


@pytest.mark.parametrize("failing", ["make servers", "make install-dev", "make check", "make test", "python"])
def test_what_fails_fails_the_whole(tmp_path: Path, failing: str) -> None:
    code, called = run(tmp_path, failing)
    assert code != 0
    assert called[-1] == "servers.py stop"
