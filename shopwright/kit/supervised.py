"""What a service manager is told: ready, stopping, still alive (sd_notify(3) of systemd); nothing where none started us."""

import os
import socket
from collections.abc import Mapping

MICROS = 1_000_000


class Manager:
    """Whoever started this process and wants to know how it is."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._where = environment.get("NOTIFY_SOCKET", "")
        asked = environment.get("WATCHDOG_USEC", "")
        # sd_watchdog_enabled(3): meant is one process; those it starts speak for it.
        self.patience_s = int(asked) / MICROS if self._where and asked.isdigit() else 0.0

    def tell(self, *states: str) -> None:
        """Say this; a manager that does not listen any more is no trouble of ours."""
        if not self._where:
            return
        address = "\0" + self._where[1:] if self._where.startswith("@") else self._where
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.settimeout(1)
                line.sendto("\n".join(states).encode(), address)
        except OSError:
            return


def manager() -> Manager:
    """That of this process."""
    return Manager(os.environ)
