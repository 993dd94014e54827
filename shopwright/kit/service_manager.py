"""Notifications to the service manager: ready, stopping, watchdog (sd_notify(3) of systemd)."""

import os
import socket
from collections.abc import Mapping

from shopwright.kit.digits import is_number

MICROS = 1_000_000


class ServiceManager:
    """The service manager that started this process, if one did. `watchdog_s`: its time limit between heartbeats, 0 for none."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._where = environment.get("NOTIFY_SOCKET", "")
        interval_us = environment.get("WATCHDOG_USEC", "")
        # WATCHDOG_PID is not compared: workers beat for the process that started them.
        self.watchdog_s = int(interval_us) / MICROS if self._where and is_number(interval_us) else 0.0

    def notify(self, *states: str) -> None:
        """Send these states; errors are ignored."""
        if not self._where:
            return
        address = "\0" + self._where[1:] if self._where.startswith("@") else self._where
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.settimeout(1)
                line.sendto("\n".join(states).encode(), address)
        except OSError:
            return


def service_manager() -> ServiceManager:
    """Return the service manager of this process."""
    return ServiceManager(os.environ)
