"""HAProxy as load balancer: a backend a service, from where its processes listen.

Readiness is asked twice a second; who comes back gets slowly more; least connections first; nothing is sticky. Tried again
is what never left, and of what may be sent twice (RFC 9110, 9.2.2) also what got no answer. Servers are slots that can be
filled, drained and emptied through its socket, so that it is never restarted while the shop is.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from shopwright.deployment.gateway import told
from shopwright.deployment.gateway.logs import of_haproxy
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access_log import How
from shopwright.kit.observability.process_admin import READY_S
from shopwright.registry import PARTS

SLOTS = 16
NOBODY = "127.0.0.1:1"
AWAY = (
    f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: {told.KIND}\r\nRetry-After: 1\r\n"
    f"Cache-Control: no-store\r\nConnection: close\r\n\r\n{told.unavailable(told.AWAY)}"
)


# More than a process may wait for its engines before it says how it is (`kit.house.READY_S`): one whose cache hangs is
# slow to tell that it is well, and must not be taken for dead.
CHECKED_S = READY_S + 1


class Balancer(msgspec.Struct, frozen=True, kw_only=True):
    """`servers`: part → host:port of each process. `listen`: where requests come in, as /PART/path. `socket`: its own.

    `access_log`: how much of an address its log keeps; `log`: where that goes: the journal (or syslog), which keeps and rotates.
    """

    servers: Mapping[str, Sequence[str]]
    listen: str
    socket: Path
    away: Path
    access_log: How = "short"
    log: str = "/dev/log local0 info"


def configuration(balancer: Balancer) -> str:
    """The file. Raises Invalid where a part has no process, or too many."""
    for part in PARTS:
        if not 1 <= len(balancer.servers.get(part, ())) <= SLOTS:
            raise Invalid(f"{part} has {len(balancer.servers.get(part, ()))} processes; a balancer takes 1 to {SLOTS}.")
    of_global, of_defaults, of_frontend = of_haproxy(balancer.access_log, balancer.log)
    return f"""# Written by `shopwright haproxy`; change the shop and write it anew.
global
    stats socket {balancer.socket} mode 600 level admin
    hard-stop-after 30s{of_global}
defaults
    mode http{of_defaults}
    timeout connect 2s
    timeout client 75s
    timeout server 30s
    timeout queue 5s
    timeout check {CHECKED_S}s
    timeout http-request 15s
    timeout http-keep-alive 75s
    errorfile 503 {balancer.away}
    errorfile 502 {balancer.away}
    errorfile 504 {balancer.away}
    balance leastconn
    option httpchk GET /health/ready
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response response-timeout
    http-reuse safe
    default-server check inter 500ms fall 2 rise 1 slowstart 2s on-marked-down shutdown-sessions
frontend between
    bind {balancer.listen}{of_frontend}
    acl known path,field(2,/) -m str {" ".join(PARTS)}
    http-request deny deny_status 404 unless known
    http-request set-var(txn.part) path,field(2,/)
    http-request set-path %[path,regsub(^/[a-z]+,)]
    use_backend %[var(txn.part)]
{chr(10).join(_backend(part, balancer.servers[part]) for part in PARTS)}
"""


def _backend(part: str, servers: Sequence[str]) -> str:
    slots = [f"    server s{n} {one}" for n, one in enumerate(servers, 1)]
    slots += [f"    server s{n} {NOBODY} disabled" for n in range(len(servers) + 1, SLOTS + 1)]
    return "\n".join([
        f"backend {part}",
        "    http-request disable-l7-retry unless METH_GET || METH_HEAD",
        *slots,
    ])  # fmt: skip
