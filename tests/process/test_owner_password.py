"""The first password of the owner is shown only at a terminal, and can be reset."""

import asyncio
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.audit import AuditFilter
from shopwright.kit.errors import ShopError
from tests.builders.environment import bare_environment
from tests.builders.server import Server, free_port
from tests.builders.shops import QUICK, make_settings

pytestmark = pytest.mark.slow
MADE_UP = re.compile(r"\b[0-9a-f]{18}\b")
SET = "`shopwright password owner@example.com` sets one"


def environment(data: Path, **more: str) -> dict[str, str]:
    bare = bare_environment()
    return {**bare, "SHOPWRIGHT_DATA": str(data), **more}


def at_a_terminal(data: Path, *command: str) -> str:
    """The output of a command at a terminal."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "shopwright", *command], env=environment(data), stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # as Linux says that the other end is closed
        pass
    assert child.wait(timeout=60) == 0, shown
    return shown.decode()


def run(data: Path, *command: str, typed: str | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "shopwright", *command], env=environment(data), input=typed, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


async def test_a_generated_password_is_shown_only_at_a_terminal(tmp_path: Path) -> None:
    shown = at_a_terminal(tmp_path / "seen", "init")
    password = MADE_UP.search(shown)[0]
    shop = Shop(make_settings(tmp_path / "seen"))
    try:
        assert await shop.users.open_session("owner@example.com", password)
    finally:
        await shop.close()
    result = run(tmp_path / "kept", "init")
    assert result.returncode == 0
    assert SET in result.stdout
    assert not MADE_UP.search(result.stdout + result.stderr)


def test_a_server_logs_no_generated_password(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate", "--init").returncode == 0
    port = free_port()
    log = tmp_path / "server.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "shopwright", "serve", "--port", str(port)],
            env=environment(tmp_path), stdout=out, stderr=out,
        )  # fmt: skip
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False)
                break
            except httpx.HTTPError:
                assert child.poll() is None, log.read_text()
    finally:
        child.terminate()
        child.wait(timeout=60)
    assert SET in log.read_text()
    assert not MADE_UP.search(log.read_text())


async def test_a_command_resets_the_password_of_the_owner_and_ends_all_sessions(data: tuple[Path, str]) -> None:
    shop = Shop(make_settings(*data), hasher=QUICK)
    server = Server(*data)
    try:
        assert await shop.users.open_session("owner@example.com", "owner-password")
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "shopwright", "password"], env=server.environment, input="a-long-password-9\n",
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "a-long-password-9" not in done.stdout + done.stderr
        with pytest.raises(ShopError):
            await shop.users.open_session("owner@example.com", "owner-password")
        assert await shop.users.open_session("owner@example.com", "a-long-password-9")
        (owner,) = await shop.users.staff()
        assert len(await shop.users.sessions(owner.id)) == 1
        (entry,) = await shop.users.log.entries(AuditFilter(), 0, 1)
        assert (entry.act.action, entry.act.subject) == ("set password", "account owner@example.com")
    finally:
        await shop.close()


async def test_a_weak_password_or_an_unknown_user_is_refused(data: tuple[Path, str]) -> None:
    server = Server(*data)

    def run_with_input(text: str, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "shopwright", "password", *command], env=server.environment, input=text,
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    weak = run_with_input("short\n")
    assert weak.returncode == 1
    unknown = run_with_input("a-long-password-9\n", "nobody@example.com")
    assert unknown.returncode == 1
    assert "No member of staff has the address nobody@example.com" in unknown.stderr
