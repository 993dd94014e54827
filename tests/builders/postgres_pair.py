"""Two PostgreSQL servers of a test, one of which replicates the other."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import asyncpg
import trustme

from tests.builders.environment import need
from tests.builders.server import free_port

# Nothing here waits for a disk: only servers are killed, not the machine.
OPTIONS = {"listen_addresses": "127.0.0.1", "fsync": "off", "max_connections": "150", "wal_sender_timeout": "2s"}


class Pair:
    """`primary` and `replica`: their ports. Commits wait for the replica, so that none is lost with the primary."""

    def __init__(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        need(bool(found), "PostgreSQL's own programs (/usr/lib/postgresql)")
        self._bin = found[-1].parent
        where = "/dev/shm" if Path("/dev/shm").exists() else None  # noqa: S108 -- mkdtemp makes a folder of our own
        self.home = Path(tempfile.mkdtemp(prefix="shopwright-pair-", dir=where))
        self._who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._who:
            shutil.chown(self.home, "postgres", "postgres")
        self.primary, self.replica = free_port(), free_port()
        self._processes: dict[int, subprocess.Popen] = {}

    def url(self, *ports: int, more: str = "") -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        return f"postgresql://shopwright@{hosts}/postgres{more}"

    def _call(self, *command: object) -> None:
        subprocess.run(
            [str(part) for part in command], check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
            **self._who,
        )  # fmt: skip

    async def _launch(self, port: int) -> None:
        each = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        folder = self.home / str(port)
        with (self.home / f"{port}.log").open("a") as log:
            self._processes[port] = subprocess.Popen(
                [self._bin / "postgres", "-D", folder, "-p", str(port), "-k", self.home, *each],
                stdout=log, stderr=log, cwd="/", start_new_session=True, **self._who,
            )  # fmt: skip
        async with asyncio.timeout(30):
            while True:
                with suppress(OSError, asyncpg.PostgresError):
                    await self.do(port, "SELECT 1")
                    return
                await asyncio.sleep(0.1)

    async def start(self) -> "Pair":
        auth = ("--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
        self._call(self._bin / "initdb", "-D", self.home / str(self.primary), "-U", "shopwright", *auth)
        await self._launch(self.primary)
        at = ("-h", "127.0.0.1", "-p", self.primary, "-U", "shopwright")
        self._call(self._bin / "pg_basebackup", *at, "-D", self.home / str(self.replica), "-R", "-c", "fast")
        await self._launch(self.replica)
        await self.do(self.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        await self.do(self.primary, "SELECT pg_reload_conf()")
        return self

    async def do(self, port: int, statement: str) -> None:
        connection = await asyncpg.connect(self.url(port), timeout=5)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def demand_tls(self, certificate: trustme.LeafCert) -> None:
        """From now on the primary admits over the network only the user `guarded`, by TLS and password (`s@cret`)."""
        folder = self.home / str(self.primary)
        certificate.private_key_pem.write_to_path(str(folder / "server.key"))
        (folder / "server.key").chmod(0o600)
        certificate.cert_chain_pems[0].write_to_path(str(folder / "server.crt"))
        for name in ("server.key", "server.crt"):
            if self._who:
                shutil.chown(folder / name, "postgres", "postgres")
        await self.do(self.primary, "CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 's@cret'")
        await self.do(self.primary, "ALTER SYSTEM SET ssl = on")
        (folder / "pg_hba.conf").write_text("hostssl all guarded 127.0.0.1/32 scram-sha-256\n")
        await self.do(self.primary, "SELECT pg_reload_conf()")
        await asyncio.sleep(0.3)

    def pause(self, port: int) -> None:
        """Make a server half dead: it keeps its connections and does not answer."""
        self._signal(port, signal.SIGSTOP)

    def resume(self, port: int) -> None:
        self._signal(port, signal.SIGCONT)

    def _signal(self, port: int, number: int) -> None:
        """Signal the server and its processes, each of which has a group of its own."""
        above = self._processes[port].pid
        os.kill(above, number)
        for one in Path(f"/proc/{above}/task/{above}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(one), number)

    def kill(self, port: int) -> None:
        process = self._processes.pop(port)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    async def promote(self) -> None:
        """Promote the replica to primary."""
        await self.do(self.replica, "SELECT pg_promote()")
        await self.do(self.replica, "ALTER SYSTEM SET synchronous_standby_names = ''")
        await self.do(self.replica, "SELECT pg_reload_conf()")

    def stop(self) -> None:
        for port in list(self._processes):
            self.kill(port)
        shutil.rmtree(self.home, ignore_errors=True)
