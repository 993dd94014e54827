"""Files for nginx and HAProxy: every address goes to the service that answers it, and the servers accept the files."""

import asyncio
import contextlib
import json
import re
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from shopwright.app import Shop
from shopwright.deployment.cluster.plan import free_ports, new_plan
from shopwright.deployment.gateway import haproxy, nginx
from shopwright.deployment.gateway.routes import addresses, patterns
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid
from shopwright.registry import PARTS, WEB
from shopwright.web.application import build
from tests.builders.customers import sign_in
from tests.builders.gateway import (
    EVERYWHERE,
    URLS,
    accepted,
    first_answer,
    gateway_configuration,
    has_no_secrets,
    program,
    requests_to,
    running,
)
from tests.builders.server import Server, free_port
from tests.builders.shops import OWNER, QUICK, make_settings

pytestmark = pytest.mark.slow


def test_every_address_leads_to_the_service_that_answers_it() -> None:
    known = patterns()
    assert len(addresses()) > 100
    for one in addresses():
        path_asked = re.sub(r"\{[^}]+\}", "abc-1", one.path)
        found = {part for part, some in known.items() if any(re.match(pattern, path_asked) for pattern in some)}
        assert found == (set() if one.part == WEB else {one.part}), one


@pytest.mark.parametrize("more", ["direct", "balancer", "maintenance", "tls"])
def test_nginx_accepts_its_file(tmp_path: Path, more: str) -> None:
    own = trustme.CA().issue_cert("shop.example")
    own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    kinds: dict[str, dict[str, Any]] = {
        "direct": {},
        "balancer": {"servers": {}, "behind": "", "balancer": "127.0.0.1:9100"},
        "maintenance": {"maintenance": True},
        "tls": {"certificate": f"{tmp_path}/both.pem", "key": f"{tmp_path}/both.pem"},
    }
    written = nginx.configuration(gateway_configuration(tmp_path, **kinds[more]))
    (tmp_path / "nginx.conf").write_text(written)
    assert "warn" not in accepted("nginx", "-t", "-c", tmp_path / "nginx.conf")
    assert ("ssl http2" in written) == (more == "tls")


def test_haproxy_accepts_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "away.http").write_text(haproxy.AWAY, newline="")
    balancer = haproxy.Balancer(
        servers=EVERYWHERE, listen="127.0.0.1:9100", socket=tmp_path / "socket", away=tmp_path / "away.http"
    )
    (tmp_path / "haproxy.cfg").write_text(haproxy.configuration(balancer))
    accepted("haproxy", "-c", "-f", tmp_path / "haproxy.cfg")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["short", "full", "off"])
async def test_nginx_logs_each_request_without_secrets(data: tuple[Path, str], tmp_path: Path, how: str) -> None:
    port, server = free_port(), Server(*data, proxies="127.0.0.1")
    await asyncio.to_thread(server.start)
    servers = {part: [f"127.0.0.1:{server.port}"] for part in PARTS}
    gateway_configuration = {
        "servers": servers,
        "listen": f"127.0.0.1:{port}",
        "behind": f"127.0.0.1:{free_port()}",
        "access_log": how,
    }
    url = f"http://127.0.0.1:{port}"
    try:
        with running(tmp_path, **gateway_configuration):
            await until_it_listens(url)
            answers = await requests_to(url)
            server.kill()
            away = await requests_to(url)
    finally:
        server.kill()
    assert {one.status_code for one in away} == {503}
    log = tmp_path / "shopwright.log"
    text = (log.read_text() if log.exists() else "") + (tmp_path / "shopwright-error.log").read_text()
    assert has_no_secrets(text)
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    if how == "off":
        assert lines == []
        return
    assert {one["client"] for one in lines} == {"127.0.0.0" if how == "short" else "127.0.0.1"}
    assert {"/v1/carts/{cart_id}", "/v1/carts/{cart_id}/lines", "/nowhere/*", "/v1/orders/ord_1", "/wp-login.php"} <= {
        one["path"] for one in lines
    }
    assert {one.headers["x-request-id"] for one in answers} <= {one["request_id"] for one in lines}
    assert {one["status"] for one in lines[-len(URLS) :]} == {"503"}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2::77", "2001:db8:1::"),
        ("2001:db8::77", "2001:db8::"),
        ("2001::77", "2001::"),
        ("::1", "::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
    ],
)
async def test_nginx_shortens_addresses_of_each_kind(tmp_path: Path, address: str, shown: str) -> None:
    port = free_port()
    gateway_configuration = {
        "listen": f"127.0.0.1:{port}",
        "behind": f"127.0.0.1:{free_port()}",
        "trusted": ["127.0.0.1"],
    }
    with running(tmp_path, **gateway_configuration):
        await until_it_listens(f"http://127.0.0.1:{port}")
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://127.0.0.1:{port}/internal/x", headers={"x-forwarded-for": address})
    lines = [json.loads(line) for line in (tmp_path / "shopwright.log").read_text().splitlines()]
    assert lines[-1]["client"] == shown


