"""Requests to other processes: sent once, on connections that stay open, with a kind for every failure."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trustme

from shopwright.kit import outgoing
from shopwright.kit.rpc.transport import HttpTransport
from tests.builders.server import free_port

HEADERS = {"shopwright-service": "sealed"}
WELL = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """Answers each request with the next of `answers`; the last repeats."""

    def __init__(self, *answers: bytes | Answer) -> None:
        self._answers = list(answers)
        self.received: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                self.received.append(head + await reader.readexactly(length))
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                if callable(answer):
                    await answer(writer)
                    return
                writer.write(answer)
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()


@asynccontextmanager
async def listening(
    *answers: bytes | Answer, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Listener, HttpTransport]]:
    listener = Listener(*answers)
    port = free_port()
    server = await asyncio.start_server(listener.serve, "127.0.0.1", port, ssl=tls)
    transport = HttpTransport(f"http{'s' if tls else ''}://127.0.0.1:{port}/internal/things/")
    async with server:
        try:
            yield listener, transport
        finally:
            await transport.close()


async def ended(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def half(writer: asyncio.StreamWriter) -> None:
    writer.write(WELL[:-1])


async def test_one_connection_serves_one_call_after_the_other() -> None:
    async with listening(WELL) as (listener, transport):
        for number in range(5):
            assert await transport.post("look", b"said", HEADERS) == (200, b"ok")
            assert listener.connections == 1, number
    request = listener.received[0]
    assert request.startswith(b"POST /internal/things/look HTTP/1.1\r\n")
    assert b"shopwright-service: sealed\r\n" in request
    assert request.endswith(b"\r\n\r\nsaid")


async def test_without_a_listener_nothing_was_sent() -> None:
    transport = HttpTransport(f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(ConnectionRefusedError):
        await transport.post("look", b"", HEADERS)
    nowhere = HttpTransport("http://there-is-no-such-name.invalid/")
    with pytest.raises(ConnectionRefusedError):
        await nowhere.post("look", b"", HEADERS)
    for one in (transport, nowhere):
        await one.close()


@pytest.mark.parametrize("fate", [ended, reset, half, b"nonsense\r\n\r\n"])
async def test_an_unanswered_call_was_sent_once_and_is_not_reported_as_refused(fate: bytes | Answer) -> None:
    async with listening(fate) as (listener, transport):
        with pytest.raises(ConnectionError) as lost:
            await transport.post("change", b"said", HEADERS)
        assert not isinstance(lost.value, ConnectionRefusedError)
        assert len(listener.received) == 1


async def test_a_connection_closed_by_the_server_is_not_used_again() -> None:
    async def once(writer: asyncio.StreamWriter) -> None:
        writer.write(WELL)
        writer.close()

    async with listening(once) as (listener, transport):
        for _ in range(5):
            assert await transport.post("change", b"said", HEADERS) == (200, b"ok")
            await asyncio.sleep(0.01)
        assert listener.connections == 5


async def test_a_cancelled_call_does_not_leave_its_answer_to_the_next() -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold")

    async with listening(late, WELL) as (_, transport):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await transport.post("look", b"", HEADERS)
        assert await transport.post("look", b"", HEADERS) == (200, b"ok")


async def test_only_known_authorities_are_trusted() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    async with listening(WELL, tls=tls) as (listener, transport):
        with pytest.raises(ConnectionRefusedError, match="certificate"):
            await transport.post("look", b"", HEADERS)
    assert listener.received == []
    assert outgoing.trust().verify_mode == ssl.CERT_REQUIRED
