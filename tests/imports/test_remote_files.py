"""Untrusted files: an import reads a bounded amount, and requests no internal address."""

import asyncio
import io
import ipaddress
import socket
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from shopwright.app import Shop
from shopwright.importers.draft import DraftImage
from shopwright.importers.files import read_tables
from shopwright.importers.pictures import Fetcher
from shopwright.kit.errors import Invalid
from shopwright.kit.outgoing import is_public


@pytest.fixture
async def inside() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server in our own network, and the requests it received."""
    requests: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.read(1000))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], requests
    server.close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"],
)
async def test_no_address_in_our_network_is_requested_however_it_is_written(
    local_shop: Shop, inside: tuple[int, list[bytes]], host: str
) -> None:
    port, requests = inside
    fetcher = Fetcher(local_shop.catalog, fetch=True)
    await fetcher.media(DraftImage(f"http://{host}:{port}/x.png"))
    await fetcher.close()
    assert requests == []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "0.0.0.1",
        "::", "::1", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::7f00:1",
        "2002:7f00:1::1", "2002:c0a8:101::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ],
)  # fmt: skip
def test_an_internal_address_is_recognised_in_each_form(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_a_public_address_may_be_requested(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


async def test_a_connection_goes_to_the_address_that_was_checked(
    local_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves differently the second time leads nowhere."""
    meant = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])

    async def resolve(*_arguments: object, **_more: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(meant), 0))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    seen: list[httpx.Request] = []
    data = io.BytesIO()
    Image.new("RGB", (8, 8)).save(data, "PNG")

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=data.getvalue())

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    fetcher = Fetcher(local_shop.catalog, fetch=True, client=client)
    found = await fetcher.media(DraftImage("https://user:secret@pictures.example:8443/x.png?a=1"))
    await fetcher.close()
    assert found is not None
    assert found.url.startswith("/media/")
    (request,) = seen
    assert str(request.url) == "https://93.184.216.34:8443/x.png?a=1"
    assert request.headers["host"] == "pictures.example:8443"
    assert request.extensions["sni_hostname"] == "pictures.example"
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1/x.png",
        "http://a:b:c/x",
        "http://x:99999/y",
        "http:///x",
        "http://\u2100.example/x",
        "https://xn--/x",
    ],
)
async def test_an_invalid_address_does_not_end_an_import(local_shop: Shop, url: str) -> None:
    fetcher = Fetcher(local_shop.catalog, fetch=True)
    found = await fetcher.media(DraftImage(url))
    await fetcher.close()
    assert found is None or found.url == url


SMALL = 100_000  # bytes


def archive(path: Path, *sizes: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, size in enumerate(sizes):
            packed.writestr(f"{number}.csv", "Handle,Title\n" + "a,b\n" * (size // 4))
    return path


@pytest.mark.parametrize("sizes", [(110_000,), (60_000, 60_000), (40_000, 40_000, 40_000)])
def test_an_archive_has_a_total_size_limit(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    with pytest.raises(Invalid, match="split it"):
        read_tables(archive(tmp_path / "a.zip", *sizes), largest=SMALL)


def test_an_archive_within_the_limits_is_read(tmp_path: Path) -> None:
    assert len(read_tables(archive(tmp_path / "a.zip", 40_000, 40_000), largest=SMALL)) == 2


def test_an_archive_of_very_many_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="101 tables"):
        read_tables(archive(tmp_path / "a.zip", *([10] * 101)))


def test_a_locked_or_damaged_archive_is_reported(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", 10_000)
    data = bytearray(path.read_bytes())
    data[60:80] = b"\xff" * 20
    path.write_bytes(data)
    with pytest.raises(Invalid, match="cannot be opened"):
        read_tables(path)
    locked = bytearray(archive(tmp_path / "b.zip", 10_000).read_bytes())
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        at = locked.find(mark) + (6 if mark == b"PK\x03\x04" else 8)
        locked[at] |= 1
    (tmp_path / "b.zip").write_bytes(locked)
    with pytest.raises(Invalid, match="cannot be opened"):
        read_tables(tmp_path / "b.zip")
