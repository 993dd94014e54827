"""One event, one line: for people, or as JSON for whoever collects it. Neither says who somebody is, or opens anything."""

import json
import logging
import os
import re
import time
from datetime import datetime
from itertools import pairwise
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from shopwright.kit.ids import BEARERS
from shopwright.kit.observability import tracing
from shopwright.kit.text import escape_controls

TEXT = "%(asctime)s [%(process)d] %(levelname)s %(name)s: %(message)s"
ACCESS = "%(asctime)s [%(process)d] %(message)s"
SECURITY = '{"time": "%(asctime)s.%(msecs)03dZ", "told": %(message)s}'
HIDDEN = "*"
# Of a file that grows on disk: when it is put aside, and how many of those are kept.
MOST_BYTES, KEPT_FILES = 20_000_000, 5
_BEARER = re.compile(rf"\b({'|'.join(BEARERS)})_[0-9a-zA-Z]{{8,}}")
_SECRET = re.compile(r"\b((?:token|key|secret|password)=|Bearer )[\w.~+/-]{16,}")


def without_secrets(text: str) -> str:
    """The same, but for what would open something to whoever reads the log: ids of carts, tokens and keys of links."""
    return _SECRET.sub(rf"\1{HIDDEN}", _BEARER.sub(rf"\1_{HIDDEN}", text))


class SafeLines(logging.Formatter):
    """Whatever a line is made of, an error of an engine or a path somebody thought of: it opens nothing."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class PlainLines(SafeLines):
    """A record as one line for people: what could begin another one is escaped. A traceback stands below.

    It begins with the date, the time and how far that is from UTC (ISO 8601), also where a journal says so once more: lines
    are searched in files and by `journalctl -o cat`, too.
    """

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 -- of the base
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- of the base
        return escape_controls(super().formatMessage(record))


class SecurityLines(SafeLines):
    """A record of `kit.watch`, which is JSON already, with its time."""

    def __init__(self) -> None:
        super().__init__(SECURITY, "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime


class JsonLines(SafeLines):
    """A record as one line of JSON: time (UTC, RFC 3339), level, logger, message, and what is known of where it belongs.

    Records may carry fields of their own (`extra={"fields": {…}}`), which then stand in place of the message.
    """

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
        }
        fields: dict[str, Any] | None = getattr(record, "fields", None)
        told |= {"message": record.getMessage()} if fields is None else fields
        if known := tracing.request_id():
            told.setdefault("request_id", known)
        if found := tracing.id_of(tracing.here()):
            told.setdefault("trace_id", found)
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(told, ensure_ascii=False, default=str))


class SizedFile(WatchedFileHandler):
    """A file that several processes write to. One that grew too large is put aside as NAME.1, and the oldest of these goes."""

    def __init__(self, path: str, most_bytes: int = MOST_BYTES) -> None:
        super().__init__(path, delay=True)
        self._most_bytes = most_bytes

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        if self.stream is not None and self.stream.tell() > self._most_bytes:
            try:
                self._put_aside(self.stream.fileno())
            except (OSError, ImportError):  # Windows has no such lock, and moves no file that is open
                self.handleError(record)

    def _put_aside(self, descriptor: int) -> None:
        """Whoever comes second finds another file under the name, and leaves it there."""
        import fcntl  # noqa: PLC0415 -- Windows has none

        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            file = Path(self.baseFilename)
            if os.path.samestat(file.stat(), os.fstat(descriptor)):
                names = [file, *(file.with_name(f"{file.name}.{n}") for n in range(1, KEPT_FILES + 1))]
                for newer, older in reversed(list(pairwise(names))):
                    if newer.exists():
                        newer.replace(older)
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
