"""How calls between processes go out: HTTP/1.1 on connections that stay open."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import aiohttp

from shopwright.kit.outgoing import trust

# Sooner than a balancer (75 s) or a process (30 s) ends it, who would lose what is on its way.
IDLE_S = 10
RESOLVED_S = 1  # names of services move with their processes


class Transport(Protocol):
    """To one address."""

    async def post(self, verb: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises ConnectionRefusedError where nobody was there and nothing was sent, ConnectionError where no answer came. How
        long it may take is the caller's to say.
        """
        ...

    async def close(self) -> None: ...


class HttpTransport:
    """`base`: what each verb is put behind. It takes nothing from the environment, and follows no redirects."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._session: aiohttp.ClientSession | None = None

    async def post(self, verb: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        if self._session is None:
            self._session = _session()  # wants to be made in the loop it lives in
        try:
            async with self._session.post(
                f"{self._base}{verb}", data=body, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except aiohttp.ClientConnectorError as error:
            raise ConnectionRefusedError(str(error)) from error
        except aiohttp.ClientError as error:
            raise ConnectionError(str(error)) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # its connections hear of it in the next round of the loop


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=trust(), keepalive_timeout=IDLE_S, ttl_dns_cache=RESOLVED_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),  # none: the caller has one
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
    )
