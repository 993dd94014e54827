"""Business steps of orders in the log `shopwright.business`, one line each, with ids and no personal data."""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from shopwright.kit.data.events import StoredEvent
from shopwright.kit.observability import tracing

log = logging.getLogger("shopwright.business")

PLAIN = re.compile(r"[\w.,:#/+-]+")


def note(step: str, ids: Mapping[str, str], *, request: str, parent: str) -> None:
    """Log a step. `ids`: by field name, without empty ones. `parent`: the `traceparent` it follows from."""
    fields = {"event": step, **ids, "request_id": request, "trace_id": tracing.id_of(parent)}
    values = {name: value for name, value in fields.items() if value}
    words = [f"{_short(name)}={_quoted(value)}" for name, value in values.items() if name != "event"]
    log.info("%s", " ".join([step, *words]), extra={"fields": values})


@contextmanager
def unlogged() -> Iterator[None]:
    """Log nothing inside, as it imports the past."""
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def note_event(event: StoredEvent) -> None:
    """Log a committed event if it is a business step."""
    if not log.isEnabledFor(logging.INFO):
        return
    names = type(event.data).shown_in_log()
    if names:
        ids = {name: str(getattr(event.data, name)) for name in names}
        note(event.type, ids, request=event.request, parent=event.trace)


def _short(name: str) -> str:
    return name.removesuffix("_id").removesuffix("_key")


def _quoted(value: str) -> str:
    """Quote a value, as an earlier shop's number may be any text and must not start another field."""
    return value if PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
