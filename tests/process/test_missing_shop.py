"""A folder without a shop: commands say so and change nothing; only a few documented ones create one."""

import asyncio
import shutil
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from shopwright.cli.main import main
from tests.builders.environment import POSTGRES, database_url, need, no_settings, postgres_do
from tests.builders.server import free_port

pytestmark = pytest.mark.slow

# Commands that need a shop, with their other arguments.
NEED_A_SHOP = {
    "serve": ["--port", "{port}"],
    "work": [],
    "migrate": [],
    "migrate --plan": [],
    "upgrade": ["--rehearse"],
    "import": ["shopify", "{folder}/products.csv"],
    "export": ["{folder}/shop.zip"],
    "backup": ["{folder}/archives", "--keep", "2"],
    "move": ["--to", "sqlite://{folder}/other"],
    "move --release": [],
    "rebuild": [],
    "doctor": [],
    "messages resend": ["--since", "2026-11-01"],
    "doctor --engines": [],
    "events dead": [],
    "events replay": [],
    "keys list": [],
    "keys rotate": [],
    "password": [],
    "currency": ["USD", "--yes"],
    "taxes presets": ["helgoland"],
    "ledger": ["datev", "{folder}/ledger.csv", "--from", "2026-01", "--to", "2026-02"],
    "payments unknown": [],
    "payments import": ["pi_1"],
}
NEED_AN_ARCHIVE_TOO = {"drill"}
MAY_MAKE_ONE = {"init", "demo", "restore"}
NEED_NONE = {
    *("settings", "simulate", "deploy", "nginx", "haproxy", "varnish", "report"),
    *(f"cluster {name}" for name in ("up", "down", "status", "logs", "scale", "restart")),  # they need servers
}


def run(place: Path, command: str, *more: str, **settings: str) -> Result:
    ours = no_settings()
    environment = {f"SHOPWRIGHT_{name.upper()}": value for name, value in settings.items()}
    runner = CliRunner(env=ours | {"SHOPWRIGHT_URL": None, "SHOPWRIGHT_DATA": str(place)} | environment)
    words = [word.format(port=free_port(), folder=place.parent) for word in more]
    return runner.invoke(main, [*command.split(), *words])


def commands() -> set[str]:
    """All commands, those of groups with the name of the group."""
    found: set[str] = set()
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        found |= {f"{name} {sub}" for sub in command.commands} if isinstance(command, click.Group) else {name}
    return found


def test_each_command_declares_whether_it_needs_a_shop() -> None:
    needing = {one if one in commands() else one.split()[0] for one in NEED_A_SHOP}
    assert needing | NEED_AN_ARCHIVE_TOO | MAY_MAKE_ONE | NEED_NONE == commands()


@pytest.mark.parametrize("command", NEED_A_SHOP)
def test_without_a_shop_a_command_says_so_and_creates_nothing(tmp_path: Path, command: str) -> None:
    place = tmp_path / "mnt" / "shop"
    result = run(place, command, *NEED_A_SHOP[command])
    assert result.exit_code == 1, result.output
    assert f"There is no shop in the data folder {place}" in result.stderr
    assert "shopwright init" in result.stderr
    assert list(tmp_path.iterdir()) == []
    place.mkdir(parents=True)  # an empty folder, as where a disk is not mounted
    assert run(place, command, *NEED_A_SHOP[command]).exit_code == 1
    assert [*tmp_path.rglob("*")] == [place.parent, place]


def test_without_a_shop_a_drill_does_not_start(tmp_path: Path) -> None:
    place, folder = tmp_path / "shop", tmp_path / "archives"
    folder.mkdir()
    (folder / "shop-20260101-000000.zip").touch()
    result = run(place, "drill", str(folder))
    assert (result.exit_code, place.exists()) == (1, False)
    assert "There is no shop" in result.stderr


def test_a_database_server_without_a_shop_stays_empty(tmp_path: Path) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    name, place = f"no_shop_{uuid.uuid4().hex[:12]}", tmp_path / "data"
    url = database_url(name)
    asyncio.run(postgres_do(f"CREATE DATABASE {name}"))
    try:
        result = run(place, "doctor", database=url)
        assert result.exit_code == 1
        assert "There is no shop in the database postgresql://" in result.stderr
        assert list(tmp_path.iterdir()) == []
        assert run(place, "init", database=url).exit_code == 0
        assert "No problems found." in run(place, "doctor", database=url).output
        asyncio.run(drop_orders(url))
        assert "is missing: orders." in run(place, "doctor", database=url).stderr
    finally:
        asyncio.run(postgres_do(f"DROP DATABASE {name} WITH (FORCE)"))


async def drop_orders(url: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url.partition("?")[0])
    await connection.execute("DROP SCHEMA orders CASCADE")
    await connection.close()


def test_a_shop_is_created_on_request_and_only_once(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    made = run(place, "init")
    assert made.exit_code == 0, made.output
    assert f"Created an empty shop in the data folder {place}" in made.output
    assert "`shopwright password owner@example.com` sets one" in made.output
    assert "shopwright serve" in made.output
    before = {path: path.read_bytes() for path in place.glob("*.key")}
    again = run(place, "init")
    assert again.exit_code == 1
    assert "There is a shop in the data folder" in again.stderr
    assert {path: path.read_bytes() for path in place.glob("*.key")} == before
    assert "No problems found." in run(place, "doctor").output


def test_a_missing_part_is_not_created_silently(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    assert run(place, "init").exit_code == 0
    for path in place.glob("orders.db*"):
        path.unlink()
    for command in ("doctor", "serve", "backup", "demo", "serve --demo"):
        result = run(place, command, *NEED_A_SHOP.get(command, ()))
        assert result.exit_code == 1, command
        assert "orders" in (result.output if command == "doctor" else result.stderr)
    assert not (place / "orders.db").exists()
    assert run(place, "migrate").exit_code == 0
    assert "No problems found." in run(place, "doctor").output


def test_a_file_of_another_program_stays_unchanged(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    place.mkdir()
    with closing(sqlite3.connect(place / "users.db")) as connection:
        connection.execute("CREATE TABLE theirs (id)")
        connection.commit()
    (place / "orders.db").touch()
    before = (place / "users.db").read_bytes()
    result = run(place, "doctor")
    assert "There is no shop" in result.stderr
    assert (place / "users.db").read_bytes() == before
    assert sorted(path.name for path in place.iterdir()) == ["orders.db", "users.db"]


def test_a_readable_archive_creates_a_shop_where_there_is_none(tmp_path: Path) -> None:
    place, other = tmp_path / "shop", tmp_path / "other"
    assert run(place, "init").exit_code == 0
    assert run(place, "export", str(tmp_path / "shop.zip")).exit_code == 0
    (tmp_path / "torn.zip").write_bytes((tmp_path / "shop.zip").read_bytes()[:5000])
    for name in ("torn.zip", "none.zip"):
        for command in ("restore", "import archive"):
            result = run(other, command, str(tmp_path / name))
            assert (result.exit_code, other.exists()) == (1, False), result.output
    assert run(other, "restore", str(tmp_path / "shop.zip")).exit_code == 0
    assert "No problems found." in run(other, "doctor").output
    shutil.rmtree(other)
    assert run(other, "import archive", str(tmp_path / "shop.zip")).exit_code == 0


def test_an_installer_creates_or_migrates_in_one_command(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    assert "migrations applied" in run(place, "migrate --init").output
    assert "up to date" in run(place, "migrate --init").output
    assert run(place, "migrate --init --plan").exit_code == 2
