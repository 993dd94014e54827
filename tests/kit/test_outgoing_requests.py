"""Outgoing requests fail with one kind of error."""

import asyncio
import socket
import struct
import threading

import httpx
import uvloop

from shopwright.kit.outgoing import client


def _reset_all(listener: socket.socket) -> None:
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:
            return
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()


def test_a_server_that_resets_every_connection_is_a_network_error_and_nothing_else() -> None:
    async def ask(url: str) -> None:
        async with client(timeout_s=5) as outside:
            try:
                await outside.post(url, content=b"x")
            except httpx.HTTPError:
                return
        raise AssertionError("a reset connection answered")

    async def many(url: str) -> None:
        for _ in range(5):
            await asyncio.gather(*(ask(url) for _ in range(20)))

    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        threading.Thread(target=_reset_all, args=(listener,), daemon=True).start()
        uvloop.run(many(f"http://127.0.0.1:{listener.getsockname()[1]}/"))
        listener.shutdown(socket.SHUT_RDWR)
