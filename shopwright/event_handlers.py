"""The event handlers and scheduled jobs of all services."""

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from shopwright.engines.payments import PRETEND
from shopwright.kit.clock_watch import DueTime, reset_times
from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.kit.data.retention import end_old
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.registry import REMOTE_STUB
from shopwright.retention import retention_of
from shopwright.services.specs import spec_of, specs

if TYPE_CHECKING:
    from shopwright.app import Shop

# The longest retry pause, with room for differing clocks.
DELIVERIES = DueTime("deliveries", "due", timedelta(minutes=11), "state = 'waiting'")


def due_times(service: str) -> tuple[DueTime, ...]:
    """The retry times of a service."""
    return (DELIVERIES,) if service == PRETEND else (DELIVERIES, *spec_of(service).due_times)


def keep_documents() -> list[str]:
    """The services that store documents."""
    return [spec.name for spec in specs() if spec.documents]


def event_handlers(shop: "Shop") -> list[EventHandler]:
    """Return all event handlers; those of other processes by name only."""
    return [
        handler
        for spec in specs()
        for handler in spec.handlers(getattr(shop, spec.name) if spec.name in shop.local_services else REMOTE_STUB)
    ]


def scheduled_jobs(shop: "Shop") -> list[ScheduledJob]:
    """Return the scheduled jobs of this process."""
    here = [spec for spec in specs() if spec.name in shop.local_services]
    return [
        *(job for spec in here for job in spec.jobs(getattr(shop, spec.name))),
        *(shop.pretend.timers() if "payments" in shop.local_services else []),
        *shop.documents.timers([shop.databases[spec.name] for spec in here if spec.documents]),
        *(
            ScheduledJob(f"{name}.bring_back", timedelta(minutes=1), partial(reset_times, work, due_times(name)))
            for name, work in shop.databases.items()
        ),
        *(
            ScheduledJob(f"{name}.tidy", timedelta(hours=1), partial(tidy, shop, work))
            for name, work in shop.databases.items()
        ),
    ]


async def tidy(shop: "Shop", work: ServiceDatabase) -> None:
    """Scheduled job: delete a service's expired rows, and return much free space to the disk."""
    await work.redact_erased()
    rules = retention_of(work.name)
    settings = {one.setting for rule in rules for one in rule.expiries if one.setting}
    days = {name: getattr(shop.settings, name) for name in settings}
    await end_old(work, rules, await _undelivered_since(shop, work), days)
    await work.database.reclaim()


async def _undelivered_since(shop: "Shop", work: ServiceDatabase) -> datetime | None:
    """When the oldest event pending for this service was emitted, as far as this process knows."""
    own = await shop.bus.under_way(work.name)
    return work.now() - timedelta(seconds=max(one.oldest_s for one in own)) if own else None
