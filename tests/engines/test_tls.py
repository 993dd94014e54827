"""TLS to each server, with certificates of an authority of the test: known ones are trusted, others are not."""

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from shopwright.app import Shop
from shopwright.engines.bus import open_bus
from shopwright.engines.database import open_database
from shopwright.engines.documents import open_documents
from shopwright.engines.documents.mongo_bodies import MongoBodies
from shopwright.engines.files import open_files
from shopwright.engines.search import open_search
from shopwright.kit.errors import Invalid, Unavailable
from tests.builders.databases import prepare, put
from tests.builders.environment import POSTGRES, need, server, server_place
from tests.builders.gateway import program
from tests.builders.postgres_pair import Pair
from tests.builders.server import free_port


class Authority:
    """A certificate authority; `ca`: the file with its certificate."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.ca = folder / "ca.pem"
        self._signs = trustme.CA()
        self._signs.cert_pem.write_to_path(str(self.ca))
        self.certificate = self._signs.issue_cert("127.0.0.1", "localhost")


@pytest.fixture
def known(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "known")


@pytest.fixture
def unknown(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "unknown")


def with_authority(url: str, ca: Path) -> str:
    """The URL of a server with TLS, for a client that trusts that authority."""
    return re.sub(r"(ca|tlsCAFile)=[^&]+", rf"\1={ca}", url)


async def test_rabbitmq_by_tls(unknown: Authority, shop: Shop) -> None:
    url, works = server("RABBITMQ_TLS"), list(shop.databases.values())
    trusted = open_bus(f"{url}&prefix={server_place(Path(shop.settings.data))}", works, [], [])
    assert (await trusted.examine()).engine.startswith("RabbitMQ")
    distrusting = open_bus(with_authority(url, unknown.ca), works, [], [])
    guessing = open_bus(url.replace("loopback@", "guessed@"), works, [], [])
    for one in (distrusting, guessing):
        with pytest.raises(Unavailable) as error:
            await one.examine()
        assert "guessed" not in str(error.value)
    for one in (trusted, distrusting, guessing):
        await one.close()


GUARD = """events {{}}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/chain.pem;
    ssl_certificate_key {folder}/key.pem;
    auth_basic search;
    auth_basic_user_file {folder}/users;
    location / {{ proxy_pass {there}; }}
  }}
}}
"""


@pytest.fixture
def guarded(known: Authority, tmp_path: Path) -> Iterator[str]:
    """OpenSearch behind TLS and a password, by nginx, because the Maven artefacts have neither."""
    command, there = program("nginx"), server("OPENSEARCH").replace("opensearch", "http", 1)
    known.certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    for pem in known.certificate.cert_chain_pems:
        pem.write_to_path(str(tmp_path / "chain.pem"), append=True)
    (tmp_path / "users").write_text("shop:{PLAIN}s@cret\n")
    port = free_port()
    us = "user root;\n" if os.geteuid() == 0 else ""  # the folder of the test is private to its user
    (tmp_path / "nginx.conf").write_text(us + GUARD.format(port=port, folder=tmp_path, there=there))
    process = subprocess.Popen([command, "-c", tmp_path / "nginx.conf", "-p", tmp_path, "-g", "daemon off; pid pid;"])
    yield f"127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


async def test_opensearch_by_tls_and_password(guarded: str, known: Authority, unknown: Authority) -> None:
    trusted = open_search(f"opensearchs://shop:s%40cret@{guarded}/tls?ca={known.ca}")
    async with asyncio.timeout(20):
        while True:
            with suppress(Unavailable):
                assert (await trusted.examine()).engine.startswith("opensearch")
                break
            await asyncio.sleep(0.1)  # nginx is starting
    for wrong in (f"shop:s%40cret@{guarded}/tls?ca={unknown.ca}", f"shop:guessed@{guarded}/tls?ca={known.ca}"):
        unauthorised = open_search(f"opensearchs://{wrong}")
        with pytest.raises(Unavailable) as error:
            await unauthorised.examine()
        assert "guessed" not in str(error.value)
        await unauthorised.close()
    await trusted.close()


async def test_s3_by_tls(unknown: Authority) -> None:
    url = server("S3_TLS")
    trusted = open_files(url)
    await trusted.put("ab/secure.txt", b"by TLS")
    assert await trusted.get("ab/secure.txt") == b"by TLS"
    for wrong in (with_authority(url, unknown.ca), url.replace("loopback-secret", "guessed-secret")):
        with pytest.raises(Unavailable) as error:
            await open_files(wrong).get("ab/secure.txt")
        assert "guessed-secret" not in str(error.value)
    with pytest.raises(Invalid, match="cannot be read"):
        open_files(f"{url}.gone")


async def test_mongodb_by_tls_and_password(unknown: Authority) -> None:
    url = server("MONGODB_TLS")
    trusted = open_documents(url)
    assert "FerretDB" in (await trusted.examine()).engine
    bodies = MongoBodies(url)
    assert await bodies.read("things", ["a"]) == []
    wrong = [
        f"{with_authority(url, unknown.ca)}&timeoutMS=500",
        f"{url.partition('?')[0]}?timeoutMS=500",
        url.replace(":loopback@", ":guessed@"),
        url.replace("loopback:loopback@", ""),
    ]
    unauthorised = [MongoBodies(one) for one in wrong]
    for one in unauthorised:
        with pytest.raises(Unavailable) as error:
            await one.read("things", ["a"])
        assert "guessed" not in str(error.value)
    for one in (trusted, bodies, *unauthorised):
        await one.close()


@pytest.fixture
async def pair(known: Authority) -> AsyncIterator[Pair]:
    need(bool(POSTGRES), "PostgreSQL (SHOPWRIGHT_TEST_POSTGRES)")
    made = Pair()
    try:
        await made.start()
        await made.demand_tls(known.certificate)
        yield made
    finally:
        made.stop()


async def test_postgresql_by_tls_and_password(pair: Pair, known: Authority, unknown: Authority, tmp_path: Path) -> None:
    def url(password: str, more: str) -> str:
        return f"postgresql://guarded:{password}@127.0.0.1:{pair.primary}/postgres?{more}"

    trusting = f"sslmode=verify-full&sslrootcert={known.ca}"
    trusted = open_database(url("s%40cret", trusting), "things")
    await prepare(trusted, tmp_path)
    assert await put(trusted, "lamp") == 1
    (row,) = await trusted.fetch("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()", {})
    assert (row["ssl"], row["version"]) == (True, "TLSv1.3")
    await trusted.close()
    for address in (
        url("s%40cret", f"sslmode=verify-full&sslrootcert={unknown.ca}"),
        url("wrong", trusting),
        url("s%40cret", "sslmode=disable"),
    ):
        unauthorised = open_database(address, "things")
        with pytest.raises(Unavailable) as error:
            await unauthorised.fetch("SELECT 1 AS one", {})
        assert "s@cret" not in str(error.value)
        assert "s%40cret" not in str(error.value)
        await unauthorised.close()
