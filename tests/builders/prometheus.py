"""Prometheus itself, monitoring a shop under test."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from shopwright.deployment.targets import watch
from shopwright.deployment.targets.system import DeploymentOptions
from tests.builders.environment import need
from tests.builders.server import free_port

EVERY_S = 3  # time-out of a request; a shop whose engines hang answers in two seconds


def written(folder: Path) -> Path:
    """Write the configuration of Prometheus into its folder."""
    for name, text in watch.files(DeploymentOptions()).items():
        (folder / name).write_text(text)
    (folder / "metrics.token").write_text("not asked for on one machine")
    return folder


def hurried(text: str) -> str:
    """Rules with shorter durations."""
    text = re.sub(r"for: \d+m", "for: 1s", text).replace("interval: 30s", "interval: 1s")
    text = re.sub(r"\[\d+[mhd]\]", f"[{5 * EVERY_S}s]", text).replace("offset 1w", f"offset {8 * EVERY_S}s")
    return text.replace(" > 120", " > 5")


@asynccontextmanager
async def prometheus(folder: Path, targets: dict[str, list[str]]) -> AsyncIterator[Callable[[], Any]]:
    """Monitor these processes; yields a function that returns the firing alerts."""
    command = shutil.which("prometheus")
    need(bool(command), "prometheus")
    written(folder)
    (folder / "rules.yml").write_text(hurried((folder / "rules.yml").read_text()))
    (folder / "prometheus.yml").write_text((folder / "prometheus.yml").read_text().replace("15s", f"{EVERY_S}s"))
    (folder / "targets").mkdir()
    (folder / "targets" / "shop.json").write_text(watch.targets(targets))
    port = free_port()
    process = subprocess.Popen(
        [command, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
    )  # fmt: skip

    async def firing() -> set[str]:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/api/v1/alerts")
            except httpx.TransportError:
                return {"not yet"}
        if not answer.is_success:  # it runs, and still reads its stored data
            return {"not yet"}
        alerts = answer.json()["data"]["alerts"]
        return {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}

    try:
        yield firing
    finally:
        process.terminate()
        process.wait(20)


async def comes(firing: Callable[[], Any], name: str, *, there: bool = True) -> None:
    for _ in range(120):
        if (name in (found := await firing())) == there and "not yet" not in found:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"{name} {'does not fire' if there else 'still fires'}: {found}")
