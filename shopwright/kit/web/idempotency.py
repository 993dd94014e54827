"""Idempotency-Key on any POST: same key and body, same answer; another body, 409.

Verbs on which money depends (placing an order, refunding) keep their key with the row they write and need no
middleware; for all other POSTs this one remembers the answer.
"""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Conflict, IdempotencyConflict, Invalid
from shopwright.kit.versions import understood
from shopwright.kit.work import Work

HEADER = b"idempotency-key"
KEPT = (200, 500)  # answers in this range are repeated; a 5xx may be tried again
TOO_EARLY = 429  # another answer is given later
ABANDONED = timedelta(seconds=30)
PATIENCE_S = 10.0
LONGEST_KEY = 255


class Stored(msgspec.Struct):
    """An answer to be given again."""

    headers: list[tuple[str, str]]
    body: str


def read_key(raw: bytes | str) -> str:
    """A usable key. Raises Invalid."""
    key = raw.decode("latin-1") if isinstance(raw, bytes) else raw
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise Invalid.at(
            "/headers/Idempotency-Key", "An Idempotency-Key has 1 to 255 visible characters; a UUID is good."
        )
    return key


def fingerprint(*parts: bytes) -> str:
    """A hash that tells whether two requests are the same."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


class Idempotency:
    """ASGI middleware over the routes of one service; answers are kept in that service's database."""

    def __init__(self, app: ASGIApp, work: Callable[[], Work]) -> None:
        self._app = app
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", []))
        if (
            scope["type"] != ScopeType.HTTP
            or scope["method"] != "POST"
            or HEADER not in headers
            or scope["path_template"] in NATURAL
        ):
            await self._app(scope, receive, send)
            return
        body = await _whole(receive)
        who = fingerprint(headers.get(b"authorization", b""), headers.get(b"cookie", b""))
        key = read_key(headers[HEADER])
        marks = fingerprint(scope["path"].encode(), scope.get("query_string", b""), body)
        stored = await self._claim(who, key, marks)
        if stored is not None:
            await _repeat(send, *stored)
            return
        await self._perform(scope, body, send, who, key)

    async def _claim(self, who: str, key: str, marks: str) -> tuple[int, Stored] | None:
        """None: it is ours to do. Otherwise the answer given before, waiting for it where another is still at it."""
        for _ in range(int(PATIENCE_S / 0.05)):
            async with self._work().begin() as tx:
                now = to_micros(tx.now)
                if await tx.run(
                    "INSERT INTO idempotency (scope, key, fingerprint, status, answer, time)"
                    " VALUES (:scope, :key, :marks, 0, '', :now) ON CONFLICT (scope, key) DO UPDATE SET time = :now"
                    " WHERE idempotency.status = 0 AND idempotency.time < :abandoned AND idempotency.fingerprint = :marks",
                    scope=who,
                    key=key,
                    marks=marks,
                    now=now,
                    abandoned=to_micros(tx.now - ABANDONED),
                ):
                    return None
                row = await tx.one("SELECT * FROM idempotency WHERE scope = :scope AND key = :key", scope=who, key=key)
            if row is not None and row["fingerprint"] != marks:
                raise IdempotencyConflict("This Idempotency-Key was used for another request. Use a new one.")
            if row is not None and row["status"]:
                return row["status"], understood(row["answer"], Stored)
            await asyncio.sleep(0.05)
        raise Conflict("A request with this Idempotency-Key is still being worked on. Ask again in a moment.")

    async def _perform(self, scope: Scope, body: bytes, send: Send, who: str, key: str) -> None:
        status, kept, chunks = 500, [], []

        async def again() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def listen(message: Message) -> None:
            nonlocal status, kept
            if message["type"] == "http.response.start":
                status, kept = message["status"], list(message["headers"])
            elif message["type"] == "http.response.body":
                chunks.append(message["body"])

        await self._app(scope, again, listen)
        answer = b"".join(chunks)
        async with self._work().begin() as tx:
            if KEPT[0] <= status < KEPT[1] and status != TOO_EARLY:
                headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in kept]
                await tx.run(
                    "UPDATE idempotency SET status = :status, answer = :answer WHERE scope = :scope AND key = :key",
                    status=status,
                    answer=msgspec.json.encode(Stored(headers, answer.decode())).decode(),
                    scope=who,
                    key=key,
                )
            else:
                await tx.run("DELETE FROM idempotency WHERE scope = :scope AND key = :key", scope=who, key=key)
        await send({"type": "http.response.start", "status": status, "headers": kept})
        await send({"type": "http.response.body", "body": answer, "more_body": False})


NATURAL = frozenset({"/v1/orders", "/v1/orders/{order_id}/refunds"})


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message: Any = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def _repeat(send: Send, status: int, stored: Stored) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in stored.headers]
    headers.append((b"idempotency-replayed", b"true"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": stored.body.encode(), "more_body": False})
