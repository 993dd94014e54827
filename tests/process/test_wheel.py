"""The wheel: an installation works, with templates and migrations."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.builders.environment import bare_environment

HOME = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build = "from flit_core.buildapi import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", build, str(out)], cwd=HOME, capture_output=True, text=True, check=True)
    return out / done.stdout.strip().splitlines()[-1]


def test_the_wheel_contains_everything_a_shop_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (HOME / "shopwright").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert str(path.relative_to(HOME)) in names
    assert not any(name.startswith(("tests/", "bench/", "var/")) for name in names)


def test_an_installed_wheel_opens_a_shop(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)], check=True
    )
    environment = bare_environment() | {"PYTHONPATH": str(site)}
    for command, words in ((["demo"], "120 products were added"), (["doctor"], "No problems found.")):
        done = subprocess.run(
            [sys.executable, "-m", "shopwright", *command, "--data", str(tmp_path / "data")],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert words in done.stdout, done.stdout + done.stderr
        assert (
            str(site)
            in subprocess.run(
                [sys.executable, "-c", "import shopwright; print(shopwright.__file__)"],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
