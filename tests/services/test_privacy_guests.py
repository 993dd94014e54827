"""Guests are erased like customers: on request, or in time; and the stored data can be listed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.data.events import Delivery, StoredEvent
from shopwright.kit.data.retention import PURPOSES
from shopwright.kit.errors import Conflict, Missing
from shopwright.kit.money import Money
from shopwright.kit.personal import ERASED
from shopwright.retention import retention_of
from shopwright.services import RIVER
from shopwright.services.orders.contract import NewShipment, Order
from shopwright.services.orders.contract.past import PastLine, PastOrder
from shopwright.services.users.contract.events import AddressErased
from tests.builders.customers import BERLIN, ada, sign_in
from tests.builders.environment import POSTGRES
from tests.builders.goods import sell
from tests.builders.guests import GUEST, bought, later
from tests.builders.orders import buy
from tests.builders.shops import OWNER, pass_days
from tests.builders.staff import PASSWORD, staff_member
from tests.builders.storage import everything_on_disk

YEARS = 3 * 365
MEANT = {"password": OWNER[1]}
# A column of this name identifies a person.
TELLING = {"email", "email_key", "email_hash", "customer_id", "user_id", "phone", "person", "holder", "about"}


async def test_a_guest_is_erased_on_request_however_they_wrote_their_address(shop: Shop, clock: HandClock) -> None:
    order = await bought(shop)
    await shop.users.erase_address("grace@example.COM")
    await later(shop, clock)
    now = await shop.orders.get(order.id)
    assert (now.email, now.shipping_address.name, now.shipping_address.line1) == ("", ERASED, ERASED)
    assert (now.totals, now.number) == (order.totals, order.number)
    assert await shop.notifications.messages_for(GUEST) == []
    assert await shop.orders.of_guest(GUEST) == []
    assert (await shop.orders.retained_buyer(order.id)).shipping_address.name == "Ada Lovelace"
    on_disk = (await everything_on_disk(shop)).casefold()
    assert "grace" not in on_disk
    assert "torstra" not in on_disk


@pytest.mark.parametrize("address", ["Ärger@example.com", "ÉLAN@example.com", "STRASSE@example.com"])
async def test_however_an_address_is_written(shop: Shop, clock: HandClock, address: str) -> None:
    order = await bought(shop, email=address)
    await shop.users.erase_address(address.lower())
    await later(shop, clock)
    assert (await shop.orders.get(order.id)).email == ""
    assert await shop.carts.count_of_guest(address) == 0


async def test_erasing_an_account_includes_orders_made_without_it(shop: Shop, clock: HandClock) -> None:
    me = await ada(shop)
    order = await bought(shop, email=me.email)
    await shop.users.erase(me.user_id or "")
    await later(shop, clock)
    assert (await shop.orders.get(order.id)).email == ""
    assert await shop.carts.count_of_guest(me.email) == 0


async def test_later_orders_and_claimed_orders_are_not_erased(local_shop: Shop, clock: HandClock) -> None:
    """A request that is handled late covers the data at the time it was made."""
    order = await bought(local_shop, email="ada@example.com")
    request = StoredEvent(
        id=local_shop.ids.new("evt"),
        type="AddressErased",
        time=clock.now(),
        subject="ers_1",
        data=AddressErased(erasure_id="ers_1", email="ada@example.com"),
    )
    clock.move(hours=1)
    since = await bought(local_shop, email="ada@example.com")
    me = await ada(local_shop)
    assert (await local_shop.orders.get(order.id)).customer_id == me.user_id
    await local_shop.orders.on_address_erased(Delivery(request, "orders.address_erased"))
    for one in (order, since):
        assert (await local_shop.orders.get(one.id)).email == "ada@example.com"


async def test_an_unreadable_order_blocks_no_other_guest(local_shop: Shop, clock: HandClock) -> None:
    broken, other = await bought(local_shop), await bought(local_shop, email="bob@example.com")
    async with local_shop.databases["orders"].begin() as tx:
        await tx.run("UPDATE orders SET body = '[]', placed_at = placed_at - 1 WHERE id = :id", id=broken.id)
        await tx.run("UPDATE orders SET placed_at = 0 WHERE id = :id", id=other.id)
    await local_shop.orders.forgetting.forget_old_guests()
    assert (await local_shop.orders.get(other.id)).email == ""


async def test_others_stay_and_an_unshipped_order_keeps_its_address(shop: Shop, clock: HandClock) -> None:
    waits, other = await bought(shop, sent=False), await bought(shop, email="bob@example.com")
    await shop.users.erase_address(GUEST)
    await later(shop, clock)
    now = await shop.orders.get(waits.id)
    assert (now.email, now.shipping_address.line1) == ("", "Torstraße 1")
    assert (await shop.orders.get(other.id)).email == "bob@example.com"
    await shop.orders.ship(waits.id, NewShipment(carrier="DHL"), SYSTEM)
    await later(shop, clock)
    assert (await shop.orders.get(waits.id)).shipping_address.line1 == ERASED


async def test_an_address_with_an_account_goes_with_the_account(shop: Shop) -> None:
    me = await ada(shop)
    with pytest.raises(Conflict, match="erase the account"):
        await shop.users.erase_address(me.email.upper())


@pytest.mark.slow
async def test_guests_are_erased_in_time_and_customers_are_not(local_shop: Shop, clock: HandClock) -> None:
    me = await ada(local_shop)
    theirs = await buy(local_shop, (await sell(local_shop), 1), who=me)
    old = await bought(local_shop)
    clock.move(days=100)
    young = await bought(local_shop, email="bob@example.com")
    await pass_days(local_shop, clock, YEARS - 99)
    await later(local_shop, clock)
    assert ((await local_shop.orders.get(old.id)).email, (await local_shop.orders.get(young.id)).email) == (
        "",
        "bob@example.com",
    )
    assert (await local_shop.orders.get(theirs.id)).email == me.email
    assert (await local_shop.orders.retained_buyer(old.id)).shipping_address.name == "Ada Lovelace"


@pytest.mark.slow
async def test_a_clock_that_is_ahead_for_a_moment_erases_no_guest(local_shop: Shop, clock: HandClock) -> None:
    order = await bought(local_shop)
    await pass_days(local_shop, clock, 1)
    clock.move(days=YEARS + 50)
    await local_shop.bus.settle()
    clock.move(days=-YEARS - 50)
    assert (await local_shop.orders.get(order.id)).email == order.email != ""


async def test_the_owner_sees_the_stored_data_of_a_guest_and_erases_it(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], clock: HandClock
) -> None:
    order = await bought(shop)
    request = {"email": "grace@example.com"}
    body = (await api.post("/v1/personal-data/look-up", json=request, headers=staff)).json()
    counts = {one["purpose"]: one["count"] for one in body["kept"]}
    assert (body["has_account"], counts["orders"], counts["books"], counts["account"]) == (False, 1, 1, 2)
    assert counts["messages"] > 0
    assert [(one["number"], one["books_until"][:4]) for one in body["orders"]] == [(order.number, "2037")]
    without = await api.post("/v1/personal-data/erase", json=request, headers=staff)
    assert (without.status_code, (await shop.orders.get(order.id)).email) == (422, order.email)
    for wrong in ([request], {"Email": request["email"]}):
        assert (await api.post("/v1/personal-data/erase", json=wrong, headers=staff)).status_code in {400, 422}
    answer = await api.post("/v1/personal-data/erase", json=request | MEANT, headers=staff)
    assert answer.status_code == 204, answer.text
    await later(shop, clock)
    staff = await sign_in(api, *OWNER)
    body = (await api.post("/v1/personal-data/look-up", json=request, headers=staff)).json()
    assert {one["count"] for one in body["kept"]} == {0}
    assert "grace" not in (await everything_on_disk(shop)).casefold()  # nor in the audit log, which names the author
    acts = (await api.get("/v1/audit", headers=staff)).json()
    assert {"look_up_person", "erase_person"} <= {one["act"]["action"] for one in acts["items"]}


async def test_a_customer_is_erased_with_orders_made_before_the_account(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], clock: HandClock
) -> None:
    me = await ada(shop)
    order = await bought(shop, email=me.email)
    answer = await api.post("/v1/personal-data/erase", json={"email": me.email} | MEANT, headers=staff)
    assert answer.status_code == 204, answer.text
    await later(shop, clock)
    with pytest.raises(Missing):
        await shop.users.get(me.user_id or "")
    assert (await shop.orders.get(order.id)).email == ""


async def imported(shop: Shop) -> Order:
    """A delivered order of an earlier shop whose buyer, Zebulon, left no e-mail address."""
    price, nothing = Money(2900, "EUR"), Money(0, "EUR")
    zebulon = msgspec.structs.replace(BERLIN, name="Zebulon Pike")
    past = PastOrder(
        source="elsewhere:77", number="77", status="delivered", email="", customer_id=None, currency="EUR",
        lines=(PastLine(sku="X", title="X", quantity=1, unit_price=price),), discount=nothing, shipping=nothing,
        tax=nothing, total=price, refunded=nothing, shipping_address=zebulon, billing_address=zebulon,
        shipping_title="Standard", placed_at=shop.clock.now(),
    )  # fmt: skip
    return await shop.orders.get((await shop.orders.import_order(past))[0])


async def test_the_buyer_of_an_imported_order_without_an_address_is_erased_by_its_number(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], clock: HandClock
) -> None:
    order, other = await imported(shop), await bought(shop)
    for wrong, status in (
        ({"order": order.number, "email": GUEST}, 422),
        ({"order": ""}, 422),
        ({"order": "99999"}, 404),
        ({"order": other.number}, 409),
    ):
        answer = await api.post("/v1/personal-data/erase", json=wrong | MEANT, headers=staff)
        assert (answer.status_code, "Zebulon" in await everything_on_disk(shop)) == (status, True), answer.text
    without = await api.post("/v1/personal-data/erase", json={"order": order.number}, headers=staff)
    assert without.status_code == 422
    for _ in range(2):
        answer = await api.post("/v1/personal-data/erase", json={"order": order.number} | MEANT, headers=staff)
        assert answer.status_code == 204, answer.text
    await later(shop, clock)
    assert (await shop.orders.get(order.id)).billing_address.name == ERASED
    assert "Zebulon" not in await everything_on_disk(shop)
    assert (await shop.orders.get(other.id)).email == other.email


async def test_staff_are_not_erased_by_mistake_and_only_owners_erase(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    await staff_member(shop, "support@example.com", "support")
    answer = await api.post("/v1/personal-data/erase", json={"email": "support@example.com"} | MEANT, headers=staff)
    assert (answer.status_code, "member of staff" in answer.text) == (409, True)
    headers = await sign_in(api, "support@example.com", PASSWORD)
    for path in ("look-up", "erase"):
        answer = await api.post(f"/v1/personal-data/{path}", json={"email": GUEST}, headers=headers)
        assert answer.status_code == 403


async def test_every_purpose_states_its_reason_and_period(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    body = (await api.get("/v1/personal-data", headers=staff)).json()
    assert [one["purpose"] for one in body] == list(PURPOSES)
    for one in body:
        assert one["whose"]
        assert "GDPR" in one["why"]
        assert one["kept"]
        assert all(row["until"] and "SHOPWRIGHT" not in row["until"] for row in one["kept"])
    assert any("1095 days" in row["until"] for one in body for row in one["kept"])


@pytest.mark.skipif(bool(POSTGRES), reason="looks into files")
def test_every_table_with_personal_data_states_its_reason(migrated: tuple[Path, str]) -> None:
    for service in RIVER:
        with closing(sqlite3.connect(migrated[0] / f"{service}.db")) as database:
            for table in retention_of(service):
                columns = {row[1] for row in database.execute(f"PRAGMA table_info({table.table})")}
                assert table.personal or not columns & TELLING, f"{service}.{table.table}: {columns & TELLING}"
