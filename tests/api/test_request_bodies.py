"""Bodies have limits of size and pace: a request that violates them is refused before it is parsed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.errors import TooLarge, TooSlow
from shopwright.kit.http.request_bodies import BodyPace, read_all
from tests.builders.gateway import shop_port

pytestmark = pytest.mark.slow

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def token_of(api: httpx.AsyncClient) -> str:
    return (await api.get("/cart")).cookies.get("form") or api.cookies["form"]


async def test_a_body_is_as_large_as_its_kind_and_chunks_change_nothing(
    api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b" " * 100_000
        yield b"{}"

    for more in ({}, {"Idempotency-Key": "one-key-for-this"}):
        cart = await api.post("/v1/carts", content=pieces(9), headers={**JSON, **more})
        assert cart.status_code == 201
        for body in (pieces(11), b" " * 1_000_001):
            answer = await api.post("/v1/carts", content=body, headers={**JSON, **more})
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    picture = await api.put(
        "/v1/media/uploads/upl_x", content=b"x" * 2_000_000, headers={**staff, "Content-Type": "image/png"}
    )
    assert picture.status_code == 404, "it was read, and there is no such upload"
    assert (await api.put("/v1/media/uploads/upl_x", content=b"x" * 26_000_000, headers=staff)).status_code == 413
    token = await token_of(api)
    form = f"_csrf_token={token}&email=a&password=" + "x" * 64_000
    assert (await api.post("/sign-in", content=form.encode(), headers=FORM)).status_code == 413


async def test_a_form_of_too_many_fields_is_not_parsed(api: httpx.AsyncClient) -> None:
    for content, kind in (
        ("&".join(f"a{n}=" for n in range(300)), FORM["Content-Type"]),
        ("".join(f'--b\r\nContent-Disposition: form-data; name="a{n}"\r\n\r\nx\r\n' for n in range(300)) + "--b--\r\n", "multipart/form-data; boundary=b"),
    ):  # fmt: skip
        answer = await api.post("/sign-in", content=content.encode(), headers={"Content-Type": kind})
        assert answer.status_code == 413
    big = b"&".join(b"a=" for _ in range(12_000_000))
    began = time.monotonic()
    assert (await api.post("/sign-in", content=big, headers=FORM)).status_code == 413
    assert time.monotonic() - began < 2


async def test_an_unexpected_content_type_is_415(api: httpx.AsyncClient) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "application/xml",
    ):
        for method, path in (("POST", "/v1/sessions"), ("POST", "/v1/carts"), ("PATCH", "/v1/carts/crt_x")):
            answer = await api.request(method, path, content=b"{}", headers={"Content-Type": kind})
            assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type"), (kind, path)
    for kind in ("application/json", "text/plain"):
        assert (await api.post("/sign-in", content=b"{}", headers={"Content-Type": kind})).status_code == 415


async def test_a_route_without_body_refuses_fields(api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]) -> None:
    for body, status in (
        (b"", 201),
        (b"{}", 201),
        (b"null", 201),
        (b"{broken", 400),
        (b"[1]", 400),
        (b'{"bogus": 1}', 422),
    ):
        answer = await api.post("/v1/carts", content=body, headers=JSON)
        assert answer.status_code == status, (body, answer.text)
    assert answer.json()["errors"] == [
        {"pointer": "/bogus", "code": "unknown_field", "detail": "There is no field “bogus” here."}
    ]
    capture = await api.post("/v1/orders/ord_x/capture", json={"bogus": 100}, headers=staff)
    assert capture.status_code in {400, 422}
    for path in ("/v1/orders/ord_x/cancel", "/v1/orders/ord_x/delivery"):
        assert (await api.post(path, content=b"{broken", headers={**JSON, **staff})).status_code == 400
        assert (await api.post(path, json={"bogus": 1}, headers=staff)).status_code in {400, 422}


async def test_texts_are_bounded_and_have_no_control_characters_in_bodies_and_forms(
    api: httpx.AsyncClient, shop: Shop
) -> None:
    good = {"email": "ada@example.com", "password": "correct horse", "name": "Ada"}
    for wrong in (
        {"email": "x" * 22_000 + "@example.com"}, {"name": "x" * 201}, {"name": "Ada\r\nBcc: eve@example.com"}, {"name": "Ada\x00"},
        {"name": "\u202eadA"}, {"name": "Ada\u2066"}, {"email": "ada@example.com\n"}, {"name": "Ada\x9b"}, {"name": "A\tda"},
    ):  # fmt: skip
        answer = await api.post("/v1/users", json={**good, **wrong})
        assert answer.status_code == 422, wrong
        assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{name}" for name in wrong]
        assert len(answer.content) < 1000, "what was too long is not sent back"
        page = await api.post("/register", data={**good, **wrong, "_csrf_token": await token_of(api)})
        assert page.status_code == 422, wrong
        assert len(page.content) < 30_000
    assert (await api.post("/v1/users", json=good)).status_code == 201


async def test_a_body_that_arrives_too_slowly_is_aborted() -> None:
    async def drop() -> Any:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def never() -> Any:
        await asyncio.Event().wait()

    for receive in (drop, never):
        with pytest.raises(TooSlow):
            await read_all(receive, 1000, BodyPace(grace_s=0.2, bytes_s=100, longest_s=1))
    with pytest.raises(TooSlow):  # fast enough, and endless
        await read_all(drop, 10**9, BodyPace(grace_s=0.2, bytes_s=1, longest_s=0.5))
    with pytest.raises(TooLarge):
        await read_all(drop, 3, BodyPace())


async def begin(port: int, head: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A body that is announced and does not arrive."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /v1/carts HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
        + head
        + b"\r\n{"
    )
    return reader, writer


@pytest.mark.slow
async def test_unfinished_bodies_of_one_address_block_no_other_client(data: tuple[Path, str], tmp_path: Path) -> None:
    async with shop_port("one process", data, tmp_path) as port:
        sockets = [await begin(port) for _ in range(1500)]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=5) as client:
            assert (await client.get("/v1/products")).status_code == 200
            # A client behind a known proxy is counted by its own address.
            assert (
                await client.post("/v1/carts", json={}, headers={"X-Forwarded-For": "203.0.113.9"})
            ).status_code == 201
        answers = await asyncio.gather(*(asyncio.wait_for(reader.read(12), 30) for reader, _ in sockets))
        for _, writer in sockets:
            writer.close()
    assert set(answers) == {b"HTTP/1.1 429", b"HTTP/1.1 408"}
    assert answers.count(b"HTTP/1.1 408") <= 64


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["one process", "nginx"])
async def test_a_refusal_does_not_wait_for_the_body(kind: str, data: tuple[Path, str], tmp_path: Path) -> None:
    requests = {
        b"POST /v1/products": b"HTTP/1.1 401", b"POST /v1/nowhere": b"HTTP/1.1 404", b"PUT /v1/carts": b"HTTP/1.1 405",
        b"POST /v1/stock-adjustments": b"HTTP/1.1 401", b"POST //v1/carts": b"HTTP/1.1 400",
    }  # fmt: skip
    async with shop_port(kind, data, tmp_path) as port:
        for first, status in requests.items():
            began = time.monotonic()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                first
                + b" HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\nContent-Length: 500000\r\n\r\n{"
            )
            if kind == "nginx":  # it waits for the announced length, and forwards no part of it
                writer.write(b" " * 499_999)
            assert await asyncio.wait_for(reader.read(12), 5) == status, (
                first,
                (tmp_path / "shopwright.log").read_text(),
            )
            assert time.monotonic() - began < 1.5
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /v1/carts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 24000000\r\n\r\n"
        )
        with suppress(OSError):
            writer.write(b" " * (24_000_000 if kind == "nginx" else 10))
            await asyncio.wait_for(writer.drain(), 5)
        assert await asyncio.wait_for(reader.read(12), 5) == b"HTTP/1.1 413"
        writer.close()


async def test_a_time_without_a_zone_is_refused_everywhere(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    naive = "2020-01-01T00:00:00"
    coupon = {"code": "SPAR10", "kind": "percentage", "value": 1000}
    for path, body in (
        ("/v1/promotions", {"title": "Sale", "kind": "percentage", "value": 1000, "starts_at": naive}),
        ("/v1/coupons", {**coupon, "ends_at": naive}),
        ("/v1/products", {"title": "Lamp", "status": "scheduled", "publish_at": naive}),
    ):
        answer = await api.post(path, json=body, headers=staff)
        assert answer.status_code == 422, (path, answer.text)
        assert f"has no time zone: {naive}Z is UTC" in answer.json()["detail"], path
    assert (await api.get("/v1/audit", params={"since": naive}, headers=staff)).status_code == 422
    assert (await api.get("/v1/audit", params={"since": naive + "Z"}, headers=staff)).status_code == 200
    zoned = await api.post("/v1/coupons", json={**coupon, "ends_at": naive + "+02:00"}, headers=staff)
    assert zoned.status_code == 201
