"""Files for Kubernetes, compose and systemd: valid in their published formats, and in accordance with the code."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from click.testing import CliRunner

from shopwright.cli.main import main
from shopwright.deployment.gateway.routes import addresses
from shopwright.deployment.targets import compose, systemd
from shopwright.deployment.targets.system import SECRETS, DeploymentOptions
from shopwright.kit.errors import Invalid
from shopwright.kit.settings import read
from shopwright.registry import PARTS, ServiceRegistry, embedded
from shopwright.settings import Settings, complete
from tests.builders.environment import need
from tests.builders.gateway import accepted
from tests.builders.kustomize import BASE, built, of_kind

pytestmark = pytest.mark.slow

OLDEST, NEWEST = "1.30", "1.37"
KINDS = {"compose": compose.files, "systemd": systemd.files}


@pytest.mark.slow
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field_of_every_manifest(version: str) -> None:
    import kubernetes_validate  # importing it builds forty grammars

    for one in built():
        kubernetes_validate.validate(one, version, strict=True)
    wrong = msgspec.json.decode(msgspec.json.encode(next(one for one in built() if one["kind"] == "Deployment")))
    wrong["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, version, strict=True)


def test_probes_use_existing_addresses_and_no_pod_runs_as_root() -> None:
    known = {one.path for one in addresses()} | {"/health/live", "/health/ready"}
    for name, spec in of_kind("Deployment").items():
        pod = spec["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        (container,) = pod["containers"]
        probes = [value["httpGet"]["path"] for key, value in container.items() if "Probe" in key and "httpGet" in value]
        assert probes
        assert set(probes) <= known, name


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl, which has Kustomize in it, is not there")
def test_kustomize_builds_the_base_and_the_example_as_they_are_read_here(tmp_path: Path) -> None:
    for name in ("kubernetes", "kubernetes-example"):
        shutil.copytree(BASE.parent / name, tmp_path / name)
    folder = tmp_path / "kubernetes-example"
    (folder / "secrets.env.example").rename(folder / "secrets.env")

    def kustomized(name: str) -> list[dict[str, Any]]:
        built = accepted("kubectl", "kustomize", tmp_path / name)
        # Generated names end in a hash of their content.
        return list(yaml.safe_load_all(re.sub(r"(name: (?:shopwright|gateway))-[a-z0-9]{10}\b", r"\1", built)))

    def by_name(some: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
        return {(one["kind"], one["metadata"]["name"]): one for one in some if one["kind"] != "ConfigMap"}

    assert by_name(kustomized("kubernetes")) == by_name(built())
    example = by_name(kustomized("kubernetes-example"))
    assert example.pop(("Secret", "shopwright"))["data"].keys() == SECRETS.keys()
    assert example.keys() == by_name(built()).keys()
    assert example["Ingress", "gateway"]["spec"]["rules"][0]["host"] == "tea.example"
    images = {
        container["image"]
        for (kind, name), one in example.items() if kind in {"Deployment", "Job"} and name != "gateway"
        for container in one["spec"]["template"]["spec"]["containers"]
    }  # fmt: skip
    assert images == {"registry.example.com/shopwright:1.2"}


@pytest.mark.slow
def test_compose_accepts_its_file(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(compose.files(DeploymentOptions())["compose.yaml"])
    command = [
        Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", tmp_path / "compose.yaml",
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    services = yaml.safe_load((tmp_path / "compose.yaml").read_text())["services"]
    assert services.keys() >= {*PARTS, "gateway", "migrate", "postgres", "redis", "rabbitmq"}
    for one in services.values():
        assert set(one.get("depends_on", ())) <= services.keys()


def test_systemd_accepts_its_units(tmp_path: Path) -> None:
    command = shutil.which("systemd-analyze")
    need(bool(command), "systemd")
    for name, text in systemd.files(DeploymentOptions(each=3)).items():
        # Installed elsewhere than in this test.
        (tmp_path / name).write_text(text.replace(f"{systemd.HOME}/bin/", f"{Path(sys.executable).parent}/"))
    wanted = re.findall(r"^Wants=(shopwright-.*)$", (tmp_path / "shopwright.target").read_text(), re.MULTILINE)
    assert len(wanted) == len(set(wanted)) == 3 * len(PARTS)
    command_line = [
        command,
        "verify",
        *(tmp_path / name for name in (*wanted, "shopwright.target", "shopwright-migrate.service")),
    ]
    result = subprocess.run(
        command_line, capture_output=True, text=True, check=False, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    )
    assert result.returncode == 0, result.stderr
    assert "shopwright" not in result.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_nginx_accepts_the_gateway_of_each_kind(tmp_path: Path, kind: str) -> None:
    written = KINDS[kind](DeploymentOptions(url="http://shop.example"))["nginx.conf"]
    for part in PARTS:  # names that exist only there
        written = written.replace(f"server {part}:", "server 127.0.0.1:")
    (tmp_path / "nginx.conf").write_text(
        written.replace("/var/lib/nginx", str(tmp_path))
        .replace("/var/log/nginx", str(tmp_path))
        .replace("user www-data;", "")
    )
    accepted("nginx", "-t", "-c", tmp_path / "nginx.conf")


def test_haproxy_accepts_its_file(tmp_path: Path) -> None:
    files = systemd.files(DeploymentOptions())
    (tmp_path / "away.http").write_text(files["shopwright-away.http"], newline="")
    written = files["haproxy.cfg"].replace("/etc/haproxy/shopwright-away.http", str(tmp_path / "away.http"))
    (tmp_path / "haproxy.cfg").write_text(written.replace("/run/haproxy/", f"{tmp_path}/"))
    accepted("haproxy", "-c", "-f", tmp_path / "haproxy.cfg")


LONG_SECRET = "0123456789abcdef" * 4


def required_value(name: str) -> str:
    return "owner@example.com" if name == "SHOPWRIGHT_OWNER_EMAIL" else LONG_SECRET


def environments() -> dict[str, dict[str, str]]:
    """The environment of a process by kind of deployment."""
    files = {kind: make(DeploymentOptions()) for kind, make in KINDS.items()}
    composed = yaml.safe_load(files["compose"]["compose.yaml"])["services"]["orders"]["environment"]
    return {
        "compose": {name: re.sub(r"\$\{\w+[^}]*\}", required_value(name), value) for name, value in composed.items()},
        "systemd": dict(line.split("=", 1) for line in files["systemd"]["settings.env"].splitlines()),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_understands_its_environment(kind: str) -> None:
    environment = environments()[kind]
    if kind != "compose":
        example = KINDS[kind](DeploymentOptions())["secrets.env.example"]
        example_settings = dict(line.split("=", 1) for line in example.splitlines() if not line.startswith("#"))
        with pytest.raises(Invalid):  # as before it is filled in
            read(Settings, environment | example_settings)
        environment |= {name: LONG_SECRET if "make " in value else value for name, value in example_settings.items()}
    settings, _ = read(Settings, environment)
    settings = complete(settings)
    assert not embedded(settings)
    assert ServiceRegistry(settings, ["orders"]).apart


def test_files_are_written_to_the_named_folder_and_impossible_options_are_refused(tmp_path: Path) -> None:
    arguments = [
        "deploy",
        "compose",
        "--out",
        str(tmp_path),
        "--url",
        "https://tea.example/",
        "--image",
        "r.example/tea:7",
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    orders = yaml.safe_load((tmp_path / "compose.yaml").read_text())["services"]["orders"]
    assert orders["environment"]["SHOPWRIGHT_URL"] == "https://tea.example"
    assert orders["image"] == "r.example/tea:7"
    for wrong in ({"url": "tea.example"}, {"image": "no image"}, {"each": 0}):
        with pytest.raises(Invalid):
            compose.files(DeploymentOptions(**wrong))
