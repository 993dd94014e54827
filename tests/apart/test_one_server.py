"""A shop on one machine: its units, its scripts, Caddy in front of it, and its monitoring."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler

from shopwright.app import Shop
from shopwright.deployment.targets import server
from shopwright.deployment.targets.system import DeploymentOptions
from shopwright.kit.audit import AuditFilter
from tests.builders.environment import ON_SERVERS
from tests.builders.gateway import TOKEN, accepted, first_answer, has_no_secrets, program, requests_to
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.server import Server, free_port
from tests.builders.shops import QUICK, make_settings

BIN = Path(sys.executable).parent
FILES = server.files(DeploymentOptions(url="https://shop.example"))


def test_systemd_accepts_its_units(tmp_path: Path) -> None:
    units = [name for name in FILES if name.endswith((".service", ".timer"))]
    for name in units:
        (tmp_path / name).write_text(FILES[name].replace(f"{server.HOME}/current/bin/", f"{BIN}/"))
    command_line = [program("systemd-analyze"), "verify", *(tmp_path / name for name in units if "@" not in name)]
    result = subprocess.run(
        command_line, capture_output=True, text=True, check=False, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    )
    assert result.returncode == 0, result.stderr
    assert "shopwright" not in result.stderr


@pytest.mark.parametrize("url", ["https://shop.example", "http://shop.example"])
def test_caddy_accepts_what_is_written_for_it(tmp_path: Path, url: str) -> None:
    (tmp_path / "Caddyfile").write_text(server.files(DeploymentOptions(url=url))["Caddyfile"])
    accepted("caddy", "validate", "--adapter", "caddyfile", "--config", tmp_path / "Caddyfile")


def test_each_script_is_one_and_names_only_existing_files(tmp_path: Path) -> None:
    for name in [name for name in FILES if name.endswith(".sh")]:
        assert subprocess.run(["sh", "-n"], input=FILES[name], text=True, check=False).returncode == 0, name
    assert not [name for name, text in FILES.items() if re.search(r"@[A-Z]+@", text)]
    guide = (Path(__file__).parents[2] / "docs/guides/server.md").read_text()
    for heading in re.findall(r"docs/guides/server\.md, “(.*?)”", FILES["check.sh"]):
        assert f"\n### {heading}\n" in guide


@contextlib.contextmanager
def caddy(folder: Path, shop: int, listen: int) -> Iterator[None]:
    """Caddy in front of the shop at this port, without TLS."""
    (folder / "away.html").write_text(FILES["away.html"])
    text = server.files(DeploymentOptions(url="http://127.0.0.1"))["Caddyfile"]
    text = text.replace("http://127.0.0.1 {", f"http://127.0.0.1:{listen} {{").replace(
        f":{server.PORT} {{", f":{shop} {{"
    )
    text = text.replace(server.ETC, str(folder)).replace("/var/log/caddy", str(folder)).replace("8s", "1s")
    (folder / "Caddyfile").write_text(text.replace("{\n\tservers", "{\n\tadmin off\n\tservers", 1))
    command = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with (folder / "caddy.log").open("wb") as out, subprocess.Popen(command, env=environment, stderr=out) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.mark.slow
async def test_caddy_leads_to_the_shop_and_reports_when_it_is_away(data: tuple[Path, str], tmp_path: Path) -> None:
    listen = free_port()
    url = f"http://127.0.0.1:{listen}"
    running = Server(*data, url=url, proxies="127.0.0.1").start()
    with contextlib.closing(contextlib.ExitStack()) as ended, caddy(tmp_path, running.port, listen):
        ended.callback(running.kill)
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as client:
            home = await first_answer(client)
            assert (home.status_code, home.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert (await client.get("/metrics")).status_code == 404, (
                "it was asked through Caddy, and is for this machine"
            )
            with contextlib.suppress(httpx.TransportError):  # a client that still writes may miss the answer
                large = await client.post(
                    "/v1/carts", content=b" " * 26_000_000, headers={"Content-Type": "text/plain"}
                )
                assert large.status_code in {413, 415}
            await requests_to(url)
            running.kill()
            page = await client.get(f"/cart?{TOKEN}")
            assert (page.status_code, page.headers["retry-after"]) == (503, "30")
            assert "back in a moment" in page.text
            response = await client.get("/v1/products")
            assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
            assert response.json()["code"] == "unavailable"
    log = (tmp_path / "shop.log").read_text()
    assert "/v1/carts/*/lines*" in log
    assert has_no_secrets(log)
    assert has_no_secrets((tmp_path / "caddy.log").read_text())
    assert "127.0.0.0" in log
    assert '127.0.0.1"' not in log.replace(f'127.0.0.1:{listen}"', "")


@pytest.mark.skipif(ON_SERVERS, reason="an archive is the same wherever it comes from")
@pytest.mark.slow
async def test_a_drill_restores_the_newest_archive_and_is_recorded(data: tuple[Path, str], tmp_path: Path) -> None:
    shop = Shop(make_settings(*data), hasher=QUICK)
    async with shop.running(deliver=False):
        await place(shop, await sell(shop))
        await shop.bus.settle()
    running = Server(*data)
    folder = tmp_path / "archives"
    empty = running.run("drill", str(data[0]))
    assert empty.returncode == 1
    assert "There is no archive" in empty.stderr
    assert running.run("backup", str(folder)).returncode == 0
    tried = running.run("drill", str(folder))
    assert tried.returncode == 0, tried.stderr
    assert re.search(r"was restored in [\d.]+ s:\n\d+ rows in \d+ tables, 1 orders", tried.stdout)
    assert not list(data[0].glob("drill-*"))
    [archive] = folder.glob("*.zip")
    archive_bytes = archive.read_bytes()
    archive.write_bytes(archive_bytes[: len(archive_bytes) // 2])
    damaged = running.run("drill", str(folder))
    assert (damaged.returncode, "Traceback" in damaged.stderr) == (1, False)
    shop = Shop(make_settings(*data), hasher=QUICK)
    async with shop.running(deliver=False):
        acts = [(one.act.action, one.status) for one in await shop.users.audit(AuditFilter())]
    assert [one for one in acts if one[0] == "restore drill"] == [("restore drill", 422), ("restore drill", 200)]


@pytest.mark.slow
def test_the_owner_receives_a_report_of_a_failed_unit(data: tuple[Path, str]) -> None:
    messages = []

    class CollectingHandler(Handler):
        def handle_message(self, message) -> None:
            messages.append(message)

    post = Controller(CollectingHandler(), hostname="127.0.0.1", port=free_port())
    post.start()
    try:
        running = Server(*data, mail=f"smtp://127.0.0.1:{post.port}?starttls=never", owner_email="owner@shop.example")
        result = subprocess.run(
            [sys.executable, "-m", "shopwright", "report", "shopwright-backup.service failed"],
            input="No space left on device\n", env=running.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
    finally:
        post.stop()
    [email] = messages
    assert email["to"] == "owner@shop.example"
    assert "shopwright-backup.service failed" in email["subject"]
    assert "No space left" in email.get_payload(decode=True).decode()
    nowhere = Server(*data).run("report", "x")
    assert (nowhere.returncode, "SHOPWRIGHT_MAIL" in nowhere.stderr) == (1, True)
