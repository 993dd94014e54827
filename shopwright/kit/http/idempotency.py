"""Idempotency-Key for any POST: the same key and body get the same response; another body, 409.

Operations that move money (placing an order, refunds) store their key with their row and need no middleware; for all
other POSTs this one stores the response.

Responses may contain secrets (tokens, cart ids) and bodies passwords. So nothing stored can be read or guessed: caller,
key and body are HMACs, and the response is encrypted (AES-GCM) with a key derived from what only the request contains
(its Idempotency-Key and credentials) and the shop's secret.

A key belongs to the client that presents the same token or cookies; without either, to address and browser.
"""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from litestar.enums import ScopeType
from litestar.params import HeaderParameter
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from shopwright.kit.clients import counted_as
from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.derived import KeyedHash, derived_key, fingerprint
from shopwright.kit.errors import Conflict, IdempotencyConflict, Invalid
from shopwright.kit.translation import gettext as _

HEADER = b"idempotency-key"
KEPT = (200, 500)  # answers in this range are repeated; a 5xx may be tried again
TOO_EARLY = 429  # another answer is given later
ABANDONED = timedelta(seconds=30)
PATIENCE_S = 10.0
LONGEST_KEY = 255
NONCE = 12
# For routes that store the key with what they write.
RepeatHeader = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key", description="a UUID of your own; repeated requests with it take effect once"
    ),
]


class StoredAnswer(msgspec.Struct, array_like=True):
    """A response to repeat."""

    headers: list[tuple[bytes, bytes]]
    body: bytes


class RequestFingerprint(msgspec.Struct, frozen=True):
    """A request as its row knows it; `secret` decrypts the response and is not stored."""

    who: str
    key: str
    fingerprint: str
    secret: bytes


def read_key(raw: bytes | str) -> str:
    """Return a valid key. Raises Invalid."""
    key = raw.decode("latin-1") if isinstance(raw, bytes) else raw
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise Invalid.at(
            "/headers/Idempotency-Key", _("An Idempotency-Key has 1 to 255 visible characters; a UUID is good.")
        )
    return key


class Idempotency:
    """ASGI middleware for the routes of one service; responses are stored in its database."""

    def __init__(self, app: ASGIApp, work: Callable[[], ServiceDatabase], secret: Callable[[], str]) -> None:
        self._app = app
        self._work = work
        self._secret = secret

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
        mark = _mark(self._secret(), scope, headers, body)
        stored = await self._claim(mark)
        if stored is not None:
            await _repeat(send, *stored)
            return
        await self._perform(scope, body, send, mark)

    async def _claim(self, mark: RequestFingerprint) -> tuple[int, StoredAnswer] | None:
        """Claim the request. Returns None if it is ours to process; otherwise the stored response, waiting if it is in progress."""
        for _unused in range(int(PATIENCE_S / 0.05)):
            async with self._work().begin() as tx:
                if await tx.run(
                    "INSERT INTO idempotency (scope, key, fingerprint, status, answer, time)"
                    " VALUES (:scope, :key, :marks, 0, '', :now) ON CONFLICT (scope, key) DO UPDATE SET time = :now"
                    " WHERE idempotency.status = 0 AND idempotency.time < :abandoned AND idempotency.fingerprint = :marks",
                    scope=mark.who,
                    key=mark.key,
                    marks=mark.fingerprint,
                    now=to_micros(tx.now),
                    abandoned=to_micros(tx.now - ABANDONED),
                ):
                    return None
                row = await tx.one(
                    "SELECT * FROM idempotency WHERE scope = :scope AND key = :key", scope=mark.who, key=mark.key
                )
            if row is not None and row["fingerprint"] != mark.fingerprint:
                raise IdempotencyConflict(_("This Idempotency-Key was used for another request. Use a new one."))
            if row is not None and row["status"]:
                return row["status"], _opened(row["answer"], mark)
            await asyncio.sleep(0.05)
        raise Conflict(_("A request with this Idempotency-Key is still being worked on. Ask again in a moment."))

    async def _perform(self, scope: Scope, body: bytes, send: Send, mark: RequestFingerprint) -> None:
        status, headers, chunks = 500, [], []

        async def again() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def listen(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message["headers"])
            elif message["type"] == "http.response.body":
                chunks.append(message["body"])

        await self._app(scope, again, listen)
        answer = b"".join(chunks)
        work = self._work()
        async with work.begin() as tx:
            if KEPT[0] <= status < KEPT[1] and status != TOO_EARLY:
                await tx.run(
                    "UPDATE idempotency SET status = :status, answer = :answer WHERE scope = :scope AND key = :key",
                    status=status,
                    answer=_sealed(StoredAnswer(headers, answer), mark, bytes.fromhex(work.ids.secret(NONCE))),
                    scope=mark.who,
                    key=mark.key,
                )
            else:
                await tx.run(
                    "DELETE FROM idempotency WHERE scope = :scope AND key = :key", scope=mark.who, key=mark.key
                )
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer, "more_body": False})


def _mark(secret: str, scope: Any, headers: dict[bytes, bytes], body: bytes) -> RequestFingerprint:
    key = read_key(headers[HEADER])
    client_key = (headers.get(b"authorization", b""), headers.get(b"cookie", b""))
    if not any(client_key):  # another guest with the same key is another guest
        client = scope.get("client")
        client_key = (counted_as(client[0]).encode() if client else b"", headers.get(b"user-agent", b""))
    keyed = _keyed(secret)
    who = fingerprint(*client_key)
    request_key = fingerprint(scope["path"].encode(), scope.get("query_string", b""), body)
    answer = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"shopwright idempotent answer")
    return RequestFingerprint(
        keyed.of("who", who),
        keyed.of("key", f"{who} {key}"),
        keyed.of("request", request_key),
        answer.derive(derived_key(secret, "idempotent answers") + fingerprint(*client_key, key.encode()).encode()),
    )


@lru_cache(maxsize=8)
def _keyed(secret: str) -> KeyedHash:
    return KeyedHash(secret, "idempotency keys")


def _sealed(stored: StoredAnswer, mark: RequestFingerprint, nonce: bytes) -> str:
    text = AESGCM(mark.secret).encrypt(nonce, msgspec.msgpack.encode(stored), mark.who.encode())
    return b64encode(nonce + text).decode()


def _opened(answer: str, mark: RequestFingerprint) -> StoredAnswer:
    raw = b64decode(answer)
    return msgspec.msgpack.decode(
        AESGCM(mark.secret).decrypt(raw[:NONCE], raw[NONCE:], mark.who.encode()), type=StoredAnswer
    )


NATURAL = frozenset({"/v1/orders", "/v1/orders/{order_id}/refunds"})


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message: Any = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def _repeat(send: Send, status: int, stored: StoredAnswer) -> None:
    headers = [*stored.headers, (b"idempotency-replayed", b"true")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": stored.body, "more_body": False})
