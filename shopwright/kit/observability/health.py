"""What an engine says of itself to whoever runs the shop: `shopwright doctor --engines`."""

import shutil
from pathlib import Path

import msgspec

LEAST_FREE_BYTES = 500_000_000


class Health(msgspec.Struct, frozen=True):
    """`engine`: what it is and which version. `wrong`: sentences that say what risks data or speed, and what would be right."""

    engine: str
    wrong: tuple[str, ...] = ()


def room(folder: Path) -> tuple[str, ...]:
    """What is to be said of the room on the disk of a folder."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free >= LEAST_FREE_BYTES:
        return ()
    return (f"Only {free // 1_000_000} MB are free on the disk of {folder}: make room before writing fails.",)
