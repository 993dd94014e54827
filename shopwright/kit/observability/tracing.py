"""Tracing an order through requests, calls, events and SQL statements with spans.

Processes pass on a `traceparent` (W3C Trace Context, level 1) and the request id. Without a tracer this costs a
comparison.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Literal, Protocol

PARENT = "traceparent"
REQUEST = "x-request-id"
WELL_FORMED = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_ID = slice(3, 35)
Kind = Literal["server", "client", "producer", "consumer", "internal"]


class TraceSpan(Protocol):
    """A span."""

    def rename(self, name: str) -> None: ...

    def note(self, name: str, value: str | int) -> None: ...


class Tracer(Protocol):
    """An engine that stores spans (`engines/traces`)."""

    def span(
        self, name: str, kind: Kind, parent: str, notes: Mapping[str, str | int]
    ) -> AbstractContextManager[TraceSpan]: ...

    def current(self) -> str:
        """The `traceparent` of the current span, or ""."""
        ...

    def close(self) -> None:
        """Send what is buffered, and stop."""
        ...


class NoSpan:
    """A span that is not recorded."""

    def rename(self, name: str) -> None: ...

    def note(self, name: str, value: str | int) -> None: ...


NO_SPAN = NoSpan()
_tracer: ContextVar[Tracer | None] = ContextVar("tracer", default=None)
_request: ContextVar[str] = ContextVar("request_id", default="")


@contextmanager
def watched_by(tracer: Tracer | None) -> Iterator[None]:
    """Use this tracer inside, and in tasks started there."""
    before = _tracer.set(tracer)
    try:
        yield
    finally:
        _tracer.reset(before)


@contextmanager
def for_request(request_id: str) -> Iterator[None]:
    """Set the request id, or job run (`orders.expire_01jq…`), for everything inside."""
    before = _request.set(request_id)
    try:
        yield
    finally:
        _request.reset(before)


def request_id() -> str:
    """The current request id, or ""."""
    return _request.get()


def span(
    name: str, kind: Kind = "internal", parent: str = "", notes: Mapping[str, str | int] = MappingProxyType({})
) -> AbstractContextManager[TraceSpan]:
    """A span. `parent`: where it started, if not here."""
    tracer = _tracer.get()
    if tracer is None:
        return nullcontext(NO_SPAN)
    return tracer.span(name, kind, parent if WELL_FORMED.fullmatch(parent) else "", notes)


def current() -> str:
    """The `traceparent` to pass on, or ""."""
    tracer = _tracer.get()
    return tracer.current() if tracer is not None else ""


def id_of(parent: str) -> str:
    """The trace id of a `traceparent`, or ""."""
    return parent[_ID]


def handed_on() -> dict[str, Any]:
    """Headers for outgoing calls."""
    headers = {}
    if parent := current():
        headers[PARENT] = parent
    if known := request_id():
        headers[REQUEST] = known
    return headers
