"""Event buses carry events from each service's outbox to the handlers of others: `local:`, or `amqp:` with RabbitMQ."""

from collections.abc import Sequence
from typing import Protocol

from shopwright.kit.data.events import EventHandler, PendingEvents, ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.observability.health import Health
from shopwright.kit.observability.process_admin import DeadDelivery
from shopwright.kit.settings import choose, client_of


class Bus(Protocol):
    """Delivers events and runs scheduled jobs."""

    async def run(self) -> None:
        """Deliver until cancelled."""
        ...

    async def leave_to_others(self) -> None:
        """Instead of `run`: leave events of this process to others, until cancelled."""
        ...

    async def settle(self) -> int:
        """Deliver everything due, and what follows from it. Returns the number of deliveries."""
        ...

    async def dead(self) -> list[DeadDelivery]:
        """Return dead deliveries, oldest first."""
        ...

    async def under_way(self, service: str = "") -> list[PendingEvents]:
        """Return undelivered events by handler, including a broker's queues. Raises Unavailable.

        `service`: only handlers of this service.
        """
        ...

    async def replay(self, dead: Sequence[DeadDelivery]) -> None:
        """Deliver these dead events again."""
        ...

    async def check(self) -> None:
        """Raise Unavailable unless this or another process delivers."""
        ...

    async def examine(self) -> Health:
        """Check its configuration. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


def open_bus(
    url: str, works: Sequence[ServiceDatabase], handlers: Sequence[EventHandler], timers: Sequence[ScheduledJob]
) -> Bus:
    """Open the bus at `url`. Raises Invalid for an unknown scheme."""
    return choose("bus", url, {"local": _local, "amqp": _rabbit, "amqps": _rabbit})(url, works, handlers, timers)


def _local(
    _url: str, works: Sequence[ServiceDatabase], handlers: Sequence[EventHandler], timers: Sequence[ScheduledJob]
) -> Bus:
    from shopwright.engines.bus.local import LocalBus

    return LocalBus(works, handlers, timers)


def _rabbit(
    url: str, works: Sequence[ServiceDatabase], handlers: Sequence[EventHandler], timers: Sequence[ScheduledJob]
) -> Bus:
    with client_of("rabbitmq"):
        from shopwright.engines.bus.rabbitmq import RabbitBus

    return RabbitBus(url, works, handlers, timers)
