"""From an order to the logs: what the lines contain, and what they never do."""

import io
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.data.events import Event
from shopwright.kit.observability.logs import ACCESS, KEPT_FILES, TEXT, JsonFormatter, SizedFile, TextFormatter
from shopwright.kit.personal import personal_fields
from shopwright.web.application import build
from tests.builders.api import order, ready_cart
from tests.builders.goods import sell
from tests.builders.messages import send_all
from tests.builders.shops import make_settings

REQUEST = "my-request-7"
pytestmark = pytest.mark.usefixtures("readable_messages")


@contextmanager
def lines_of(name: str, formatter: logging.Formatter) -> Iterator[io.StringIO]:
    """The lines that a logger writes within this block."""
    written, logger = io.StringIO(), logging.getLogger(name)
    handler, level = logging.StreamHandler(written), logger.level
    handler.setFormatter(formatter)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield written
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def client(shop: Shop, address: str = "203.0.113.77", **settings: str) -> httpx.AsyncClient:
    """A client at this address, for a shop with other settings."""
    shop.settings = make_settings(shop.settings.data, shop.settings.database, **settings) if settings else shop.settings
    transport = httpx.ASGITransport(app=build(shop, deliver=False), client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test")


@pytest.fixture
async def browser(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with client(shop) as found:
        yield found


# --- steps of business


async def test_each_step_of_an_order_is_one_line_with_its_ids_and_the_request(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    kettle = await sell(shop)
    cart = await ready_cart(api, kettle.variants[0].sku)
    with lines_of("shopwright.business", TextFormatter("%(message)s")) as written:
        made = (await order(api, cart, headers={"x-request-id": REQUEST})).json()
        await send_all(shop)
        shipment = {"carrier": "DHL", "tracking_number": "00340"}
        await api.post(
            f"/v1/orders/{made['id']}/shipments", json=shipment, headers={**staff, "x-request-id": "the-parcel"}
        )
        refund = {"amount": 100, "reason": "dented"}
        await api.post(
            f"/v1/orders/{made['id']}/refunds",
            json=refund,
            headers={**staff, "Idempotency-Key": "r1", "x-request-id": "the-refund"},
        )
        await send_all(shop)
    lines = written.getvalue().splitlines()
    about, paid = f"order={made['id']} number={made['number']}", made["payment"]["id"]
    assert f"OrderPlaced {about} request={REQUEST}" in lines
    assert f"PaymentCaptured order={made['id']} payment={paid} request={REQUEST}" in lines
    assert f"OrderPaid {about} payment={paid} request={REQUEST}" in lines
    assert any(re.fullmatch(rf"OrderShipped {about} shipment=shp_\w+ request=the-parcel", one) for one in lines)
    assert any(
        re.fullmatch(rf"RefundSettled order={made['id']} payment={paid} refund=\w+ request=the-refund", one)
        for one in lines
    )
    assert any(re.fullmatch(rf"OrderRefunded {about} refund=\w+ request=the-refund", one) for one in lines)
    steps = [one for one in lines if not one.startswith("Message")]
    assert len(steps) == len(set(steps))
    for secret in ("ada@example.com", "Lovelace", "Torstra", cart["id"], "dented", "00340"):
        assert secret not in written.getvalue()


async def test_a_message_is_a_line_with_its_order_and_names_no_reader(api: httpx.AsyncClient, shop: Shop) -> None:
    kettle = await sell(shop)
    cart = await ready_cart(api, kettle.variants[0].sku)
    with lines_of("shopwright.business", TextFormatter("%(message)s")) as written:
        made = (await order(api, cart, headers={"x-request-id": REQUEST})).json()
        await send_all(shop)
    lines = [one for one in written.getvalue().splitlines() if one.startswith("MessageKept")]
    expected = rf"MessageKept order={made['id']} message=msg_\w+ channel=email topic=orders request={REQUEST}"
    assert lines
    assert all(re.fullmatch(expected, one) for one in lines), lines
    assert "ada@" not in written.getvalue()


async def test_a_step_as_json_has_a_field_for_each_id(api: httpx.AsyncClient, shop: Shop) -> None:
    kettle = await sell(shop)
    cart = await ready_cart(api, kettle.variants[0].sku)
    with lines_of("shopwright.business", JsonFormatter()) as written:
        made = (await order(api, cart, headers={"x-request-id": REQUEST})).json()
    found = {one["event"]: one for one in map(json.loads, written.getvalue().splitlines())}
    paid = found["OrderPaid"]
    assert (paid["order_id"], paid["number"]) == (made["id"], made["number"])
    assert (paid["payment_id"], paid["request_id"]) == (made["payment"]["id"], REQUEST)


async def test_log_lines_of_a_job_share_the_id_of_its_run(api: httpx.AsyncClient, shop: Shop) -> None:
    kettle = await sell(shop)
    cart = await ready_cart(api, kettle.variants[0].sku)
    await order(api, cart, "pretend_lost")
    with lines_of("shopwright.business", TextFormatter("%(message)s")) as written:
        for _ in range(3):
            shop.clock.move(hours=2)
            await shop.bus.settle()
    expired = next(one for one in written.getvalue().splitlines() if one.startswith("OrderExpired"))
    assert re.search(r"request=orders\.expire_\w{26}$", expired), expired


async def test_an_uncommitted_step_is_not_logged(shop: Shop) -> None:
    from shopwright.services.pricing.contract import CouponUsed

    with lines_of("shopwright.business", TextFormatter("%(message)s")) as written:
        with pytest.raises(ZeroDivisionError):
            async with shop.databases["pricing"].begin() as tx:
                await tx.emit(CouponUsed(order_id="ord_1", coupon="HELLO"))
                raise ZeroDivisionError
        async with shop.databases["pricing"].begin() as tx:
            await tx.emit(CouponUsed(order_id="ord_2", coupon="HELLO"))
    assert written.getvalue() == "CouponUsed order=ord_2\n"


def test_no_event_shows_personal_data_or_secrets() -> None:
    for kind in Event.types.values():
        assert not {*kind.shown_in_log()} & {*personal_fields(kind), *kind.CAPABILITIES}, kind.__name__


# --- the access log


async def test_a_request_is_one_line_with_a_shortened_address(browser: httpx.AsyncClient) -> None:
    with lines_of("shopwright.access", TextFormatter("%(message)s")) as written:
        answer = await browser.get(
            "/v1/search", params={"q": "kettle for olivia@example.com"}, headers={"user-agent": 'some "thing"/1.0\r\nX'}
        )
    (line,) = written.getvalue().splitlines()
    assert "203.0.113.0" in line
    assert ".77" not in line
    assert "olivia" not in line
    size, request = len(answer.content), answer.headers["x-request-id"]
    assert re.fullmatch(
        rf"GET /v1/search\?q 200 [\d.]+ ms {size} bytes 203\.0\.113\.0 {request} \"some 'thing'/1\.0.*\"", line
    ), line


@pytest.mark.parametrize(
    ("how", "address", "shown"),
    [
        ("short", "203.0.113.77", "203.0.113.0"),
        ("short", "2001:db8:1:2::77", "2001:db8:1::"),
        ("short", "::ffff:203.0.113.77", "203.0.113.0"),
        ("full", "203.0.113.77", "203.0.113.77"),
        ("full", "evil 200 - -", "-"),
    ],
)
async def test_the_setting_decides_how_much_of_an_address_is_logged(
    shop: Shop, how: str, address: str, shown: str
) -> None:
    async with client(shop, address, access_log=how) as browser:
        with lines_of("shopwright.access", JsonFormatter()) as written:
            await browser.get("/v1/categories")
    assert json.loads(written.getvalue())["client"] == shown


async def test_the_access_log_can_be_turned_off(shop: Shop) -> None:
    async with client(shop, access_log="off") as browser:
        with lines_of("shopwright.access", TextFormatter("%(message)s")) as written:
            await browser.get("/v1/categories")
    assert written.getvalue() == ""


async def test_successful_probes_are_not_logged(browser: httpx.AsyncClient) -> None:
    with lines_of("shopwright.access", TextFormatter("%(message)s")) as written:
        await browser.get("/health/live")
    assert written.getvalue() == ""


async def test_no_line_holds_the_id_of_a_cart_nor_any_other_token(shop: Shop, browser: httpx.AsyncClient) -> None:
    kettle = await sell(shop)
    with (
        lines_of("shopwright", TextFormatter(TEXT)) as written,
        lines_of("shopwright.access", JsonFormatter()) as access,
    ):
        cart = await ready_cart(browser, kettle.variants[0].sku)
        token, secret = cart["id"], "0123456789abcdef0123456789abcdef"
        await browser.get(f"/v1/carts/{token}", headers={"user-agent": f"me {token}"})
        await browser.get(f"/nowhere/{token}/{secret}?{token}&key={secret}&{secret}=1")
        await browser.get(f"/p/{token}")
        await browser.get(f"/orders/ord_1?email=ada@example.com&key={secret}")
        await browser.get(f"/pretend/3ds/{secret}")
        made = await order(browser, cart)
        await send_all(shop)
        logging.getLogger("shopwright.web").warning("cart %s stumbled: ?token=%s", token, secret)
        try:
            int(token)
        except ValueError:
            logging.getLogger("shopwright.web").exception("it stumbled")
    text = written.getvalue() + access.getvalue()
    assert made.status_code == 201
    assert token.removeprefix("crt_") not in text
    assert secret not in text
    assert "ada@example.com" not in text
    paths = [one["path"] for one in map(json.loads, access.getvalue().splitlines())]
    assert {"/v1/carts/{cart_id}", "/p/crt_*", "/nowhere/*/*", "/orders/ord_1", "/pretend/3ds/{reference}"} <= {*paths}


async def test_an_attack_can_be_followed_by_its_paths(browser: httpx.AsyncClient) -> None:
    with lines_of("shopwright.access", TextFormatter("%(message)s")) as written:
        for path in ("/wp-login.php", "/.env", "/cgi-bin/%0a200%20OK", "/vendor/phpunit/src/Util/PHP/eval-stdin.php"):
            await browser.get(path)
    shown = [one.split(" ")[1] for one in written.getvalue().splitlines()]
    assert shown == ["/wp-login.php", "/.env", "/cgi-bin/%0A200%20OK", "/vendor/phpunit/src/Util/PHP/eval-stdin.php"]


# --- files


def test_a_large_log_file_is_rotated_once_by_all_its_writers(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    file = folder / "some.log"
    several = [SizedFile(str(file), most_bytes=1000) for _ in range(3)]
    for number in range(600):
        record = logging.LogRecord("some", logging.INFO, __file__, 1, f"line {number:04} of some length", (), None)
        several[number % 3].emit(record)
    for one in several:
        one.close()
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["some.log", *(f"some.log.{n}" for n in range(1, KEPT_FILES + 1))]
    assert all(path.stat().st_size <= 1100 for path in folder.iterdir())
    lines = [
        line
        for n in range(KEPT_FILES, -1, -1)
        for line in file.with_name(f"some.log.{n}" if n else "some.log").read_text().splitlines()
    ]
    assert lines == [f"line {number:04} of some length" for number in range(600 - len(lines), 600)]


# --- lines of text


@pytest.mark.parametrize("layout", [TEXT, ACCESS])
def test_a_line_begins_with_date_time_offset_and_process(layout: str) -> None:
    record = logging.LogRecord("shopwright.bus", logging.WARNING, __file__, 1, "two\nlines", (), None)
    line = TextFormatter(layout).format(record)
    moment, process, _ = line.split(" ", 2)
    assert datetime.fromisoformat(moment).timestamp() == pytest.approx(record.created, abs=0.01)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", moment)
    assert process == f"[{record.process}]"
    assert line.endswith(r"two\nlines")
