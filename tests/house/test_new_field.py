"""A field that buyers enter with an order is declared once: carts, orders, bodies, answers, export and erasure follow."""

from pathlib import Path

import pytest

from tests.builders.house_copy import copy_house, run

CONTRACT = Path("shopwright") / "services" / "carts" / "contract" / "values.py"
LAST = "    note: Personal[Note] | msgspec.UnsetType = msgspec.UNSET\n"
GIFT_MESSAGE = LAST.replace("note:", "gift_message:")
USE = """
import asyncio, sys
from pathlib import Path

import httpx
import msgspec

from shopwright.app import Shop
from shopwright.demo.load import load_rules
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.services.orders.contract import NewShipment, PastOrder
from shopwright.web.application import build
from tests.builders.api import order, ready_cart
from tests.builders.customers import ADA, WORDS, ada, sign_in
from tests.builders.goods import sell
from tests.builders.refunds import later
from tests.builders.shops import make_settings
from tests.builders.storage import everything_on_disk

MESSAGE = "Happy birthday, Grace"


async def webhook(provider, headers, body) -> bool:
    return False


async def use() -> None:
    shop = Shop(make_settings(Path(sys.argv[1])), send_webhook=webhook, clock=HandClock())
    await shop.migrate()
    async with shop.running(deliver=False):
        await load_rules(shop)
        me = await ada(shop)
        sku = (await sell(shop)).variants[0].sku
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
            mine = await sign_in(api, ADA, WORDS)
            assert "gift_message" in (await api.get("/openapi.json")).json()["components"]["schemas"]["CartChange"]["properties"]
            cart = await ready_cart(api, sku, headers=mine)
            assert "gift_message" not in cart
            url = f"/v1/carts/{cart['id']}"
            said = await api.patch(url, json={"gift_message": f" {MESSAGE} "}, headers=mine)
            assert said.json()["gift_message"] == MESSAGE, said.text
            long = await api.patch(url, json={"gift_message": "x" * 1001}, headers=mine)
            assert long.status_code == 422, long.text
            cart = (await api.patch(url, json={"note": "By the door"}, headers=mine)).json()
            assert (cart["gift_message"], cart["note"]) == (MESSAGE, "By the door")
            placed = (await order(api, cart, headers=mine)).json()
            assert placed["gift_message"] == MESSAGE, placed
            shown = (await api.get(f"/v1/orders/{placed['id']}", headers=mine)).json()
            assert shown["gift_message"] == MESSAGE
            [row] = await shop.databases["orders"].fetch("SELECT body FROM orders")
            assert msgspec.json.decode(row["body"])["gift_message"] == MESSAGE
            exported = (await api.get("/v1/me/export", headers=mine)).json()
            assert exported["orders"][0]["gift_message"] == MESSAGE
            assert "gift_message" in PastOrder.__struct_fields__
            await later(shop)
            assert MESSAGE in await everything_on_disk(shop)
            await shop.orders.ship(placed["id"], NewShipment(carrier="DHL"), SYSTEM)
            await shop.users.erase(me.user_id)
            await later(shop, times=3)
            assert MESSAGE not in await everything_on_disk(shop)
            assert (await shop.orders.get(placed["id"])).gift_message == "erased"


asyncio.run(use())
"""


@pytest.mark.slow
def test_a_field_is_declared_once(tmp_path: Path) -> None:
    house = copy_house(tmp_path / "house")
    declared = (house / CONTRACT).read_text()
    assert declared.count(LAST) == 1
    (house / CONTRACT).write_text(declared.replace(LAST, LAST + GIFT_MESSAGE))
    used = run(house, "-c", USE, str(tmp_path / "data"))
    assert used.returncode == 0, used.stdout + used.stderr
    output = run(
        house,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/house/test_wire.py",
        "tests/house/test_personal.py",
    )
    assert output.returncode == 0, output.stdout
