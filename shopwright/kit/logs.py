"""One event, one line: for people, or as JSON for whoever collects it. Neither says who somebody is."""

import json
import logging
import time
from typing import Any

from shopwright.kit import trace
from shopwright.kit.text import escape_controls

TRACE_ID = slice(3, 35)


class Lines(logging.Formatter):
    """A record as one line for people: what could begin another one is escaped. A traceback stands below."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- of the base
        return escape_controls(super().formatMessage(record))


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC, RFC 3339), level, logger, message, and what is known of where it belongs.

    Records may carry fields of their own (`extra={"fields": {…}}`), which then stand in place of the message.
    """

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        fields: dict[str, Any] | None = getattr(record, "fields", None)
        told |= {"message": record.getMessage()} if fields is None else fields
        if known := trace.request_id():
            told["request_id"] = known
        if parent := trace.here():
            told["trace_id"] = parent[TRACE_ID]
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)
