"""OpenTelemetry: spans are exported in batches on a thread of their own; if no collector accepts them they are dropped.

The thread starts with the first span, in the serving process: one started earlier would not survive in forked
processes, and block them.

otlp://collector:4318?share=0.1
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shopwright.kit.errors import Invalid
from shopwright.kit.observability.tracing import PARENT, Kind, TraceSpan
from shopwright.kit.settings import take_apart
from shopwright.kit.translation import gettext as _

PORT = 4318
PATIENCE_S = 5
KINDS: Mapping[Kind, trace.SpanKind] = {
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
    "producer": trace.SpanKind.PRODUCER,
    "consumer": trace.SpanKind.CONSUMER,
    "internal": trace.SpanKind.INTERNAL,
}


class OtlpSpan:
    """An OpenTelemetry span."""

    def __init__(self, inner: trace.Span) -> None:
        self._inner = inner

    def rename(self, name: str) -> None:
        self._inner.update_name(name)

    def note(self, name: str, value: str | int) -> None:
        self._inner.set_attribute(name, value)


class OtlpTracer:
    """See `Tracer`. `part`: what the process serves; `version`: of the shop."""

    def __init__(self, url: str, part: str, version: str) -> None:
        where = take_apart("traces", url, ("share",))
        host, port = where.hosts[0]
        scheme = "https" if where.scheme == "otlps" else "http"
        self._where = f"{scheme}://{host}:{port or PORT}/v1/traces"
        self._share = _share(where.options.get("share", "1"))
        self._resource = {SERVICE_NAME: f"shopwright-{part}", SERVICE_VERSION: version}
        self._provider: TracerProvider | None = None
        self._wire = TraceContextTextMapPropagator()

    @cached_property
    def _tracer(self) -> trace.Tracer:
        # An unavailable collector does not affect the shop.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._provider = TracerProvider(
            resource=Resource(self._resource),
            sampler=ParentBased(TraceIdRatioBased(self._share)),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(self._where, timeout=PATIENCE_S)))
        return self._provider.get_tracer("shopwright")

    @contextmanager
    def span(self, name: str, kind: Kind, parent: str, notes: Mapping[str, str | int]) -> Iterator[TraceSpan]:
        began = self._wire.extract({PARENT: parent}) if parent else None
        with self._tracer.start_as_current_span(
            name, began, KINDS[kind], attributes=dict(notes), record_exception=False, set_status_on_exception=True
        ) as inner:
            yield OtlpSpan(inner)

    def current(self) -> str:
        headers: dict[str, str] = {}
        self._wire.inject(headers)
        return headers.get(PARENT, "")

    def close(self) -> None:
        if self._provider is not None:
            self._provider.shutdown()


def _share(given: str) -> float:
    try:
        share = float(given)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise Invalid(
            _(
                "SHOPWRIGHT_TRACES has the share “{given}”; it is between 0 and 1: 0.1 keeps one trace of ten.",
                given=given,
            )
        )
    return share
