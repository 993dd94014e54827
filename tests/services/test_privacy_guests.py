"""People without an account are forgotten like those with one: when they ask, or in time; and all can see what is kept."""

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
from tests.builders.staff import PASSWORD, hired
from tests.builders.storage import everything_on_disk

YEARS = 3 * 365
MEANT = {"password": OWNER[1]}
# A column of this name tells of somebody.
TELLING = {"email", "email_key", "email_hash", "customer_id", "user_id", "phone", "person", "holder", "about"}


async def test_a_guest_who_asks_is_forgotten_however_they_wrote_their_address(shop: Shop, clock: HandClock) -> None:
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


async def test_who_erases_their_account_takes_along_what_they_ordered_without_it(shop: Shop, clock: HandClock) -> None:
    me = await ada(shop)
    order = await bought(shop, email=me.email)
    await shop.users.erase(me.user_id or "")
    await later(shop, clock)
    assert (await shop.orders.get(order.id)).email == ""
    assert await shop.carts.count_of_guest(me.email) == 0


async def test_what_was_ordered_since_or_taken_over_by_an_account_is_not_forgotten(
    whole: Shop, clock: HandClock
) -> None:
    """A request that is heard late is of what there was when it was made."""
    order = await bought(whole, email="ada@example.com")
    request = StoredEvent(
        id=whole.ids.new("evt"),
        type="AddressErased",
        time=clock.now(),
        subject="ers_1",
        data=AddressErased(erasure_id="ers_1", email="ada@example.com"),
    )
    clock.move(hours=1)
    since = await bought(whole, email="ada@example.com")
    me = await ada(whole)
    assert (await whole.orders.get(order.id)).customer_id == me.user_id
    await whole.orders.on_address_erased(Delivery(request, "orders.address_erased"))
    for one in (order, since):
        assert (await whole.orders.get(one.id)).email == "ada@example.com"


async def test_one_order_that_cannot_be_read_keeps_no_other_guest(whole: Shop, clock: HandClock) -> None:
    broken, other = await bought(whole), await bought(whole, email="bob@example.com")
    async with whole.databases["orders"].begin() as tx:
        await tx.run("UPDATE orders SET body = '[]', placed_at = placed_at - 1 WHERE id = :id", id=broken.id)
        await tx.run("UPDATE orders SET placed_at = 0 WHERE id = :id", id=other.id)
    await whole.orders.forgetting.forget_old_guests()
    assert (await whole.orders.get(other.id)).email == ""


async def test_others_stay_and_what_is_to_be_sent_keeps_its_address(shop: Shop, clock: HandClock) -> None:
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
async def test_guests_are_forgotten_in_time_and_customers_are_not(whole: Shop, clock: HandClock) -> None:
    me = await ada(whole)
    theirs = await buy(whole, (await sell(whole), 1), who=me)
    old = await bought(whole)
    clock.move(days=100)
    young = await bought(whole, email="bob@example.com")
    await pass_days(whole, clock, YEARS - 99)
    await later(whole, clock)
    assert ((await whole.orders.get(old.id)).email, (await whole.orders.get(young.id)).email) == ("", "bob@example.com")
    assert (await whole.orders.get(theirs.id)).email == me.email
    assert (await whole.orders.retained_buyer(old.id)).shipping_address.name == "Ada Lovelace"


@pytest.mark.slow
async def test_a_clock_that_is_ahead_for_a_moment_forgets_nobody(whole: Shop, clock: HandClock) -> None:
    order = await bought(whole)
    await pass_days(whole, clock, 1)
    clock.move(days=YEARS + 50)
    await whole.bus.settle()
    clock.move(days=-YEARS - 50)
    assert (await whole.orders.get(order.id)).email == order.email != ""


async def test_the_owner_sees_what_is_kept_of_somebody_and_forgets_them(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], clock: HandClock
) -> None:
    order = await bought(shop)
    asked = {"email": "grace@example.com"}
    said = (await api.post("/v1/personal-data/look-up", json=asked, headers=staff)).json()
    counts = {one["purpose"]: one["count"] for one in said["kept"]}
    assert (said["has_account"], counts["orders"], counts["books"], counts["account"]) == (False, 1, 1, 2)
    assert counts["messages"] > 0
    assert [(one["number"], one["books_until"][:4]) for one in said["orders"]] == [(order.number, "2037")]
    without = await api.post("/v1/personal-data/erase", json=asked, headers=staff)
    assert (without.status_code, (await shop.orders.get(order.id)).email) == (422, order.email)
    for wrong in ([asked], {"Email": asked["email"]}):
        assert (await api.post("/v1/personal-data/erase", json=wrong, headers=staff)).status_code in {400, 422}
    answer = await api.post("/v1/personal-data/erase", json=asked | MEANT, headers=staff)
    assert answer.status_code == 204, answer.text
    await later(shop, clock)
    staff = await sign_in(api, *OWNER)
    said = (await api.post("/v1/personal-data/look-up", json=asked, headers=staff)).json()
    assert {one["count"] for one in said["kept"]} == {0}
    assert "grace" not in (await everything_on_disk(shop)).casefold()  # nor in the audit log, which names who did it
    acts = (await api.get("/v1/audit", headers=staff)).json()
    assert {"look_up_person", "erase_person"} <= {one["act"]["action"] for one in acts["items"]}


async def test_a_customer_is_forgotten_with_what_they_ordered_before_they_had_an_account(
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


async def test_the_buyer_of_an_imported_order_without_an_address_is_forgotten_by_its_number(
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


async def test_staff_are_not_forgotten_by_mistake_and_only_owners_forget(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    await hired(shop, "support@example.com", "support")
    answer = await api.post("/v1/personal-data/erase", json={"email": "support@example.com"} | MEANT, headers=staff)
    assert (answer.status_code, "member of staff" in answer.text) == (409, True)
    headers = await sign_in(api, "support@example.com", PASSWORD)
    for path in ("look-up", "erase"):
        answer = await api.post(f"/v1/personal-data/{path}", json={"email": GUEST}, headers=headers)
        assert answer.status_code == 403


async def test_every_purpose_says_why_and_until_when(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    said = (await api.get("/v1/personal-data", headers=staff)).json()
    assert [one["purpose"] for one in said] == list(PURPOSES)
    for one in said:
        assert one["whose"]
        assert "GDPR" in one["why"]
        assert one["kept"]
        assert all(row["until"] and "SHOPWRIGHT" not in row["until"] for row in one["kept"])
    assert any("1095 days" in row["until"] for one in said for row in one["kept"])


@pytest.mark.skipif(bool(POSTGRES), reason="looks into files")
def test_every_table_that_tells_of_a_person_says_why(migrated: tuple[Path, str]) -> None:
    for service in RIVER:
        with closing(sqlite3.connect(migrated[0] / f"{service}.db")) as database:
            for table in retention_of(service):
                columns = {row[1] for row in database.execute(f"PRAGMA table_info({table.table})")}
                assert table.personal or not columns & TELLING, f"{service}.{table.table}: {columns & TELLING}"
