"""deploy/kubernetes is written by hand: finds what is missing when a service is added, removed, or calls another one."""

from typing import Any

import pytest

from shopwright.deployment.targets.containers import GATEWAY_PORT, PRIVATE
from shopwright.deployment.targets.system import MORE, PORT, SHARED, DeploymentOptions, asked_by, parts, settings
from shopwright.registry import PARTS
from tests.builders.kustomize import BASE, NAME, PART_OF, built, kustomization, of_kind

SECRETS = "shopwright"
NETWORK = "deploy/kubernetes/network.yaml"


def names(peers: list[dict[str, Any]]) -> list[str]:
    """The services a rule of a NetworkPolicy names."""
    (one,) = peers
    assert one["podSelector"]["matchLabels"] == {PART_OF: "shopwright"}
    (among,) = one["podSelector"]["matchExpressions"]
    assert (among["key"], among["operator"]) == (NAME, "In")
    return sorted(among["values"])


def ports(rules: list[dict[str, Any]]) -> list[int]:
    return sorted(port["port"] for rule in rules for port in rule["ports"])


def test_every_service_has_its_file() -> None:
    files = [f"{part}.yaml" for part in PARTS]
    for name in files:
        assert (BASE / name).exists(), f"Write deploy/kubernetes/{name}: copy orders.yaml and replace the name."
    listed = set(kustomization()["resources"]) - {"network.yaml", "gateway.yaml", "migrate.yaml"}
    more, less = sorted(set(files) - listed), sorted(listed - set(files))
    assert not more, f"List {', '.join(more)} under resources in deploy/kubernetes/kustomization.yaml."
    assert not less, f"There is no such service: take {', '.join(less)} out of deploy/kubernetes."


@pytest.mark.parametrize("kind", ["Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"])
def test_every_service_and_the_gateway_have_each_kind_of_resource(kind: str) -> None:
    missing = sorted({*PARTS, "gateway"} - of_kind(kind).keys())
    assert not missing, f"Add a {kind} to deploy/kubernetes/{missing[0]}.yaml, as orders.yaml has one."
    assert of_kind(kind).keys() == {*PARTS, "gateway"}


def test_every_deployment_serves_the_service_it_is_named_after() -> None:
    for part in PARTS:
        where = f"deploy/kubernetes/{part}.yaml"
        deployment, service = of_kind("Deployment")[part], of_kind("Service")[part]
        labels = {PART_OF: "shopwright", NAME: part}
        assert deployment["selector"]["matchLabels"] == service["selector"] == labels, where
        assert deployment["template"]["metadata"]["labels"].items() >= labels.items(), where
        (container,) = deployment["template"]["spec"]["containers"]
        assert container["args"] == ["serve", part, "--host", "0.0.0.0", "--port", str(PORT)], where  # noqa: S104
        assert container["ports"] == [{"name": "http", "containerPort": PORT}], where
        assert {"secretRef": {"name": SECRETS}} in container["envFrom"], where
        assert [one["port"] for one in service["ports"]] == [PORT], where
        assert of_kind("PodDisruptionBudget")[part]["selector"]["matchLabels"] == labels, where
        assert of_kind("HorizontalPodAutoscaler")[part]["scaleTargetRef"]["name"] == part, where


def test_the_network_admits_only_callers_of_a_service() -> None:
    policies = of_kind("NetworkPolicy")
    missing = sorted({*PARTS, "gateway"} - policies.keys())
    assert not missing, f"{NETWORK}: a policy for each service, also for {', '.join(missing)}."
    assert policies.keys() == {*PARTS, "closed", "dns", "services", "gateway"}
    for part in parts():
        policy, callers = policies[part.name], sorted(["gateway", *asked_by(part.name)])
        assert policy["podSelector"]["matchLabels"] == {PART_OF: "shopwright", NAME: part.name}, part.name
        (door,) = policy["ingress"]
        assert (names(door["from"]), ports([door])) == (callers, [PORT]), (
            f"{NETWORK}: let {', '.join(callers)} call {part.name} at {PORT}: no more and no fewer."
        )
        out = policy.get("egress", [])
        called = [one for one in out if "to" in one]
        assert [(names(one["to"]), ports([one])) for one in called] == (
            [(sorted(part.asks), [PORT])] if part.asks else []
        ), (
            f"{NETWORK}: let {part.name} call {', '.join(sorted(part.asks)) or 'no other service'}: no more and no fewer."
        )
        engines = sorted(MORE.get(part.name, {}).values())
        assert ports([one for one in out if "to" not in one]) == engines, (
            f"{NETWORK}: let {part.name} reach the ports {engines or 'of the engines all services share alone'}."
        )


def test_shared_network_rules_cover_what_all_services_need() -> None:
    policies = of_kind("NetworkPolicy")
    for rules in ("ingress", "egress"):
        assert rules not in policies["closed"]
        assert rules in policies["services"]
    assert policies["closed"]["podSelector"]["matchLabels"] == {PART_OF: "shopwright"}
    assert policies["closed"]["policyTypes"] == ["Ingress", "Egress"]
    assert ports(policies["services"]["egress"]) == sorted(SHARED.values())
    (watched,) = policies["services"]["ingress"]
    assert [list(peer) for peer in watched["from"]] == [["namespaceSelector"]]
    assert ports([watched]) == [PORT]
    selector = policies["services"]["podSelector"]["matchLabels"]
    for name, deployment in of_kind("Deployment").items():
        labels = deployment["template"]["metadata"]["labels"]
        assert (selector.items() <= labels.items()) == (name != "gateway"), name
    assert ports(policies["dns"]["egress"]) == [53, 53]
    assert "ingress" not in policies["dns"]
    (sent,) = policies["gateway"]["egress"]
    assert sent["to"] == [{"podSelector": {"matchLabels": selector}}]
    assert ports([sent]) == [PORT]
    assert ports(policies["gateway"]["ingress"]) == [GATEWAY_PORT]


def test_processes_are_configured_as_the_code_describes_it() -> None:
    generated = {one["name"]: one for one in kustomization()["configMapGenerator"]}
    configured = dict(line.split("=", 1) for line in generated["shopwright"]["literals"])
    assert configured == settings(DeploymentOptions(), f"http://{{service}}:{PORT}", PRIVATE)
    assert generated["gateway"]["files"] == ["nginx.conf"]  # tools/write_docs.py renders it
    for one in built():
        if one["kind"] == "Job":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            assert (
                container["envFrom"] == of_kind("Deployment")["orders"]["template"]["spec"]["containers"][0]["envFrom"]
            )
