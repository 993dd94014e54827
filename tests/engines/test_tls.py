"""TLS to each server, with certificates of a test's own authority: known ones are trusted, others are not."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import trustme

from shopwright.app import Shop
from shopwright.engines.bus import open_bus
from shopwright.engines.database import open_database
from shopwright.engines.documents import open_documents
from shopwright.engines.documents.mongo_bodies import Bodies
from shopwright.engines.files import open_files
from shopwright.engines.search import open_search
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.settings import take_apart
from tests.conftest import POSTGRES, need, place, server
from tests.engines.pair import Pair
from tests.engines.test_database import prepare, put
from tests.road import Road

Opened = Callable[[str], Awaitable[None]]


class Authority:
    """Who signs certificates; `ca`: the file with its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.ca = folder / "ca.pem"
        self._signs = trustme.CA()
        self._signs.cert_pem.write_to_path(str(self.ca))
        self.certificate = self._signs.issue_cert("127.0.0.1", "localhost")

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certificate.configure_cert(context)
        return context


@pytest.fixture
def known(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "known")


@pytest.fixture
def unknown(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "unknown")


async def secure(name: str, authority: Authority) -> Road:
    road = Road(server(name), authority.context())
    await road.open()
    return road


async def test_rabbitmq_by_tls(known: Authority, unknown: Authority, shop: Shop) -> None:
    road = await secure("RABBITMQ", known)
    url = road.url.replace("amqp", "amqps", 1)
    works = list(shop.works.values())
    trusted = open_bus(f"{url}?prefix={place(Path(shop.settings.data))}&ca={known.ca}", works, [], [])
    assert (await trusted.examine()).engine.startswith("RabbitMQ")
    stranger = open_bus(f"{url}?ca={unknown.ca}", works, [], [])
    with pytest.raises(Unavailable):
        await stranger.examine()
    for one in (trusted, stranger):
        await one.close()
    await road.cut()


async def test_opensearch_by_tls(known: Authority, unknown: Authority) -> None:
    road = await secure("OPENSEARCH", known)
    url = road.url.replace("opensearch", "opensearchs", 1)
    trusted, stranger = (open_search(f"{url}/tls?ca={one.ca}") for one in (known, unknown))
    assert (await trusted.examine()).engine.startswith("opensearch")
    with pytest.raises(Unavailable):
        await stranger.examine()
    for one in (trusted, stranger):
        await one.close()
    await road.cut()


async def test_s3_by_tls(known: Authority, unknown: Authority) -> None:
    endpoint = take_apart("files", server("S3"), ("endpoint", "region")).options["endpoint"]
    road = Road(endpoint, known.context())
    await road.open()
    url = server("S3").replace(endpoint, road.url.replace("http", "https", 1))
    trusted, stranger = (open_files(f"{url}&ca={one.ca}") for one in (known, unknown))
    await trusted.put("ab/secure.txt", b"by TLS")
    assert await trusted.get("ab/secure.txt") == b"by TLS"
    with pytest.raises(Unavailable):
        await stranger.get("ab/secure.txt")
    with pytest.raises(Invalid, match="cannot be read"):
        open_files(f"{url}&ca={known.ca}.gone")
    await road.cut()


async def test_mongodb_by_tls(known: Authority, unknown: Authority) -> None:
    road = await secure("MONGODB", known)
    trusted, stranger = (open_documents(f"{road.url}?tls=true&tlsCAFile={one.ca}") for one in (known, unknown))
    assert "FerretDB" in (await trusted.examine()).engine
    with pytest.raises(Unavailable):
        await stranger.examine()
    bare = Bodies(road.url)
    with pytest.raises(Unavailable):
        await bare.read("things", ["a"])
    for one in (trusted, stranger, bare):
        await one.close()
    await road.cut()


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
        stranger = open_database(address, "things")
        with pytest.raises(Unavailable) as told:
            await stranger.fetch("SELECT 1 AS one", {})
        assert "s@cret" not in str(told.value)
        assert "s%40cret" not in str(told.value)
        await stranger.close()
