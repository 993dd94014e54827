"""Dispatching events to handlers: several in one transaction if possible, else one by one."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

import msgspec

from shopwright.kit.data.events import Delivery, EventHandler
from shopwright.kit.data.unit_of_work import AlreadyDone, ServiceDatabase
from shopwright.kit.errors import Unavailable
from shopwright.kit.observability import tracing

log = logging.getLogger("shopwright.bus")

BREATH = 10
ATTEMPTS = 12
FIRST_RETRY = timedelta(milliseconds=500)
LONGEST_RETRY = timedelta(minutes=10)


class Outcome(msgspec.Struct, frozen=True):
    """The unhandled events by `Delivery.key`: `failed` with the error, `left` as an earlier one failed."""

    failed: Mapping[str, Exception]
    left: frozenset[str]


def pause(attempts: int) -> timedelta:
    """The pause after this many failures."""
    return min(FIRST_RETRY * int(2**attempts), LONGEST_RETRY)


class Dispatcher:
    """The handlers of this process."""

    def __init__(self, works: Sequence[ServiceDatabase], handlers: Sequence[EventHandler]) -> None:
        self._databases = {work.name: work for work in works}
        self.handlers = {handler.name: handler for handler in handlers}

    async def on_event(self, ones: Sequence[Delivery], attempts: Mapping[str, int]) -> Outcome:
        """Handle all events in order. Handlers that only change their service's database get batches.

        `attempts`: earlier failures by key.
        """
        alone: list[Delivery] = []
        batches: dict[str, list[Delivery]] = {}
        for delivery in ones:
            handler = self.handlers[delivery.handler]
            (alone if handler.alone else batches.setdefault(handler.service, [])).append(delivery)
        for name, batch in batches.items():
            if not await self._handle_batch(name, batch):
                alone += batch
        return await self._in_order(alone, attempts)

    async def _handle_batch(self, name: str, ones: Sequence[Delivery]) -> bool:
        """Handle all in one transaction of that service. Returns False, changing nothing, if any fails."""
        try:
            async with self._databases[name].batch():
                for number, delivery in enumerate(ones):
                    with suppress(AlreadyDone):
                        await self._handle(delivery)
                    if number % BREATH == 0:
                        await asyncio.sleep(0)
        except Exception as error:  # noqa: BLE001 -- each is tried alone next, and the failing one is logged
            log.info("%s handles events one by one: %r", name, error)
            return False
        return True

    async def _handle(self, delivery: Delivery) -> None:
        stored = delivery.stored
        with (
            tracing.for_request(stored.request),
            tracing.span(f"handle {delivery.handler}", "consumer", stored.trace, {"event": stored.id}),
        ):
            await self.handlers[delivery.handler].handler(delivery)

    async def _in_order(self, ones: Sequence[Delivery], attempts: Mapping[str, int]) -> Outcome:
        failed: dict[str, Exception] = {}
        left: set[str] = set()
        stuck: set[tuple[str, str]] = set()
        for delivery in ones:
            place = (delivery.handler, delivery.stored.subject)
            if place in stuck:
                left.add(delivery.key)
                continue
            try:
                await self._handle(delivery)
            except AlreadyDone:
                continue
            except Exception as error:
                log.warning(
                    "%s could not handle %s %s: %r",
                    delivery.handler,
                    delivery.stored.type,
                    delivery.stored.id,
                    error,
                    exc_info=not attempts.get(delivery.key) and not isinstance(error, Unavailable),
                )
                failed[delivery.key] = error
                stuck.add(place)
            finally:
                await asyncio.sleep(0)
        return Outcome(failed, frozenset(left))
