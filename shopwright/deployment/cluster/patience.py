"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

PAUSE_S = 0.05
ASKED_IN_S = 5


def comes_true(asked: Callable[[], bool], within_s: float) -> bool:
    """Ask again and again; answers whether it came true in time."""
    ends = time.monotonic() + within_s
    while not asked():
        if time.monotonic() > ends:
            return False
        time.sleep(PAUSE_S)
    return True


def is_ready(port: int) -> bool:
    """Does the server at this port of the machine say that it is ready?

    It is asked many times a second beside processes that start: without the certificates that a client for the internet
    reads first, which take longer than all else.
    """
    with closing(HTTPConnection("127.0.0.1", port, timeout=ASKED_IN_S)) as connection:
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
