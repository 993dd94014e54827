"""What those who guard the shop want to know: sign-ins and what was refused, one line each, without anybody's name.

`shopwright.security` is the logger; `serve` and `work` write it to `security.log` in the data folder, one JSON object a
line. Accounts stand there by id; client addresses as they came, because without them nobody could be kept out.
"""

import logging

import msgspec

log = logging.getLogger("shopwright.security")


def note(event: str, **about: str | int | None) -> None:
    """One event; what is empty is left out."""
    told = {name: value for name, value in about.items() if value not in {None, ""}}
    log.info("%s", msgspec.json.encode({"event": event, **told}).decode())
