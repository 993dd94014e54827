"""`shopwright cluster`: up, down, status, logs, scale and restart."""

import asyncio
import itertools
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from shopwright.cli.opening import require_shop
from shopwright.cli.owner import first_password
from shopwright.cli.serving import prepare
from shopwright.deployment.cluster.balancing import ServerSlots
from shopwright.deployment.cluster.patience import comes_true, is_ready
from shopwright.deployment.cluster.plan import MOST, ClusterFolder, ClusterPlan, free_ports, needs_servers, new_plan
from shopwright.deployment.cluster.supervising import Supervisor, name_of
from shopwright.kit.errors import Invalid, Refused, Unavailable
from shopwright.kit.private import make_folder
from shopwright.kit.settings import mask
from shopwright.kit.translation import gettext as _
from shopwright.registry import PARTS, serving
from shopwright.settings import Settings

READY_IN_S = 120
ENGINES = ("database", "documents", "cache", "bus", "search", "files", "mail")


class Cluster:
    """A cluster on this machine. `say` gets progress messages."""

    def __init__(self, settings: Settings, log: Callable[[str], None]) -> None:
        self._settings = settings
        self._place = ClusterFolder(settings)
        self._supervisor = Supervisor(self._place)
        self._slots = ServerSlots(self._place.balancer_socket)
        self._say = log

    def up(self, port: int, each: int, *, demo: bool) -> None:
        """Start it and wait until all is ready. Raises Refused if it is running."""
        needs_servers(self._settings)
        if self._supervisor.runs():
            raise Refused(_("The cluster runs already. See: shopwright cluster status."))
        asyncio.run(require_shop(self._settings, needs="whole or none" if demo else "whole"))
        make_folder(self._place.folder)
        prepared = asyncio.run(prepare(self._settings, (), demo=demo))
        if password_note := first_password(self._settings.owner_email, prepared.password, sys.stderr):
            self._say(f"owner {self._settings.owner_email} {password_note}")
        for note in prepared.notes:
            self._say(note)
        plan = new_plan(port, each)
        self._place.write(plan)
        self._say(f"starting {sum(map(len, plan.processes.values()))} processes")
        self._supervisor.start(plan)
        try:
            self._await_ready(plan, [port for ports in plan.processes.values() for port in ports])
            self._await_gateway(plan)
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        """Stop it gracefully."""
        self._supervisor.stop()
        (self._place.folder / "plan.json").unlink(missing_ok=True)

    def status(self) -> dict[str, Any]:
        """Return {gateway, services: {name: [{pid, port, ready}]}, engines}."""
        plan = self._place.read()
        pids = self._supervisor.pids()
        ready = _all_ready([port for ports in plan.processes.values() for port in ports])
        services = {
            part: [{"pid": pids.get(name_of(part, port), 0), "port": port, "ready": ready[port]} for port in ports]
            for part, ports in plan.processes.items()
        }
        engines = {name: mask(name, str(getattr(self._settings, name))) for name in ENGINES}
        return {"gateway": f"http://127.0.0.1:{plan.gateway}", "services": services, "engines": engines}

    def logs(self, parts: Sequence[str]) -> list[Path]:
        """Return the log files of these parts (default: all)."""
        plan = self._place.read()
        return [
            self._place.folder / f"{name_of(part, port)}.log"
            for part in self._known(parts)
            for port in plan.processes[part]
        ]

    def scale(self, wanted: dict[str, int]) -> None:
        """Set the number of processes; new ones get requests once ready, old ones finish theirs."""
        plan = self._place.read()
        self._known(wanted)
        for part, count in wanted.items():
            if not 1 <= count <= MOST:
                raise Invalid(_("{part}={count}: from 1 to {most} processes.", part=part, count=count, most=MOST))
        for part, count in wanted.items():
            for port in plan.processes[part][count:]:
                self._slots.remove(part, port)
        more = {part: max(0, count - len(plan.processes[part])) for part, count in wanted.items()}
        free = iter(free_ports(sum(more.values()), besides=plan.ports()))
        coming = {part: list(itertools.islice(free, count)) for part, count in more.items()}
        for part, count in wanted.items():
            plan.processes[part] = plan.processes[part][:count] + coming[part]
        self._place.write(plan)
        self._supervisor.update(plan)
        self._await_ready(plan, [port for ports in coming.values() for port in ports])
        for part, ports in coming.items():
            for port in ports:
                self._slots.add(part, port)

    def restart(self, parts: Sequence[str]) -> None:
        """Restart process by process, each once idle, so that a new version loses no request."""
        plan = self._place.read()
        for part in self._known(parts):
            for port in plan.processes[part]:
                self._say(f"restarting {name_of(part, port)}")
                self._slots.drain(part, port)
                self._supervisor.restart(name_of(part, port))
                self._await_ready(plan, [port])
                self._slots.take(part, port)

    # --- steps

    @staticmethod
    def _known(parts: Collection[str]) -> Collection[str]:
        serving(parts)
        return parts or PARTS

    def _await_ready(self, plan: ClusterPlan, ports: list[int]) -> None:
        """Wait for each in turn: the more start at once, the longer it may take."""
        if not all(comes_true(partial(is_ready, port), READY_IN_S) for port in ports):
            names = {port: name_of(part, port) for part, own in plan.processes.items() for port in own}
            not_ready = ", ".join(names[port] for port, ready in _all_ready(ports).items() if not ready)
            raise Unavailable(
                _(
                    "None was ready for {ready_in_s} s: {late}. See shopwright cluster logs.",
                    ready_in_s=READY_IN_S,
                    late=not_ready,
                )
            )

    def _await_gateway(self, plan: ClusterPlan) -> None:
        if not comes_true(lambda: is_ready(plan.gateway), READY_IN_S):
            raise Unavailable(_("The gateway does not answer; see {folder}/nginx.log.", folder=self._place.folder))


def _all_ready(ports: Sequence[int]) -> dict[int, bool]:
    return {port: is_ready(port) for port in ports}
