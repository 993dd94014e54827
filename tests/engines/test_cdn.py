"""CDNs in front of the shop: cache headers, and purges as their makers document them."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from xml.etree import ElementTree as ET

import pytest

from shopwright.engines.cdn import open_cdn
from shopwright.kit.caching.surrogate_keys import key_of, keys_of
from shopwright.kit.errors import Invalid, Unavailable

pytestmark = pytest.mark.slow

CLOUDFRONT_NS = "{http://cloudfront.amazonaws.com/doc/2020-05-31/}"
INVALIDATION = (
    '<?xml version="1.0"?><Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>I2J0I21PCUYOIK</Id>'
    "<Status>InProgress</Status><CreateTime>2026-01-01T00:00:00Z</CreateTime><InvalidationBatch><Paths><Quantity>0"
    "</Quantity></Paths><CallerReference>x</CallerReference></InvalidationBatch></Invalidation>"
)


class Api(ThreadingHTTPServer):
    """The API of a CDN: records requests, and answers as configured."""

    status, body = 200, b"{}"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RecordingHandler)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.where = f"127.0.0.1:{self.server_port}"


class RecordingHandler(BaseHTTPRequestHandler):
    server: Api
    log: ClassVar[list[str]] = []

    def answer(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, headers, self.rfile.read(length)))
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- named so by http.server
        self.log.append(format % args)


RecordingHandler.do_POST = RecordingHandler.do_PURGEKEYS = RecordingHandler.answer


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as made:
        thread = Thread(target=made.serve_forever, args=[0.01])
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_an_answer_has_surrogate_keys_for_its_products_and_its_kind() -> None:
    page = [b'<a href="/p/tide-mug">', b'<a href="/p/harbour-kettle?variant=1">', b'<a href="/parts">']
    assert keys_of("/c/kitchen", page) == {"all", "lists", key_of("tide-mug"), key_of("harbour-kettle")}
    assert keys_of("/p/tide-mug", page[:1]) == {"all", key_of("tide-mug")}
    assert keys_of("/v1/products", [b'{"items":[{"slug":"tide-mug"}]}']) == {"all", "lists", key_of("tide-mug")}
    assert re.fullmatch(r"p-[0-9a-f]{10}", key_of("tide-mug"))


def url_of(name: str, api: Api) -> str:
    return {
        "varnish": f"varnish://:s-3cret@{api.where}",
        "cloudflare": f"cloudflare://:s-3cret@023e105f4ecef8ad9ca31a8372d0c353?api=http://{api.where}",
        "fastly": f"fastly://:s-3cret@SU1Z0isxPaozGVKXdv0eY?api=http://{api.where}",
        "cloudfront": f"cloudfront://AKIAEXAMPLE:s-3cret@EDFDVBD6EXAMPLE?api=http://{api.where}",
    }[name]


ALL = ("varnish", "cloudflare", "fastly", "cloudfront")


@pytest.mark.parametrize("name", ALL)
async def test_a_cdn_caches_a_minute_and_browsers_revalidate(name: str, api: Api) -> None:
    cdn = open_cdn(url_of(name, api))
    assert cdn is not None
    headers = {name.decode(): value.decode() for name, value in cdn.headers(["lists", "all"])}
    for_all = " ".join(headers.values())
    assert "=60" in for_all
    assert "stale-if-error=86400" in for_all
    if name == "cloudfront":
        assert headers == {"cache-control": "public, max-age=0, s-maxage=60, stale-if-error=86400"}
    else:
        assert re.search(r"stale-while-revalidate=30", for_all)
        assert "all" in for_all
        assert "lists" in for_all
    assert "max-age=0" in headers["cache-control"] or headers["cache-control"] == "private, no-cache"
    await cdn.close()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("status", [400, 403, 429, 500])
async def test_a_refused_purge_is_logged_without_the_secret(name: str, status: int, api: Api) -> None:
    cdn = open_cdn(url_of(name, api))
    assert cdn is not None
    api.status = status
    with pytest.raises(Unavailable) as refused:
        await cdn.purge({"all"})
    assert "s-3cret" not in str(refused.value)
    api.shutdown()
    api.server_close()
    with pytest.raises(Unavailable) as gone:
        await cdn.purge({"all"})
    assert "s-3cret" not in str(gone.value)
    await cdn.close()


async def test_varnish_purges_keys_on_each_server(api: Api) -> None:
    with Api() as other:
        thread = Thread(target=other.serve_forever, args=[0.01])
        thread.start()
        cdn = open_cdn(f"varnish://:s-3cret@{api.where},{other.where}")
        assert cdn is not None
        await cdn.purge({f"p-{n:010x}" for n in range(250)})
        await cdn.close()
        other.shutdown()
        thread.join()
    assert [len(headers["surrogate-key"].split("|")) for _, _, headers, _ in api.asked] == [200, 50]
    assert len(other.asked) == 2
    assert {(method, headers["purge-secret"]) for method, _, headers, _ in api.asked} == {("PURGEKEYS", "s-3cret")}


async def test_cloudflare_purges_thirty_tags_at_a_time(api: Api) -> None:
    """POST /zones/{zone_id}/purge_cache {"tags": […]}, `{"success": true, …}`."""
    cdn = open_cdn(url_of("cloudflare", api))
    assert cdn is not None
    api.body = b'{"success":true,"errors":[],"messages":[],"result":{"id":"023e105f4ecef8ad9ca31a8372d0c353"}}'
    await cdn.purge({f"p-{n:010x}" for n in range(31)})
    (method, path, headers, body), (*_, last) = api.asked
    assert (method, path) == ("POST", "/zones/023e105f4ecef8ad9ca31a8372d0c353/purge_cache")
    assert headers["authorization"] == "Bearer s-3cret"
    assert headers["content-type"] == "application/json"
    assert len(json.loads(body)["tags"]) == 30
    assert json.loads(last) == {"tags": ["p-000000001e"]}
    api.body = b'{"success":false,"errors":[{"code":1094,"message":"Invalid tag"}]}'
    with pytest.raises(Unavailable):
        await cdn.purge({"all"})
    await cdn.close()


async def test_fastly_purges_surrogate_keys(api: Api) -> None:
    """POST /service/{service_id}/purge {"surrogate_keys": […]} with Fastly-Key."""
    cdn = open_cdn(url_of("fastly", api))
    assert cdn is not None
    await cdn.purge({"lists", "all"})
    ((method, path, headers, body),) = api.asked
    assert (method, path) == ("POST", "/service/SU1Z0isxPaozGVKXdv0eY/purge")
    assert headers["fastly-key"] == "s-3cret"
    assert json.loads(body) == {"surrogate_keys": ["all", "lists"]}
    await cdn.close()


async def test_cloudfront_purges_paths_with_a_signature(api: Api) -> None:
    """POST /2020-05-31/distribution/{Id}/invalidation with an InvalidationBatch, signature v4."""
    cdn = open_cdn(url_of("cloudfront", api))
    assert cdn is not None
    api.status, api.body = 201, INVALIDATION.encode()
    await cdn.purge({"lists"})
    ((method, path, headers, body),) = api.asked
    assert (method, path) == ("POST", "/2020-05-31/distribution/EDFDVBD6EXAMPLE/invalidation")
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
    batch = ET.fromstring(body)  # noqa: S314 -- we wrote it
    paths = [one.text for one in batch.iter(f"{CLOUDFRONT_NS}Path")]
    assert batch.tag == f"{CLOUDFRONT_NS}InvalidationBatch"
    assert batch.find(f"{CLOUDFRONT_NS}Paths/{CLOUDFRONT_NS}Quantity").text == str(len(paths))
    assert {"/", "/p/*", "/c/*", "/search*"} <= set(paths)
    assert not [path for path in paths if path in {"/*", "/assets/*", "/media/*"}], "what never changes stays"
    assert cdn.every >= timedelta(seconds=30), "they are paid for by the path"
    await cdn.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("varnich://:secret@host", "Did you mean varnish:"),
        ("varnish://host:6081", "needs a secret"),
        ("varnish://:two words@host:6081", "letters, digits"),
        ("varnish://:secret@", "names no host"),
        ("fastly://:token@", "names no host"),
        ("cloudflare://:token@zone?apj=x", "does not know"),
    ],
)
def test_an_invalid_address_is_refused_with_the_reason(url: str, expected: str) -> None:
    with pytest.raises(Invalid, match=re.escape(expected)):
        open_cdn(url)


def test_off_is_no_cdn() -> None:
    assert open_cdn("off:") is None
