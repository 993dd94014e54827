"""The log lines of a real server about an order: found by its id, and by its request."""

import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.builders.environment import bare_environment
from tests.builders.processes import stock_up
from tests.builders.server import Server, buy, free_port

pytestmark = pytest.mark.slow
BEGIN = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d \[\d+\]"


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("quiet", [False, True])
async def test_an_order_is_followed_through_the_log_of_a_server(
    data: tuple[Path, str], workers: int, quiet: bool
) -> None:
    (sku,) = await stock_up(data, ("Harbour Kettle", 3))
    server = Server(*data, workers=workers)
    server.quiet = quiet
    server.start()
    try:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as client:
            answer = await buy(client, sku, "ada")
        made, request = answer.json(), answer.headers["x-request-id"]
    finally:
        server.stop()
    log = server.log.read_text()
    about = [line for line in log.splitlines() if made["id"] in line]
    step = rf"{BEGIN} INFO shopwright\.business: "
    number = made["number"]
    assert any(
        re.fullmatch(rf"{step}OrderPlaced order={made['id']} number={number} request={request}", one) for one in about
    )
    assert any(re.match(rf"{step}OrderPaid .*request={request}", one) for one in about)
    lines = [line for line in log.splitlines() if "POST /v1/orders" in line]
    if quiet:
        assert lines == []
    else:
        assert len(lines) == 1
        assert re.match(rf"{BEGIN} POST /v1/orders 201 [\d.]+ ms \d+ bytes 127\.0\.0\.0 {request} ", lines[0])
    assert not re.search(r"crt_\w", log)
    assert "ada@example.com" not in log


def test_a_new_demo_shop_opens_in_a_new_folder_without_warnings(tmp_path: Path) -> None:
    data, log = tmp_path / "not" / "yet", tmp_path / "server.log"
    environment = bare_environment()
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "shopwright", "serve", "--demo", "--data", str(data), "--port", str(free_port())],
            env=environment, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        while "Press Ctrl-C to stop." not in log.read_text():
            assert child.poll() is None, log.read_text()
            time.sleep(0.2)
        assert "shopwright.business" not in log.read_text().partition("is open")[0]
        assert "OrderPlaced" not in log.read_text()
    finally:
        child.terminate()
        child.wait(timeout=60)
