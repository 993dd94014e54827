"""`shopwright cluster`, as the tests start it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.builders.environment import bare_environment, engines
from tests.builders.next_version import today
from tests.builders.server import free_port


class Cluster:
    """`shopwright cluster …`."""

    def __init__(self, data: Path, database: str, **engine_settings: str) -> None:
        """`engine_settings`: URLs of engines, such as proxies in front of them."""
        self._code = data / "code"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        values = {
            "data": str(data),
            "database": f"{database}&connections=3",
            **engines(data),
            **engine_settings,
            "limits": "off",
            "payments": "pretend:",
        }
        self._environment = {
            **bare_environment(),
            **{f"SHOPWRIGHT_{name.upper()}": value for name, value in values.items()},
            "SHOPWRIGHT_URL": self.url,
            "SHOPWRIGHT_STAFF_SECOND_FACTOR": "optional",
            "SHOPWRIGHT_RETURN_ORIGINS": "http://127.0.0.1",
            "PYTHONPATH": str(self._code / "current"),
        }

    def install(self, make: Callable[[Path], object]) -> None:
        """Use another version for processes that start from now on."""
        folder, new = self._code / make.__name__, self._code / "new"
        if not folder.exists():
            make(folder)
        new.symlink_to(folder)
        new.replace(self._code / "current")

    async def run(self, *words: str, code: int = 0) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "shopwright", "cluster", *words,
            env=self._environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output = (await process.communicate())[0].decode()
        assert process.returncode == code, output
        return output

    async def status(self) -> dict[str, Any]:
        return json.loads(await self.run("status", "--json"))

    async def pids(self, service: str) -> list[int]:
        return [one["pid"] for one in (await self.status())["services"][service]]

    async def all_ready(self, patience_s: float = 60) -> None:
        async with asyncio.timeout(patience_s):
            while not all(one["ready"] for ones in (await self.status())["services"].values() for one in ones):
                await asyncio.sleep(0.2)


@asynccontextmanager
async def running(cluster: Cluster, each: int = 2) -> AsyncIterator[Cluster]:
    """Check that the cluster is up with the given number of processes of each service, and that it goes down."""
    cluster.install(today)
    await cluster.run("up", "--port", str(cluster.port), "--each", str(each))
    try:
        yield cluster
    finally:
        await cluster.run("down")
