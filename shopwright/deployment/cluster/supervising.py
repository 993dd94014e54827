"""supervisord (supervisord.org): configuration and control."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from shopwright.deployment.cluster.patience import comes_true
from shopwright.deployment.cluster.plan import ClusterFolder, ClusterPlan
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.translation import gettext as _

STARTS_IN_S = 10
ENDS_IN_S = 40
SIGNALS = {"nginx": "QUIT", "haproxy": "USR1"}  # to end in peace


def name_of(part: str, port: int) -> str:
    """The name of a process."""
    return f"{part}-{port}"


def configuration(place: ClusterFolder, plan: ClusterPlan) -> str:
    """Supervisord's configuration: nginx, HAProxy and each process separately, so that changes affect no other."""
    folder = place.folder
    programs = {
        "nginx": [_installed("nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder), "-g", "daemon off;"],
        "haproxy": [_installed("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")],
    }
    for part, ports in plan.processes.items():
        for port in ports:
            programs[name_of(part, port)] = [
                sys.executable, "-m", "shopwright", "serve", part, "--port", str(port), "--quiet"
            ]  # fmt: skip
    sections = "\n".join(_program(folder, name, command) for name, command in programs.items())
    return f"""[unix_http_server]
file={place.socket}
chmod=0700
[supervisord]
logfile={folder}/supervisord.log
pidfile={folder}/supervisord.pid
childlogdir={folder}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{place.socket}
{sections}
"""


def _installed(command: str) -> str:
    found = shutil.which(command, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        raise Invalid(_("{command} is not installed. On Debian: apt-get install {command}.", command=command))
    return found


def _program(folder: Path, name: str, command: list[str]) -> str:
    words = " ".join(f'"{word}"' if " " in word or ";" in word else word for word in command)
    return f"""[program:{name}]
command={words.replace("%", "%%")}
autorestart=true
startretries=1000000
startsecs=1
stopsignal={SIGNALS.get(name, "INT")}
stopwaitsecs={ENDS_IN_S}
redirect_stderr=true
stdout_logfile={folder}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=1
"""


class Supervisor:
    """The supervisord of a cluster."""

    def __init__(self, place: ClusterFolder) -> None:
        self._place = place

    def start(self, plan: ClusterPlan) -> None:
        """Start it. Raises Unavailable if it does not start."""
        self.write_configuration(plan)
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._place.folder / "supervisord.conf")]
        subprocess.run(  # noqa: S603 -- our own interpreter
            command, check=True, env=dict(self._place.environment(plan)), cwd=self._place.folder, start_new_session=True
        )
        if not comes_true(self.runs, STARTS_IN_S):
            raise Unavailable(_("supervisord did not start; see {folder}/supervisord.log.", folder=self._place.folder))

    def write_configuration(self, plan: ClusterPlan) -> None:
        """Write its configuration."""
        (self._place.folder / "supervisord.conf").write_text(configuration(self._place, plan))

    def runs(self) -> bool:
        """Whether it answers."""
        try:
            self._ask("getState")
        except Unavailable:
            return False
        return True

    def pids(self) -> dict[str, int]:
        """Return the pids of all processes by name; 0 if not running."""
        return {one["name"]: one["pid"] for one in self._ask("getAllProcessInfo")}

    def update(self, plan: ClusterPlan) -> None:
        """Start new processes of the plan and stop removed ones, leaving others alone."""
        self.write_configuration(plan)
        ((added, _changed, removed),) = self._ask("reloadConfig")
        for name in removed:
            self._ask("stopProcessGroup", name)
            self._ask("removeProcessGroup", name)
        for name in added:
            self._ask("addProcessGroup", name)

    def restart(self, name: str) -> None:
        """Restart a process gracefully."""
        try:
            self._ask("stopProcess", name)
        except Unavailable as error:
            if "NOT_RUNNING" not in error.detail:
                raise
        self._ask("startProcess", name)

    def stop(self) -> None:
        """Stop everything."""
        self._ask("shutdown")
        if not comes_true(lambda: not self._place.socket.exists(), ENDS_IN_S + STARTS_IN_S):
            raise Unavailable(_("supervisord does not end; see {folder}/supervisord.log.", folder=self._place.folder))

    def _ask(self, verb: str, *arguments: str) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._place.socket}")
        try:
            with ServerProxy("http://127.0.0.1", transport=transport) as server:
                answer: Any = getattr(server.supervisor, verb)(*arguments)
        except Fault as error:
            raise Unavailable(
                _(
                    "supervisord refuses {operation} {names}: {faultString}.",
                    operation=verb,
                    names=" ".join(arguments),
                    faultString=error.faultString,
                )
            ) from None
        except OSError:
            raise Unavailable(_("The cluster does not run. Start it: shopwright cluster up.")) from None
        return answer
