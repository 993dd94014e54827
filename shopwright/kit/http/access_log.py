"""The access log: one line per request.

A line grants no access and identifies no person: of a query only names are logged, of a path only what is known to be
harmless. Attacks can still be traced: unknown paths are logged, except what looks like a token.
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
# As much of an address as shows where an attack comes from (RFC 6302 asks for more) without identifying a household.
KEPT_BITS = {4: 24, 6: 48}
LONGEST_PATH, LONGEST_AGENT, MOST_NAMES = 300, 120, 12
UNKNOWN = "-"
# Harmless route parameters; others are logged by name.
OPEN = frozenset({
    "action", "country", "digest", "kind", "line_id", "location", "message_id", "name", "order_id", "product", "product_id",
    "promotion_id", "provider", "rate_id", "review_id", "slug", "tax_class", "user_id", "variant_id", "what",
})  # fmt: skip
REST = "{path}"  # of a route for all that no other one answers
# What may be a token: long with a digit, or longer than any word.
TOKEN = re.compile(r"(?=[\w-]*\d)[\w-]{16,}|\w{28,}")
NAME = re.compile(r"[A-Za-z_][\w.\[\]-]{0,23}")
SAFE = "/:@!$&'()*+,;=~"


class AccessLog:
    """Writes the log. `how`: with whole or shortened client addresses, or off."""

    def __init__(self, how: How) -> None:
        self._how = how

    def wants(self, path: str, status: int) -> bool:
        """Whether to log this request. Successful probes would dominate the log; internal calls are no client's."""
        if self._how == "off" or path.startswith(PREFIX) or not log.isEnabledFor(logging.INFO):
            return False
        return not (path.startswith("/health/") and status < 300)  # noqa: PLR2004 -- as RFC 9110 numbers them

    def write(self, scope: "Scope", fields: dict[str, Any], size: int, ms: float) -> None:
        """Log a request. `fields`: method, route and status; `size`: of the body, in bytes."""
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
    """The client address, whole or without the part that identifies a household."""
    try:
        ip_address = ipaddress.ip_address(address)
    except ValueError:
        return UNKNOWN
    if isinstance(ip_address, ipaddress.IPv6Address) and ip_address.ipv4_mapped:
        ip_address = ip_address.ipv4_mapped
    if how == "full":
        return str(ip_address)
    return str(ipaddress.ip_network(f"{ip_address}/{KEPT_BITS[ip_address.version]}", strict=False).network_address)


def shown_path(path: str, template: str) -> str:
    """The path without secrets: harmless route parameters stay, elsewhere tokens are removed."""
    parts, pattern = path.split("/"), template.split("/")
    if len(parts) != len(pattern) or REST in pattern:
        return quote("/".join(TOKEN.sub(HIDDEN, part) for part in parts)[:LONGEST_PATH], safe=SAFE)
    logged = [
        known if known.startswith("{") and known.strip("{}").partition(":")[0] not in OPEN else quote(part, safe=SAFE)
        for part, known in zip(parts, pattern, strict=True)
    ]
    return without_secrets("/".join(logged)[:LONGEST_PATH])


def shown_names(query: bytes) -> list[str]:
    """The names in a query; values are never logged."""
    if not query:
        return []
    names = [part.partition("=")[0] for part in query.decode("latin-1").split("&", MOST_NAMES)[:MOST_NAMES]]
    logged = (name if NAME.fullmatch(name) and not TOKEN.search(name) else HIDDEN for name in names)
    return list(dict.fromkeys(logged))


def shown_agent(scope: "Scope") -> str:
    """The user agent in one quotable line, shortened."""
    given = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
    return given.decode("latin-1")[:LONGEST_AGENT].replace('"', "'")
