"""The disk of the data folder: free space, and a reserve for when it is full."""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from shopwright.kit.private import FILE

RESERVE = "reserve"
RESERVE_BYTES = 4_000_000
# With less, databases are about to fail, as their logs take some of it.
LEAST_TO_WRITE_BYTES = 2_000_000
# The free space required beside the reserve.
ROOM_BYTES = 8_000_000


class DiskSpace(msgspec.Struct, frozen=True):
    """Size and free space of a file system, in bytes."""

    size: int
    free: int

    @property
    def is_full(self) -> bool:
        """Whether writes are about to fail."""
        return self.free < LEAST_TO_WRITE_BYTES


def space(folder: Path) -> DiskSpace:
    """The space of the disk that holds this folder, or will."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    found = shutil.disk_usage(there)
    return DiskSpace(found.total, found.free)


def keep_reserve(data: Path) -> bool:
    """Reserve a few MB in the data folder if there is room. Returns whether they exist."""
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
    """On a full disk, free the reserve for `doctor` and shutdown. Returns whether there was one."""
    if not space(data).is_full:
        return False
    with suppress(OSError):
        (data / RESERVE).unlink()
        return True
    return False
