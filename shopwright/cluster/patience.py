"""Waiting for what other processes do."""

import time
from collections.abc import Callable

PAUSE_S = 0.05


def comes_true(asked: Callable[[], bool], within_s: float) -> bool:
    """Ask again and again; answers whether it came true in time."""
    ends = time.monotonic() + within_s
    while not asked():
        if time.monotonic() > ends:
            return False
        time.sleep(PAUSE_S)
    return True
