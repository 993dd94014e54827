"""Varnish as a cache in front of nginx or of the shop: the values of `default.vcl.jinja`, from what the shop lets it keep.

Varnish keeps what the shop marks `public` in `Cache-Control`; requests with a session or a token pass through. Clients
with the secret purge by surrogate keys (a ban).
"""

import msgspec

from shopwright.deployment.gateway import problem_responses
from shopwright.deployment.gateway.nginx import are_addresses
from shopwright.deployment.gateway.templates import render
from shopwright.engines.cdn.kept import WHEN_AWAY_S, WHILE_FETCHED_S
from shopwright.engines.cdn.varnish import KEYS, METHOD, SECRET
from shopwright.web.application import KEPT_API, KEPT_PAGES


class VarnishOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`origin`: host:port behind it. `secret`: allows purges. `session_cookie`: requests with it pass through."""

    origin: str
    secret: str
    session_cookie: str


def configuration(varnish: VarnishOptions) -> str:
    """The file. Raises Invalid for an origin that is not HOST:PORT."""
    are_addresses([varnish.origin])
    host, _, port = varnish.origin.rpartition(":")
    return render(
        "default.vcl.jinja",
        edge=varnish,
        host=host,
        port=port,
        pages=[_pattern(path) for path in (*KEPT_PAGES, *KEPT_API)],
        purge=METHOD,
        secret=SECRET,
        keys=KEYS,
        fresh_s=WHILE_FETCHED_S,
        stale_s=WHEN_AWAY_S,
        problem_type=problem_responses.KIND,
        problem=problem_responses.unavailable(problem_responses.AWAY),
    )


def _pattern(path: str) -> str:
    """A path with everything below it."""
    return "/" if path == "/" else f"{path}(/[^?]*)?"
