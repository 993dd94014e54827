"""How long whoever asked will wait: it shrinks from call to call, and nobody works for someone who is gone."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PATIENCE_S = 10.0
_ends: ContextVar[float | None] = ContextVar("ends", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is asked in here has this long, or less where less was left."""
    token = _ends.set(time.monotonic() + min(seconds, left()))
    try:
        yield
    finally:
        _ends.reset(token)


def left() -> float:
    """Seconds; the usual patience where nobody set an end."""
    ends = _ends.get()
    return PATIENCE_S if ends is None else max(0.0, ends - time.monotonic())
