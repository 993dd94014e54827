"""Returning free memory to the system."""

import ctypes
import sys


def give_back() -> None:
    """Return free memory, which glibc keeps for each thread."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
