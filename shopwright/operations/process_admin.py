"""Status, metrics and dead deliveries for operators."""

import asyncio
import hmac
import ipaddress
import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from litestar import Request, Response, get

from shopwright import __version__
from shopwright.app import Shop
from shopwright.engines.database.migrations import all_in, tables_of
from shopwright.kit import disk
from shopwright.kit.auth import anyone
from shopwright.kit.clock import to_micros
from shopwright.kit.clock_watch import behind_s
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Damaged, Missing, ShopError, Unavailable
from shopwright.kit.http.access import OWN_TOKEN, allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.http.openapi_document import document
from shopwright.kit.http.routes import Routes
from shopwright.kit.observability.process_admin import READY_S, DeadDelivery, ProcessStatus, Waiting
from shopwright.kit.translation import gettext as _
from shopwright.lifecycle import migrations_of
from shopwright.operations.backup_age import backup_ages
from shopwright.services.specs import specs
from shopwright.settings import Settings

log = logging.getLogger("shopwright")
SECOND = 1_000_000
# Headers by which gateways mark forwarded requests.
PASSED_ON = frozenset({
    "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-real-ip",
    "x-original-uri", "cf-connecting-ip", "true-client-ip", "x-client-ip", "shopwright-identity",
})  # fmt: skip
GOOD = "ok"
# Services that report work in progress.
COUNTED = ("inventory", "payments")
SHOPPERS_INFORMED_S = 45.0  # a message is sent within seconds: shoppers are informed early, staff are alerted later
REFUNDS_LATE_S = 3600.0
KEPT_AS_DOCUMENTS = {"catalog", "reviews"}


async def _state(probe: Awaitable[Any]) -> str:
    """The state of an engine; half-dead is as bad as dead."""
    try:
        async with asyncio.timeout(READY_S):
            await probe
    except TimeoutError:
        return _("It does not answer within {ready_s} seconds.", ready_s=READY_S)
    except ShopError as error:
        return error.detail
    except Exception as error:  # whatever it is: who asks how the shop is gets an answer
        log.exception("an engine's health check failed")
        return _("It fails: {kind}.", kind=type(error).__name__)
    return GOOD


async def _waiting(work: ServiceDatabase) -> Waiting:
    rows = await work.fetch("SELECT state, count(*) AS n, MIN(due) AS due FROM deliveries GROUP BY state")
    of = {row["state"]: row for row in rows}
    due = of["waiting"]["due"] if "waiting" in of else None
    late = 0.0 if due is None else max(0.0, (to_micros(work.now()) - due) / SECOND)
    counts = {state: row["n"] for state, row in of.items()}
    return Waiting(service=work.name, waiting=counts.get("waiting", 0), dead=counts.get("dead", 0), lag_s=late)


