"""Varnish: `varnish://:KEY@edge1:6081,edge2:6081`, configured by the file that `shopwright varnish` writes."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import httpx

from shopwright.engines.cdn.kept import KEPT_S, STALE, some
from shopwright.kit import outgoing
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.settings import take_apart
from shopwright.kit.translation import gettext as _

PORT = 6081
ANSWER_S = 3
MOST = 200  # keys in one header of 8 KiB
METHOD = "PURGEKEYS"
KEYS, SECRET = "surrogate-key", "purge-secret"


def secret_of(url: str) -> str:
    """The secret for purging. Raises Invalid if missing, or with characters that need quoting."""
    given = take_apart("cdn", url).password
    if not given.replace("-", "").replace("_", "").isalnum():
        raise Invalid(
            _(
                "SHOPWRIGHT_CDN needs a secret that allows purges, of letters, digits, - and _: varnish://:SECRET@host:6081."
            )
        )
    return given


class Varnish:
    """See `kit.ports.Cdn`. Every server must confirm."""

    every = timedelta(seconds=0.5)

    def __init__(self, url: str) -> None:
        self._hosts = [f"http://{host}:{port or PORT}" for host, port in take_apart("cdn", url).hosts]
        self._client = outgoing.client(timeout_s=ANSWER_S)
        self._client.headers[SECRET] = secret_of(url)

    def headers(self, keys: Iterable[str]) -> list[tuple[bytes, bytes]]:
        # Its configuration removes both before a browser sees them.
        return [
            (b"cache-control", f"public, max-age=0, s-maxage={KEPT_S}, {STALE}".encode()),
            (KEYS.encode(), " ".join(sorted(keys)).encode()),
        ]

    async def purge(self, keys: Iterable[str]) -> None:
        for part in some(keys, MOST):
            await asyncio.gather(*(self._purge_host(host, part) for host in self._hosts))

    async def _purge_host(self, host: str, keys: list[str]) -> None:
        try:
            answer = await self._client.request(METHOD, host, headers={KEYS: "|".join(keys)})
        except httpx.HTTPError as error:
            raise Unavailable(
                _("Varnish at {host} does not answer ({error}).", host=host, error=f"{error!r}")
            ) from None
        if not answer.is_success:
            raise Unavailable(
                _(
                    "Varnish at {host} did not purge: it answered {status_code}.",
                    host=host,
                    status_code=answer.status_code,
                )
            )

    async def close(self) -> None:
        await self._client.aclose()
