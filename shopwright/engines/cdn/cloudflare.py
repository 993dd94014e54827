"""Cloudflare: `cloudflare://:TOKEN@ZONE`, with a token that may purge the zone's cache.

https://developers.cloudflare.com/api/resources/cache/methods/purge/ : by tag, thirty at a time. A cache rule must make
pages eligible (origin decides), and bypass the cache for the session cookie.
"""

from collections.abc import Iterable
from datetime import timedelta

from shopwright.engines.cdn.api_client import CdnClient
from shopwright.engines.cdn.kept import FOR_BROWSERS, KEPT_S, STALE, some
from shopwright.kit.errors import Unavailable
from shopwright.kit.settings import take_apart
from shopwright.kit.translation import gettext as _

API = "https://api.cloudflare.com/client/v4"
MOST = 30


class Cloudflare:
    """See `kit.ports.Cdn`. `?api=` replaces the API's address."""

    every = timedelta(seconds=1)

    def __init__(self, url: str) -> None:
        given = take_apart("cdn", url, ("api",))
        self._zone = given.hosts[0][0]
        self._asking = CdnClient(
            "Cloudflare", given.options.get("api", API), {"authorization": f"Bearer {given.password}"}
        )

    def headers(self, keys: Iterable[str]) -> list[tuple[bytes, bytes]]:
        return [
            FOR_BROWSERS,
            (b"cloudflare-cdn-cache-control", f"public, max-age={KEPT_S}, {STALE}".encode()),
            (b"cache-tag", ",".join(sorted(keys)).encode()),
        ]

    async def purge(self, keys: Iterable[str]) -> None:
        for part in some(keys, MOST):
            answer = await self._asking.post(f"/zones/{self._zone}/purge_cache", {"tags": part})
            if not answer.get("success"):
                raise Unavailable(_("Cloudflare did not purge, and says so."))

    async def close(self) -> None:
        await self._asking.close()