async def until_it_listens(url: str) -> None:
    """Wait until a server answers at this port."""
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(100):
            with contextlib.suppress(httpx.TransportError):
                await client.get(f"{url}/metrics")
                return
            await asyncio.sleep(0.05)
    pytest.fail(f"nobody listens at {url}")


@pytest.mark.slow
async def test_haproxy_logs_each_request_without_secrets(data: tuple[Path, str], tmp_path: Path) -> None:
    port, server = free_port(), Server(*data)
    await asyncio.to_thread(server.start)
    (tmp_path / "away.http").write_text(haproxy.AWAY, newline="")
    balancer = haproxy.Balancer(
        servers={part: [f"127.0.0.1:{server.port}"] for part in PARTS}, listen=f"127.0.0.1:{port}",
        socket=tmp_path / "socket", away=tmp_path / "away.http", log="stdout format raw local0",
    )  # fmt: skip
    (tmp_path / "haproxy.cfg").write_text(haproxy.configuration(balancer))
    with (tmp_path / "haproxy.log").open("wb") as out:
        process = subprocess.Popen([program("haproxy"), "-db", "-f", tmp_path / "haproxy.cfg"], stdout=out)
    try:
        await until_it_listens(f"http://127.0.0.1:{port}")
        await requests_to(f"http://127.0.0.1:{port}/web")
    finally:
        process.terminate()
        process.wait(20)
        server.kill()
    text = (tmp_path / "haproxy.log").read_text()
    assert has_no_secrets(text), text
    assert re.search(r"^GET /web/v1/carts/\* 404 \d+ ms \d+ bytes 127\.0\.0\.0 req_\w+ web/s1$", text, re.MULTILINE), (
        text
    )


@pytest.fixture
async def gateway(data: tuple[Path, str], tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """nginx with TLS in front of a shop of one process: its URL, and the certificate authority."""
    program("nginx")
    authority, port = trustme.CA(), free_port()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    both = tmp_path / "both.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(both))
    url = f"https://127.0.0.1:{port}"
    server = Server(*data, url=url, proxies="127.0.0.1")
    await asyncio.to_thread(server.start)
    servers = {part: [f"127.0.0.1:{server.port}"] for part in PARTS}
    settings = {"servers": servers, "listen": f"127.0.0.1:{port}", "behind": f"127.0.0.1:{free_port()}"}
    try:
        with running(tmp_path, **settings, certificate=str(both), key=str(both)):
            yield url, tmp_path / "ca.pem"
    finally:
        assert await asyncio.to_thread(server.stop) == 0


async def test_a_shop_of_one_process_behind_nginx_with_tls(gateway: tuple[str, Path]) -> None:
    url, authority = gateway
    trust = ssl.create_default_context(cafile=authority)
    async with httpx.AsyncClient(base_url=url, verify=trust, timeout=10, trust_env=False) as client:
        home = await first_answer(client)
        assert home.status_code == 200
        assert "max-age" in home.headers["strict-transport-security"]
        owner = await sign_in(client, *OWNER)
        me = await client.get("/v1/me", headers={**owner, "Shopwright-Identity": "made up"})
        assert me.json()["email"] == OWNER[0]
        assert (await client.get("/v1/me", headers={"Shopwright-Identity": "made up"})).status_code == 401
        assert (await client.get("/internal/identify", headers=owner)).status_code == 404
        large = await client.post(
            "/v1/carts", content=b" " * 300_000 + b"{}", headers={"Content-Type": "application/json"}
        )
        assert large.status_code == 201
        # A request refused before it was read gets the error text of the shop.
        refused = [
            (await client.post("/v1/products", content=b" " * size, headers={"Content-Type": "application/json"})).json()
            for size in (300_000, 20_000_000) for _ in range(8)
        ]  # fmt: skip
        assert {one["code"] for one in refused} == {"unauthenticated"}
        too_large = await client.post(
            "/v1/carts", content=b" " * 25_000_001, headers={"Content-Type": "application/json"}
        )
        assert too_large.status_code == 413
    trust.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]), ssl=trust)
    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
    writer.close()


