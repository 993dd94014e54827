"""Buses on one engine, as the processes of one shop open them."""

from collections.abc import Sequence
from typing import Protocol

from shopwright.engines.bus import Bus
from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase


class Buses(Protocol):
    """Opens a bus for these databases, handlers and scheduled jobs."""

    def __call__(
        self,
        works: Sequence[ServiceDatabase],
        handlers: Sequence[EventHandler] = (),
        timers: Sequence[ScheduledJob] = (),
    ) -> Bus: ...
