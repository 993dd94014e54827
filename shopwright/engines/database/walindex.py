"""How many times a SQLite file was committed to, read from its WAL index without asking SQLite.

Every connection in WAL mode shares the first bytes of NAME-shm: a header that each commit, of any process, changes
before it returns (sqlite.org/walformat.html, 2.1: version, change counter, frames, checksums, salts). Reading it costs
less than a microsecond, where `PRAGMA data_version` costs ten. A header caught half written equals none before or
after it, so it only makes a cache read once more.

POSIX drops the locks a process holds on a file when it closes *any* descriptor of it. So a file is opened once here for
all users in this process and closed only after the last of them has closed its connections.
"""

import mmap
import os
import sys
from pathlib import Path

FORMAT = 3_007_000
HEADER = slice(8, 48)  # from the change counter to the header's own checksum
FRAMES = slice(16, 20)
_open: dict[Path, "_Mapped"] = {}


class _Mapped:
    def __init__(self, path: Path) -> None:
        self.users = 0
        self.descriptor = os.open(path, os.O_RDONLY)
        self.memory = mmap.mmap(self.descriptor, mmap.PAGESIZE, access=mmap.ACCESS_READ)

    def close(self) -> None:
        self.memory.close()
        os.close(self.descriptor)


class WalIndex:
    """The WAL index of one database file. A connection must have read from it, and stay open as long as this is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if path not in _open:
            _open[path] = _Mapped(path)
        self._mapped = _open[path]
        self._mapped.users += 1
        self._memory = self._mapped.memory
        self._readable = int.from_bytes(self._memory[:4], sys.byteorder) == FORMAT

    @classmethod
    def of(cls, database: Path) -> "WalIndex | None":
        """The index of a database file; None while there is none."""
        path = database.with_name(f"{database.name}-shm").resolve()
        try:
            return cls(path) if path.stat().st_size >= mmap.PAGESIZE else None
        except OSError:
            return None

    def version(self) -> int | None:
        """Another number after each commit; None for a format we do not know."""
        return int.from_bytes(self._memory[HEADER], "little") if self._readable else None

    def frames(self) -> int | None:
        """How many frames of the log are read."""
        return int.from_bytes(self._memory[FRAMES], sys.byteorder) if self._readable else None

    def close(self) -> None:
        """Let go. To be called after the connections are closed."""
        self._mapped.users -= 1
        if not self._mapped.users:
            del _open[self._path]
            self._mapped.close()
