"""What the shop has on disk is for nobody else on the machine: files 0600, folders 0700, whatever the umask was."""

import os
import stat
from contextlib import suppress
from pathlib import Path

FILE, FOLDER, UMASK = 0o600, 0o700, 0o077
# What a data folder holds that is ours: a folder that was named by mistake keeps what else is in it as it is.
OUR_FILES = ("*.db", "*.db-wal", "*.db-shm", "*.db-damaged", "*.db-wal-damaged", "*.key", "*.log", "*.log.*", "reserve")
OUR_FOLDERS = ("files", "search", "cluster")


def keep_to_ourselves() -> None:
    """Of what this process makes from now on, and those it starts."""
    os.umask(UMASK)


def make_folder(folder: Path) -> None:
    """With all that is missing above it."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=FOLDER, exist_ok=True)


def make_file(path: Path) -> None:
    """An empty file, where there is none; one that is there is closed to others.

    It is not opened then: closing any descriptor of a file drops all locks that its process holds on it (POSIX), those of
    SQLite among them.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE))
    except FileExistsError:
        close_to_others(path)


def close_to_others(path: Path) -> None:
    """What others may do there they may no longer; what is not ours, or shared by design (/tmp), is let be."""
    with suppress(FileNotFoundError, PermissionError):
        found = path.lstat()
        shared = stat.S_ISLNK(found.st_mode) or found.st_mode & stat.S_ISVTX
        if not shared and found.st_uid == os.geteuid() and found.st_mode & UMASK:
            path.chmod(stat.S_IMODE(found.st_mode) & ~UMASK)


def tighten(data: Path) -> None:
    """A data folder of an earlier version, or one that was copied: closed to others, with all that is ours in it."""
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
