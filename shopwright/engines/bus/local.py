"""The local bus: events in outboxes are handled by the process that claims them.

A failing handler is retried after growing pauses; after the last try the delivery is `dead`.
"""

from collections.abc import Sequence

from shopwright.engines.bus.dispatcher import ATTEMPTS, Dispatcher, pause
from shopwright.engines.bus.relay import Relay, Waiting, by_work
from shopwright.kit.clock import to_micros
from shopwright.kit.data.events import Delivery, EventHandler, ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.observability.health import Health
from shopwright.kit.translation import gettext as _


class LocalBus(Relay):
    """Delivers the events of all `works` to `handlers` and runs `timers`."""

    def __init__(
        self, works: Sequence[ServiceDatabase], handlers: Sequence[EventHandler], timers: Sequence[ScheduledJob]
    ) -> None:
        super().__init__(works, timers)
        self._dispatcher = Dispatcher(works, handlers)

    async def _handle(self, waiting: Sequence[Waiting]) -> list[tuple[ServiceDatabase, Delivery]]:
        handlers = self._dispatcher.handlers  # of this process; the other deliveries are left to others
        ours = [one for one in waiting if one[1].handler in handlers]
        for work, delivery, _failures in waiting:
            if delivery.handler not in handlers:
                self._leases.let_be(work, [delivery])
        outcome = await self._dispatcher.on_event(
            [delivery for _, delivery, _ in ours], {delivery.key: attempts for _, delivery, attempts in ours}
        )
        left: list[tuple[ServiceDatabase, Delivery]] = []
        handled: list[tuple[ServiceDatabase, Delivery]] = []
        for work, delivery, attempts in ours:
            if (error := outcome.failed.get(delivery.key)) is not None:
                await self._postpone(work, delivery, attempts, error)
            else:
                (left if delivery.key in outcome.left else handled).append((work, delivery))
        for work, done in by_work(handled).items():
            await self._forget(work, done)
        return left

    async def check(self) -> None:
        """It is the database, which is checked by itself."""

    async def examine(self) -> Health:
        return Health(_("events in the database"))

    async def _postpone(self, work: ServiceDatabase, delivery: Delivery, attempts: int, error: Exception) -> None:
        """Postpone a failed delivery; only failures count, not crashes."""
        self._leases.let_be(work, [delivery])
        async with work.begin() as tx:
            await tx.run(
                "UPDATE deliveries SET due = :due, attempts = :attempts, state = :state, problem = :problem"
                " WHERE fact_id = :fact_id AND hearer = :hearer",
                due=to_micros(tx.now + pause(attempts)),
                attempts=attempts + 1,
                state="dead" if attempts + 1 >= ATTEMPTS else "waiting",
                problem=repr(error)[:500],
                fact_id=delivery.stored.id,
                hearer=delivery.handler,
            )
