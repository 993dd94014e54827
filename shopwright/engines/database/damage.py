"""Damaged SQLite files: recognised, looked for, and remembered across processes.

Findings are written beside the file (NAME-damaged), so that all processes know them after a restart, too: a damaged
file is read as far as possible, and no longer written.
"""

import logging
import mmap
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from shopwright.engines.database.walindex import WalIndex
from shopwright.kit.errors import Damaged
from shopwright.kit.private import make_file
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop

log = logging.getLogger("shopwright.engines")
CODES = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_CORRUPTFS", "SQLITE_IOERR_DATA")
# Where the message says more than the code: unparsable schemas, and invalid text (Python's own error).
WORDS = ("malformed database schema", "Could not decode to UTF-8")
WHAT_NEXT = gettext_noop(
    "Stop the shop, then save what can be read with `shopwright doctor --recover`, or go back to an archive with"
    " `shopwright restore FILE.zip`."
)
NO_TABLES = gettext_noop("its list of tables is empty")
EMPTY = "SELECT count(*) AS tables FROM sqlite_master"
PAGE = 4096
WAL_HEAD, FRAME_HEAD = 32, 24
WAL_MAGIC = frozenset({0x377F0682, 0x377F0683})
FIRST_LOCKED, LOCKED_BYTES = 0x40000002, 510  # where readers lock (sqlite.org/lockingv3.html)
MANY_COMMITS = 2
INTERRUPTED_EVERY_S = 0.02


def is_damage(error: Exception) -> bool:
    """Whether the file is damaged, rather than busy, full or missing."""
    code = getattr(error, "sqlite_errorname", None) or ""
    return code.startswith(CODES) or str(error).startswith(WORDS)


def sentence_for(path: Path, reason: object) -> str:
    """Describe the damage and its remedy for operators."""
    return _(
        "{path} is damaged ({reason}). `shopwright doctor --repair` mends it where indexes alone are. {what_next}",
        path=path,
        reason=reason,
        what_next=_(WHAT_NEXT),
    )


def marker_of(path: Path) -> Path:
    """The file that marks its neighbour as damaged."""
    return path.with_name(f"{path.name}-damaged")


def known_damage(path: Path) -> str:
    """Damage found before by any process, or ""."""
    if not os.path.exists(f"{path}-damaged"):  # noqa: PTH110 -- before each transaction: a `Path` takes ten times as long
        return ""
    try:
        return marker_of(path).read_text(encoding="utf-8") or sentence_for(path, _("it was found before"))
    except OSError:
        return ""


def note_damage(path: Path, reason: object) -> Damaged:
    """Record damage for all processes; the first finding stays."""
    sentence = sentence_for(path, reason)
    log.error("%s", sentence)
    with suppress(OSError):  # report the damage even if the folder is read-only
        if not known_damage(path):
            make_file(marker_of(path))
            marker_of(path).write_text(sentence, encoding="utf-8")
    return Damaged(sentence, data={"place": str(path)})


def missing_file(path: Path) -> str:
    """Describe a missing or empty file; "" if it exists."""
    if path.exists() and path.stat().st_size:
        return ""
    if path.exists():
        return _("{path} is damaged (the file is empty). {what_next}", path=path, what_next=_(WHAT_NEXT))
    return _("{path} is damaged (the file is missing). {what_next}", path=path, what_next=_(WHAT_NEXT))


def forbidden_file(path: Path) -> str:
    """Describe a file this user may not read and write; "" otherwise."""
    if not path.exists() or os.access(path, os.R_OK | os.W_OK):
        return ""
    return _(
        "{path} may not be read and written by this user of the machine. Use the user whose file it is"
        " (`ls -l {path}`), or give it to that user: `chown USER {path}`.",
        path=path,
    )


def forget_damage(path: Path) -> None:
    """Delete the mark, as the file is intact (again)."""
    with suppress(OSError):
        marker_of(path).unlink(missing_ok=True)


def quick_check(path: Path, within_s: float | None, stop: threading.Event) -> str | None:
    """Check the structure of a file: describe damage, "" if intact; None if interrupted.

    It ends soon after `stop` is set. It uses its own connection, so call it in a thread. Other failures raise
    sqlite3.Error.
    """
    try:
        with closing(_read_only(path)) as connection, _interrupted(connection, within_s, stop):
            if not connection.execute(EMPTY).fetchone()[0]:
                return _(NO_TABLES)
            found = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            return None
        if is_damage(error):
            return str(error)
        raise
    return "" if found == ["ok"] else " ".join(found).replace("*** in database main ***", "").strip()


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


@contextmanager
def _interrupted(connection: sqlite3.Connection, within_s: float | None, stop: threading.Event) -> Iterator[None]:
    done = threading.Event()

    def interrupt() -> None:
        stop.wait(within_s)
        while not done.wait(INTERRUPTED_EVERY_S):  # interrupt statements that began meanwhile, too
            connection.interrupt()

    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        stop.set()
        thread.join()  # it must not reach a connection that is closed


def wal_of(path: Path) -> Path:
    """The write-ahead log of a file."""
    return path.with_name(f"{path.name}-wal")


def commits_in(wal: Path) -> list[int]:
    """The frames that end a commit of this generation, whether or not SQLite would read that far."""
    try:
        if wal.stat().st_size < WAL_HEAD + FRAME_HEAD:
            return []
        with wal.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _commits(content)
    except OSError:
        return []


def _commits(content: mmap.mmap) -> list[int]:
    size = int.from_bytes(content[8:12], "big")
    salts = content[16:24]
    if int.from_bytes(content[:4], "big") not in WAL_MAGIC or not size:
        size, salts = PAGE, content[WAL_HEAD + 8 : WAL_HEAD + 16]
    found = []
    for number, at in enumerate(range(WAL_HEAD, len(content) - FRAME_HEAD - size + 1, FRAME_HEAD + size), 1):
        if content[at + 8 : at + 16] == salts and content[at + 4 : at + 8] != bytes(4):
            found.append(number)
    return found


def require_complete_wal(path: Path, commits: list[int]) -> None:
    """Raise Damaged if SQLite, having opened the file, skipped several of these `commits`.

    SQLite silently ignores a log from its first bad byte on, and overwrites the rest. One skipped commit at the end is
    that of a crashed process; before a second one the first was acknowledged. The log is moved aside.
    """
    if len(commits) < MANY_COMMITS or (index := WalIndex.of(path)) is None:
        return
    try:
        read = index.frames()
    finally:
        index.close()
    lost = [frame for frame in commits if frame > read] if read is not None else []
    if len(lost) < MANY_COMMITS or commits_in(wal_of(path))[-1:] != commits[-1:]:
        return
    with suppress(OSError):
        wal_of(path).replace(damaged_wal_of(path))
    raise note_damage(path, f"{len(lost)} commits in {wal_of(path).name} cannot be read")


def has_log(path: Path) -> bool:
    """Whether there are commits beside the file."""
    try:
        return wal_of(path).stat().st_size > WAL_HEAD
    except OSError:
        return False


def damaged_wal_of(path: Path) -> Path:
    """The path to which a damaged log is moved."""
    return path.with_name(f"{path.name}-wal-damaged")


def in_use(path: Path) -> bool:
    """Whether another process has the file open, by the lock each connection holds."""
    if sys.platform == "win32":  # a file that is open cannot be replaced there
        return False
    import fcntl  # noqa: PLC0415 -- it is not there on Windows

    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, LOCKED_BYTES, FIRST_LOCKED)
        except OSError:
            return True
    return False
