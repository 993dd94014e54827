"""Buses carry facts from each service's outbox to the reactions of the others: `local:` by itself, `amqp:` by RabbitMQ."""

from collections.abc import Sequence
from typing import Protocol

from shopwright.kit.data.events import EventHandler, ScheduledJob, UnderWay
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.observability.health import Health
from shopwright.kit.observability.process_admin import GivenUp
from shopwright.kit.settings import choose, client_of


class Bus(Protocol):
    """Carries facts and keeps timers."""

    async def run(self) -> None:
        """Deliver until cancelled."""
        ...

    async def leave_to_others(self) -> None:
        """Instead of `run`: let other processes deliver what is told here, until cancelled."""
        ...

    async def settle(self) -> int:
        """Deliver all that is due now, and what follows from it; answers how many deliveries were made."""
        ...

    async def dead(self) -> list[GivenUp]:
        """What was given up, oldest first."""
        ...

    async def under_way(self, service: str = "") -> list[UnderWay]:
        """What was told and is not handled yet, by hearer; also what a broker has in its queues. Raises Unavailable.

        `service`: by those of this one alone.
        """
        ...

    async def replay(self, dead: Sequence[GivenUp]) -> None:
        """Bring these on their way again."""
        ...

    async def check(self) -> None:
        """Nothing, where it carries, or others do. Raises Unavailable."""
        ...

    async def examine(self) -> Health:
        """How it is set up. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


def open_bus(
    url: str, works: Sequence[ServiceDatabase], reactions: Sequence[EventHandler], timers: Sequence[ScheduledJob]
) -> Bus:
    """The bus behind `url`. Raises Invalid for a scheme nobody knows."""
    return choose("bus", url, {"local": _local, "amqp": _rabbit, "amqps": _rabbit})(url, works, reactions, timers)


def _local(
    _url: str, works: Sequence[ServiceDatabase], reactions: Sequence[EventHandler], timers: Sequence[ScheduledJob]
) -> Bus:
    from shopwright.engines.bus.local import LocalBus

    return LocalBus(works, reactions, timers)


def _rabbit(
    url: str, works: Sequence[ServiceDatabase], reactions: Sequence[EventHandler], timers: Sequence[ScheduledJob]
) -> Bus:
    with client_of("rabbitmq"):
        from shopwright.engines.bus.rabbitmq import RabbitBus

    return RabbitBus(url, works, reactions, timers)
