"""Each check of the doctor, seen to find its damage."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from shopwright.app import Shop
from shopwright.cli import loading
from shopwright.operations.doctor import examine, examine_engines, look
from tests.builders.environment import ON_SERVERS
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.server import free_port
from tests.builders.shops import QUICK

pytestmark = pytest.mark.slow

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
    ("orders", "UPDATE orders SET total = total + 1", "its total is"),
    ("orders", "DELETE FROM order_lines", "its lines add up to 0"),
    ("orders", "UPDATE order_lines SET shipped = quantity, refunded = 1, cancelled = 1", "1 refunded before shipping"),
    ("orders", "UPDATE order_lines SET refunded = 1, cancelled = 0", "0 of these before shipping"),
    ("orders", "UPDATE order_lines SET refunded = 1, cancelled = 1", "its refunds are for 0"),
    ("orders", "UPDATE orders SET status = 'shipped'", "are left to ship, and it is shipped"),
    ("payments", "UPDATE payments SET amount = amount + 1", "was charged"),
    ("payments", "UPDATE payments SET status = 'refunded', refunded = amount", "the ledger has"),
    ("payments", "UPDATE ledger SET amount = amount + 1 WHERE account = 'customers'", "off balance"),
    ("payments", "UPDATE payments SET order_id = 'ord_nowhere'", "does not exist"),
    ("orders", "UPDATE orders SET status = 'placed' WHERE status = 'paid'", "does not have it"),
    ("payments", "DELETE FROM payments", "no such payment"),
    ("orders", "UPDATE orders SET number = number + 5", "numbers were assigned"),
    ("orders", "DELETE FROM orders WHERE number = 1001", "numbers were assigned"),
    (
        "inventory",
        "INSERT INTO reservations (order_id, state, expires_at) VALUES ('ord_gone', 'open', 0)",
        "Goods are reserved for",
    ),
    (
        "orders",
        "INSERT INTO deliveries (fact_id, hearer, subject, due, state) VALUES ('evt_1', 'search.paid', 'x', 0, 'dead')",
        "has not handled",
    ),
]


@pytest.mark.parametrize(("service", "sql", "words"), DAMAGES)
async def test_damage_is_found_and_reported(shop: Shop, service: str, sql: str, words: str) -> None:
    await place(shop, await sell(shop))
    shop.clock.move(seconds=2)
    await shop.bus.settle()
    assert [sentence for finding in await examine(shop) for sentence in finding.wrong] == []
    async with shop.databases[service].begin() as tx:
        await tx.run(sql)
    findings = [sentence for finding in await examine(shop) for sentence in finding.wrong]
    assert any(words in sentence for sentence in findings), findings


async def test_a_reservation_that_expired_long_ago_is_found(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, token="pretend_3ds")
    async with shop.databases["inventory"].begin() as tx:
        await tx.run("UPDATE reservations SET expires_at = 0")
    findings = [sentence for finding in await examine(shop) for sentence in finding.wrong]
    assert any(order.id in sentence for sentence in findings)
    assert shop.clock.now() - order.placed_at < timedelta(minutes=1)


async def test_the_engines_of_a_shop_are_checked_and_a_missing_one_is_named(shop: Shop) -> None:
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


async def test_a_difference_explained_by_a_pending_event_is_no_error(shop: Shop) -> None:
    kettle = await sell(shop)
    order = await place(shop, kettle, token="pretend_3ds")
    reference = (await shop.databases["pretend"].fetch("SELECT reference FROM intents"))[0]["reference"]
    await shop.bus.settle()
    await shop.pretend.answer_challenge(reference, approved=True)
    await shop.payments.look_up(order.payment.id)  # as a process that dies right after it would leave it
    shop.clock.move(seconds=2)
    findings = await examine(shop)
    assert [sentence for finding in findings for sentence in finding.wrong] == []
    pending = " ".join(sentence for finding in findings for sentence in finding.under_way)
    assert "was received, but order" in pending
    assert "events are being delivered, the oldest for 2 s" in pending
    assert "orders.payment_captured" in pending
    async with shop.databases["payments"].begin() as tx:
        await tx.run("DELETE FROM deliveries")
    found = await examine(shop)
    assert any("does not have it" in sentence for finding in found for sentence in finding.wrong)


@pytest.mark.slow
async def test_the_doctor_succeeds_if_all_differences_are_pending(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    await place(shop, await sell(shop))
    async with shop.databases["payments"].begin() as tx:
        await tx.run(
            "INSERT INTO deliveries (fact_id, hearer, subject, due, state) VALUES ('evt_9', 'orders.elsewhere', 'x', :due, 'waiting')",
            due=2**62,
        )
    assert await loading.doctor(shop) == 0
    assert "some work is still in progress" in capsys.readouterr().out
    async with shop.databases["payments"].begin() as tx:
        await tx.run("UPDATE deliveries SET state = 'dead'")
    assert await loading.doctor(shop) == 1


@pytest.mark.parametrize("mended", [True, False])
async def test_a_disagreement_of_services_is_verified_with_a_second_read_of_the_order(
    local_shop: Shop, *, mended: bool
) -> None:
    """As in a shop whose orders take minutes to check."""
    order = await place(local_shop, await sell(local_shop))
    await local_shop.bus.settle()

    async def write(status: str) -> None:
        async with local_shop.databases["orders"].begin() as tx:
            await tx.run("UPDATE orders SET status = :status", status=status)

    tasks = []

    def looked(check: str, _seconds: float) -> None:
        if mended and check.startswith("open reservations"):
            tasks.append(asyncio.ensure_future(write("paid")))

    await write("placed")
    wrong = [
        sentence
        for one in await look(local_shop, looked, patience_s=0)
        for sentence in one.wrong
        if order.id in sentence
    ]
    await asyncio.gather(*tasks)
    assert wrong == (
        [] if mended else [f"Payment {order.payment.id} was received, but order {order.id} does not have it."]
    )
