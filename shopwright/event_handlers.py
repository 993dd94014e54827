"""Which service hears what, and what each does as time passes: the tables of all services put together."""

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from shopwright.engines.payments import PRETEND
from shopwright.kit.clock_watch import DueTime, bring_back
from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.kit.data.retention import end_old
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.registry import ELSEWHERE
from shopwright.retention import retention_of
from shopwright.services.specs import spec_of, specs

if TYPE_CHECKING:
    from shopwright.app import Shop

# How far away it can be that something is tried again; with room for clocks of several machines that differ.
DELIVERIES = DueTime("deliveries", "due", timedelta(minutes=11), "state = 'waiting'")


def due_times(service: str) -> tuple[DueTime, ...]:
    """What a service tries again later."""
    return (DELIVERIES,) if service == PRETEND else (DELIVERIES, *spec_of(service).due_times)


def keep_documents() -> list[str]:
    """The services that keep documents."""
    return [spec.name for spec in specs() if spec.documents]


def event_handlers(shop: "Shop") -> list[EventHandler]:
    """Everything that is heard by anyone; what is elsewhere is known by name only."""
    return [
        handler
        for spec in specs()
        for handler in spec.handlers(getattr(shop, spec.name) if spec.name in shop.here else ELSEWHERE)
    ]


def scheduled_jobs(shop: "Shop") -> list[ScheduledJob]:
    """Everything that is done here as time passes."""
    here = [spec for spec in specs() if spec.name in shop.here]
    return [
        *(job for spec in here for job in spec.jobs(getattr(shop, spec.name))),
        *(shop.pretend.timers() if "payments" in shop.here else []),
        *shop.documents.timers([shop.works[spec.name] for spec in here if spec.documents]),
        *(
            ScheduledJob(f"{name}.bring_back", timedelta(minutes=1), partial(bring_back, work, due_times(name)))
            for name, work in shop.works.items()
        ),
        *(
            ScheduledJob(f"{name}.tidy", timedelta(hours=1), partial(tidy, shop, work))
            for name, work in shop.works.items()
        ),
    ]


async def tidy(shop: "Shop", work: ServiceDatabase) -> None:
    """A job: a service's old rows are ended, and much space they leave goes back to the disk."""
    await work.redact_erased()
    await end_old(work, retention_of(work.name), await _unheard_since(shop, work))
    await work.database.reclaim()


async def _unheard_since(shop: "Shop", work: ServiceDatabase) -> datetime | None:
    """When the oldest fact was told that is still on its way to this service, as far as this process can see."""
    own = await shop.bus.under_way(work.name)
    return work.now() - timedelta(seconds=max(one.oldest_s for one in own)) if own else None
