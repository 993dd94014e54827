"""The number of commits to a SQLite file, read from its WAL index without a query.

All connections in WAL mode share the header at the start of NAME-shm, which every commit of any process changes before
it returns (sqlite.org/walformat.html, 2.1: version, change counter, frames, checksums, salts). Reading it takes less
than a microsecond, `PRAGMA data_version` ten. A half-written header equals none before or after, so it only causes a
cache miss.

POSIX drops a process's locks on a file when it closes *any* descriptor of it. So the file is opened once for all users
in this process, and closed after the last one has closed its connections.
"""

import mmap
import os
import sys
import threading
from pathlib import Path

FORMAT = 3_007_000
HEADER = slice(8, 48)  # from the change counter to the header's own checksum
FRAMES = slice(16, 20)
_open: dict[Path, "_Mapped"] = {}
_lock = threading.Lock()  # a file may be opened and closed by several threads at once


class _Mapped:
    def __init__(self, path: Path) -> None:
        self.users = 0
        self.descriptor = os.open(path, os.O_RDONLY)
        self.memory = mmap.mmap(self.descriptor, mmap.PAGESIZE, access=mmap.ACCESS_READ)

    def close(self) -> None:
        self.memory.close()
        os.close(self.descriptor)


class WalIndex:
    """The WAL index of a database file. A connection must have read from it, and stay open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _lock:
            if path not in _open:
                _open[path] = _Mapped(path)
            self._mapped = _open[path]
            self._mapped.users += 1
        self._memory = self._mapped.memory
        self._readable = int.from_bytes(self._memory[:4], sys.byteorder) == FORMAT

    @classmethod
    def of(cls, database: Path) -> "WalIndex | None":
        """Return the index of a database file; None if there is none."""
        path = database.with_name(f"{database.name}-shm").resolve()
        try:
            return cls(path) if path.stat().st_size >= mmap.PAGESIZE else None
        except OSError:
            return None

    def version(self) -> int | None:
        """A number that differs after each commit; None for an unknown format."""
        return int.from_bytes(self._memory[HEADER], "little") if self._readable else None

    def frames(self) -> int | None:
        """The number of frames in the log."""
        return int.from_bytes(self._memory[FRAMES], sys.byteorder) if self._readable else None

    def close(self) -> None:
        """Unmap the file; call it after the connections are closed."""
        with _lock:
            self._mapped.users -= 1
            if not self._mapped.users:
                del _open[self._path]
                self._mapped.close()
