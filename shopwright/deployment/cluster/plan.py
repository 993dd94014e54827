"""The plan of a cluster, in a file of its folder, from which everything else is written."""

import os
import random
import socket
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from shopwright.deployment.gateway.haproxy import AWAY, SLOTS, Balancer
from shopwright.deployment.gateway.haproxy import configuration as balanced
from shopwright.deployment.gateway.nginx import GatewayConfig, configuration
from shopwright.deployment.targets.watch import targets
from shopwright.kit.errors import Invalid, Refused, Unavailable
from shopwright.kit.translation import gettext as _
from shopwright.registry import PARTS, embedded
from shopwright.settings import Settings
from shopwright.web.application import session_cookie

MOST = SLOTS
FOLDER = "cluster"
LISTENED_AT = range(10_000, 32_768)  # connections that go out have those above (Linux; RFC 6335: 49,152 and above)


class ClusterPlan(msgspec.Struct, kw_only=True):
    """`processes`: the ports of each part's processes. `behind`: HAProxy's port."""

    gateway: int
    behind: int
    processes: dict[str, list[int]]

    def ports(self) -> set[int]:
        """All used ports."""
        return {self.gateway, self.behind}.union(*self.processes.values())


class ClusterFolder:
    """The folder of a cluster within the shop's data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = Path(settings.data) / FOLDER

    @property
    def socket(self) -> Path:
        """The socket of supervisord."""
        return self.folder / "supervisor.sock"

    @property
    def balancer_socket(self) -> Path:
        """The socket of HAProxy."""
        return self.folder / "haproxy.sock"

    def read(self) -> ClusterPlan:
        """Read the plan. Raises Refused if there is no cluster."""
        try:
            return msgspec.json.decode((self.folder / "plan.json").read_bytes(), type=ClusterPlan)
        except FileNotFoundError:
            raise Refused(_("There is no cluster here. Start one: shopwright cluster up.")) from None
        except (OSError, msgspec.MsgspecError) as error:
            raise Unavailable(
                _("{folder} cannot be read: {error}.", folder=self.folder / "plan.json", error=error)
            ) from None

    def write(self, plan: ClusterPlan) -> None:
        """Write the plan, and the start configuration of nginx and HAProxy."""
        unfinished = self.folder / "plan.new"
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(plan)))
        (self.folder / "nginx.conf").write_text(configuration(self._gateway(plan)))
        (self.folder / "haproxy.cfg").write_text(balanced(self._balancer(plan)))
        (self.folder / "away.http").write_text(AWAY, newline="")
        (self.folder / "targets.json").write_text(targets(_addresses(plan)))
        unfinished.replace(self.folder / "plan.json")

    def _gateway(self, plan: ClusterPlan) -> GatewayConfig:
        return GatewayConfig(
            listen=f"127.0.0.1:{plan.gateway}",
            balancer=f"127.0.0.1:{plan.behind}",
            folder=self.folder,
            session_cookie=session_cookie(self.settings.url),
            largest_body=self.settings.largest_body,
            access_log=self.settings.access_log,
            user="root" if os.geteuid() == 0 else "",  # what it keeps for a moment is in our folder
        )

    def _balancer(self, plan: ClusterPlan) -> Balancer:
        return Balancer(
            servers=_addresses(plan),
            listen=f"127.0.0.1:{plan.behind}",
            socket=self.balancer_socket,
            away=self.folder / "away.http",
            access_log="off",  # nginx in front and the processes behind say it all
        )

    def environment(self, plan: ClusterPlan) -> Mapping[str, str]:
        """The environment of every process, beyond the settings of the user who started the cluster."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("SHOPWRIGHT_TEST_")},
            "SHOPWRIGHT_DATA": self.settings.data,
            "SHOPWRIGHT_URL": self.settings.url,
            "SHOPWRIGHT_SERVICES": f"http://127.0.0.1:{plan.behind}/{{service}}",
            "SHOPWRIGHT_PROXIES": "127.0.0.1",
        }


def _addresses(plan: ClusterPlan) -> dict[str, list[str]]:
    return {part: [f"127.0.0.1:{port}" for port in ports] for part, ports in plan.processes.items()}


def needs_servers(settings: Settings) -> None:
    """Raise Invalid naming each engine that several processes cannot share."""
    missing = [f"SHOPWRIGHT_{name.upper()}" for name in embedded(settings)]
    if missing:
        raise Invalid(
            _(
                "Split services need engines that all processes can reach; set {names} (docs/guides/engines.md). From a clone: make servers, then . var/cluster.env.",
                names=", ".join(missing),
            )
        )


def new_plan(gateway: int, each: int) -> ClusterPlan:
    """Make a plan. `each`: processes per part."""
    ports = free_ports(1 + each * len(PARTS), besides=[gateway])
    return ClusterPlan(
        gateway=gateway,
        behind=ports[0],
        processes={part: ports[1 + n * each : 1 + (n + 1) * each] for n, part in enumerate(PARTS)},
    )


def free_ports(count: int, besides: Collection[int] = ()) -> list[int]:
    """Return this many free ports. Raises Unavailable if there are too few.

    They are outside the range of outgoing connections, one of which once occupied the port of a restarting process.
    """
    found: list[int] = []
    for port in random.sample(LISTENED_AT, len(LISTENED_AT)):
        if len(found) == count:
            return found
        if port not in besides and _is_free(port):
            found.append(port)
    raise Unavailable(
        _(
            "Of the ports from {listened_at} to {last} fewer than {count} are free.",
            listened_at=LISTENED_AT[0],
            last=LISTENED_AT[-1],
            count=count,
        )
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
