"""The previous version reads what the next one writes: during an upgrade, both run."""

from typing import Any

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.events import StoredEvent
from shopwright.kit.money import Money
from shopwright.kit.rpc.calls import rpc_client
from shopwright.services.carts.contract import CartChange
from shopwright.services.inventory.contract import Adjustment, Inventory, Stock
from tests.builders.customers import BERLIN
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.rpc import app_of, client_of

TOMORROW = {"tomorrow": "new", "more": [1, {"a": None}]}


class Priced(msgspec.Struct, forbid_unknown_fields=True):
    price: Money
    by_sku: dict[str, Money]
    list: tuple[Money, ...]
    pair: tuple[int, Money]
    where: Address | None = None
    kind: "Big | Small | None" = None


class Big(msgspec.Struct, tag="big", forbid_unknown_fields=True):
    size: int


class Small(msgspec.Struct, tag="small", forbid_unknown_fields=True):
    count: int


def with_tomorrow(value: Any) -> Any:
    """The data with unknown fields in every object."""
    match value:
        case dict():
            return {name: with_tomorrow(one) for name, one in value.items()} | ({} if "SKU" in value else TOMORROW)
        case list() | tuple():
            return [with_tomorrow(one) for one in value]
    return value


@pytest.mark.parametrize("words", [msgspec.json, msgspec.msgpack])
@pytest.mark.parametrize("kind", [Big(3), Small(4), None])
def test_unknown_fields_of_a_newer_version_are_ignored_at_every_depth(words: Any, kind: Any) -> None:
    ten = Money(10, "EUR")
    known = Priced(price=ten, by_sku={"SKU": ten}, list=(ten, ten), pair=(1, ten), where=BERLIN, kind=kind)
    newer = with_tomorrow(msgspec.to_builtins(known))
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        words.decode(words.encode(newer), type=Priced)
    assert decode_tolerant(words.encode(newer), Priced, words) == known
    assert decode_tolerant(words.encode(known), Priced, words) == known


def test_invalid_data_remains_invalid() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `int`"):
        decode_tolerant(b'{"amount": "10", "currency": "EUR", "tomorrow": 1}', Money)
    with pytest.raises(msgspec.ValidationError, match="missing required field"):
        decode_tolerant(b'{"tomorrow": 1}', Money)


async def test_a_service_understands_a_newer_one_and_is_understood(shop: Shop) -> None:
    """Arguments and answers with unknown fields, of structs that are strict towards clients."""
    line = client_of(httpx.ASGITransport(app=app_of("inventory", Inventory, shop.inventory)), "inventory")
    try:
        change = Adjustment(variant_id="var_lamp", on_hand=3, reason="counted")
        body = {"adjustments": [msgspec.to_builtins(change) | TOMORROW], **TOMORROW}
        status, answer = await line.ask("adjust", msgspec.msgpack.encode(body), again=False)
        assert (status, msgspec.msgpack.decode(answer, type=dict[str, Stock])["var_lamp"].on_hand) == (200, 3)
    finally:
        await line.close()

    newer = msgspec.msgpack.encode({"var_lamp": msgspec.to_builtins(Stock("var_lamp", 5, 1)) | TOMORROW})
    line = client_of(httpx.MockTransport(lambda _request: httpx.Response(200, content=newer)), "inventory")
    assert await rpc_client(Inventory, line).stock(["var_lamp"]) == {"var_lamp": Stock("var_lamp", 5, 1)}
    await line.close()


async def test_rows_and_events_of_a_newer_version_are_read(shop: Shop) -> None:
    """After a roll-back, too: data stored by the new version remain."""
    lamp = await sell(shop)
    cart = await shop.carts.create()
    await shop.carts.add(cart.id, lamp.variants[0].id, 1)
    await shop.carts.change(cart.id, CartChange(email="a@example.com", shipping_address=BERLIN))
    newer = msgspec.json.encode(msgspec.to_builtins(BERLIN) | TOMORROW).decode()
    async with shop.databases["carts"].begin() as tx:
        await tx.run("UPDATE carts SET shipping_address = :it WHERE id = :id", it=newer, id=cart.id)
    assert (await shop.carts.get(cart.id)).shipping_address == BERLIN


async def test_an_event_of_a_newer_version_delays_no_other(shop: Shop) -> None:
    lamp = await sell(shop)
    event = {"id": "evt_0", "type": "TellsTomorrow", "time": 0, "subject": "ord_1", "data": '{"a":1}', "trace": ""}
    async with shop.databases["orders"].begin() as tx:
        await tx.run(
            "INSERT INTO facts (id, type, time, subject, data, trace)"
            " VALUES (:id, :type, :time, :subject, :data, :trace)", **event
        )  # fmt: skip
        await tx.run(
            "INSERT INTO deliveries (fact_id, hearer, subject, due, attempts, state, problem)"
            " VALUES ('evt_0', 'notifications.tomorrow', 'ord_1', 0, 0, 'waiting', '')"
        )
    order = await place(shop, lamp)
    await shop.bus.settle()
    waiting = await shop.databases["orders"].fetch("SELECT hearer FROM deliveries")
    assert {row["hearer"] for row in waiting} <= {"notifications.tomorrow"}  # it waits here, or in its queue
    assert (await shop.orders.get(order.id)).status == "paid"
    events: list[StoredEvent] = await shop.databases["orders"].events_after("", 1)
    assert (events[0].type, msgspec.json.decode(events[0].data)) == ("TellsTomorrow", {"a": 1})
