"""The buyer is retained for the books when an account is erased: restricted, disclosed, and deleted at the end."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from shopwright import event_handlers
from shopwright.app import Shop
from shopwright.kit.audit import AuditFilter
from shopwright.kit.auth import ROLES, SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.days import end_of_books
from shopwright.kit.errors import Missing, Unavailable
from shopwright.kit.personal import ERASED
from shopwright.operations import archive
from shopwright.services.orders.contract import NewRefund, NewShipment, Order
from shopwright.simulation.faults import Faults, FaultyEngines
from tests.builders.customers import ADA, WORDS, ada, sign_in
from tests.builders.goods import sell
from tests.builders.orders import buy, place
from tests.builders.shops import QUICK, Post, fresh, make_settings, pass_days
from tests.builders.staff import PASSWORD, staff_member
from tests.builders.storage import everything_on_disk


async def erased(shop: Shop, clock: HandClock, *, cancelled: bool = False, sent: bool = True) -> Order:
    """An order of a customer who erased their account since."""
    me = await ada(shop)
    order = await buy(shop, (await sell(shop), 1), who=me)
    if cancelled:
        await shop.orders.cancel(order.id, "no", SYSTEM)
    elif sent:
        await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    await shop.users.erase(me.user_id or "")
    await shop.bus.settle()
    clock.move(hours=2)
    await shop.bus.settle()
    return await shop.orders.get(order.id)


async def test_name_and_address_of_an_invoice_are_retained_encrypted_and_nowhere_else(
    shop: Shop, clock: HandClock
) -> None:
    order = await erased(shop, clock)
    assert order.shipping_address.name == ERASED
    retained = await shop.orders.retained_buyer(order.id)
    assert (retained.billing_address.name, retained.billing_address.line1, retained.billing_address.postal_code) == (
        "Ada Lovelace",
        "Torstraße 1",
        "10119",
    )
    assert retained.until == datetime(2037, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    on_disk = (await everything_on_disk(shop)).casefold()
    assert "torstra" not in on_disk
    assert "lovelace" not in on_disk


async def test_the_retained_buyer_is_read_with_a_new_key_and_in_a_shop_restored_from_an_archive(
    local_shop: Shop, clock: HandClock, migrated: tuple[Path, str], tmp_path: Path
) -> None:
    order = await erased(local_shop, clock)
    [before] = await local_shop.databases["orders"].fetch("SELECT body FROM kept_buyers")
    assert await local_shop.protect(anew=True)
    [after] = await local_shop.databases["orders"].fetch("SELECT body FROM kept_buyers")
    assert before["body"] != after["body"]
    retained = await local_shop.orders.retained_buyer(order.id)
    await archive.write(local_shop, tmp_path / "shop.zip")
    async with fresh(migrated, tmp_path / "other") as (folder, database):
        other = Shop(make_settings(folder, database), hasher=QUICK, clock=clock)
        async with other.running(deliver=False):
            await archive.read(other, tmp_path / "shop.zip")
            assert await other.orders.retained_buyer(order.id) == retained
            [there] = await other.databases["orders"].fetch("SELECT body FROM kept_buyers")
            assert there["body"].startswith("vault:")


async def test_a_paid_and_cancelled_order_is_retained_too(shop: Shop, clock: HandClock) -> None:
    order = await erased(shop, clock, cancelled=True)
    assert (await shop.orders.retained_buyer(order.id)).shipping_address.name == "Ada Lovelace"


async def test_of_an_unpaid_order_nothing_is_retained(shop: Shop, clock: HandClock) -> None:
    me = await ada(shop)
    order = await place(shop, await sell(shop), token="pretend_decline", email=ADA)
    await shop.orders.cancel(order.id, "no", SYSTEM)
    await shop.users.erase(me.user_id or "")
    await shop.bus.settle()
    clock.move(hours=2)
    await shop.bus.settle()
    with pytest.raises(Missing):
        await shop.orders.retained_buyer(order.id)


async def test_only_accounting_may_see_the_retained_buyer_and_the_audit_log_records_it(
    shop: Shop, api: httpx.AsyncClient, clock: HandClock
) -> None:
    order = await erased(shop, clock)
    for role in sorted(set(ROLES) - {"owner"}):
        email = f"{role}@example.com"
        await staff_member(shop, email, role)
        headers = await sign_in(api, email, PASSWORD)
        answer = await api.get(f"/v1/orders/{order.id}/buyer", headers=headers)
        assert (role, answer.status_code) == (role, 200 if role == "accounting" else 403)
        assert ("Lovelace" in answer.text) == (role == "accounting")
    acts = [entry.act for entry in await shop.users.audit(AuditFilter(subject=f"order {order.id}"))]
    assert ("accounting", "get_kept_buyer") in [(act.role, act.action) for act in acts]


async def test_an_order_of_an_existing_customer_has_nothing_retained(shop: Shop) -> None:
    order = await place(shop, await sell(shop))
    with pytest.raises(Missing):
        await shop.orders.retained_buyer(order.id)


async def test_the_retained_buyer_is_deleted_at_the_end_of_the_period(local_shop: Shop, clock: HandClock) -> None:
    order = await erased(local_shop, clock)
    until = (await local_shop.orders.retained_buyer(order.id)).until
    await pass_days(local_shop, clock, (until - local_shop.clock.now()).days - 1)
    assert await local_shop.orders.retained_buyer(order.id)
    await pass_days(local_shop, clock, 3)
    with pytest.raises(Missing):
        await local_shop.orders.retained_buyer(order.id)


async def test_the_customer_sees_what_would_be_retained_and_until_when(shop: Shop, api: httpx.AsyncClient) -> None:
    me = await ada(shop)
    order = await buy(shop, (await sell(shop), 1), who=me)
    await shop.orders.refund(order.id, NewRefund(reason="x", amount=100), "r", SYSTEM)
    headers = await sign_in(api, ADA, WORDS)
    [retained] = (await api.get("/v1/me/export", headers=headers)).json()["kept_after_erasure"]
    assert (retained["order"], retained["until"][:10]) == (order.number, "2037-01-01")
    api.cookies.set("session", await shop.users.open_session(ADA, WORDS))
    assert "10 full years" in (await api.get("/account/privacy")).text


async def test_accounting_finds_the_retained_buyer_in_the_office(
    shop: Shop, api: httpx.AsyncClient, clock: HandClock
) -> None:
    order = await erased(shop, clock)
    await staff_member(shop, "mia@example.com", "accounting")
    api.cookies.set("session", await shop.users.open_session("mia@example.com", PASSWORD))
    assert f"/office/orders/{order.id}/buyer" in (await api.get(f"/office/orders/{order.id}")).text
    page = (await api.get(f"/office/orders/{order.id}/buyer")).text
    assert "Ada Lovelace" in page
    assert "1 January 2037" in page


def test_years_are_counted_from_the_end_of_the_year_of_the_sale_in_the_shop() -> None:
    zone = ZoneInfo("Europe/Berlin")
    late = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # already 2026 in Berlin
    assert end_of_books(late, 8, zone) == datetime(2035, 1, 1, tzinfo=zone)
    assert msgspec.json.encode(end_of_books(late, 8, zone))


class Away(Faults):
    """The database of payments answers, or is unavailable."""

    down = False

    def before(self, what: str) -> None:
        if self.down and what == "payments":
            raise Unavailable(f"{what} does not answer.")

    def after(self, what: str) -> None:
        """Let its answers arrive."""


async def copy_order(shop: Shop, order: Order, **other: object) -> None:
    """One more order of an erased customer."""
    [row] = await shop.databases["orders"].fetch("SELECT * FROM orders WHERE id = :id", id=order.id)
    row = dict(row) | {"erasing": 1} | other
    names = ", ".join(row)
    async with shop.databases["orders"].begin() as tx:
        await tx.run(f"INSERT INTO orders ({names}) VALUES ({', '.join(f':{name}' for name in row)})", **row)


async def test_orders_that_cannot_be_cleared_now_delay_no_others(
    data: tuple[Path, str], clock: HandClock, post: Post
) -> None:
    away = Away()
    shop = Shop(make_settings(*data), clock=clock, hasher=QUICK, send_webhook=post, around=FaultyEngines(away))
    post.shop = shop
    async with shop.running(deliver=False):
        order = await place(shop, await sell(shop))
        await shop.bus.settle()
        for n in range(120):  # for these the sale is unknown, and some cannot even be read
            own = {"id": f"ord_0{n:04}", "number": 5000 + n, "cart_id": f"c{n}", "status": "cancelled"}
            await copy_order(shop, order, **own, **({} if n % 3 else {"body": "[1]"}))
        await copy_order(shop, order, id="ord_9", number=6000, cart_id="c9", status="shipped")
        [clear] = [one for one in event_handlers.scheduled_jobs(shop) if one.name == "orders.clear_addresses"]

        async def waiting() -> list[str]:
            rows = await shop.databases["orders"].fetch("SELECT id FROM orders WHERE erasing = 1 ORDER BY id")
            return [row["id"] for row in rows]

        away.down = True
        with pytest.raises(Unavailable):
            await clear.handler()
        assert len(await waiting()) == 120
        away.down = False
        assert (await shop.orders.retained_buyer("ord_9")).number == "6000"
        await clear.handler()
        assert await waiting() == [f"ord_0{n:04}" for n in range(0, 120, 3)]  # unreadable ones are reported by `doctor`
