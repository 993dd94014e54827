"""Pictures by URL: downloaded if possible and safe, else kept as references."""

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
    """Downloads for one import."""

    def __init__(
        self, catalog: Catalog, *, fetch: bool, base: str = "", client: httpx.AsyncClient | None = None
    ) -> None:
        self._catalog = catalog
        self._fetch = fetch
        self._base = base.rstrip("/")
        self._failures: dict[str, int] = {}
        self._known: dict[str, Media] = {}
        self._client = client or outgoing.client(TIMEOUT_S)

    async def close(self) -> None:
        await self._client.aclose()

    async def media(self, image: DraftImage) -> Media | None:
        """Our copy, or a reference; None for a path without a base."""
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
        host = ""
        try:
            split = urlsplit(url)
            host, port = split.hostname or "", split.port
            if not host or self._failures.get(host, 0) >= PATIENCE:
                return None
            address = await outgoing.public_address(host)
            if address is None:
                return None
            # We connect to the checked address; the host name is sent, and its certificate verified.
            there = httpx.URL(url).copy_with(host=address, username=None, password=None)
            authority = host if port is None else f"{host}:{port}"
            async with self._client.stream(
                "GET", there, headers={"Host": authority}, extensions={"sni_hostname": host}
            ) as answer:
                answer.raise_for_status()
                data = bytearray()
                async for chunk in answer.aiter_bytes():
                    data += chunk
                    if len(data) > MOST_BYTES:
                        return None
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):  # of an address that is none, ValueError
            self._failures[host] = self._failures.get(host, 0) + 1
            return None
