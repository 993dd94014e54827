"""The disk of the data folder: how much is free, whether the shop can still write, and a reserve for when it is full."""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from shopwright.kit.private import FILE

RESERVE = "reserve"
RESERVE_BYTES = 4_000_000
# With less, databases are about to refuse: their logs alone take some of it.
LEAST_TO_WRITE_BYTES = 2_000_000
# The reserve is made where so much is left beside it.
ROOM_BYTES = 8_000_000


class Space(msgspec.Struct, frozen=True):
    """Of a file system, in bytes."""

    size: int
    free: int

    @property
    def is_full(self) -> bool:
        """Will writing fail, if it does not yet?"""
        return self.free < LEAST_TO_WRITE_BYTES


def space(folder: Path) -> Space:
    """Of the disk that holds a folder, or will."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    found = shutil.disk_usage(there)
    return Space(found.total, found.free)


def keep_reserve(data: Path) -> bool:
    """Set a few MB aside in the data folder, where there is room for them; answers whether they are there."""
    path = data / RESERVE
    if path.exists():
        return True
    if space(data).free < RESERVE_BYTES + ROOM_BYTES:
        return False
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, FILE)
    except OSError:
        return path.exists()
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, RESERVE_BYTES)
        else:  # Windows and macOS
            os.write(descriptor, bytes(RESERVE_BYTES))
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        return False
    finally:
        os.close(descriptor)
    return True


def give_up_reserve(data: Path) -> bool:
    """On a full disk: make room for what must still work, such as `doctor` and stopping; answers whether there was a reserve."""
    if not space(data).is_full:
        return False
    with suppress(OSError):
        (data / RESERVE).unlink()
        return True
    return False
