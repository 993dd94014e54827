"""A proxy in front of a server that a test can cut, slow down and open again."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit


class TcpProxy:
    """Forwards bytes between a port of its own and a server.

    `cut`: connections break and new ones are refused at once. `hush`: connections stay, and nothing comes through.
    `slow`: everything is delayed in both directions. `shake`: connections break, new ones are accepted. `crowd`: they break,
    and only a few new ones are accepted at a time. `lose`: the nth message to the server that contains these bytes arrives,
    but its answer does not: the connection breaks. `narrow`: a number of bytes per second in both directions. `half`: data
    to the server arrives, and the way back is closed. `cling`: connections that end there stay here.
    """

    def __init__(self, url: str) -> None:
        self._there = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._open = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open.set()
        self._delay_s = 0.0
        self._bytes_s = 0
        self._half = False
        self._clings = False
        self._most: int | None = None
        self._lost, self._lost_number = b"", 0
        self.passed = 0
        self._shaken = 0

    @property
    def url(self) -> str:
        """The URL of the server through this proxy."""
        credentials = self._there.netloc.rpartition("@")[0]
        where = f"127.0.0.1:{self._port}"
        return urlunsplit(self._there._replace(netloc=f"{credentials}@{where}" if credentials else where))

    async def open(self) -> None:
        self._open.set()
        self._delay_s, self._bytes_s = 0.0, 0
        self._half = self._clings = False
        self._most = None
        if self._server is None:
            self._server = await asyncio.start_server(self._come, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    def hush(self) -> None:
        self._open.clear()

    def slow(self, seconds: float) -> None:
        self._delay_s = seconds

    def narrow(self, bytes_a_second: int) -> None:
        self._bytes_s = bytes_a_second

    def cling(self) -> None:
        self._clings = True

    async def half(self) -> None:
        self._half = True
        await self.shake()

    def lose(self, what: bytes, number: int) -> None:
        """With `number` 0 they are only counted, in `passed`."""
        self._lost, self._lost_number, self.passed = what, number, 0

    async def crowd(self, most: int) -> None:
        self._most = most
        await self.shake()

    async def cut(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        await self.shake()
        self._open.set()

    async def shake(self) -> None:
        self._shaken += 1
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shaken = self._shaken
        if self._most is not None and len(self._tasks) >= 2 * self._most:
            writer.close()
            return
        try:
            there = await asyncio.open_connection(self._there.hostname, self._there.port)
        except OSError:
            writer.close()
            return
        if shaken != self._shaken:  # this connection should break, too
            writer.close()
            there[1].close()
            return
        going = asyncio.create_task(self._pass_on(reader, there[1], writer))
        coming = asyncio.create_task(self._pass_on(there[0], writer))
        for task, its in ((going, there[1]), (coming, writer)):
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(
                lambda _task, its=its: its.close()
            )  # a connection that never began closes nothing itself

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter | None = None
    ) -> None:
        """`back`: who waits for the answers to this."""
        try:
            while data := await reader.read(65_536):
                await self._open.wait()
                await asyncio.sleep(self._delay_s + (len(data) / self._bytes_s if self._bytes_s else 0))
                if back is not None and self._lost and self._lost in data:
                    self.passed += 1
                    if self.passed == self._lost_number:
                        back.transport.abort()
                if back is None and self._half:
                    break
                writer.write(data)
                await writer.drain()
            while self._clings:
                await asyncio.sleep(0.01)
        except OSError:
            return
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
