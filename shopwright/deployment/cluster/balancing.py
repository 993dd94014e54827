"""Control of a cluster's HAProxy through its socket (HAProxy Management Guide, 9.3)."""

import csv
import socket
from pathlib import Path

from shopwright.deployment.cluster.patience import comes_true
from shopwright.deployment.gateway.haproxy import NOWHERE, SLOTS
from shopwright.kit.errors import Unavailable
from shopwright.kit.translation import gettext as _

PATIENCE_S = 30


class ServerSlots:
    """The server slots of each part, by port."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def drain(self, part: str, port: int) -> None:
        """Send no new requests to a process, and wait until it has finished."""
        slot = self._slot(part, port)
        self._command(f"set server {part}/{slot} state drain")
        # Requests that remain are answered while it shuts down.
        comes_true(lambda: not int(self._servers(part)[slot]["scur"] or 0), PATIENCE_S)

    def take(self, part: str, port: int) -> None:
        """Send requests again, and wait until they arrive."""
        slot = self._slot(part, port)
        self._command(f"set server {part}/{slot} state ready")
        if not comes_true(lambda: self._servers(part)[slot]["status"].startswith("UP"), PATIENCE_S):
            raise Unavailable(_("HAProxy does not find {part} at {port} ready.", part=part, port=port))

    def add(self, part: str, port: int) -> None:
        """Add a process."""
        slot = self._slot(part, int(NOWHERE.rpartition(":")[2]))
        self._command(f"set server {part}/{slot} addr 127.0.0.1 port {port}")
        self.take(part, port)

    def remove(self, part: str, port: int) -> None:
        """Remove a process after it has finished."""
        slot = self._slot(part, port)
        self.drain(part, port)
        host, _, unused_port = NOWHERE.partition(":")
        self._command(f"set server {part}/{slot} state maint")
        self._command(f"set server {part}/{slot} addr {host} port {unused_port}")

    def _slot(self, part: str, port: int) -> str:
        for name, one in self._servers(part).items():
            if one["addr"].endswith(f":{port}"):
                return name
        raise Unavailable(
            _("HAProxy has no place for {part} at {port}; it has {slots}.", part=part, port=port, slots=SLOTS)
        )

    def _servers(self, part: str) -> dict[str, dict[str, str]]:
        rows = csv.DictReader(self._command("show stat").removeprefix("# ").splitlines())
        return {row["svname"]: row for row in rows if row["pxname"] == part and row["svname"].startswith("s")}

    def _command(self, command: str) -> str:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(5)
                line.connect(str(self._path))
                line.sendall(f"{command}\n".encode())
                answer = bytearray()
                while some := line.recv(65_536):
                    answer += some
        except OSError as error:
            raise Unavailable(_("HAProxy does not answer: {strerror}.", strerror=error.strerror)) from None
        return answer.decode()
