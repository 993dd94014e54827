"""A service is its folder and its name in one line: routes, handlers, tables, the map and metrics follow from its spec."""

import shutil
from pathlib import Path

import pytest

from tests.builders.house_copy import UNCOMPILED, copy_house, run

FOLDER = Path(__file__).parent / "new_service"
USE = """
import asyncio, sys
from pathlib import Path

import httpx

from shopwright.app import Shop
from shopwright.demo.load import load_rules
from shopwright.kit.auth import SYSTEM
from shopwright.web.application import build
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.shops import make_settings


async def webhook(provider, headers, body) -> bool:
    return False


async def use() -> None:
    shop = Shop(make_settings(Path(sys.argv[1])), send_webhook=webhook)
    assert any(one.startswith("giftnotes: giftnotes/0001") for one in await shop.migrate())
    async with shop.running(deliver=False):
        await load_rules(shop)
        order = await place(shop, await sell(shop))
        await shop.bus.settle()
        assert (await shop.giftnotes.of_order(order.id)).text == f"For order {order.number}"
        assert [one.type for one in await shop.insights.about([order.id]) if one.type == "GiftNoteWritten"]
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            assert (await client.get(f"/v1/gift-notes/{order.id}")).status_code == 401
            described = (await client.get("/openapi.json")).json()
            assert "/v1/gift-notes/{order_id}" in described["paths"]
        assert 'events_total{type="GiftNoteWritten"} 1.0' in shop.metrics.text().decode()


asyncio.run(use())
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with one more service."""
    copy = copy_house(tmp_path_factory.mktemp("house"))
    shutil.copytree(FOLDER / "giftnotes", copy / "shopwright" / "services" / "giftnotes", ignore=UNCOMPILED)
    river = copy / "shopwright" / "services" / "__init__.py"
    river.write_text(river.read_text().replace("RIVER = ", 'READERS += ("giftnotes",)\nRIVER = '))
    return copy


@pytest.mark.slow
def test_a_folder_and_a_name_make_a_service(house: Path, tmp_path: Path) -> None:
    done = run(house, "-c", USE, str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_map_and_what_is_deployed_have_it_too(house: Path) -> None:
    done = run(house, "tools/write_docs.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| **giftnotes** |" in (house / "docs" / "map.md").read_text()
    assert "| GiftNoteWritten | giftnotes |" in (house / "docs" / "map.md").read_text()
    assert "gift_notes" in (house / "docs" / "data.md").read_text()
    assert "/v1/gift-notes" in (house / "deploy" / "systemd" / "nginx.conf").read_text()


@pytest.mark.slow
def test_hand_written_kubernetes_files_are_required(house: Path) -> None:
    done = run(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/house/test_kubernetes.py")
    assert done.returncode != 0
    assert "Write deploy/kubernetes/giftnotes.yaml: copy orders.yaml and replace the name." in done.stdout
    assert "deploy/kubernetes/network.yaml: a policy for each service, also for giftnotes" in done.stdout
