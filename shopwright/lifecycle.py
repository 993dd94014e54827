"""A shop from its start to its end: databases are migrated, services started, background tasks run, engines closed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shopwright.kit.clock_watch import continue_ids
from shopwright.kit.observability import tracing
from shopwright.kit.tasks import ended
from shopwright.kit.translation import in_language
from shopwright.operations.damage_watch import watch_for_damage
from shopwright.services.specs import spec_of, specs

if TYPE_CHECKING:
    from shopwright.app import Shop

log = logging.getLogger("shopwright")
HOME = Path(__file__).parent
COUNTED_EVERY_S = 10


def migrations_of(service: str) -> list[Path]:
    """The migration folders of a service's database."""
    own = HOME / "engines/payments/pretend/migrations" if service == "pretend" else spec_of(service).migrations
    return [HOME / "kit" / "migrations", HOME / "engines" / "documents" / "migrations", own]


async def migrate(shop: "Shop") -> list[str]:
    """Bring every database to this version. Returns what was applied."""
    applied = []
    for name, work in shop.databases.items():
        applied += [f"{name}: {migration}" for migration in await work.database.migrate(migrations_of(name))]
    if "payments" in shop.local_services:
        await shop.pretend.prepare()
    await protect(shop)
    return applied


async def protect(shop: "Shop", *, anew: bool = False) -> int:
    """Encrypt plain secrets in databases; `anew`: all, with the newest key. Returns how many."""
    here = [spec for spec in specs() if spec.protect is not None and spec.name in shop.local_services]
    count: int = sum([await spec.protect(getattr(shop, spec.name), anew) for spec in here if spec.protect])
    return count + (await shop.pretend.protect(anew=anew) if "payments" in shop.local_services else 0)


@asynccontextmanager
async def running(shop: "Shop", *, deliver: bool) -> AsyncIterator["Shop"]:
    """The open shop; with `deliver` its events are delivered, by this process or others."""
    if "payments" in shop.local_services:
        await shop.pretend.prepare()
    for spec in specs():
        if spec.start is not None and spec.name in shop.local_services:
            await spec.start(getattr(shop, spec.name))
    carry = shop.bus.run if shop.settings.carry == "here" else shop.bus.leave_to_others
    await continue_ids(shop.ids, shop.databases.values())
    tasks = [
        _flush_counts(shop),
        shop.clock_watch.run(),
        shop.metrics.watch_the_loop(),
        *([carry(), watch_for_damage(shop.databases.values(), Path(shop.settings.data))] if deliver else []),
    ]
    with tracing.watched_by(shop.tracer), in_language(shop.settings.language):
        background = [asyncio.create_task(task) for task in tasks]
    try:
        yield shop
    finally:
        await ended(background)
        await _try_to_flush(shop)
        await shop.close()


async def _flush_counts(shop: "Shop") -> None:
    while True:
        await asyncio.sleep(COUNTED_EVERY_S)
        await _try_to_flush(shop)


async def _try_to_flush(shop: "Shop") -> None:
    try:
        await shop.flush_counts()
    except Exception:
        log.exception("buffered view counts could not be emitted")
