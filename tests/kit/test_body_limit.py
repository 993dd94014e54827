"""A body that arrives without pauses is read before the answer; a client that pauses is answered at once."""

import asyncio
from typing import Any

import pytest

from shopwright.kit.http.body_limit import BodyLimit

PIECES = [b"x" * 100, b"y" * 100, b"z"]


async def request(
    app: Any, headers: list[tuple[bytes, bytes]], pieces: list[bytes], largest: int = 10_000, *, pauses: bool = False
) -> list[str]:
    """The events in order. `pauses`: after the last piece nothing arrives, and the body is incomplete."""
    happened: list[str] = []
    left = list(pieces)

    async def receive() -> Any:
        if not left and pauses:
            await asyncio.Event().wait()
        if not left:
            return {"type": "http.disconnect"}
        body = left.pop(0)
        happened.append(f"read {len(body)}")
        return {"type": "http.request", "body": body, "more_body": bool(left) or pauses}

    async def send(message: Any) -> None:
        happened.append(message["type"])

    scope: Any = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    await BodyLimit(app, largest)(scope, receive, send)
    return happened


async def refuses(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 401, "headers": []})
    await send({"type": "http.response.body", "body": b"no"})


async def reads_one(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await refuses(scope, receive, send)


ANSWERED = ["http.response.start", "http.response.body"]


@pytest.mark.parametrize("app", [refuses, reads_one])
@pytest.mark.parametrize("header", [(b"content-length", b"201"), (b"transfer-encoding", b"chunked")])
async def test_an_unread_body_is_read_before_the_answer(app: Any, header: tuple[bytes, bytes]) -> None:
    assert await request(app, [header], PIECES) == ["read 100", "read 100", "read 1", *ANSWERED]


async def test_a_body_that_was_read_or_is_empty_is_not_read_again() -> None:
    async def reads_all(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await refuses(scope, receive, send)

    length = (b"content-length", b"201")
    assert await request(reads_all, [length], PIECES) == ["read 100", "read 100", "read 1", *ANSWERED]
    assert await request(refuses, [], PIECES) == ANSWERED
    assert await request(refuses, [(b"content-length", b"0")], PIECES) == ANSWERED


async def test_reading_stops_at_the_largest_body_and_when_the_client_is_gone() -> None:
    length = (b"content-length", b"201")
    assert await request(refuses, [length], PIECES, largest=150) == ["read 100", "read 100", *ANSWERED]
    assert await request(refuses, [length], []) == ANSWERED


async def test_a_pausing_client_is_not_waited_for() -> None:
    async with asyncio.timeout(1):
        assert await request(refuses, [(b"content-length", b"900")], PIECES[:1], pauses=True) == ["read 100", *ANSWERED]
