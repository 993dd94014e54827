"""The status of a process for operators, and what they may order it to do."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from shopwright.kit.rpc.operations import idempotent

# The folder in which processes of one server share metrics, so that each can report all. The Prometheus client
# reads this variable when it is imported.
COUNTED_IN = "PROMETHEUS_MULTIPROC_DIR"
# How long a process waits for an engine's answer; callers of the process wait longer.
READY_S = 2


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Undelivered events of a service. `lag_s`: how long the oldest due one has waited, in seconds."""

    service: str
    waiting: int = 0
    dead: int = 0
    lag_s: float = 0.0


class DeadDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A dead delivery that `hearer` failed to handle; `source`: the service that emitted it, in `request`."""

    event_id: str
    type: str
    subject: str
    source: str
    hearer: str
    problem: str
    request: str = ""


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The status of a process. `parts`: what it serves. `engines`: “ok” or the problem by engine.

    `warnings`: problems of services that still work, in words.
    """

    parts: tuple[str, ...]
    version: str
    engines: dict[str, str]
    waiting: tuple[Waiting, ...] = ()
    dead: tuple[DeadDelivery, ...] = ()
    warnings: dict[str, str] = {}


class ProcessAdmin(Protocol):
    """One process of the shop for operators."""

    @idempotent
    async def condition(self) -> ProcessStatus:
        """Return its status, with its engines queried."""
        ...

    @idempotent
    async def replay(self, event_ids: Sequence[str]) -> int:
        """Deliver dead events again: these, or all. Returns how many."""
        ...
