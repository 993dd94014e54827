"""The transport of calls between processes: HTTP/1.1 on persistent connections."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import aiohttp

from shopwright.kit.outgoing import trust

# Shorter than a balancer's (75 s) or process's (30 s) limit, which would drop calls in flight.
IDLE_S = 10
RESOLVED_S = 1  # names of services move with their processes


class Transport(Protocol):
    """A transport to one address."""

    async def post(self, operation: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Return status and body.

        Raises ConnectionRefusedError if nothing was sent, ConnectionError without an answer. The caller limits the
        time.
        """
        ...

    async def close(self) -> None: ...


class HttpTransport:
    """`base`: the URL prefix of operations. No redirects, no settings from the environment."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._session: aiohttp.ClientSession | None = None

    async def post(self, operation: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        if self._session is None:
            self._session = _session()  # wants to be made in the loop it lives in
        try:
            async with self._session.post(
                f"{self._base}{operation}", data=body, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except aiohttp.ClientConnectorError as error:
            raise ConnectionRefusedError(str(error)) from error
        except aiohttp.ClientError as error:
            raise ConnectionError(str(error)) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # its connections close in the next iteration of the loop


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=trust(), keepalive_timeout=IDLE_S, ttl_dns_cache=RESOLVED_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),  # none: the caller has one
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
    )
