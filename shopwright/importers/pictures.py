"""Pictures by address: fetched where that is possible and safe, kept as references where it is not."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

import httpx

from shopwright.importers.draft import DraftImage
from shopwright.kit import outgoing
from shopwright.kit.errors import Invalid
from shopwright.services.catalog.contract import Catalog, Media

MOST_BYTES = 20_000_000
TIMEOUT_S = 8.0
PATIENCE = 2  # failures after which a host is not asked again


class Fetcher:
    """Fetches for one import."""

    def __init__(self, catalog: Catalog, *, fetch: bool, base: str = "") -> None:
        self._catalog = catalog
        self._fetch = fetch
        self._base = base.rstrip("/")
        self._failures: dict[str, int] = {}
        self._known: dict[str, Media] = {}
        self._client = outgoing.client(TIMEOUT_S)

    async def close(self) -> None:
        await self._client.aclose()

    async def media(self, image: DraftImage) -> Media | None:
        """Our own copy, or a reference to theirs; None for one whose address says not where it is."""
        if not image.url.startswith(("http://", "https://")):
            if not self._base:
                return None
            image = DraftImage(f"{self._base}/{image.url.lstrip('/')}", image.alt)
        if image.url not in self._known:
            data = await self._bytes(image.url) if self._fetch else None
            try:
                found = await self._catalog.add_media(data, image.alt) if data else None
            except Invalid:
                found = None
            self._known[image.url] = found or Media(url=image.url, alt=image.alt)
        return self._known[image.url]

    async def _bytes(self, url: str) -> bytes | None:
        host = urlsplit(url).hostname or ""
        if self._failures.get(host, 0) >= PATIENCE:
            return None
        try:
            if not await _is_public(host):
                return None
            async with self._client.stream("GET", url) as answer:
                answer.raise_for_status()
                data = bytearray()
                async for chunk in answer.aiter_bytes():
                    data += chunk
                    if len(data) > MOST_BYTES:
                        return None
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError):
            self._failures[host] = self._failures.get(host, 0) + 1
            return None


async def _is_public(host: str) -> bool:
    """An import file must not make the shop look into its own network. Raises OSError for a host nobody knows."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return all(ipaddress.ip_address(entry[4][0]).is_global for entry in found)
