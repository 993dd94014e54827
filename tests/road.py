"""The way to a server, as a test can cut it, slow it down and open it again."""

import asyncio
import ssl
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit


class Road:
    """Passes bytes on between a port of its own and a server.

    `cut`: connections break and new ones are refused at once. `hush`: connections stay, and nothing comes through.
    `slow`: everything takes so much longer, each way.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        """With `tls`, who comes by this way must speak TLS; the server behind it does not."""
        self._there = urlsplit(url)
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._port = 0
        self._open = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open.set()
        self._delay_s = 0.0

    @property
    def url(self) -> str:
        """The server's URL by this way."""
        given = self._there.netloc.rpartition("@")[0]
        where = f"127.0.0.1:{self._port}"
        return urlunsplit(self._there._replace(netloc=f"{given}@{where}" if given else where))

    async def open(self) -> None:
        self._open.set()
        self._delay_s = 0.0
        if self._server is None:
            self._server = await asyncio.start_server(self._come, "127.0.0.1", self._port, ssl=self._tls)
            self._port = self._server.sockets[0].getsockname()[1]

    def hush(self) -> None:
        self._open.clear()

    def slow(self, seconds: float) -> None:
        self._delay_s = seconds

    async def cut(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._open.set()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection(self._there.hostname, self._there.port)
        except OSError:
            writer.close()
            return
        for one, other in ((reader, there[1]), (there[0], writer)):
            task = asyncio.create_task(self._pass_on(one, other))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                await self._open.wait()
                await asyncio.sleep(self._delay_s)
                writer.write(data)
                await writer.drain()
        except OSError:
            return
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
