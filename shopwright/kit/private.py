"""File permissions: the shop's files are 0600 and folders 0700, whatever the umask."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shopwright.kit.errors import Unavailable
from shopwright.kit.translation import gettext as _

FILE, FOLDER, UMASK = 0o600, 0o700, 0o077
# Our files in a data folder; others, in a folder named by mistake, are left alone.
OUR_FILES = ("*.db", "*.db-wal", "*.db-shm", "*.db-damaged", "*.db-wal-damaged", "*.key", "*.log", "*.log.*", "reserve")
OUR_FOLDERS = ("files", "search", "cluster")


def keep_to_ourselves() -> None:
    """Set the umask of this process and those it starts."""
    os.umask(UMASK)


def make_folder(folder: Path) -> None:
    """Create a folder with its parents."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=FOLDER, exist_ok=True)


def make_file(path: Path) -> None:
    """Create an empty file, or close an existing one to others.

    An existing file is not opened, as closing any of its descriptors drops all locks of the process (POSIX), including
    SQLite's.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE))
    except FileExistsError:
        close_to_others(path)


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Yield a file to write; it becomes `path` if the block succeeds, and is deleted otherwise. Raises Unavailable."""
    unfinished = path.with_name(f".{path.name}.new")
    try:
        make_file(unfinished)
        yield unfinished
        unfinished.replace(path)
    except OSError as error:
        raise Unavailable(_("{path} cannot be written: {strerror}.", path=path, strerror=error.strerror)) from None
    finally:
        unfinished.unlink(missing_ok=True)


def close_to_others(path: Path) -> None:
    """Remove other users' permissions, except on what is not ours or shared by design (/tmp)."""
    with suppress(FileNotFoundError, PermissionError):
        found = path.lstat()
        shared = stat.S_ISLNK(found.st_mode) or found.st_mode & stat.S_ISVTX
        if not shared and found.st_uid == os.geteuid() and found.st_mode & UMASK:
            path.chmod(stat.S_IMODE(found.st_mode) & ~UMASK)


def tighten(data: Path) -> None:
    """Close an old or copied data folder to others, with all of our files in it."""
    close_to_others(data)
    for pattern in OUR_FILES:
        for path in data.glob(pattern):
            close_to_others(path)
    for name in OUR_FOLDERS:
        close_to_others(data / name)
        for above, folders, files in os.walk(data / name):
            for one in folders:
                close_to_others(Path(above, one))
            for one in files:
                close_to_others(Path(above, one))
