"""Deadlines: how long the caller waits, decreasing from call to call, so that no service works for a caller that has left."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PATIENCE_S = 10.0
_ends: ContextVar[float | None] = ContextVar("ends", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit everything inside to this time, or the rest of an earlier limit."""
    token = _ends.set(time.monotonic() + min(seconds, left()))
    try:
        yield
    finally:
        _ends.reset(token)


def left() -> float:
    """The seconds left; the default without a limit."""
    ends = _ends.get()
    return PATIENCE_S if ends is None else max(0.0, ends - time.monotonic())
