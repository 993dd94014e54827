"""What is written for Kubernetes, compose and systemd: accepted by their published formats, and true to the code."""

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
from shopwright.deployment.targets import compose, kubernetes, systemd
from shopwright.deployment.targets.system import DeploymentOptions, parts
from shopwright.kit.errors import Invalid
from shopwright.kit.settings import read
from shopwright.registry import FACES, PARTS, ServiceRegistry, asks, embedded
from shopwright.settings import Settings, complete
from tests.apart.test_front import accepted
from tests.conftest import need

pytestmark = pytest.mark.slow

OLDEST, NEWEST = "1.30", "1.37"
KINDS = {"kubernetes": kubernetes.files, "compose": compose.files, "systemd": systemd.files}


def manifests() -> list[dict[str, Any]]:
    files = kubernetes.files(DeploymentOptions())
    return [one for name, text in files.items() if name.endswith(".yaml") for one in yaml.safe_load_all(text)]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one["spec"] for one in manifests() if one["kind"] == kind}


@pytest.mark.slow
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field_of_every_manifest(version: str) -> None:
    import kubernetes_validate  # importing it builds forty grammars

    known = [one for one in manifests() if one["kind"] != "Kustomization"]
    assert len(known) == 5 * len(PARTS) + 6 + 2
    for one in known:
        kubernetes_validate.validate(one, version, strict=True)
    wrong = msgspec.json.decode(msgspec.json.encode(known[0]))
    wrong["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, version, strict=True)


def test_every_part_stands_scales_and_is_watched() -> None:
    assert of_kind("Deployment").keys() == {*PARTS, "gateway"}
    assert of_kind("Service").keys() == of_kind("HorizontalPodAutoscaler").keys() == {*PARTS, "gateway"}
    assert of_kind("PodDisruptionBudget").keys() == {*PARTS, "gateway"}
    known = {one.path for one in addresses()} | {"/health/live", "/health/ready"}
    for name, spec in of_kind("Deployment").items():
        pod = spec["template"]["spec"]
        assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
        assert pod["securityContext"]["runAsNonRoot"]
        (container,) = pod["containers"]
        probes = [value["httpGet"]["path"] for key, value in container.items() if "Probe" in key and "httpGet" in value]
        assert probes
        assert set(probes) <= known, name


def test_the_network_is_open_along_the_river_and_nowhere_else() -> None:
    policies = of_kind("NetworkPolicy")
    closed = policies.pop("closed")
    assert closed["podSelector"]["matchLabels"] == {"app.kubernetes.io/part-of": "shopwright"}
    assert not closed.get("ingress")
    assert not closed.get("egress")
    assert policies.keys() == {*PARTS, "gateway"}

    def names(peers: list[dict[str, Any]]) -> set[str]:
        return {peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in peers}

    for part in PARTS:
        door, watchers = policies[part]["ingress"]
        assert watchers["from"] == [{"namespaceSelector": {"matchLabels": kubernetes.WATCHERS}}]
        assert names(door["from"]) == {"gateway"} | {other for other in PARTS if part in asks(other)}
        out = [names(one["to"]) for one in policies[part]["egress"] if "to" in one]
        assert out == ([set(asks(part))] if asks(part) else [])
    order = [*PARTS]
    assert all(name in order for part in parts() for name in part.asks)
    assert asks("orders") == ("carts", "inventory", "pricing", "payments", "giftcards", "users")
    assert set(asks(FACES)) == {*PARTS} - {FACES}
    assert asks("users") == ()
    assert asks("payments") == asks("inventory") == ("users",)  # what staff do is recorded there


@pytest.mark.slow
def test_compose_accepts_its_file(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(compose.files(DeploymentOptions())["compose.yaml"])
    command = [
        Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", tmp_path / "compose.yaml",
    ]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
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
    asked = [
        command,
        "verify",
        *(tmp_path / name for name in (*wanted, "shopwright.target", "shopwright-migrate.service")),
    ]
    told = subprocess.run(asked, capture_output=True, text=True, check=False, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"})
    assert told.returncode == 0, told.stderr
    assert "shopwright" not in told.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_nginx_accepts_the_gateway_of_each_kind(tmp_path: Path, kind: str) -> None:
    written = KINDS[kind](DeploymentOptions(url="http://shop.example"))["nginx.conf"]
    for part in PARTS:  # names that only exist there
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


SECRET = "0123456789abcdef" * 4


def given(name: str) -> str:
    return "owner@example.com" if name == "SHOPWRIGHT_OWNER_EMAIL" else SECRET


def environments() -> dict[str, dict[str, str]]:
    """What a process is told by each kind."""
    files = {kind: make(DeploymentOptions()) for kind, make in KINDS.items()}
    generated = yaml.safe_load(files["kubernetes"]["kustomization.yaml"])["configMapGenerator"][0]["literals"]
    composed = yaml.safe_load(files["compose"]["compose.yaml"])["services"]["orders"]["environment"]
    return {
        "kubernetes": dict(line.split("=", 1) for line in generated),
        "compose": {name: re.sub(r"\$\{\w+[^}]*\}", given(name), value) for name, value in composed.items()},
        "systemd": dict(line.split("=", 1) for line in files["systemd"]["settings.env"].splitlines()),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_understands_what_it_is_told(kind: str) -> None:
    told = environments()[kind]
    if kind != "compose":
        example = KINDS[kind](DeploymentOptions())["secrets.env.example"]
        asked = dict(line.split("=", 1) for line in example.splitlines() if not line.startswith("#"))
        with pytest.raises(Invalid):  # as it was not filled in
            read(Settings, told | asked)
        told |= {name: SECRET if "make " in value else value for name, value in asked.items()}
    settings, _ = read(Settings, told)
    settings = complete(settings)
    assert not embedded(settings)
    assert ServiceRegistry(settings, ["orders"]).apart


def test_it_is_written_where_one_says_and_wishes_that_cannot_be_are_refused(tmp_path: Path) -> None:
    asked = [
        "deploy",
        "kubernetes",
        "--out",
        str(tmp_path),
        "--url",
        "https://tea.example/",
        "--image",
        "r.example/tea:7",
    ]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    written = (tmp_path / "kustomization.yaml").read_text()
    assert "SHOPWRIGHT_URL=https://tea.example\n" in written
    assert yaml.safe_load(written)["images"] == [{"name": "r.example/tea", "newTag": "7"}]
    assert "host: tea.example" in (tmp_path / "gateway.yaml").read_text()
    assert {name for name in yaml.safe_load(written)["resources"] if not (tmp_path / name).exists()} == set()
    for wrong in ({"url": "tea.example"}, {"image": "no image"}, {"each": 9, "most": 3}):
        with pytest.raises(Invalid):
            kubernetes.files(DeploymentOptions(**wrong))
