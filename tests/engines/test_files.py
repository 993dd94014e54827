"""The contract of every file store: a folder always, S3 where there is a server."""

import secrets
import time
from pathlib import Path

import obstore
import pytest

from shopwright.engines.files import open_files
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.ports import Files
from tests.conftest import server
from tests.process.server import free_port


def s3_url() -> str:
    """A place of a test's own in the bucket."""
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


async def test_all_names_are_told(files: Files) -> None:
    assert await files.names() == []
    for number in range(30):
        await files.put(f"media/{number:02}/320.webp", b"x")
    assert await files.names() == [f"media/{number:02}/320.webp" for number in range(30)]


async def test_a_large_file_comes_back_as_it_was(files: Files) -> None:
    large = secrets.token_bytes(20_000_000)
    await files.put("media/large", large)
    assert await files.get("media/large") == large


async def test_what_s3_serves_by_itself_may_be_kept_for_good_and_says_what_it_is() -> None:
    files = open_files(s3_url())
    await files.put("media/a/320.webp", b"bytes")
    told = (await obstore.get_async(files._store, "media/a/320.webp")).attributes
    assert told["Cache-Control"] == "public, max-age=31536000, immutable"
    assert told["Content-Type"] == "image/webp"


async def test_a_store_that_does_not_answer_or_let_us_in_is_unavailable_and_its_secret_is_not_told() -> None:
    right = server("S3")
    gone = f"s3://key:hush@media?endpoint=http://127.0.0.1:{free_port()}"
    for url in (gone, right.replace("loopback-secret", "hush"), right.replace("@media", "@nowhere")):
        began = time.monotonic()
        with pytest.raises(Unavailable) as told:
            await open_files(url).put("media/a", b"x")
        assert "hush" not in told.value.detail
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
def test_a_wrong_url_is_told_what_would_be_right(url: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        open_files(url)


async def test_a_store_says_how_it_is(files: Files) -> None:
    assert (await files.examine()).wrong == ()
    assert await files.names() == []
