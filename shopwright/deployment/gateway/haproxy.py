"""HAProxy as load balancer: the values of `haproxy.cfg.jinja`, from the addresses of each service's processes.

Servers are slots that are filled, drained and emptied through HAProxy's socket, so that it is never restarted while the
shop runs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from shopwright.deployment.gateway import problem_responses
from shopwright.deployment.gateway.logs import POSIX_TOKEN
from shopwright.deployment.gateway.templates import render
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access_log import KEPT_BITS, How
from shopwright.kit.observability.process_admin import READY_S
from shopwright.kit.translation import gettext as _
from shopwright.registry import PARTS

SLOTS = 16
NOWHERE = "127.0.0.1:1"
AWAY = (
    f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: {problem_responses.KIND}\r\nRetry-After: 1\r\n"
    f"Cache-Control: no-store\r\nConnection: close\r\n\r\n{problem_responses.unavailable(problem_responses.AWAY)}"
)


# Longer than a process waits for its engines (`READY_S`): with a hanging cache it answers late, but is not dead.
# is not dead.
CHECKED_S = READY_S + 1


class Balancer(msgspec.Struct, frozen=True, kw_only=True):
    """`servers`: part → host:port of each process. `listen`: its address for requests, as /PART/path. `socket`: its own.

    `away`: the file of its own error. `access_log`: how much of a client's address the log keeps. `log`: its target, the
    journal or syslog, which keeps and rotates it.
    """

    servers: Mapping[str, Sequence[str]]
    listen: str
    socket: Path
    away: Path
    access_log: How = "short"
    log: str = "/dev/log local0 info"


def configuration(balancer: Balancer) -> str:
    """The file. Raises Invalid for a part without a process or with too many."""
    for part in PARTS:
        if not 1 <= len(balancer.servers.get(part, ())) <= SLOTS:
            raise Invalid(
                _(
                    "{part} has {count} processes; a balancer takes 1 to {slots}.",
                    part=part,
                    count=len(balancer.servers.get(part, ())),
                    slots=SLOTS,
                )
            )
    return render(
        "haproxy.cfg.jinja",
        balancer=balancer,
        parts=list(PARTS),
        slots=SLOTS,
        free=NOWHERE,
        check_s=CHECKED_S,
        token=POSIX_TOKEN,
        v4_bits=KEPT_BITS[4],
        v6_bits=KEPT_BITS[6],
    )
