"""Replacement classes for services, given by tests and the simulation."""

from collections.abc import Collection, Mapping


class Overrides:
    """Replacements by our class. An unused one is an error, as a broken shop would silently be a healthy one."""

    def __init__(self, given: Mapping[type, type]) -> None:
        self._given = given
        self._used: set[type] = set()

    def __call__(self, own: type) -> type:
        self._used.add(own)
        return self._given.get(own, own)

    def check(self, here: Collection[str]) -> None:
        """Raise LookupError for a class that no local service was built from."""
        for own in self._given.keys() - self._used:
            service = own.__module__.removeprefix("shopwright.services.").partition(".")[0]
            if service in here or not own.__module__.startswith("shopwright.services."):
                raise LookupError(f"No service is built from {own.__qualname__}; it cannot be replaced.")
