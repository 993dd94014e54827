"""CDNs in front of the shop: `varnish://…`, Cloudflare, Fastly and Amazon CloudFront.

Headers say what may be cached (RFC 9111; RFC 5861 for stale responses), surrogate keys purge it. A response is cached
for a minute at most, in case a purge is lost; for a day while the shop does not answer.
"""

from shopwright.kit.ports import Cdn
from shopwright.kit.settings import choose, client_of


def open_cdn(url: str) -> Cdn | None:
    """Open the CDN at `url`; None for none. Raises Invalid."""
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
