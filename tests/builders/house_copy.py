"""A copy of the code, to be changed by a test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[2]
UNCOMPILED = shutil.ignore_patterns("__pycache__")


def copy_house(copy: Path) -> Path:
    """Copy code, tools, documents, deployment and tests into this folder."""
    for name in ("shopwright", "tools", "docs", "deploy", "tests"):
        shutil.copytree(HOME / name, copy / name, ignore=UNCOMPILED)
    shutil.copy(HOME / "pyproject.toml", copy)
    return copy


def run(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in that copy."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        check=False,
    )
