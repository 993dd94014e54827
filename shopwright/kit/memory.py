"""Memory that was used and is free again."""

import ctypes
import sys


def give_back() -> None:
    """Let the system have what is free: the C library (glibc) keeps it for each thread that ever came by."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