def test_processes_listen_on_ports_outside_the_range_of_outgoing_connections() -> None:
    port_range = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(port_range.read_text().split()[0]) if port_range.exists() else 49_152  # RFC 6335
    for _ in range(20):
        plan = new_plan(8000, 16)
        ports = [plan.behind, *(port for own in plan.processes.values() for port in own)]
        assert len(set(ports)) == len(ports) == 1 + 16 * len(PARTS)
        assert min(ports) >= 1024
        assert max(ports) < lowest
        assert not set(free_ports(50, besides=ports)) & set(ports)


@pytest.mark.parametrize(
    ("proxies", "expected"), [("127.0.0.1", [201, 429, 201]), ("10.0.0.0/8", [201, 429, 429]), ("", [201, 429, 429])]
)
async def test_clients_behind_a_known_load_balancer_are_counted_by_their_own_address(
    data: tuple[Path, str], proxies: str, expected: list[int]
) -> None:
    shop = Shop(
        make_settings(*data, limits="on", writes_per_minute=1, proxies=proxies), hasher=QUICK, clock=HandClock()
    )
    transport = httpx.ASGITransport(app=build(shop, deliver=False), client=("127.0.0.1", 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        for address, status in zip(("203.0.113.1", "203.0.113.1", "203.0.113.2"), expected, strict=True):
            answer = await client.post("/v1/carts", headers={"X-Forwarded-For": f"198.51.100.9, {address}"})
            assert answer.status_code == status
    await shop.close()


class Echo(BaseHTTPRequestHandler):
    """Answers with the forwarded headers of the request."""

    def do_GET(self) -> None:
        body = f"{self.headers['X-Forwarded-For']} {self.headers['X-Forwarded-Proto']}".encode()
        self.send_response(200)
        host, port = self.server.server_address[:2]
        self.send_header("X-Server", f"{host!s}:{port}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_OPTIONS(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def echo() -> Iterator[str]:
    """A server that answers, and its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@contextlib.contextmanager
def before(folder: Path, **more: Any) -> Iterator[httpx.Client]:
    """nginx with this configuration, and a client of it."""
    port = free_port()
    with (
        running(folder, listen=f"127.0.0.1:{port}", behind="", **more),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        for _ in range(100):
            with contextlib.suppress(httpx.ConnectError):
                client.get("/")
                break
            time.sleep(0.05)
        yield client


@pytest.mark.parametrize(
    ("trusted", "expected"), [("127.0.0.0/8", "203.0.113.1 https"), ("10.0.0.0/8", "127.0.0.1 http"), ("", "127.0.0.1 http")]
)  # fmt: skip
def test_a_gateway_behind_another_balancer_trusts_only_that_one(tmp_path: Path, trusted: str, expected: str) -> None:
    headers = {"X-Forwarded-For": "198.51.100.9, 203.0.113.1", "X-Forwarded-Proto": "https"}
    with echo() as there:
        servers, networks = {part: [there] for part in PARTS}, [trusted] if trusted else []
        with before(tmp_path, servers=servers, trusted=networks) as client:
            assert client.get("/", headers=headers).text == expected


def test_only_named_origins_may_call_the_api_by_script(tmp_path: Path) -> None:
    ours, allow = "https://app.example", "access-control-allow-origin"
    with echo() as there, before(tmp_path, servers={part: [there] for part in PARTS}, origins=[ours]) as client:
        preflight = client.options("/v1/products", headers={"Origin": ours, "Access-Control-Request-Method": "POST"})
        assert (preflight.status_code, preflight.headers[allow]) == (204, ours)
        assert "idempotency-key" in preflight.headers["access-control-allow-headers"]
        answer = client.get("/v1/products", headers={"Origin": ours})
        assert (answer.status_code, answer.headers[allow], answer.headers["vary"]) == (200, ours, "Origin")
        assert "access-control-allow-credentials" not in answer.headers  # cookies are not sent to other origins
        for origin, path in (
            ("https://app.example.evil", "/v1/products"), ("https://evil.example", "/v1/products"),
            ("https://appxexample", "/v1/products"), (ours, "/account"), ("null", "/v1/products"),
        ):  # fmt: skip
            assert allow not in client.get(path, headers={"Origin": origin}).headers, (origin, path)
            preflight = client.options(path, headers={"Origin": origin, "Access-Control-Request-Method": "GET"})
            assert allow not in preflight.headers
    with before(tmp_path, servers={part: ["127.0.0.1:1"] for part in PARTS}, origins=[ours]) as client:
        away = client.get("/v1/products", headers={"Origin": ours})
        assert (away.status_code, away.headers[allow]) == (503, ours)  # so that scripts can read the reason


def test_a_canary_gets_its_share_and_each_client_that_asks_for_it(tmp_path: Path) -> None:
    with echo() as old, echo() as new:
        more: dict[str, Any] = {"servers": {part: [old] for part in PARTS}, "canary": {"orders": [new]}}
        more |= {"trusted": ["127.0.0.0/8"]}

        def who(client: httpx.Client, path: str, address: str, **headers: str) -> str:
            return client.get(path, headers={"X-Forwarded-For": address, **headers}).headers["x-server"]

        addresses_ = [f"198.51.{n // 250}.{n % 250 + 1}" for n in range(400)]
        with before(tmp_path, **more, canary_share=20) as client:
            found = {address: who(client, "/v1/orders", address) for address in addresses_}
            share = Counter(found.values())[new] / len(addresses_)
            assert 0.1 < share < 0.3
            assert all(who(client, "/v1/orders", address) == found[address] for address in addresses_[:20])  # for good
            assert {who(client, "/v1/products", address) for address in addresses_[:60]} == {old}  # it has no other
            canary_header = {"X-Canary": "always"}
            assert {who(client, "/v1/orders", address, **canary_header) for address in addresses_[:60]} == {new}
            canary_header = {"X-Canary": "never"}
            assert {who(client, "/v1/orders", address, **canary_header) for address in addresses_[:60]} == {old}
        with before(tmp_path, **more) as client:
            assert {who(client, "/v1/orders", address) for address in addresses_[:60]} == {old}
            assert who(client, "/v1/orders", "198.51.100.1", **{"X-Canary": "always"}) == new


def test_connections_per_address_are_limited(tmp_path: Path) -> None:
    with echo() as there, before(tmp_path, servers={part: [there] for part in PARTS}, trusted=["127.0.0.1"]) as client:
        port = client.base_url.port or 0
        head = b"POST / HTTP/1.1\r\nHost: shop.test\r\nX-Forwarded-For: 203.0.113.1\r\nContent-Length: 9\r\n\r\nx"
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(nginx.MOST_EACH)]
        for one in held:
            one.sendall(head)
        time.sleep(0.5)
        refused = client.get("/", headers={"X-Forwarded-For": "203.0.113.1"})
        assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
            429,
            "rate_limited",
            "5",
        )
        assert client.get("/", headers={"X-Forwarded-For": "203.0.113.2"}).status_code == 200
        for one in held:
            one.close()


def test_an_impossible_configuration_is_refused(tmp_path: Path) -> None:
    for more, words in (
        ({"servers": {**EVERYWHERE, "orders": []}}, "No server serves orders"),
        ({"servers": {**EVERYWHERE, "orders": ["127.0.0.1:1; return 200"]}}, "is not a valid address"),
        ({"listen": "here"}, "“here” is not a valid address"),
        ({"certificate": "cert.pem"}, "both are needed"),
        ({"origins": ["*"]}, "“\\*” is not a valid origin"),
        ({"origins": ["https://a.example/path"]}, "is not a valid origin"),
        ({"canary": {"order": ["127.0.0.1:1"]}}, "A canary names parts"),
        ({"canary": {"orders": ["127.0.0.1"]}}, "is not a valid address"),
    ):
        with pytest.raises(Invalid, match=words):
            nginx.configuration(gateway_configuration(tmp_path, **more))
    with pytest.raises(Invalid, match="orders has 17 processes"):
        haproxy.configuration(
            haproxy.Balancer(
                servers={**EVERYWHERE, "orders": ["127.0.0.1:1"] * 17},
                listen="127.0.0.1:9100", socket=tmp_path / "s", away=tmp_path / "a",
            )
        )  # fmt: skip
