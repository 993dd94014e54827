"""One line a request: what was asked, how it went, and from where as far as the shop keeps it.

A line opens nothing and names nobody: of a query stand the names alone, and of a path what is known to be harmless. An
attack can be followed by it all the same: what is no address of the shop is shown, but for what looks like a token.
"""

import ipaddress
import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from shopwright.kit.observability import tracing
from shopwright.kit.observability.logs import HIDDEN, without_secrets
from shopwright.kit.rpc.calls import PREFIX

if TYPE_CHECKING:
    from litestar.types import Scope

log = logging.getLogger("shopwright.access")

How = Literal["off", "short", "full"]
# Of a person's address as much as tells where an attack comes from (RFC 6302 counts more), and not whose line it is.
KEPT_BITS = {4: 24, 6: 48}
LONGEST_PATH, LONGEST_AGENT, MOST_NAMES = 300, 120, 12
UNKNOWN = "-"
# Parameters of routes that open nothing: all others are shown by their name.
OPEN = frozenset({
    "action", "country", "digest", "kind", "line_id", "location", "message_id", "name", "order_id", "product", "product_id",
    "promotion_id", "provider", "rate_id", "review_id", "slug", "tax_class", "user_id", "variant_id", "what",
})  # fmt: skip
REST = "{path}"  # of a route for all that no other one answers
# What could be a token: long, with a digit, or longer than words are.
TOKEN = re.compile(r"(?=[\w-]*\d)[\w-]{16,}|\w{28,}")
NAME = re.compile(r"[A-Za-z_][\w.\[\]-]{0,23}")
SAFE = "/:@!$&'()*+,;=~"


class AccessLog:
    """Writes them. `how`: with addresses whole or shortened, or not at all."""

    def __init__(self, how: How) -> None:
        self._how = how

    def wants(self, path: str, status: int) -> bool:
        """Is there a line for it? Probes that find the shop well would be most of the log; calls of services are no client's."""
        if self._how == "off" or path.startswith(PREFIX) or not log.isEnabledFor(logging.INFO):
            return False
        return not (path.startswith("/health/") and status < 300)  # noqa: PLR2004 -- as RFC 9110 numbers them

    def write(self, scope: "Scope", fields: dict[str, Any], size: int, ms: float) -> None:
        """One request. `fields`: method, route and status; `size`: of the body, in bytes."""
        path = shown_path(scope["path"], scope.get("path_template") or "")
        names = shown_names(scope.get("query_string", b""))
        client = shown_client((scope.get("client") or (UNKNOWN,))[0], self._how)
        agent = shown_agent(scope)
        log.info(
            '%s %s %d %.1f ms %d bytes %s %s "%s"',
            fields["method"],
            path + ("?" + "&".join(names) if names else ""),
            fields["status"],
            ms,
            size,
            client,
            tracing.request_id(),
            agent,
            extra={
                "fields": fields
                | {"path": path, "query": names, "ms": ms, "bytes": size, "client": client, "agent": agent}
            },
        )


@lru_cache(maxsize=4096)
def shown_client(address: str, how: How) -> str:
    """The address of a client: as it came, or without what tells one household from the next."""
    try:
        whole = ipaddress.ip_address(address)
    except ValueError:
        return UNKNOWN
    if isinstance(whole, ipaddress.IPv6Address) and whole.ipv4_mapped:
        whole = whole.ipv4_mapped
    if how == "full":
        return str(whole)
    return str(ipaddress.ip_network(f"{whole}/{KEPT_BITS[whole.version]}", strict=False).network_address)


def shown_path(path: str, template: str) -> str:
    """A path without what opens something: of a route's parameters the harmless ones, of anything else no tokens."""
    parts, pattern = path.split("/"), template.split("/")
    if len(parts) != len(pattern) or REST in pattern:
        return quote("/".join(TOKEN.sub(HIDDEN, part) for part in parts)[:LONGEST_PATH], safe=SAFE)
    shown = [
        known if known.startswith("{") and known.strip("{}").partition(":")[0] not in OPEN else quote(part, safe=SAFE)
        for part, known in zip(parts, pattern, strict=True)
    ]
    return without_secrets("/".join(shown)[:LONGEST_PATH])


def shown_names(query: bytes) -> list[str]:
    """The names in a query; their values are nobody's business."""
    if not query:
        return []
    names = [part.partition("=")[0] for part in query.decode("latin-1").split("&", MOST_NAMES)[:MOST_NAMES]]
    shown = (name if NAME.fullmatch(name) and not TOKEN.search(name) else HIDDEN for name in names)
    return list(dict.fromkeys(shown))


def shown_agent(scope: "Scope") -> str:
    """What a client calls itself, in one line between quotation marks, for as long as names are."""
    given = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
    return given.decode("latin-1")[:LONGEST_AGENT].replace('"', "'")
