"""Each check of the doctor, shown to see the damage it is there for."""

from datetime import timedelta

import msgspec
import pytest

from shopwright.app import Shop
from shopwright.doctor import examine, examine_engines
from tests.conftest import ON_SERVERS, QUICK, sell
from tests.process.server import free_port
from tests.services.test_orders import place

DAMAGES = [
    ("inventory", "UPDATE stock SET on_hand = on_hand + 1", "movements add up"),
    ("inventory", "UPDATE stock SET reserved = reserved + 1", "open reservations hold"),
    (
        "inventory",
        "INSERT INTO stock_rules (variant_id, backorder, promised, low_at) VALUES ('var_x', 3, 2, 3)",
        "has 2 promised, but orders wait for 0",
    ),
    (
        "inventory",
        "INSERT INTO owed (order_id, variant_id, quantity, since) SELECT 'ord_x', variant_id, 2, 0 FROM stock",
        "orders wait for 2",
    ),
    ("orders", "UPDATE orders SET total = total + 1", "its total says"),
    ("orders", "DELETE FROM order_lines", "its lines add up to 0"),
    ("payments", "UPDATE payments SET amount = amount + 1", "was asked for"),
    ("payments", "UPDATE payments SET status = 'refunded', refunded = amount", "the ledger has"),
    ("payments", "UPDATE ledger SET amount = amount + 1 WHERE account = 'customers'", "off balance"),
    ("payments", "UPDATE payments SET order_id = 'ord_nowhere'", "does not exist"),
    ("orders", "UPDATE orders SET status = 'placed' WHERE status = 'paid'", "does not know"),
    ("payments", "DELETE FROM payments", "no such payment"),
    ("orders", "UPDATE orders SET number = number + 5", "numbers were given out"),
    ("orders", "DELETE FROM orders WHERE number = 1001", "numbers were given out"),
    (
        "inventory",
        "INSERT INTO reservations (order_id, state, expires_at) VALUES ('ord_gone', 'open', 0)",
        "Goods are set aside",
    ),
    (
        "orders",
        "INSERT INTO deliveries (fact_id, hearer, subject, due, state) VALUES ('evt_1', 'search.paid', 'x', 0, 'dead')",
        "has not handled",
    ),
]


@pytest.mark.parametrize(("service", "sql", "words"), DAMAGES)
async def test_damage_is_seen_and_said(shop: Shop, service: str, sql: str, words: str) -> None:
    await place(shop, await sell(shop))
    shop.clock.move(seconds=2)
    await shop.bus.settle()
    assert [sentence for finding in await examine(shop) for sentence in finding.wrong] == []
    async with shop.works[service].begin() as tx:
        await tx.run(sql)
    said = [sentence for finding in await examine(shop) for sentence in finding.wrong]
    assert any(words in sentence for sentence in said), said


async def test_a_reservation_that_ran_out_long_ago_is_seen(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, token="pretend_3ds")
    async with shop.works["inventory"].begin() as tx:
        await tx.run("UPDATE reservations SET expires_at = 0")
    said = [sentence for finding in await examine(shop) for sentence in finding.wrong]
    assert any(order.id in sentence for sentence in said)
    assert shop.clock.now() - order.placed_at < timedelta(minutes=1)


async def test_the_engines_of_a_shop_are_looked_at_and_one_that_is_gone_is_named(shop: Shop) -> None:
    findings = await examine_engines(shop)
    names = [finding.check.partition(":")[0] for finding in findings]
    assert names == [
        "database",
        "documents",
        "cache",
        "files",
        "search",
        "bus",
        "messages by email",
        "messages by sms",
        "messages by push",
    ]
    alone = ["bus"] if ON_SERVERS else []  # one RabbitMQ is said to be one
    assert [finding.check.partition(":")[0] for finding in findings[1:] if finding.wrong] == alone
    gone = Shop(msgspec.structs.replace(shop.settings, search=f"opensearch://127.0.0.1:{free_port()}"), hasher=QUICK)
    wrong = [finding.check.partition(":")[0] for finding in (await examine_engines(gone))[1:] if finding.wrong]
    await gone.close()
    assert wrong == ["search", *alone]
