"""nginx as gateway and load balancer: the values of `nginx.conf.jinja`, from the routes of the code and the processes' addresses.

For shoppers: TLS and HTTP/2 if there is a certificate, the caller's identity found out once (`auth_request`), headers that
only the gateway may set, size limits, maintenance, an upstream for each service. For calls between services: the same
upstreams at an address of their own.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from shopwright.deployment.gateway import logs, problem_responses
from shopwright.deployment.gateway.routes import patterns
from shopwright.deployment.gateway.templates import render
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access_log import How
from shopwright.kit.http.forward_auth import IDENTITY, PATH
from shopwright.kit.rpc.calls import CALLER, DEADLINE
from shopwright.kit.translation import gettext as _
from shopwright.registry import PARTS, WEB

Servers = Mapping[str, Sequence[str]]
SERVER = re.compile(r"[A-Za-z0-9._\-\[\]:]+:\d{1,5}")

ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
# Connections (with HTTP/2: concurrent requests) of one address.
MOST_EACH = 400
WHOLE = 100  # percent


class GatewayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway. `servers`: part → host:port of each of its processes.

    `listen`, `behind`: its addresses for shoppers and for calls between services. `folder`: where nginx writes.
    `balancer`: the address of an HAProxy that knows the processes (`gateway.haproxy`), instead of `servers`.
    `user`: the account of nginx's workers; "": that of nginx itself.
    `origins`: sites whose scripts may call the API. `canary`: processes of another version, as in `servers`; they serve
    `canary_share` percent of the shoppers, and every request with `X-Canary: always`.
    `trusted`: networks whose X-Forwarded-For and X-Forwarded-Proto are believed, if TLS ends in front of nginx.
    `access_log`: how much of a client's address the log keeps. `logs`: the folder of the logs; "": standard output and error.
    """

    servers: Servers = {}
    listen: str
    behind: str = ""
    balancer: str = ""
    user: str = ""
    folder: Path
    session_cookie: str
    largest_body: int
    trusted: Sequence[str] = ()
    origins: Sequence[str] = ()
    canary: Servers = {}
    canary_share: int = 0
    certificate: str = ""
    key: str = ""
    maintenance: bool = False
    access_log: How = "short"
    logs: str = ""


def configuration(gateway: GatewayConfig) -> str:
    """The file. Raises Invalid for a part without a process, and for a malformed address."""
    _check(gateway)
    return render(
        "nginx.conf.jinja",
        front=gateway,
        parts=list(PARTS),
        web=WEB,
        patterns={part: sorted(found) for part, found in sorted(patterns().items())},
        hidden=logs.hidden_paths(),
        token=logs.TOKEN,
        connections=MOST_EACH,
        identity_path=PATH,
        identity_header=IDENTITY,
        caller_header=CALLER,
        deadline_header=DEADLINE,
        problem_type=problem_responses.KIND,
        problems={
            "away": problem_responses.problem(503, problem_responses.AWAY),
            "closed": problem_responses.problem(503, problem_responses.CLOSED),
            "crowded": problem_responses.problem(429, problem_responses.CROWDED),
        },
    )


def _check(gateway: GatewayConfig) -> None:
    if not gateway.balancer:
        _every_part_is_served(gateway.servers)
    canaries = (one for ones in gateway.canary.values() for one in ones)
    are_addresses(filter(None, (*canaries, gateway.listen, gateway.balancer, gateway.behind)))
    for origin in gateway.origins:
        if not ORIGIN.fullmatch(origin):
            raise Invalid(_("“{origin}” is not a valid origin; example: https://app.example.", origin=origin))
    if gateway.canary and (
        gateway.balancer or not gateway.canary.keys() <= set(PARTS) or not 0 <= gateway.canary_share <= WHOLE
    ):
        raise Invalid(
            _("A canary names parts of the shop and a share between 0 and 100, and needs no balancer in between.")
        )
    if bool(gateway.certificate) != bool(gateway.key):
        raise Invalid(_("For TLS both are needed: a certificate and its key."))


def _every_part_is_served(servers: Servers) -> None:
    """Raises Invalid for a part without a process, and for a malformed address."""
    for part in PARTS:
        if not servers.get(part):
            raise Invalid(_("No server serves {part}: name at least one address for it.", part=part))
    are_addresses(one for ones in servers.values() for one in ones)


def are_addresses(named: Iterable[str]) -> None:
    """Raises Invalid for the first that is not HOST:PORT."""
    for address in named:
        if not SERVER.fullmatch(address):
            raise Invalid(_("“{address}” is not a valid address; example: 127.0.0.1:8000.", address=address))
