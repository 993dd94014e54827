"""Fastly: `fastly://:TOKEN@SERVICE`, with a token of scope purge_select.

https://www.fastly.com/documentation/reference/api/purging/ : “bulk purge tag”, 256 keys at a time. It removes its own
headers `Surrogate-Control` and `Surrogate-Key` before browsers see them.
"""

from collections.abc import Iterable
from datetime import timedelta

from shopwright.engines.cdn.api_client import CdnClient
from shopwright.engines.cdn.kept import FOR_BROWSERS, KEPT_S, STALE, some
from shopwright.kit.settings import take_apart

API = "https://api.fastly.com"
MOST = 256


class Fastly:
    """See `kit.ports.Cdn`. `?api=` replaces the API's address."""

    every = timedelta(seconds=1)

    def __init__(self, url: str) -> None:
        given = take_apart("cdn", url, ("api",))
        self._service = given.hosts[0][0]
        self._asking = CdnClient("Fastly", given.options.get("api", API), {"fastly-key": given.password})

    def headers(self, keys: Iterable[str]) -> list[tuple[bytes, bytes]]:
        return [
            FOR_BROWSERS,
            (b"surrogate-control", f"max-age={KEPT_S}, {STALE}".encode()),
            (b"surrogate-key", " ".join(sorted(keys)).encode()),
        ]

    async def purge(self, keys: Iterable[str]) -> None:
        for part in some(keys, MOST):
            await self._asking.post(f"/service/{self._service}/purge", {"surrogate_keys": part})

    async def close(self) -> None:
        await self._asking.close()
