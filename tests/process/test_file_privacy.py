"""Files on disk are readable only by their owner, and reveal nothing to others."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.cli import keys
from shopwright.kit.errors import Unavailable
from shopwright.kit.settings import mask
from shopwright.kit.vault import CLOSED
from shopwright.web.application import build
from tests.builders.customers import sign_in
from tests.builders.environment import ON_SERVERS
from tests.builders.shops import OWNER, QUICK, make_settings


def run(folder: Path, *command: str, **more: str) -> str:
    """Run a command with a umask that restricts nothing."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", "."),
        "SHOPWRIGHT_DATA": str(folder),
        **more,
    }
    done = subprocess.run(
        [sys.executable, "-m", "shopwright", *command],
        env=environment,
        capture_output=True,
        text=True,
        umask=0,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def on_disk(data: tuple[Path, str]) -> bytes:
    return b"".join(path.read_bytes() for path in Path(data[0]).glob("users.db*"))


def key_file(data: tuple[Path, str]) -> str:
    return Path(data[0], "encryption.key").read_text()


def open_to_others(folder: Path) -> list[str]:
    paths = [folder, *folder.rglob("*")]
    return [str(path.relative_to(folder)) for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]


@pytest.mark.slow
@pytest.mark.skipif(ON_SERVERS, reason="of files")
def test_no_file_is_readable_by_others_whatever_the_umask(tmp_path: Path) -> None:
    place = tmp_path / "srv" / "shop"
    run(place, "init")
    run(place, "backup", str(place / "archives" / "daily"))
    run(place, "export", str(place / "shop.zip"))
    run(place, "export", str(place / "products.jsonl"))
    assert len(list(place.glob("*.db"))) > 10
    assert open_to_others(place) == []
    # As an earlier version left it.
    for path in place.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    place.chmod(0o755)
    run(place, "doctor")
    assert {one for one in open_to_others(place) if one.endswith((".db", ".key", ".log")) or one == "."} == set()


@pytest.mark.skipif(ON_SERVERS, reason="of files")
async def test_the_database_alone_contains_no_key(shop: Shop, api: httpx.AsyncClient, data) -> None:
    await sign_in(api, *OWNER)
    user = await shop.users.register("ada@example.com", "harbour at seven", "Ada")
    factor = await shop.users.begin_second_factor(user.id, "Shop")
    for service, sql in (
        ("users", "SELECT jwk AS kept FROM signing_keys"),
        ("users", "SELECT secret AS kept FROM second_factors"),
        ("pretend", "SELECT secret AS kept FROM secrets"),
    ):
        rows = await shop.databases[service].fetch(sql)
        assert rows
        assert all(row["kept"].startswith(CLOSED) for row in rows), service
    everything = on_disk(data)
    assert factor.secret.encode() not in everything
    assert b'"d":' not in everything


async def test_an_upgrade_encrypts_columns_that_were_plain(shop: Shop, api: httpx.AsyncClient) -> None:
    headers = await sign_in(api, *OWNER)
    async with shop.databases["users"].begin() as tx:
        for row in await tx.fetch("SELECT id, jwk FROM signing_keys"):
            await tx.run(
                "UPDATE signing_keys SET jwk = :jwk WHERE id = :id", id=row["id"], jwk=shop.vault.open(row["jwk"])
            )
    await shop.migrate()
    rows = await shop.databases["users"].fetch("SELECT jwk FROM signing_keys")
    assert all(row["jwk"].startswith(CLOSED) for row in rows)
    assert (await api.get("/v1/me", headers=headers)).status_code == 200


async def test_keys_are_rotated_while_another_process_runs_and_sessions_stay(
    shop: Shop, api: httpx.AsyncClient, data, clock, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await sign_in(api, *OWNER)
    old_key = key_file(data).split()
    other = Shop(make_settings(*data), clock=clock, hasher=QUICK)
    try:
        assert await keys.rotate(other) == 0
        new = key_file(data).split()
        assert new[1:] == old_key
        assert new[0] not in capsys.readouterr().out
        assert (await api.get("/v1/me", headers=before)).status_code == 200
        transport = httpx.ASGITransport(app=build(other, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as there:
            after = await sign_in(there, *OWNER)
            clock.move(seconds=3)
            assert (await api.get("/v1/me", headers=after)).status_code == 200  # under a key it did not know
        await keys.show(other)
        assert "still believed" in capsys.readouterr().out
        clock.move(minutes=31)
        await keys.show(other)
        assert "believed no more" in capsys.readouterr().out
        await keys.rotate(other)
        assert old_key[0] not in key_file(data)
        assert len(await other.users.signing_keys()) == 2
    finally:
        await other.close()


async def test_without_the_key_a_secret_is_not_read_and_the_shop_names_the_reason(
    shop: Shop, api: httpx.AsyncClient, data, clock
) -> None:
    await sign_in(api, *OWNER)
    other = Shop(make_settings(*data, encryption_key="another"), clock=clock, hasher=QUICK)
    try:
        with pytest.raises(Unavailable, match=r"Copy encryption\.key together"):
            await other.users.sign_in(*OWNER)
    finally:
        await other.close()


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("mail", "smtp://ada:letmein@mail:25?starttls=yes", "smtp://ada:••••@mail:25?starttls=yes"),
        ("files", "s3://media?access_key=AK&secret_key=SK&region=eu", "s3://media?access_key=••••&secret_key=••••&region=eu"),
        ("payments", "stripe://sk_live_1@, paypal://id:pw@api?hook=abc", "stripe://••••@, paypal://id:••••@api?hook=••••"),
        ("cdn", "fastly://KEY@service?api=https://a", "fastly://••••@service?api=https://a"),
        ("database", "postgresql://shop@db/shop?password=x&roles=shop", "postgresql://shop@db/shop?password=••••&roles=shop"),
        ("bus", "amqps://u:p@one,two/v?ca=/x&token=T", "amqps://u:••••@one,two/v?ca=/x&token=••••"),
        ("mail", "viewer:", "viewer:"),
        ("metrics_token", "abc", "••••"),
    ],
)  # fmt: skip
def test_settings_are_printed_without_their_secrets(name: str, value: str, shown: str) -> None:
    assert mask(name, value) == shown


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Host"])
async def test_internal_pages_are_served_on_this_machine_only_and_not_behind_a_proxy(shop: Shop, header: str) -> None:
    application = build(shop, deliver=False)

    async def ask(path: str, address: str = "127.0.0.1", **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=application, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            return await client.get(path, headers=headers)

    assert (await ask("/metrics")).status_code == 200
    assert "engines" in (await ask("/health/ready")).json()
    for forwarded in ({"address": "10.0.0.7"}, {"address": "198.51.100.7"}, {header: "127.0.0.1"}):
        assert (await ask("/metrics", **forwarded)).status_code == 404
        ready = await ask("/health/ready", **forwarded)
        assert (ready.status_code, ready.json()) == (200, {"status": "ok"})


async def test_with_a_token_internal_pages_are_served_everywhere(data, clock) -> None:
    made = Shop(make_settings(*data, metrics_token="a-long-token"), clock=clock, hasher=QUICK)
    async with made.running(deliver=False):
        for address in ("127.0.0.1", "10.0.0.7"):
            transport = httpx.ASGITransport(app=build(made, deliver=False), client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
                assert (await client.get("/metrics")).status_code == 404
                assert (await client.get("/metrics", headers={"Authorization": "Bearer wrong"})).status_code == 404
                right = {"Authorization": "Bearer a-long-token", "X-Forwarded-For": "198.51.100.7"}
                assert (await client.get("/metrics", headers=right)).status_code == 200
