"""Buses: `local:` carries facts from each service's outbox to the reactions of the others, through the databases alone."""

from collections.abc import Sequence
from typing import Protocol

from shopwright.kit.facts import Reaction, Timer
from shopwright.kit.settings import choose
from shopwright.kit.work import Work


class Bus(Protocol):
    """Carries facts and keeps timers."""

    async def run(self) -> None:
        """Deliver until cancelled."""
        ...

    async def settle(self) -> int:
        """Deliver all that is due now, and what follows from it; answers how many deliveries were made."""
        ...


def open_bus(url: str, works: Sequence[Work], reactions: Sequence[Reaction], timers: Sequence[Timer]) -> Bus:
    """The bus behind `url`. Raises Invalid for a scheme nobody knows."""
    return choose("bus", url, {"local": _local})(works, reactions, timers)


def _local(works: Sequence[Work], reactions: Sequence[Reaction], timers: Sequence[Timer]) -> Bus:
    from shopwright.engines.bus.local import LocalBus

    return LocalBus(works, reactions, timers)
