"""Manifests for Kubernetes, to be built on with Kustomize: a part is a Deployment with its Service, scaled on its own.

Who may talk to whom follows the river (`NetworkPolicy`); pods of a part stand on different machines; a pod that ends is out
of its Service before it stops listening; the databases are brought up to date by a Job, and by whoever starts first.
"""

import re
from typing import Any

from shopwright.deployment.targets.containers import GATEWAY_IMAGE, GATEWAY_PORT, PRIVATE, gateway
from shopwright.deployment.targets.system import (
    PORT,
    DeploymentOptions,
    Part,
    as_yaml,
    asked_by,
    parts,
    secrets_example,
    settings,
)
from shopwright.registry import PARTS

NAME, GATEWAY = "shopwright", "gateway"
DNS = 53
WATCHERS = {"kubernetes.io/metadata.name": "monitoring"}  # where Prometheus is
USER = 10001
DRAIN_S, LAST_S = 10, 45
SMALL = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}}
LOCKED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
Manifest = dict[str, Any]


def files(wanted: DeploymentOptions) -> dict[str, str]:
    """Path → text. Raises Invalid."""
    wanted.check()
    system = parts()
    written = {f"{part.name}.yaml": as_yaml(*_part(part, wanted)) for part in system}
    written[f"{GATEWAY}.yaml"] = as_yaml(*_gateway(wanted))
    written["migrate.yaml"] = as_yaml(_migrate(wanted))
    written["network.yaml"] = as_yaml(_closed())
    written["nginx.conf"] = gateway(wanted)
    written["secrets.env.example"] = secrets_example()
    written["kustomization.yaml"] = as_yaml(_kustomization(wanted, sorted(written)))
    return written


def _kustomization(wanted: DeploymentOptions, written: list[str]) -> Manifest:
    told = settings(wanted, f"http://{{service}}:{PORT}", PRIVATE)
    image, tag = re.fullmatch(r"(.+?)(?::([^:/]+))?", wanted.image).groups()  # type: ignore[union-attr]  # check() saw it
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [name for name in written if name.endswith(".yaml")],
        "images": [{"name": image, **({"newTag": tag} if tag else {})}],
        "configMapGenerator": [
            {"name": NAME, "literals": [f"{name}={value}" for name, value in told.items()]},
            {"name": GATEWAY, "files": ["nginx.conf"]},
        ],
        "secretGenerator": [{"name": NAME, "envs": ["secrets.env"]}],
    }


def _meta(name: str) -> Manifest:
    return {"name": name, "labels": _labels(name)}


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/part-of": NAME, "app.kubernetes.io/name": name}


def _part(part: Part, wanted: DeploymentOptions) -> list[Manifest]:
    container = {
        "name": part.name,
        "image": wanted.image,
        "args": ["serve", part.name, "--host", "0.0.0.0", "--port", str(PORT)],  # noqa: S104 -- of the pod alone
        "envFrom": _told(),
        "ports": [{"name": "http", "containerPort": PORT}],
        # Alive is who answers; who has an engine missing is alive, and only takes no requests.
        "startupProbe": {"httpGet": _path("live"), "periodSeconds": 2, "failureThreshold": 150},
        "livenessProbe": {"httpGet": _path("live"), "periodSeconds": 5, "timeoutSeconds": 5, "failureThreshold": 6},
        "readinessProbe": {"httpGet": _path("ready"), "periodSeconds": 2, "timeoutSeconds": 3, "failureThreshold": 2},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(DRAIN_S)]}}},
        "resources": SMALL,
        "securityContext": LOCKED,
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
    }
    pod = {
        **_pod(part.name),
        "containers": [container],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
    }
    return [
        _deployment(part.name, wanted.each, pod, {"prometheus.io/scrape": "true", "prometheus.io/port": str(PORT)}),
        _service(part.name, PORT, "http"),
        _scaler(part.name, wanted),
        _budget(part.name),
        _river(part),
    ]


def _told() -> list[Manifest]:
    return [{"configMapRef": {"name": NAME}}, {"secretRef": {"name": NAME}}]


def _path(what: str) -> Manifest:
    return {"path": f"/health/{what}", "port": "http"}


def _pod(name: str) -> Manifest:
    return {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": LAST_S,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": _labels(name)},
            }
            for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
        ],
    }


def _deployment(name: str, replicas: int, pod: Manifest, notes: dict[str, str]) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _meta(name),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": _labels(name)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": {"labels": _labels(name), "annotations": notes}, "spec": pod},
        },
    }


