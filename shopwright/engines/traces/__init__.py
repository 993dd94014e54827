"""Trace exporters: none, or `otlp://collector:4318` (OTLP over HTTP, for OpenTelemetry collectors)."""

from shopwright.kit.observability.tracing import Tracer
from shopwright.kit.settings import choose, client_of


def open_traces(url: str, part: str, version: str) -> Tracer | None:
    """Open the tracer at `url` for a process that serves `part`, or return None. Raises Invalid."""
    return choose("traces", url, {"off": _off, "otlp": _otlp, "otlps": _otlp})(url, part, version)


def _off(_url: str, _part: str, _version: str) -> None:
    return None


def _otlp(url: str, part: str, version: str) -> Tracer:
    with client_of("traces"):
        from shopwright.engines.traces.otlp import OtlpTracer

    return OtlpTracer(url, part, version)
