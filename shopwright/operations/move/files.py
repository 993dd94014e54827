"""Copying files between file stores."""

import hashlib

from shopwright.app import Shop
from shopwright.kit.errors import Conflict
from shopwright.kit.translation import gettext as _


async def copy_files(source: Shop, target: Shop) -> int:
    """Copy missing files; those named by content are equal everywhere. Returns how many are there."""
    here, there = await source.files.names(), set(await target.files.names())
    for name in here:
        if name in there:
            continue
        data = await source.files.get(name)
        if data is None:
            continue
        await target.files.put(name, data)
        arrived = await target.files.get(name)
        if arrived is None or hashlib.sha256(arrived).digest() != hashlib.sha256(data).digest():
            raise Conflict(
                _("The file {name} has not arrived as it was. Look at the target, and move again.", name=name)
            )
    return len(here)
