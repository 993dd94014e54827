"""Log formats: plain lines for people, or JSON. Neither contains personal data or secrets."""

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
SECURITY = '{"time": "%(asctime)s.%(msecs)03dZ", "event": %(message)s}'
HIDDEN = "*"
# The size at which a log file is rotated, and how many are kept.
MOST_BYTES, KEPT_FILES = 20_000_000, 5
_BEARER = re.compile(rf"\b({'|'.join(BEARERS)})_[0-9a-zA-Z]{{8,}}")
_SECRET = re.compile(r"\b((?:token|key|secret|password)=|Bearer )[\w.~+/-]{16,}")


def without_secrets(text: str) -> str:
    """Remove cart ids, tokens and link keys."""
    return _SECRET.sub(rf"\1{HIDDEN}", _BEARER.sub(rf"\1_{HIDDEN}", text))


class SecretFilter(logging.Formatter):
    """Removes secrets from whatever is logged."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class TextFormatter(SecretFilter):
    """One line for people, with line breaks escaped; tracebacks follow below.

    It starts with the time and its UTC offset (ISO 8601), even if a journal adds its own, as lines are searched in
    files and by `journalctl -o cat`, too.
    """

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 -- of the base
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- of the base
        return escape_controls(super().formatMessage(record))


class SecurityLines(SecretFilter):
    """Records of the security log, already JSON, with their time."""

    def __init__(self) -> None:
        super().__init__(SECURITY, "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime


class JsonFormatter(SecretFilter):
    """One line of JSON: time (UTC, RFC 3339), level, logger, message, and its context.

    Records may carry fields (`extra={"fields": {…}}`) in place of the message.
    """

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
        }
        fields: dict[str, Any] | None = getattr(record, "fields", None)
        entry |= {"message": record.getMessage()} if fields is None else fields
        if known := tracing.request_id():
            entry.setdefault("request_id", known)
        if found := tracing.id_of(tracing.current()):
            entry.setdefault("trace_id", found)
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(entry, ensure_ascii=False, default=str))


class SizedFile(WatchedFileHandler):
    """A log file shared by processes. When too large it is renamed to NAME.1, and the oldest is deleted."""

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
        """Rename the file, unless another process has done so."""
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
