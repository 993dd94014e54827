"""The damage watch reads all databases after start and then daily, to find damage before shoppers do."""

import asyncio
import logging
import os
import sys
from collections.abc import Collection
from pathlib import Path

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import ShopError
from shopwright.kit.private import make_file

log = logging.getLogger("shopwright")
EVERY_S = 24 * 3600
AGAIN_S = 600  # until then another process takes over from one that ended


class ExclusiveRole:
    """A role that one process at a time has among those sharing a data folder; the others learn its findings."""

    def __init__(self, data: Path) -> None:
        self._path = data / "damage-watch.lock"
        self._descriptor: int | None = None

    def is_this(self) -> bool:
        """Whether this process has the role, from now until `close`."""
        if self._descriptor is not None or sys.platform == "win32":
            return True
        import fcntl  # noqa: PLC0415 -- it is not there on Windows

        make_file(self._path)
        descriptor = os.open(self._path, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def close(self) -> None:
        """Give up the role."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None


async def watch_for_damage(works: Collection[ServiceDatabase], data: Path) -> None:
    """Until cancelled: read one database after the other, each in a thread, so that nothing waits."""
    one = ExclusiveRole(data)
    try:
        while True:
            is_damage = _is_this(one)
            for work in works:
                try:
                    await work.database.look_for_damage(
                        None if is_damage else 0
                    )  # each sees by itself that a file is gone
                except ShopError as error:  # it is away; who needs it says so
                    log.warning("%s could not be checked: %s", work.name, error.detail)
            await asyncio.sleep(EVERY_S if is_damage else AGAIN_S)
    finally:
        one.close()


def _is_this(one: ExclusiveRole) -> bool:
    try:
        return one.is_this()
    except OSError as error:  # a full disk, a folder that cannot be written: rather twice than never
        log.warning("the lock of the damage check cannot be used: %s", error)
        return True
