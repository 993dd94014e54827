"""How the rules of the house fail."""

from collections.abc import Collection, Mapping


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """List all violations, a line each, where pytest would name the first."""
    if op != "==" or right or not isinstance(right, list | dict | set) or not isinstance(left, Collection):
        return None
    found = [f"{name}: {wrong}" for name, wrong in left.items()] if isinstance(left, Mapping) else map(str, left)
    return ["violations:", *found]
