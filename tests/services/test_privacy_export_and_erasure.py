"""Personal data of customers: complete export, complete erasure, and permitted messages."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.data.events import Delivery, Event
from shopwright.kit.data.retention import Retention, StoredBody, erase_bodies
from shopwright.kit.data.unit_of_work import read_event
from shopwright.kit.errors import Conflict, Invalid, Missing
from shopwright.kit.personal import ERASED, Personal
from shopwright.services.carts.contract import CartChange
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.notifications.contract import Channels, Preferences
from shopwright.services.orders.contract import NewRefund, NewShipment, Order, PaymentChoice, PlaceOrder
from shopwright.services.reviews.contract import NewReview
from shopwright.services.users.contract import LastOwner, ProfileChange
from shopwright.web.privacy.gather import everything
from tests.builders.customers import ADA, BERLIN, NAME, WORDS, ada, confirm, sign_in
from tests.builders.environment import ON_SERVERS, POSTGRES
from tests.builders.goods import sell
from tests.builders.messages import send_all
from tests.builders.orders import buy, fill_cart
from tests.builders.pages import csrf
from tests.builders.shops import OWNER
from tests.builders.storage import everything_on_disk


async def test_an_export_contains_everything_the_shop_stores(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle = await sell(shop)
    me = await ada(shop)
    await shop.users.save_address(me.user_id, BERLIN)
    await buy(shop, (kettle, 1), who=me)
    await shop.reviews.write(kettle.id, NewReview(rating=5, title="Sings", body="In tune"), me)
    await shop.carts.add_wish(me.user_id, kettle.id)
    answer = await api.get("/v1/me/export", headers=await sign_in(api, ADA, WORDS))
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    known = answer.json()
    assert known["account"]["email"] == ADA
    assert known["addresses"][0]["address"]["city"] == "Berlin"
    assert known["orders"][0]["lines"][0]["title"] == "Harbour Kettle"
    assert known["reviews"][0]["title"] == "Sings"
    assert known["wishlist"][0]["product_id"] == kettle.id
    assert "Your account is ready" in [message["summary"]["subject"] for message in known["messages"]]
    assert known["notification_preferences"]["topics"]["orders"]["email"]
    assert (await api.get("/v1/me/export")).status_code == 401


async def test_an_erased_customer_is_in_no_table_but_their_orders_stay(
    shop: Shop, api: httpx.AsyncClient, clock: HandClock
) -> None:
    kettle = await sell(shop)
    me = await ada(shop)
    await shop.users.save_address(me.user_id, BERLIN)
    order = await buy(shop, (kettle, 1), who=me)
    await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    await shop.reviews.write(kettle.id, NewReview(rating=5, title="Sings", body="In tune"), me)
    await shop.carts.create(me.user_id)
    await shop.bus.settle()
    assert "lovelace" in (await everything_on_disk(shop)).casefold()

    headers = await sign_in(api, ADA, WORDS)
    assert (await api.request("DELETE", "/v1/me", headers=headers, json={"password": WORDS})).status_code == 204
    await shop.bus.settle()
    clock.move(hours=2)
    await shop.bus.settle()

    left = await everything_on_disk(shop)
    for trace in (ADA, "Lovelace", "Torstra"):
        assert trace.casefold() not in left.casefold(), next(line for line in left.splitlines() if trace in line)
    stored = await shop.orders.get(order.id)
    assert (stored.status, stored.email, stored.customer_id) == ("shipped", "", None)
    assert (stored.totals.total, stored.shipping_address.country) == (order.totals.total, "DE")
    assert stored.shipping_address.name == ERASED
    assert [(one.author, one.title) for one in await shop.reviews.of_product(kettle.id)] == [
        ("A former customer", "Sings")
    ]
    assert (await api.get("/v1/me", headers=headers)).status_code == 401
    assert (await api.get(f"/v1/orders/{order.id}?email=")).status_code == 404


async def test_an_order_still_to_be_sent_keeps_its_address_until_the_parcel_has_left(shop: Shop, clock) -> None:
    kettle = await sell(shop)
    me = await ada(shop)
    order = await buy(shop, (kettle, 1), who=me)
    await shop.users.erase(me.user_id)
    await shop.bus.settle()
    waiting = await shop.orders.get(order.id)
    assert (waiting.email, waiting.shipping_address.city) == ("", "Berlin")
    await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    clock.move(minutes=2)
    await shop.bus.settle()
    assert (await shop.orders.get(order.id)).shipping_address.city == ""
    written = [one for one in await shop.notifications.messages() if one.recipient in {ADA, "", ERASED}]
    assert {one.subject for one in written} <= {"Your account was erased"}


async def test_the_event_log_contains_no_personal_data_of_erased_customers(shop: Shop) -> None:
    kettle = await sell(shop)
    me = await ada(shop)
    await buy(shop, (kettle, 1), who=me)
    await shop.users.erase(me.user_id)
    await shop.bus.settle()
    log = msgspec.json.encode(await shop.insights.events(limit=1000)).decode()
    assert "OrderPaid" in log
    assert "UserErased" in log
    assert ADA not in log


async def test_the_event_log_is_not_rewritten_by_an_erasure(local_shop: Shop) -> None:
    me = await ada(local_shop)
    await buy(local_shop, (await sell(local_shop), 1), who=me)
    rows = "SELECT seq, id, type, data FROM journal ORDER BY seq"
    before = await local_shop.databases["insights"].fetch(rows)
    assert ADA not in str(before)
    assert ADA in msgspec.json.encode(await local_shop.insights.events(limit=1000)).decode()
    await local_shop.users.erase(me.user_id or "")
    await local_shop.bus.settle()
    assert (await local_shop.databases["insights"].fetch(rows))[: len(before)] == before
    left = await local_shop.databases["insights"].fetch("SELECT data FROM journal_personal")
    assert ADA not in str(left)


async def test_an_event_about_a_customer_after_their_erasure_is_redacted(local_shop: Shop) -> None:
    me = await ada(local_shop)
    order = await buy(local_shop, (await sell(local_shop), 1), who=me)
    [placed] = await local_shop.databases["orders"].fetch("SELECT * FROM facts WHERE type = 'OrderPlaced'")
    await local_shop.users.erase(me.user_id or "")
    await local_shop.bus.settle()
    event = read_event(placed)
    late = msgspec.structs.replace(
        event, id=local_shop.ids.new("evt"), data=msgspec.structs.replace(event.data, email=ADA)
    )
    assert late.subject == order.id
    await local_shop.insights.on_event(Delivery(late, "insights.OrderPlaced"))
    assert ADA not in str(await local_shop.databases["insights"].fetch("SELECT data FROM journal_personal"))


async def test_an_erasure_by_a_process_of_the_previous_version_is_complete(local_shop: Shop) -> None:
    """It rewrites the tables it knows."""
    me = await ada(local_shop)
    log = local_shop.databases["insights"]
    [entry] = [row for row in await log.fetch("SELECT * FROM journal_personal") if me.user_id == row["subject"]][:1]
    await local_shop.users.erase(me.user_id or "")
    await local_shop.bus.settle()
    async with log.begin() as tx:
        await tx.run("UPDATE journal SET apart = NULL WHERE type = 'UserErased'")
        await tx.run(
            "INSERT INTO journal_personal (seq, subject, data) VALUES (:seq, :subject, :data)",
            seq=entry["seq"],
            subject=entry["subject"],
            data=entry["data"],
        )
    await local_shop.insights.trim()
    assert ADA not in str(await log.fetch("SELECT data FROM journal_personal"))


async def test_rows_of_the_previous_version_are_redacted_too(local_shop: Shop) -> None:
    me = await ada(local_shop)
    await local_shop.bus.settle()
    log = local_shop.databases["insights"]
    event = next(one for one in await local_shop.insights.events(limit=1000) if ADA in bytes(one.data).decode())
    async with log.begin() as tx:
        await tx.run(
            "UPDATE journal SET apart = NULL, data = :data WHERE id = :id", id=event.id, data=bytes(event.data).decode()
        )
        await tx.run("DELETE FROM journal_personal")
    assert ADA in msgspec.json.encode(await local_shop.insights.events(limit=1000)).decode()
    await local_shop.users.erase(me.user_id or "")
    await local_shop.bus.settle()
    assert ADA not in str(await log.fetch("SELECT data FROM journal"))


async def test_the_address_of_an_erased_customer_can_be_registered_again_without_access_to_old_data(shop: Shop) -> None:
    kettle = await sell(shop)
    me = await ada(shop)
    await buy(shop, (kettle, 1), who=me)
    await shop.users.erase(me.user_id)
    await shop.bus.settle()
    other = await ada(shop)
    assert await shop.orders.search(customer_id=other.user_id) == []
    assert await shop.reviews.by_user(other.user_id) == []


async def test_the_last_owner_stays(shop: Shop) -> None:
    owner = await shop.users.by_email(OWNER[0])
    with pytest.raises(LastOwner):
        await shop.users.erase(owner.id)
    await shop.users.register("second@example.com", WORDS, "Second", role="owner")
    await shop.users.erase(owner.id)
    with pytest.raises(Missing):
        await shop.users.get(owner.id)


async def test_answers_stored_for_an_idempotency_key_are_deleted_after_a_day(
    shop: Shop, api: httpx.AsyncClient, clock: HandClock
) -> None:
    new = {"email": ADA, "password": WORDS, "name": NAME}
    key = {"Idempotency-Key": "register-once"}
    first, again = [await api.post("/v1/users", json=new, headers=key) for _ in range(2)]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    for _ in range(2):
        clock.move(hours=13)
        await shop.bus.settle()
    assert "idempotency-replayed" not in (await api.post("/v1/users", json=new, headers=key)).headers


# --- permitted messages


async def channels(shop: Shop, subject: str) -> list[tuple[str, str]]:
    await shop.bus.settle()
    found = [one for one in await shop.notifications.messages() if one.subject == subject]
    return sorted((one.channel, one.recipient) for one in found)


async def test_preferences_are_read_chosen_and_stored(shop: Shop, api: httpx.AsyncClient) -> None:
    await ada(shop)
    headers = await sign_in(api, ADA, WORDS)
    before = (await api.get("/v1/me/notification-preferences", headers=headers)).json()
    assert before["topics"]["parcels"] == {"email": True, "sms": False, "push": False}
    assert before["topics"]["carts"]["email"] is False
    wanted = {"topics": {"parcels": {"email": False, "sms": True, "push": True}}}
    after = (await api.put("/v1/me/notification-preferences", json=wanted, headers=headers)).json()
    assert after["topics"]["parcels"] == wanted["topics"]["parcels"]
    assert after["topics"]["orders"] == before["topics"]["orders"]
    again = await api.put("/v1/me/notification-preferences", json=after, headers=headers)
    assert again.json() == after


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"topics": {"orders": {"email": False}}}, "/topics/orders/email"),
        ({"topics": {"account": {"email": False}}}, "/topics/account/email"),
        ({"topics": {"gossip": {"email": True}}}, ""),
        ({"topics": {"carts": {"pigeon": True}}}, ""),
    ],
)
async def test_impossible_preferences_are_refused(shop: Shop, api: httpx.AsyncClient, body: dict, pointer: str) -> None:
    await ada(shop)
    answer = await api.put("/v1/me/notification-preferences", json=body, headers=await sign_in(api, ADA, WORDS))
    assert answer.status_code in {400, 422}
    if pointer:
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_each_message_uses_its_chosen_channels(shop: Shop) -> None:
    kettle = await sell(shop)
    me = await ada(shop)
    await shop.users.change_profile(me.user_id, ProfileChange(phone="+49 30 1234567"))
    preferences = Preferences(topics={"parcels": Channels(sms=True, push=True)})
    await shop.notifications.set_preferences(ADA, preferences)
    order = await buy(shop, (kettle, 1), who=me)
    await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    assert await channels(shop, f"Order {order.number} has shipped") == [
        ("push", me.user_id),
        ("sms", "+49301234567"),
    ]
    assert await channels(shop, f"Payment received for order {order.number}") == [("email", ADA)]


async def test_one_click_unsubscribes_from_one_topic(
    shop: Shop, api: httpx.AsyncClient, readable_messages: None
) -> None:
    kettle = await sell(shop)
    me = await ada(shop)
    order = await buy(shop, (kettle, 1), who=me)
    await shop.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    await send_all(shop)
    [sent] = [one for one in await shop.notifications.messages() if "has shipped" in one.subject]
    message = await shop.notifications.message(sent.id)
    path = message.unsubscribe.removeprefix("http://shop.test")
    assert message.unsubscribe in message.text
    assert (await api.get(path)).status_code == 200
    assert (await shop.notifications.preferences(ADA)).topics["parcels"].email
    one_click = await api.post(path, data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert not (await shop.notifications.preferences(ADA)).topics["parcels"].email
    assert (await api.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    await shop.orders.deliver(order.id, SYSTEM)
    assert await channels(shop, f"Order {order.number} has arrived") == []
    assert (await api.post("/unsubscribe?token=made-up")).status_code == 404


async def test_required_emails_offer_no_unsubscribe(shop: Shop) -> None:
    await ada(shop)
    await shop.bus.settle()
    [sent] = await shop.notifications.messages(text=ADA)
    assert (await shop.notifications.message(sent.id)).unsubscribe == ""


async def test_a_stock_alert_is_sent_once(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle = await sell(shop, on_hand=0)
    await ada(shop)
    headers = await sign_in(api, ADA, WORDS)
    variant = kettle.variants[0]
    for _ in range(2):
        answer = await api.post("/v1/stock-alerts", json={"sku": variant.sku}, headers=headers)
        assert (answer.status_code, answer.json()) == (202, {"status": "watching"})
    for on_hand in (3, 0, 3):
        await shop.inventory.adjust([Adjustment(variant_id=variant.id, on_hand=on_hand, reason="delivery")])
        await shop.bus.settle()
    assert await channels(shop, "Harbour Kettle is back") == [("email", ADA)]
    anonymous = await api.post("/v1/stock-alerts", json={"sku": variant.sku})
    assert anonymous.json()["errors"][0]["pointer"] == "/email"
    assert (await api.post("/v1/stock-alerts", json={"sku": "NOTHING", "email": ADA})).status_code == 404


async def test_an_abandoned_cart_is_mentioned_once_with_consent(shop: Shop, clock: HandClock) -> None:
    kettle = await sell(shop)
    me = await ada(shop)
    cart = await shop.carts.create(me.user_id)
    await shop.carts.add(cart.id, kettle.variants[0].id, 2)
    await shop.notifications.set_preferences(ADA, Preferences(topics={"carts": Channels(email=True)}))
    clock.move(hours=1)
    assert await channels(shop, "Your cart is waiting") == []
    for _ in range(3):
        clock.move(hours=5)
        assert await channels(shop, "Your cart is waiting") == [("email", ADA)]


async def test_an_abandoned_cart_is_not_mentioned_without_consent(shop: Shop, clock: HandClock) -> None:
    kettle = await sell(shop)
    me = await ada(shop)
    cart = await shop.carts.create(me.user_id)
    await shop.carts.add(cart.id, kettle.variants[0].id, 1)
    clock.move(hours=5)
    assert await channels(shop, "Your cart is waiting") == []


async def test_only_a_failed_message_can_be_sent_again(shop: Shop) -> None:
    await ada(shop)
    await shop.bus.settle()
    [sent] = await shop.notifications.messages(text=ADA)
    with pytest.raises(Conflict):
        await shop.notifications.retry(sent.id)
    async with shop.databases["notifications"].begin() as tx:
        await tx.run("UPDATE messages SET state = 'failed', problem = 'no such mailbox'")
        await tx.run("DELETE FROM viewer")
    await shop.notifications.retry(sent.id)
    shop.clock.move(seconds=2)
    await shop.bus.settle()
    assert (await shop.notifications.message(sent.id)).summary.state == "sent"
    with pytest.raises(Missing):
        await shop.notifications.retry("msg_none")


@pytest.mark.parametrize("phone", ["12", "hello", "030 1234567"])
async def test_an_invalid_phone_number_is_refused(shop: Shop, phone: str) -> None:
    me = await ada(shop)
    with pytest.raises(Invalid) as refused:
        await shop.users.change_profile(me.user_id, ProfileChange(phone=phone))
    assert refused.value.problems[0].pointer == "/phone"


# --- saved for later


async def test_a_line_saved_for_later_is_not_bought_and_stays_after_the_order(shop: Shop) -> None:
    kettle, lamp = await sell(shop), await sell(shop, "Pier Lamp", price=2000)
    me = await ada(shop)
    cart = await fill_cart(shop, (kettle, 1), (lamp, 2), customer=me.user_id)
    line = next(one for one in cart.lines if one.product_id == lamp.id)
    cart = await shop.carts.save_for_later(cart.id, line.id)
    assert [one.product_id for one in cart.lines] == [kettle.id]
    assert [(one.product_id, one.quantity, one.total.amount) for one in cart.saved] == [(lamp.id, 2, 4000)]
    assert cart.totals.subtotal.amount == 6400
    assert await shop.carts.count(cart.id) == 1
    payment = PaymentChoice(provider="pretend", token="pretend_ok")
    order = await shop.orders.place(
        PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=payment), "k", me
    )
    assert [one.product_id for one in order.lines] == [kettle.id]
    await shop.bus.settle()
    after = await shop.carts.create(me.user_id)
    assert [one.product_id for one in after.saved] == [lamp.id]
    back = await shop.carts.save_for_later(after.id, after.saved[0].id, saved=False)
    assert [(one.product_id, one.quantity) for one in back.lines] == [(lamp.id, 2)]


async def test_adding_a_saved_line_puts_its_quantity_in_the_cart(shop: Shop) -> None:
    kettle = await sell(shop)
    cart = await fill_cart(shop, (kettle, 3))
    cart = await shop.carts.save_for_later(cart.id, cart.lines[0].id)
    cart = await shop.carts.add(cart.id, kettle.variants[0].id, 1)
    assert [(one.quantity, len(cart.saved)) for one in cart.lines] == [(1, 0)]


async def test_the_saved_lines_of_a_guest_survive_signing_in(shop: Shop) -> None:
    kettle, lamp = await sell(shop), await sell(shop, "Pier Lamp")
    me = await ada(shop)
    own = await shop.carts.create(me.user_id)
    await shop.carts.add(own.id, kettle.variants[0].id, 1)
    guest = await shop.carts.create()
    guest = await shop.carts.add(guest.id, lamp.variants[0].id, 1)
    await shop.carts.save_for_later(guest.id, guest.lines[0].id)
    joined = await shop.carts.get(await shop.carts.merge(guest.id, me.user_id))
    assert [one.product_id for one in joined.lines] == [kettle.id]
    assert [one.product_id for one in joined.saved] == [lamp.id]


async def test_a_wishlist_contains_each_product_once(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle = await sell(shop)
    await ada(shop)
    headers = await sign_in(api, ADA, WORDS)
    for name in (kettle.id, kettle.slug):
        answer = await api.post("/v1/me/wishlist", json={"product_id": name}, headers=headers)
        assert [one["product_id"] for one in answer.json()["items"]] == [kettle.id]
    assert (await api.delete(f"/v1/me/wishlist/{kettle.id}", headers=headers)).status_code == 204
    assert (await api.get("/v1/me/wishlist", headers=headers)).json() == {"items": []}
    assert (await api.post("/v1/me/wishlist", json={"product_id": "prd_x"}, headers=headers)).status_code == 404


# --- the pages


async def test_the_account_pages_work(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle = await sell(shop)
    me = await ada(shop)
    api.cookies.set("session", await shop.users.open_session_for(me.user_id))
    token = await csrf(api, "/account/addresses/new")
    form = {"_csrf_token": token, **msgspec.to_builtins(BERLIN)}
    wrong = await api.post("/account/addresses/new", data={**form, "postal_code": "x"})
    assert wrong.status_code == 422
    assert "Torstraße" in wrong.text
    assert (await api.post("/account/addresses/new", data=form)).status_code == 303
    [saved] = await shop.users.addresses(me.user_id)
    changed = await api.post(f"/account/addresses/{saved.id}", data={**form, "line1": "Torstraße 2"})
    assert changed.status_code == 303
    assert "Torstraße 2" in (await api.get("/account/addresses")).text
    assert (await api.post("/account/messages", data={"_csrf_token": token, "carts-email": "on"})).status_code == 303
    assert (await shop.notifications.preferences(ADA)).topics["carts"].email
    assert not (await shop.notifications.preferences(ADA)).topics["parcels"].email
    await api.post("/account/wishlist", data={"_csrf_token": token, "product_id": kettle.id})
    assert "Harbour Kettle" in (await api.get("/account/wishlist")).text
    assert (await api.get("/account/export")).json()["account"]["name"] == NAME
    refused = await api.post("/account/erase", data={"_csrf_token": token, "password": "not it at all"})
    assert refused.status_code == 422
    assert (await shop.users.get(me.user_id)).email == ADA
    gone = await api.post("/account/erase", data={"_csrf_token": token, "password": WORDS})
    assert gone.status_code == 200
    with pytest.raises(Missing):
        await shop.users.get(me.user_id)


# --- complete erasure


class Wish(msgspec.Struct, frozen=True):
    """A struct within a stored body that a developer might add."""

    colour: str
    message: Personal[str] = ""


class GiftBody(msgspec.Struct, frozen=True):
    """A stored body with personal texts at several depths."""

    order_id: str
    to: Address
    gift_message: Personal[str] = ""
    wishes: tuple[Wish, ...] = ()


class GiftMade(Event, frozen=True, kw_only=True):
    """An event with the same personal texts."""

    SUBJECT: ClassVar[str] = "order_id"
    order_id: str
    gift: GiftBody
    message: Personal[str] = ""


GIFTS = (
    Retention(table="made_gifts", rows="a gift", grows="orders", bodies=(StoredBody("body", GiftBody, of="order_id"),)),
)


async def give(shop: Shop, order: Order, mark: Callable[[str], str]) -> None:
    """Store a body and emit an event of this order, both with personal data."""
    to = Address(name=mark("to"), line1=mark("line"), country="DE")
    gift = GiftBody(order.id, to, mark("gift"), (Wish("red", mark("wish")),))
    async with shop.databases["orders"].begin() as tx:
        if not ON_SERVERS:  # there, a service may make no tables
            await tx.run(
                "CREATE TABLE IF NOT EXISTS made_gifts (id TEXT PRIMARY KEY, order_id TEXT NOT NULL, body TEXT)"
            )
            body = msgspec.json.encode(gift).decode()
            await tx.run("INSERT INTO made_gifts (id, order_id, body) VALUES ('g', :id, :body)", id=order.id, body=body)
        await tx.emit(GiftMade(order_id=order.id, gift=gift, message=mark("event")))


async def live(shop: Shop, api: httpx.AsyncClient, mark: Callable[[str], str]) -> Order:
    """A customer whose every text is unique, and the data they leave behind."""
    kettle = await sell(shop)
    email = f"{mark('email').lower()}@example.com"
    user = await shop.users.register(email, WORDS, mark("name"))
    await confirm(shop, email)
    me = await shop.users.session(await shop.users.open_session_for(user.id))
    await shop.users.change_profile(user.id, ProfileChange(phone="+49 30 7654321"))
    address = Address(
        name=mark("recipient"), line1=f"{mark('street')} 1", line2=mark("floor"), company=mark("firm"),
        city=mark("city"), postal_code="10999", country="DE", phone="+49 30 7654321",
    )  # fmt: skip
    await shop.users.save_address(user.id, address)
    cart = await fill_cart(shop, (kettle, 1), customer=user.id)
    await shop.carts.change(cart.id, CartChange(email=email, shipping_address=address, billing_address=address))
    cart = await shop.carts.get(cart.id)
    choice = PaymentChoice(provider="pretend", token="pretend_ok")
    order = await shop.orders.place(
        PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice), "k", me
    )
    shop.clock.move(seconds=2)
    await shop.bus.settle()
    await shop.orders.refund(order.id, NewRefund(reason=mark("refund"), amount=1), "r", SYSTEM)
    await shop.bus.settle()
    await give(shop, order, mark)
    review = NewReview(rating=5, title="Sings", body="In tune")
    await shop.reviews.write(kettle.id, review, me)
    await shop.orders.cancel(order.id, mark("cancel"), me)
    await shop.bus.settle()
    await api.post("/v1/sessions", json={"email": email, "password": WORDS})
    return order


def bytes_on_disk(folder: Path) -> bytes:
    """The database files on disk, with their free pages."""
    found = b""
    for path in sorted(folder.rglob("*.db")):
        with closing(sqlite3.connect(path)) as connection:
            [busy, *_] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not busy, path
        found += path.read_bytes()
    return found.lower()


async def test_an_erased_customer_leaves_no_trace_in_any_database(
    local_shop: Shop, api: httpx.AsyncClient, data: tuple[Path, str], clock: HandClock
) -> None:
    traces: dict[str, str] = {}

    def mark(name: str) -> str:
        return traces.setdefault(name, f"Mark{name}zq")

    order = await live(local_shop, api, mark)
    before = (await everything_on_disk(local_shop)).casefold()
    assert [one for one in traces.values() if one.casefold() not in before] == []
    assert POSTGRES or b"markgiftzq" in bytes_on_disk(data[0])
    user_id = (await local_shop.orders.get(order.id)).customer_id or ""
    exported = msgspec.json.encode(await everything(local_shop, user_id)).decode().casefold()
    assert [name for name, one in traces.items() if one.casefold() not in exported] == [
        "to",
        "line",
        "gift",
        "wish",
        "event",
    ]

    await local_shop.users.erase(user_id)
    await local_shop.bus.settle()
    if not ON_SERVERS:
        async with local_shop.databases["orders"].begin() as tx:
            await erase_bodies(tx, GIFTS, order.id)
    clock.move(hours=2)
    await local_shop.bus.settle()

    left = (await everything_on_disk(local_shop)).casefold()
    found = [line[:300] for line in left.splitlines() if any(one.casefold() in line for one in traces.values())]
    assert found == []
    assert "7654321" not in left
    assert "red" in left
    if not POSTGRES:
        written = bytes_on_disk(data[0])
        assert [name for name, one in traces.items() if one.casefold().encode() in written] == []
