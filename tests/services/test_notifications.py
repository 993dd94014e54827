"""E-mails about orders and accounts."""

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from tests.builders.customers import ada
from tests.builders.goods import sell
from tests.builders.orders import buy


async def test_every_step_of_an_order_sends_one_message(shop: Shop) -> None:
    caller = await ada(shop)
    order = await buy(shop, (await sell(shop), 1), who=caller)
    shop.clock.move(seconds=2)
    await shop.bus.settle()
    for _ in range(3):
        await shop.bus.settle()
    subjects = [one.subject for one in await shop.notifications.messages()]
    assert sorted(subjects) == sorted(
        ["Payment received for order 1001", "We have your order 1001", "Your account is ready", "Your account is ready"]
    )
    message = next(one for one in await shop.notifications.messages() if "received" in one.subject)
    assert message.state == "sent"
    view = await shop.notifications.message(message.id)
    assert "1 × Harbour Kettle" in view.text
    assert "style=" in view.html
    assert "<style" not in view.html
    await shop.orders.cancel(order.id, "no", SYSTEM)
    await shop.bus.settle()
    assert len(await shop.notifications.messages()) == 5


async def test_a_name_cannot_inject_html_into_an_email(shop: Shop) -> None:
    await shop.users.register("eve@example.com", "correct horse", "<script>alert(1)</script>")
    await shop.bus.settle()
    view = await shop.notifications.message((await shop.notifications.messages())[0].id)
    assert "<script>" not in view.html
