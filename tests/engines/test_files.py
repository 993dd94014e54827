"""The contract of every file store: a folder always, S3 where a server is available."""

import asyncio
import io
import secrets
import time
from datetime import timedelta
from pathlib import Path

import httpx
import obstore
import pytest
from PIL import Image

from shopwright.app import Shop
from shopwright.engines.files import open_files
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.ports import Files
from shopwright.web.application import build
from tests.builders.customers import sign_in
from tests.builders.environment import server
from tests.builders.server import free_port
from tests.builders.shops import OWNER, QUICK, make_settings


def s3_url() -> str:
    """A prefix of a test in the bucket."""
    return server("S3").replace("?", f"/{secrets.token_hex(6)}?")


@pytest.fixture(params=["disk", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    return open_files(f"file://{tmp_path}/files" if request.param == "disk" else s3_url())


async def test_files_are_kept_under_their_names_and_nowhere_else(files: Files) -> None:
    await files.put("media/a/original", b"bytes")
    assert await files.get("media/a/original") == b"bytes"
    assert await files.get("media/none") is None
    await files.put("media/a/original", b"")
    assert await files.get("media/a/original") == b""
    await files.delete("media/a/original")
    await files.delete("media/a/original")
    assert await files.get("media/a/original") is None
    for name in ("../secret", "/etc/passwd", "a/../../b", "A", "", ".hidden"):
        for verb in (lambda name=name: files.put(name, b"x"), lambda name=name: files.get(name)):
            with pytest.raises(Invalid):
                await verb()


async def test_all_names_are_listed(files: Files) -> None:
    assert await files.names() == []
    for number in range(30):
        await files.put(f"media/{number:02}/320.webp", b"x")
    assert await files.names() == [f"media/{number:02}/320.webp" for number in range(30)]


async def test_a_large_file_is_read_back_unchanged(files: Files) -> None:
    large = secrets.token_bytes(20_000_000)
    await files.put("media/large", large)
    assert await files.get("media/large") == large


async def test_files_served_by_s3_are_immutable_and_have_a_content_type() -> None:
    files = open_files(s3_url())
    await files.put("media/a/320.webp", b"bytes")
    attributes = (await obstore.get_async(files._store, "media/a/320.webp")).attributes
    assert attributes["Cache-Control"] == "public, max-age=31536000, immutable"
    assert attributes["Content-Type"] == "image/webp"


async def test_a_store_that_is_away_or_denies_access_is_unavailable_and_its_secret_is_not_shown() -> None:
    right = server("S3")
    gone = f"s3://key:hush@media?endpoint=http://127.0.0.1:{free_port()}"
    for url in (gone, right.replace("loopback-secret", "hush"), right.replace("@media", "@nowhere")):
        began = time.monotonic()
        with pytest.raises(Unavailable) as error:
            await open_files(url).put("media/a", b"x")
        assert "hush" not in error.value.detail
        assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://", "names no host"),
        ("s3://media?endpoint=minio:9000", "starts with http"),
        ("s3://key@media", "both are needed"),
        ("s3://media?bucket=x", "“bucket”"),
        ("fiel://media", "Did you mean file"),
    ],
)
def test_an_invalid_url_is_refused_with_a_valid_example(url: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        open_files(url)


async def test_a_store_describes_its_state(files: Files) -> None:
    assert (await files.examine()).wrong == ()
    assert await files.names() == []


async def test_sizes_and_files_of_a_folder_are_listed(files: Files) -> None:
    for name in ("uploads/one", "uploads/two", "media/three"):
        await files.put(name, b"bytes")
    assert await files.size("uploads/one") == 5
    assert await files.size("uploads/none") is None
    assert await files.names("uploads") == ["uploads/one", "uploads/two"]
    assert await files.names("nothing") == []


async def test_a_signed_address_allows_to_read_or_write_one_file_for_a_time() -> None:
    files = open_files(s3_url())
    await files.put("media/a", b"bytes")
    async with httpx.AsyncClient(trust_env=False) as client:
        reading = await files.address("GET", "media/a", timedelta(minutes=1))
        writing = await files.address("PUT", "uploads/a", timedelta(minutes=1))
        assert (await client.get(reading)).content == b"bytes"
        assert (await client.put(writing, content=b"sent")).status_code == 200
        assert await files.get("uploads/a") == b"sent"
        assert (await client.put(reading, content=b"changed")).status_code == 403  # it was signed for reading
        assert (await client.get(reading.replace("media/a", "uploads/a"))).status_code == 403
        over = await files.address("GET", "media/a", timedelta(seconds=1))
        await asyncio.sleep(2.1)
        assert (await client.get(over)).status_code == 403
    assert "loopback-secret" not in reading


async def test_a_folder_has_no_signed_addresses(tmp_path: Path) -> None:
    files = open_files(f"file://{tmp_path}")
    assert await files.address("GET", "media/a", timedelta(minutes=1)) is None


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (90, 60), "red").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("engine", ["disk", "s3"])
async def test_a_picture_is_sent_to_an_upload_address_and_then_stored(
    engine: str, data: tuple[Path, str], clock: HandClock
) -> None:
    files = f"file://{data[0]}/files" if engine == "disk" else s3_url()
    shop = Shop(make_settings(*data, files=files), clock=clock, hasher=QUICK)
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api,
        httpx.AsyncClient(trust_env=False) as outside,
    ):
        staff = await sign_in(api, *OWNER)
        begun = (await api.post("/v1/media/uploads", headers=staff)).json()
        early = await api.post("/v1/media", json={"upload_id": begun["id"]}, headers=staff)
        assert early.status_code == 404
        assert begun["method"] == "PUT"
        direct = begun["url"].startswith("http")
        assert direct == (engine == "s3")
        sent = await (outside if direct else api).put(begun["url"], content=picture(), headers={} if direct else staff)
        assert sent.is_success, sent.text
        made = await api.post("/v1/media", json={"upload_id": begun["id"], "alt": "Red"}, headers=staff)
        assert (made.status_code, made.json()["width"], made.json()["alt"]) == (201, 90, "Red")
        assert (await api.get(made.json()["url"])).headers["content-type"] == "image/webp"
        again = await api.post("/v1/media", json={"upload_id": begun["id"]}, headers=staff)
        assert again.status_code == 404
        digest = made.json()["url"].split("/")[2]
        original = await api.get(f"/v1/media/{digest}/original", headers=staff)
        if original.status_code == 302:
            original = await outside.get(original.headers["location"])
        assert original.content == picture()
        for path in (f"/v1/media/{digest}/original", "/v1/media/x/original"):
            assert (await api.get(path)).status_code == 401
        assert (await api.get("/v1/media/x/original", headers=staff)).status_code == 404
        assert (await api.put("/v1/media/uploads/../x", content=b"x", headers=staff)).status_code in {404, 405}
    await shop.close()


async def test_uploads_that_are_invalid_too_large_or_abandoned_are_not_stored(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], clock: HandClock
) -> None:
    for content, words in ((b"not a picture", "not a picture"), (b"x" * 20_000_001, "at most 20 MB")):
        begun = (await api.post("/v1/media/uploads", headers=staff)).json()
        name = f"uploads/{begun['id']}"
        await shop.files.put(name, content)  # as an operator did at the file store
        refused = await api.post("/v1/media", json={"upload_id": begun["id"]}, headers=staff)
        assert (refused.status_code, words in refused.text) == (422, True), refused.text
    begun = (await api.post("/v1/media/uploads", headers=staff)).json()
    await shop.files.put(f"uploads/{begun['id']}", picture())
    clock.move(hours=23)
    await shop.catalog.forget_uploads()
    assert await shop.files.size(f"uploads/{begun['id']}") is not None
    clock.move(hours=2)
    await shop.catalog.forget_uploads()
    assert await shop.files.names("uploads") == []