class LocalProcessAdmin:
    """The `ProcessAdmin` of this process."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._probes: dict[str, str] = {}  # a question to all tables of a service

    async def engines(self) -> dict[str, str]:
        """Query every engine: “ok”, or what is wrong."""
        shop = self._shop
        probes: dict[str, Awaitable[Any]] = {
            f"database {name}": self._database(name, work) for name, work in shop.databases.items()
        }
        probes |= {name: cache.get("ready") for name, cache in shop.caches.items()}
        probes["bus"] = shop.bus.check()
        if KEPT_AS_DOCUMENTS & shop.local_services:
            probes["documents"] = shop.documents.examine()
        if "catalog" in shop.local_services:
            probes["files"] = shop.files.get("ready")
        if "search" in shop.local_services:
            probes["search"] = shop.index.count()
        probes["disk"] = self._disk()
        return dict(zip(probes, await asyncio.gather(*map(_state, probes.values())), strict=True))

    def damaged(self) -> frozenset[str]:
        """The services with damaged databases, which are read-only."""
        return frozenset(name for name, work in self._shop.databases.items() if work.database.damaged)

    async def _disk(self) -> None:
        """Check free space. Raises Unavailable."""
        data = Path(self._shop.settings.data)
        found = disk.space(data)
        self._shop.metrics.disk_free.set(found.free)
        self._shop.metrics.disk_size.set(found.size)
        if found.is_full:
            raise Unavailable(
                _(
                    "The disk of {data} is full ({free} kB free): the shop can be looked at, and takes no orders.",
                    data=data,
                    free=found.free // 1000,
                )
            )

    async def _database(self, name: str, work: ServiceDatabase) -> None:
        """Check that it answers and is fully migrated. Raises Unavailable."""
        if known := work.database.damaged:
            raise Damaged(known)
        await work.database.check()
        if name not in self._probes:
            statements = [one for migration in all_in(migrations_of(name)) for one in migration.statements()]
            self._probes[name] = " UNION ALL ".join(
                f"SELECT (SELECT 1 FROM {table} LIMIT 1) AS there" for table in sorted(tables_of(statements))
            )
        try:
            await work.fetch(self._probes[name])
        except ShopError:
            raise
        except Exception as error:
            raise Unavailable(_("The database of {name} lacks something: {error}.", name=name, error=error)) from error

    async def condition(self) -> ProcessStatus:
        shop = self._shop
        engines = await self.engines()
        waiting: list[Waiting] = []
        dead: list[DeadDelivery] = []
        sound = [work for name, work in shop.databases.items() if engines[f"database {name}"] == GOOD]
        with suppress(ShopError):  # of a database that is not sound is said enough among the engines
            waiting = [await _waiting(work) for work in sound]
            dead = await shop.bus.dead() if len(sound) == len(shop.databases) else []
        return ProcessStatus(
            parts=tuple(sorted(shop.local_services - {"pretend"})),
            version=__version__,
            engines=engines,
            waiting=tuple(waiting),
            dead=tuple(dead),
            warnings=await self._warnings(engines),
        )

    async def _warnings(self, engines: Mapping[str, str]) -> dict[str, str]:
        clock_problem = self._shop.clock_watch.problem()
        found = {"clock": clock_problem} if clock_problem else {}
        if engines.get("database notifications") == GOOD:
            with suppress(ShopError):  # it went away just now
                report = await self._shop.notifications.delivery_report()
                if report.late_s > SHOPPERS_INFORMED_S:
                    found["notifications"] = " ".join(report.problems(SHOPPERS_INFORMED_S))
        if engines.get("database payments") == GOOD:
            with suppress(ShopError):
                figures = await self._shop.payments.metrics()
                if figures["seconds the oldest unsettled refund waits"] > REFUNDS_LATE_S:
                    found["refunds"] = f"{figures['refunds unsettled']:.0f} refunds wait, one of them for over an hour."
        return found

    async def replay(self, event_ids: Sequence[str]) -> int:
        bus = self._shop.bus
        chosen = [one for one in await bus.dead() if not event_ids or one.event_id in event_ids]
        await bus.replay(chosen)
        return len(chosen)

    async def metrics(self) -> bytes:
        """Return the metrics of this process and its engines; an unreachable engine is one of them."""
        shop, metrics = self._shop, self._shop.metrics
        for name, work in shop.databases.items():  # first: what is asked next uses one more
            most, used = work.database.connections()
            metrics.connections.labels(name, "used").set(used)
            metrics.damaged.labels(name).set(bool(work.database.damaged))
            metrics.quarantined.labels(name).set(len(work.aside.found))
            metrics.connections.labels(name, "free").set(most - used)
        counting = [_state(self._count(name, work)) for name, work in shop.databases.items()]
        engines, _ = await asyncio.gather(self.engines(), asyncio.gather(*counting))
        for engine, state in engines.items():
            metrics.engines.labels(engine).set(state == GOOD)
        return metrics.text()

    async def _count(self, name: str, work: ServiceDatabase) -> None:
        metrics = self._shop.metrics
        outbox = await _waiting(work)
        metrics.waiting.labels(name).set(outbox.waiting)
        metrics.dead.labels(name).set(outbox.dead)
        metrics.lag.labels(name).set(outbox.lag_s)
        metrics.clock_behind.labels(name).set(await behind_s(work))
        if name in COUNTED:
            figures: Mapping[str, float] = await getattr(self._shop, name).metrics()
            metrics.is_open(figures)
        if name == "users":
            for kind, age in (await backup_ages(self._shop.users, work.now())).items():
                metrics.backup_age.labels(kind).set(age.total_seconds())
        if name == "notifications":
            report = await self._shop.notifications.delivery_report()
            for state in ("waiting", "given_up", "refused"):
                metrics.messages.labels(state).set(getattr(report, state))
            metrics.messages_oldest.set(report.oldest_s)
            metrics.messages_late.set(report.late_s)


def may_look_inside(request: Request[Any, Any, Any], token: str) -> bool:
    """Whether the request has the token or, without one configured, comes directly from this machine."""
    if token:
        given = request.headers.get("authorization", "").partition(" ")
        return given[0].lower() == "bearer" and hmac.compare_digest(given[2].strip().encode(), token.encode())
    if request.client is None or PASSED_ON & set(request.headers.keys()):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def operator_routes() -> Routes:
    """Return the routes for operators."""

    @get("/health/live", opt=allow(anyone), tags=["operator"], operation_id="live")
    async def live() -> dict[str, str]:
        """Report that the process answers."""
        return {"status": GOOD}

    @get("/health/ready", opt=allow(anyone) | OWN_TOKEN, tags=["operator"], operation_id="ready")
    async def ready(
        request: Request[Any, Any, Any], process_admin: Dependency[LocalProcessAdmin], settings: Dependency[Settings]
    ) -> Response[dict[str, Any]]:
        """Report whether every engine answers; details are for operators."""
        engines = await process_admin.engines()
        # Without the other engines the shop has less to show, but sells, so it stays in the load balancer.
        bad = {name for name, state in engines.items() if state != GOOD}
        needed = {name.partition(" ")[2] for name in bad if name.startswith("database ")} - {
            spec.name for spec in specs() if spec.fallbacks
        }
        good = needed <= process_admin.damaged()  # what is damaged is read on: one can look around
        status = GOOD if not bad else "less" if good else "unavailable"
        body: dict[str, Any] = {"status": status}
        if may_look_inside(request, settings.metrics_token):
            body |= {"version": __version__, "writes": not needed and "disk" not in bad, "engines": engines}
        return Response(body, status_code=200 if good else 503)

    @get("/metrics", opt=allow(anyone) | OWN_TOKEN, include_in_schema=False)
    async def metrics(
        request: Request[Any, Any, Any], process_admin: Dependency[LocalProcessAdmin], settings: Dependency[Settings]
    ) -> Response[bytes]:
        """Serve Prometheus metrics to operators, as business figures are confidential."""
        if not may_look_inside(request, settings.metrics_token):
            raise Missing(_("There is nothing at this address."))
        return Response(await process_admin.metrics(), media_type="text/plain; version=0.0.4")

    @get("/openapi.json", opt=allow(anyone), include_in_schema=False)
    async def openapi_document(request: Request[Any, Any, Any]) -> dict[str, Any]:
        """Serve the API document."""
        return document(request.app.state.api())

    return Routes("/", route_handlers=[live, ready, metrics, openapi_document])
