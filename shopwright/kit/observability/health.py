"""The health of an engine for operators: `shopwright doctor --engines`."""

import shutil
from pathlib import Path

import msgspec

from shopwright.kit.translation import gettext as _

LEAST_FREE_BYTES = 500_000_000


class Health(msgspec.Struct, frozen=True):
    """`engine`: its kind and version. `wrong`: sentences about risks to data or speed, and their remedies."""

    engine: str
    wrong: tuple[str, ...] = ()


def room(folder: Path) -> tuple[str, ...]:
    """Sentences about the free space on a folder's disk."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free >= LEAST_FREE_BYTES:
        return ()
    return (
        _(
            "Only {free} MB are free on the disk of {folder}: make room before writing fails.",
            free=free // 1_000_000,
            folder=folder,
        ),
    )
