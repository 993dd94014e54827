"""Caches in front of the shop (CDN): `varnish://…`, or those of Cloudflare, Fastly and Amazon.

What they may keep is told by headers (RFC 9111; RFC 5861 for what is stale), and dropped by surrogate keys. An answer
is kept for a minute at most, should what drops it be lost; when the shop does not answer, for a day.
"""

from shopwright.kit.ports import Cdn
from shopwright.kit.settings import choose, client_of


def open_edge(url: str) -> Cdn | None:
    """The cache behind `url`; None where there is none. Raises Invalid."""
    return choose(
        "cdn",
        url,
        {
            "off": _off,
            "varnish": _varnish,
            "cloudflare": _cloudflare,
            "fastly": _fastly,
            "cloudfront": _cloudfront,
        },
    )(url)


def _off(_url: str) -> None:
    return None


def _varnish(url: str) -> Cdn:
    from shopwright.engines.cdn.varnish import Varnish

    return Varnish(url)


def _cloudflare(url: str) -> Cdn:
    from shopwright.engines.cdn.cloudflare import Cloudflare

    return Cloudflare(url)


def _fastly(url: str) -> Cdn:
    from shopwright.engines.cdn.fastly import Fastly

    return Fastly(url)


def _cloudfront(url: str) -> Cdn:
    with client_of("cloudfront"):
        from shopwright.engines.cdn.cloudfront import CloudFront

    return CloudFront(url)
