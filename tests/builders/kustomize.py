"""deploy/kubernetes as Kustomize builds it: its resources with its patches applied.

tests/apart/test_deploy.py holds it against Kustomize itself where that is installed.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

BASE = Path(__file__).parents[2] / "deploy" / "kubernetes"
PART_OF, NAME = "app.kubernetes.io/part-of", "app.kubernetes.io/name"
Manifest = dict[str, Any]


def documents(path: Path) -> list[Manifest]:
    """All documents of a YAML file."""
    return list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


@cache
def kustomization() -> Manifest:
    """The resources of the base, and the target of each patch."""
    (found,) = documents(BASE / "kustomization.yaml")
    return found


@cache
def built() -> list[Manifest]:
    """Every resource, patched."""
    found = [one for name in kustomization()["resources"] for one in documents(BASE / name)]
    for patch in kustomization()["patches"]:
        (change,) = documents(BASE / patch["path"])
        found = [_merged(one, change | {"metadata": {}}) if _meant(one, patch["target"]) else one for one in found]
    return found


def of_kind(kind: str) -> dict[str, Manifest]:
    """The spec of every resource of a kind, by name."""
    return {one["metadata"]["name"]: one["spec"] for one in built() if one["kind"] == kind}


def _meant(one: Manifest, target: Manifest) -> bool:
    key, _, value = target.get("labelSelector", "").partition("=")
    return one["kind"] == target["kind"] and (not key or one["metadata"]["labels"].get(key) == value)


def _merged(value: Any, change: Any) -> Any:
    """Dictionaries are merged, lists of named objects by their names; anything else is replaced."""
    if isinstance(value, dict) and isinstance(change, dict):
        return value | {key: _merged(value.get(key), more) for key, more in change.items()}
    if isinstance(value, list) and isinstance(change, list) and all("name" in one for one in value):
        changes = {one["name"]: one for one in change}
        known = [_merged(one, changes.pop(one["name"], {})) for one in value]
        return known + list(changes.values())
    return change
