"""What arrives without a pause is read before the answer; who pauses is answered at once."""

import asyncio
from typing import Any

import pytest

from shopwright.kit.http.body_limit import BodyLimit

PIECES = [b"x" * 100, b"y" * 100, b"z"]


async def told(
    app: Any, headers: list[tuple[bytes, bytes]], pieces: list[bytes], largest: int = 10_000, *, pauses: bool = False
) -> list[str]:
    """What happened, in its order. `pauses`: after the last piece nothing comes, and it is not the end."""
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
async def test_what_was_not_read_is_read_before_the_answer(app: Any, header: tuple[bytes, bytes]) -> None:
    assert await told(app, [header], PIECES) == ["read 100", "read 100", "read 1", *ANSWERED]


async def test_who_has_read_it_or_sends_nothing_is_not_asked_again() -> None:
    async def reads_all(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await refuses(scope, receive, send)

    length = (b"content-length", b"201")
    assert await told(reads_all, [length], PIECES) == ["read 100", "read 100", "read 1", *ANSWERED]
    assert await told(refuses, [], PIECES) == ANSWERED
    assert await told(refuses, [(b"content-length", b"0")], PIECES) == ANSWERED


async def test_it_does_not_wait_for_more_than_the_largest_nor_for_who_has_gone() -> None:
    length = (b"content-length", b"201")
    assert await told(refuses, [length], PIECES, largest=150) == ["read 100", "read 100", *ANSWERED]
    assert await told(refuses, [length], []) == ANSWERED


async def test_it_does_not_wait_for_who_pauses() -> None:
    async with asyncio.timeout(1):
        assert await told(refuses, [(b"content-length", b"900")], PIECES[:1], pauses=True) == ["read 100", *ANSWERED]
