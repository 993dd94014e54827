"""A place where no shop is: commands say so and change nothing; few make one, and these are said to."""

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
from tests.process.server import free_port

pytestmark = pytest.mark.slow

# What needs a shop, with what has to be said besides.
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
    told = {f"SHOPWRIGHT_{name.upper()}": value for name, value in settings.items()}
    runner = CliRunner(env=ours | {"SHOPWRIGHT_URL": None, "SHOPWRIGHT_DATA": str(place)} | told)
    words = [word.format(port=free_port(), folder=place.parent) for word in more]
    return runner.invoke(main, [*command.split(), *words])


def commands() -> set[str]:
    """All there are, those of groups with the name of the group."""
    found: set[str] = set()
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        found |= {f"{name} {sub}" for sub in command.commands} if isinstance(command, click.Group) else {name}
    return found


def test_of_each_command_it_is_known_whether_it_needs_a_shop() -> None:
    needing = {one if one in commands() else one.split()[0] for one in NEED_A_SHOP}
    assert needing | NEED_AN_ARCHIVE_TOO | MAY_MAKE_ONE | NEED_NONE == commands()


@pytest.mark.parametrize("command", NEED_A_SHOP)
def test_where_no_shop_is_a_command_says_so_and_makes_nothing(tmp_path: Path, command: str) -> None:
    place = tmp_path / "mnt" / "shop"
    said = run(place, command, *NEED_A_SHOP[command])
    assert said.exit_code == 1, said.output
    assert f"There is no shop in the data folder {place}" in said.stderr
    assert "shopwright init" in said.stderr
    assert list(tmp_path.iterdir()) == []
    place.mkdir(parents=True)  # an empty folder, as where a disk is not mounted
    assert run(place, command, *NEED_A_SHOP[command]).exit_code == 1
    assert [*tmp_path.rglob("*")] == [place.parent, place]


def test_nor_is_an_archive_tried_beside_a_shop_that_is_not_there(tmp_path: Path) -> None:
    place, folder = tmp_path / "shop", tmp_path / "archives"
    folder.mkdir()
    (folder / "shop-20260101-000000.zip").touch()
    said = run(place, "drill", str(folder))
    assert (said.exit_code, place.exists()) == (1, False)
    assert "There is no shop" in said.stderr


def test_a_database_on_a_server_in_which_no_shop_is_stays_empty(tmp_path: Path) -> None:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    name, place = f"no_shop_{uuid.uuid4().hex[:12]}", tmp_path / "data"
    url = database_url(name)
    asyncio.run(postgres_do(f"CREATE DATABASE {name}"))
    try:
        said = run(place, "doctor", database=url)
        assert said.exit_code == 1
        assert "There is no shop in the database postgresql://" in said.stderr
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


def test_a_shop_is_made_by_who_says_so_and_no_second_time(tmp_path: Path) -> None:
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


def test_a_part_that_is_missing_is_not_made_anew_unasked(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    assert run(place, "init").exit_code == 0
    for path in place.glob("orders.db*"):
        path.unlink()
    for command in ("doctor", "serve", "backup", "demo", "serve --demo"):
        said = run(place, command, *NEED_A_SHOP.get(command, ()))
        assert said.exit_code == 1, command
        assert "orders" in (said.output if command == "doctor" else said.stderr)
    assert not (place / "orders.db").exists()
    assert run(place, "migrate").exit_code == 0
    assert "No problems found." in run(place, "doctor").output


def test_a_file_that_is_no_database_of_a_shop_stays_as_it_is(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    place.mkdir()
    with closing(sqlite3.connect(place / "users.db")) as connection:
        connection.execute("CREATE TABLE theirs (id)")
        connection.commit()
    (place / "orders.db").touch()
    before = (place / "users.db").read_bytes()
    said = run(place, "doctor")
    assert "There is no shop" in said.stderr
    assert (place / "users.db").read_bytes() == before
    assert sorted(path.name for path in place.iterdir()) == ["orders.db", "users.db"]


def test_an_archive_makes_a_shop_where_none_is_if_it_can_be_read(tmp_path: Path) -> None:
    place, other = tmp_path / "shop", tmp_path / "other"
    assert run(place, "init").exit_code == 0
    assert run(place, "export", str(tmp_path / "shop.zip")).exit_code == 0
    (tmp_path / "torn.zip").write_bytes((tmp_path / "shop.zip").read_bytes()[:5000])
    for name in ("torn.zip", "none.zip"):
        for command in ("restore", "import archive"):
            said = run(other, command, str(tmp_path / name))
            assert (said.exit_code, other.exists()) == (1, False), said.output
    assert run(other, "restore", str(tmp_path / "shop.zip")).exit_code == 0
    assert "No problems found." in run(other, "doctor").output
    shutil.rmtree(other)
    assert run(other, "import archive", str(tmp_path / "shop.zip")).exit_code == 0


def test_an_installer_makes_or_migrates_in_one_command(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    assert "migrations applied" in run(place, "migrate --init").output
    assert "up to date" in run(place, "migrate --init").output
    assert run(place, "migrate --init --plan").exit_code == 2
