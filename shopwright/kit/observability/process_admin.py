"""What a process says of itself to whoever runs the shop, and what they may tell it to do."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from shopwright.kit.rpc.operations import idempotent

# The folder in which processes of one server keep what they count, so that each can tell of all (`kit.numbers`). The client
# of Prometheus looks for this name in the environment when it is imported.
COUNTED_IN = "PROMETHEUS_MULTIPROC_DIR"
# So long a process waits for an engine before it says that it does not answer. Whoever asks a process waits longer.
READY_S = 2


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What a service has told and not everyone has heard. `lag_s`: how long what is due has waited, in seconds."""

    service: str
    waiting: int = 0
    dead: int = 0
    lag_s: float = 0.0


class GivenUp(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that `hearer` could not handle however often it was tried; `source`: the service that told it, in `request`."""

    fact_id: str
    type: str
    subject: str
    source: str
    hearer: str
    problem: str
    request: str = ""


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a process is. `parts`: what it serves. `engines`: each with “ok” or what is wrong with it.

    `warnings`: of a service that works, what goes badly there, in words.
    """

    parts: tuple[str, ...]
    version: str
    engines: dict[str, str]
    waiting: tuple[Waiting, ...] = ()
    given_up: tuple[GivenUp, ...] = ()
    warnings: dict[str, str] = {}


class ProcessAdmin(Protocol):
    """One process of the shop, as those see it who run it."""

    @idempotent
    async def condition(self) -> ProcessStatus:
        """How it is, its engines really asked."""
        ...

    @idempotent
    async def replay(self, fact_ids: Sequence[str]) -> int:
        """Bring what was given up on its way again: these, or all where none is named; answers how many they were."""
        ...
