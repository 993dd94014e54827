"""Waiting for other processes."""

import time
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

PAUSE_S = 0.05
WITHIN_S = 5


def comes_true(condition: Callable[[], bool], within_s: float) -> bool:
    """Poll until true. Returns whether it was, in time."""
    ends = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(PAUSE_S)
    return True


def is_ready(port: int) -> bool:
    """Whether the server at this local port is ready.

    It is polled many times a second beside starting processes, so it uses no HTTPS client, whose certificates take
    longer to load than all else.
    """
    with closing(HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)) as connection:
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
