"""Rules about classes, as functions over the source of the whole repository: path below `shopwright/` → source."""

import ast
from collections import defaultdict
from collections.abc import Mapping

DEEPEST = 2
# Bases that do not count: contracts, values and errors, which have no behaviour to override.
PLAIN = frozenset({"Protocol", "Struct", "NamedTuple", "Exception", "Generic", "ABC", "Event", "TypedDict", "Enum"})


def _owner(path: str) -> str:
    """The owner of a file: its service, or the file itself; names are unique per owner."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "services" else path


def _classes(sources: Mapping[str, str]) -> list[tuple[str, ast.ClassDef]]:
    return [
        (path, node) for path, source in sources.items() for node in ast.parse(source).body if isinstance(node, ast.ClassDef)
    ]  # fmt: skip


def shared_names(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Class names with several owners."""
    places_of = defaultdict[str, set[str]](set)
    for path, node in _classes(sources):
        places_of[node.name].add(_owner(path))
    return {name: sorted(found) for name, found in places_of.items() if len(found) > 1}


def ladders(sources: Mapping[str, str]) -> list[str]:
    """Classes with behaviour that inherit from more than one other, which are hard to follow."""
    bases = {
        node.name: [ast.unparse(base).split("[")[0].rpartition(".")[2] for base in node.bases]
        for _, node in _classes(sources)
    }
    values = {name for name in bases if _is_plain(name, bases)}

    def rungs(name: str) -> int:
        own = [base for base in bases.get(name, ()) if base in bases and base not in values]
        return 1 + max((rungs(base) for base in own), default=0)

    return sorted(name for name in bases if name not in values and rungs(name) > DEEPEST)


def _is_plain(name: str, bases: Mapping[str, list[str]]) -> bool:
    """Whether a class is a contract, a value or an error, by its bases."""
    if name in PLAIN:
        return True
    above = [base for base in bases.get(name, ()) if base != "Generic"]
    return bool(above) and all(_is_plain(base, bases) for base in above) and above != ["ABC"]