def _service(name: str, port: int, target: str) -> Manifest:
    ports = [{"name": "http", "port": port, "targetPort": target}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta(name),
        "spec": {"selector": _labels(name), "ports": ports},
    }


def _scaler(name: str, wanted: DeploymentOptions) -> Manifest:
    busy = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
    }
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _meta(name),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": wanted.each,
            "maxReplicas": wanted.most,
            "metrics": [busy],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
        },
    }


def _budget(name: str) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _meta(name),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": _labels(name)}},
    }


def _from(*names: str) -> list[Manifest]:
    return [{"podSelector": {"matchLabels": _labels(name)}} for name in names]


def _river(part: Part) -> Manifest:
    """Who asks this part, whom it asks, and its engines wherever they are."""
    out: list[Manifest] = [{"ports": [{"port": DNS, "protocol": kind} for kind in ("UDP", "TCP")]}]
    if part.asks:
        out.append({"to": _from(*part.asks), "ports": [{"port": PORT}]})
    out.append({"ports": [{"port": port} for port in sorted(set(part.engines.values()))]})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _meta(part.name),
        "spec": {
            "podSelector": {"matchLabels": _labels(part.name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": _from(GATEWAY, *asked_by(part.name)), "ports": [{"port": PORT}]},
                {"from": [{"namespaceSelector": {"matchLabels": WATCHERS}}], "ports": [{"port": PORT}]},
            ],
            "egress": out,
        },
    }


def _closed() -> Manifest:
    """What no other policy opens stays closed."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "closed", "labels": {"app.kubernetes.io/part-of": NAME}},
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/part-of": NAME}},
            "policyTypes": ["Ingress", "Egress"],
        },
    }


def _migrate(wanted: DeploymentOptions) -> Manifest:
    container = {
        "name": "migrate",
        "image": wanted.image,
        "args": ["migrate", "--init"],
        "envFrom": _told(),
        "resources": SMALL,
        "securityContext": LOCKED,
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    pod = {
        **_pod("migrate"),
        "restartPolicy": "OnFailure",
        "containers": [container],
        "volumes": [{"name": "data", "emptyDir": {}}],
    }
    # Its own label, not part of the closed network: it is gone when the shop is open.
    template = {"metadata": {"labels": {"app.kubernetes.io/name": "migrate"}}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _meta("migrate"),
        "spec": {"backoffLimit": 6, "ttlSecondsAfterFinished": 3600, "template": template},
    }


def _gateway(wanted: DeploymentOptions) -> list[Manifest]:
    """nginx; TLS ends at the Ingress before it."""
    container = {
        "name": GATEWAY,
        "image": GATEWAY_IMAGE,
        "command": ["nginx", "-c", "/etc/shopwright/nginx.conf", "-g", "daemon off;"],
        "ports": [{"name": "http", "containerPort": GATEWAY_PORT}],
        "readinessProbe": {"httpGet": {"path": "/health/live", "port": "http"}, "periodSeconds": 2},
        "livenessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 5},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(DRAIN_S)]}}},
        "resources": {"requests": {"cpu": "100m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": LOCKED,
        "volumeMounts": [
            {"name": "configuration", "mountPath": "/etc/shopwright"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }
    volumes = [{"name": "configuration", "configMap": {"name": GATEWAY}}, {"name": "tmp", "emptyDir": {}}]
    pod = {**_pod(GATEWAY), "containers": [container], "volumes": volumes}
    door = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": GATEWAY, "port": {"name": "http"}}}}
    return [
        _deployment(GATEWAY, wanted.each, pod, {}),
        _service(GATEWAY, 80, "http"),
        _scaler(GATEWAY, wanted),
        _budget(GATEWAY),
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": _meta(GATEWAY),
            "spec": {
                "podSelector": {"matchLabels": _labels(GATEWAY)},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"ports": [{"port": GATEWAY_PORT}]}],
                "egress": [
                    {"ports": [{"port": DNS, "protocol": kind} for kind in ("UDP", "TCP")]},
                    {"to": _from(*PARTS), "ports": [{"port": PORT}]},
                ],
            },
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": _meta(GATEWAY),
            "spec": {
                "rules": [{"host": wanted.host, "http": {"paths": [door]}}],
                "tls": [{"hosts": [wanted.host], "secretName": "gateway-tls"}],
            },
        },
    ]
