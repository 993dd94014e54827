"""The security log: sign-ins and refusals, one line each, without personal data.

The logger is `shopwright.security`; `serve` and `work` write it to `security.log` in the data folder as JSON lines.
Accounts appear by id; client addresses in full, as they are needed to block attackers.
"""

import logging

import msgspec

log = logging.getLogger("shopwright.security")


def note(event: str, **about: str | int | None) -> None:
    """Log an event without empty fields."""
    values = {name: value for name, value in about.items() if value not in {None, ""}}
    log.info("%s", msgspec.json.encode({"event": event, **values}).decode())
