"""Returning free memory to the system."""

import ctypes
import sys


def release_memory() -> None:
    """Return free memory, which glibc keeps for each thread."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
