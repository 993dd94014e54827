"""Prometheus metrics of one process: requests, calls, events, queues and its state.

Names and units follow Prometheus' conventions (seconds, `_total`); labels are few and never personal.
"""

import asyncio
import os
import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from shopwright.kit.observability.process_admin import COUNTED_IN

# Response times people notice: at half they begin to wait, at the full time our promise is broken.
STEPS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LAG_EVERY_S = 0.5


class Metrics:
    """The counters of one process, in its own registry."""

    def __init__(self, version: str = "") -> None:
        self.registry = CollectorRegistry()
        self._count_requests()
        self._count_calls()
        self._count_events()
        self._add_process_metrics(version)

    def _counter(self, name: str, description: str, *labels: str) -> Counter:
        return Counter(f"shopwright_{name}", description, labels, registry=self.registry)

    def _gauge(self, name: str, description: str, *labels: str) -> Gauge:
        # Of several processes the last one's value is kept, as all see the same engines.
        return Gauge(f"shopwright_{name}", description, labels, registry=self.registry, multiprocess_mode="mostrecent")

    def _histogram(self, name: str, description: str, *labels: str) -> Histogram:
        return Histogram(f"shopwright_{name}", description, labels, buckets=STEPS, registry=self.registry)

    def _count_requests(self) -> None:
        self.requests = self._counter("requests_total", "Requests by outcome", "method", "route", "status")
        self.seconds = self._histogram("request_seconds", "Response time", "route")
        self.prepared = self._counter(
            "prepared_total",
            "Page cache lookups: local hit (kept), shared hit (shared), miss (made)",
            "how",
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def _count_calls(self) -> None:
        self.calls = self._counter("calls_total", "Calls to other services", "service", "outcome")
        self.call_seconds = self._histogram("call_seconds", "Response time of other services", "service")

    def _count_events(self) -> None:
        self.events = self._counter("events_total", "Events emitted by this process", "type")
        self.waiting = self._gauge("deliveries_waiting", "Events not yet delivered", "service")
        self.dead = self._gauge("deliveries_dead", "Dead events", "service")
        self.lag = self._gauge("delivery_lag_seconds", "Age of the oldest due delivery", "service")
        self.open = self._gauge("open", "Open reservations and pending payments", "what")

        self.messages = self._gauge(
            "messages", "Messages queued, given up within a day, or refused within an hour", "state"
        )
        self.messages_oldest = self._gauge("messages_oldest_seconds", "Age of the oldest queued message")
        self.messages_late = self._gauge("messages_late_seconds", "Seconds since messages are due and none can be sent")

    def _add_process_metrics(self, version: str) -> None:
        self.engines = self._gauge("engine_up", "Whether an engine responds", "engine")
        self.connections = self._gauge("database_connections", "Database connections", "service", "state")
        self.damaged = self._gauge("database_damaged", "Whether damage was found in a database", "service")
        self.quarantined = self._gauge("rows_set_aside", "Quarantined rows", "service")
        self.disk_free = self._gauge("disk_free_bytes", "Free bytes of the data disk")
        self.disk_size = self._gauge("disk_size_bytes", "Total bytes of the data disk")
        self.backup_age = self._gauge(
            "backup_age_seconds", "Seconds since the last successful backup or restore drill", "kind"
        )
        self.clock_jumps = self._counter("clock_jumps_total", "Clock jumps", "direction")
        for direction in ("forwards", "back"):  # start at 0: Prometheus sees no increase in a series that begins at 1
            self.clock_jumps.labels(direction)
        self.clock_behind = self._gauge(
            "clock_behind_seconds", "Seconds the clock is behind the newest event", "service"
        )
        self.loop_lag = self._gauge("event_loop_lag_seconds", "Largest event loop lag since the last scrape")
        self._worst = 0.0
        self._gauge("info", "Version", "version").labels(version).set(1)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a response. Routes are few, so their counters are cached."""
        key = (method, route, status)
        if key not in self._known:
            self._known[key] = (self.requests.labels(*key), self.seconds.labels(route))
        requests, histogram = self._known[key]
        requests.inc()
        histogram.observe(seconds)

    def called(self, service: str, outcome: str, seconds: float) -> None:
        """Count a call to another service; `outcome`: answered, or the failure."""
        self.calls.labels(service, outcome).inc()
        self.call_seconds.labels(service).observe(seconds)

    def count_events(self, kind: str, count: int) -> None:
        """Count committed events."""
        self.events.labels(kind).inc(count)

    def is_open(self, figures: Mapping[str, float]) -> None:
        """Set what services report as in progress."""
        for what, count in figures.items():
            self.open.labels(what).set(count)

    def clock_jumped(self, by_s: float) -> None:
        """Count a clock jump."""
        self.clock_jumps.labels("forwards" if by_s > 0 else "back").inc()

    async def watch_the_loop(self) -> None:
        """Measure the event loop's lag, until cancelled."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(LAG_EVERY_S)
            self._worst = max(self._worst, time.perf_counter() - before - LAG_EVERY_S)

    def text(self) -> bytes:
        """Return all metrics of this server's processes in Prometheus format."""
        self.loop_lag.set(self._worst)
        self._worst = 0.0
        if not (shared := os.environ.get(COUNTED_IN)):
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, shared)  # type: ignore[no-untyped-call]
        return generate_latest(together)
