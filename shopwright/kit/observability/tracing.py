"""Following one order through requests, calls, facts and statements: spans, where someone wants to see them.

What is handed on from one process to the next is a `traceparent` (W3C Trace Context, level 1), along with the id of the
request it began with. Nobody who watches: nothing is made, and all of this costs a comparison.
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
    """Something that takes time."""

    def rename(self, name: str) -> None: ...

    def note(self, name: str, value: str | int) -> None: ...


class Tracer(Protocol):
    """An engine that keeps spans (`engines/traces`)."""

    def span(
        self, name: str, kind: Kind, parent: str, notes: Mapping[str, str | int]
    ) -> AbstractContextManager[TraceSpan]: ...

    def here(self) -> str:
        """The `traceparent` of the span that is open here, or ""."""
        ...

    def close(self) -> None:
        """What is kept is sent, and no more is."""
        ...


class Nobody:
    """A span nobody sees."""

    def rename(self, name: str) -> None: ...

    def note(self, name: str, value: str | int) -> None: ...


NOBODY = Nobody()
_tracer: ContextVar[Tracer | None] = ContextVar("tracer", default=None)
_request: ContextVar[str] = ContextVar("request_id", default="")


@contextmanager
def watched_by(tracer: Tracer | None) -> Iterator[None]:
    """What is done in here, and by the tasks it starts, is seen by this one."""
    before = _tracer.set(tracer)
    try:
        yield
    finally:
        _tracer.reset(before)


@contextmanager
def for_request(request_id: str) -> Iterator[None]:
    """What is done in here is done for this request, or for the run of a job: `orders.expire_01jq…`."""
    before = _request.set(request_id)
    try:
        yield
    finally:
        _request.reset(before)


def request_id() -> str:
    """Of the request this is done for, or ""."""
    return _request.get()


def span(
    name: str, kind: Kind = "internal", parent: str = "", notes: Mapping[str, str | int] = MappingProxyType({})
) -> AbstractContextManager[TraceSpan]:
    """Something that takes time. `parent`: where it began, when not here."""
    tracer = _tracer.get()
    if tracer is None:
        return nullcontext(NOBODY)
    return tracer.span(name, kind, parent if WELL_FORMED.fullmatch(parent) else "", notes)


def here() -> str:
    """The `traceparent` to hand on, or ""."""
    tracer = _tracer.get()
    return tracer.here() if tracer is not None else ""


def id_of(parent: str) -> str:
    """The id of the trace a `traceparent` belongs to, or ""."""
    return parent[_ID]


def handed_on() -> dict[str, Any]:
    """Headers for whoever is asked from here."""
    headers = {}
    if parent := here():
        headers[PARENT] = parent
    if known := request_id():
        headers[REQUEST] = known
    return headers
