"""Quarantined rows: a bad row is logged and counted (`/metrics`, `shopwright doctor`) and stops no loop."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from shopwright.kit.errors import Conflict, ShopError, Unavailable

S = TypeVar("S")
T = TypeVar("T")
log = logging.getLogger("shopwright")
MOST = 1_000  # remembered by name; what is beyond is in the log


class Quarantine:
    """Rows of a service that could not be read or processed, by kind and name."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.found: dict[tuple[str, str], str] = {}

    @contextmanager
    def guard(self, kind: str, name: str) -> Iterator[None]:
        """Set this one aside if it fails, so that others continue.

        Raises Unavailable, as the engine fails for all. A Conflict comes from a concurrent process.
        """
        try:
            yield
        except Unavailable:
            raise
        except Conflict as error:
            log.info("%s: %s %s is skipped for now: %s", self._service, kind, name, error.detail)
        except Exception as error:
            if (kind, name) not in self.found:
                log.exception("%s: %s %s is quarantined", self._service, kind, name)
            if len(self.found) < MOST:
                self.found[kind, name] = (
                    error.detail if isinstance(error, ShopError) else f"{type(error).__name__}: {error}"
                )
        else:
            self.found.pop((kind, name), None)

    def readable(self, kind: str, ones: Iterable[S], name: Callable[[S], str], read: Callable[[S], T]) -> list[T]:
        """Return those that can be read, and set the others aside."""
        found = []
        for one in ones:
            with self.guard(kind, name(one)):
                found.append(read(one))
        return found

    def sentences(self) -> list[str]:
        """Sentences for `doctor`."""
        return [
            f"{kind} {name} ({self._service}) is quarantined: {why}"[:500] for (kind, name), why in self.found.items()
        ]
