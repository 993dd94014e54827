"""A missing package is reported in one sentence, with what to install."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from shopwright.kit.settings import EXTRAS

pytestmark = pytest.mark.slow

HOME = Path(__file__).parents[2]
# Runs a command as if these packages were not installed.
BARE = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1].split(","):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Gone())
from shopwright.cli.main import main
main(sys.argv[2:])
"""
URLS = {
    "postgres": ("database", "postgresql://127.0.0.1/x"), "redis": ("cache", "redis://127.0.0.1"),
    "memcached": ("cache", "memcached://127.0.0.1"), "s3": ("files", "s3://bucket"), "smtp": ("mail", "smtp://127.0.0.1"),
    "opensearch": ("search", "opensearch://127.0.0.1"), "rabbitmq": ("bus", "amqp://127.0.0.1"),
    "mongodb": ("documents", "mongodb://127.0.0.1/x"), "traces": ("traces", "otlp://127.0.0.1"),
    "cloudfront": ("cdn", "cloudfront://E123"),
}  # fmt: skip
APART = {
    "database": "postgresql://127.0.0.1/x", "bus": "amqp://127.0.0.1", "cache": "redis://127.0.0.1",
    "search": "opensearch://127.0.0.1", "files": "s3://bucket", "services": "http://{service}.internal",
}  # fmt: skip
CLUSTER = ("cluster up", "cluster down", "cluster status", "cluster logs", "cluster scale orders=2", "cluster restart")


def run(folder: Path, gone: str, command: str, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    values = {f"SHOPWRIGHT_{name.upper()}": value for name, value in settings.items()}
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(HOME), "SHOPWRIGHT_DATA": str(folder), **values}
    return subprocess.run(
        [sys.executable, "-c", BARE, gone, *command.split()],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty shop, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("made")
    assert run(folder, "", "init", {}).returncode == 0
    return folder


@pytest.fixture
def empty(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "data")


def test_the_packages_of_an_extra_are_known() -> None:
    named = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(named) == set(EXTRAS)


@pytest.mark.slow
@pytest.mark.parametrize("extra", sorted(URLS))
def test_an_engine_without_its_client_names_the_extra_to_install(empty: Path, extra: str) -> None:
    setting, url = URLS[extra]
    result = run(empty, ",".join(EXTRAS[extra]), "doctor", {setting: url})
    assert result.returncode == 1, result.stderr
    assert f"pip install 'shopwright[{extra}]'" in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_engine_without_dependencies_of_its_client_names_the_extra_too(empty: Path) -> None:
    result = run(empty, "aiohttp", "doctor", {"search": "opensearch://127.0.0.1"})
    assert "pip install 'shopwright[opensearch]'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", CLUSTER)
def test_a_cluster_without_its_extra_names_it(tmp_path: Path, command: str) -> None:
    result = run(tmp_path, "supervisor", command, APART)
    assert result.returncode == 1, result.stderr
    assert "pip install 'shopwright[cluster]'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("gone", EXTRAS["apart"])
def test_a_split_service_without_its_extra_names_it(tmp_path: Path, gone: str) -> None:
    result = run(
        tmp_path, gone, "serve orders --port 1", {name: url for name, url in APART.items() if name != "search"}
    )
    assert result.returncode == 1, result.stderr
    assert re.search(r"pip install 'shopwright\[apart\]'", result.stderr), result.stderr
    assert "Traceback" not in result.stderr


def test_help_opens_no_shop() -> None:
    script = (
        "import sys; from shopwright.cli.main import main; main(['--help'], standalone_mode=False);"
        " sys.exit('shopwright.app' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=HOME, check=False)
    assert result.returncode == 0, result.stderr
    assert "messages" in result.stdout


def test_a_command_that_serves_nothing_loads_no_server() -> None:
    script = (
        "import sys; import shopwright.cli.loading, shopwright.cli.serving;"
        " sys.exit(' '.join({'litestar', 'granian'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=HOME, check=False, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")
