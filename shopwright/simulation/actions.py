"""Actions of people and time. Each has its own random seed, so that it can be replayed alone."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from random import Random

from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.errors import ShopError, Unavailable
from shopwright.kit.money import Money
from shopwright.services.carts.contract import Cart, CartChange
from shopwright.services.inventory.contract import MAIN, Adjustment
from shopwright.services.orders.contract import (
    LineQuantity,
    NewRefund,
    NewShipment,
    Order,
    PaymentChoice,
    PlaceOrder,
    Status,
)
from shopwright.services.pricing.contract import Price
from shopwright.simulation.faults import Crash
from shopwright.simulation.harness import LIMITED, ONCE, PLACE, ConfirmedOrder, Harness

TOKENS = (
    "pretend_ok", "pretend_ok", "pretend_ok", "pretend_declined", "pretend_3ds", "pretend_delayed", "pretend_lost",
)  # fmt: skip
Action = Callable[[Harness, Random], Awaitable[None]]


async def together(*acts: Coroutine[None, None, None]) -> None:
    """Run concurrently; if the process dies, all end there."""

    async def alone(act: Coroutine[None, None, None]) -> None:
        try:
            await act
        except ShopError:
            return

    tasks = [asyncio.create_task(alone(act)) for act in acts]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        if (error := task.exception()) is not None:
            raise error


async def filled(harness: Harness, chance: Random, who: Caller) -> Cart:
    """A cart ready to be ordered."""
    carts = harness.shop.carts
    cart = await carts.create(who.user_id)
    for _ in range(chance.randint(1, 3)):
        cart = await carts.add(cart.id, chance.choice(harness.variants), chance.choice((1, 1, 1, 2, 3)))
    if chance.random() < 0.4:
        cart = await carts.set_coupons(cart.id, (chance.choice((LIMITED, ONCE)),))
    email = who.email or "guest@example.com"
    return await carts.change(
        cart.id, CartChange(email=email, shipping_address=PLACE, shipping_option_id="shr_standard")
    )


async def order(harness: Harness, cart: Cart, key: str, token: str, who: Caller) -> None:
    """Place an order, retrying without an answer."""
    choice = PaymentChoice(provider="pretend", token=token, return_url="http://shop.test/back/{order_id}")
    request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    placed = await harness.insist(lambda: harness.shop.orders.place(request, key, who))
    if placed is None:
        return
    harness.confirmed[key] = ConfirmedOrder(placed.id, placed.totals.total)
    try:
        again = await harness.shop.orders.place(request, key, who)
    except Unavailable:
        return
    except ShopError as error:
        harness.complaints.append(f"Key {key} placed an order; repeated, it is refused: {error.detail}")
    else:
        if again.id != placed.id:
            harness.complaints.append(f"Key {key} placed {placed.id}, and repeated, {again.id}.")


async def buy(harness: Harness, chance: Random) -> None:
    """Someone buys, sometimes by double click or in two windows."""
    who = chance.choice(harness.customers)
    cart = await filled(harness, chance, who)
    token = chance.choice(TOKENS)
    keys = chance.choice((["a"], ["a"], ["a", "a"], ["a", "b"]))
    await together(*(order(harness, cart, f"{cart.id}/{key}", token, who) for key in keys))


async def rush(harness: Harness, chance: Random) -> None:
    """Several shoppers want the same last units."""
    variant = chance.choice(harness.variants)

    async def one() -> None:
        who = chance.choice(harness.customers)
        cart = await harness.shop.carts.create(who.user_id)
        await harness.shop.carts.add(cart.id, variant, 1)
        if chance.random() < 0.5:
            await harness.shop.carts.set_coupons(cart.id, (LIMITED,))
        change = CartChange(email="rush@example.com", shipping_address=PLACE, shipping_option_id="shr_standard")
        cart = await harness.shop.carts.change(cart.id, change)
        await order(harness, cart, f"{cart.id}/rush", "pretend_ok", who)

    await together(*(one() for _ in range(chance.randint(2, 5))))


async def some_order(harness: Harness, chance: Random, *statuses: Status) -> Order | None:
    """A random order with such a status."""
    found = [one for status in statuses for one in await harness.shop.orders.search(status=status, limit=100)]
    return await harness.shop.orders.get(chance.choice(found).id) if found else None


async def pay_again(harness: Harness, chance: Random) -> None:
    """Retry a payment after a decline, or out of impatience."""
    found = await some_order(harness, chance, "placed")
    if found is not None:
        choice = PaymentChoice(provider="pretend", token=chance.choice(TOKENS), return_url="http://shop.test/back")
        tries = chance.choice((1, 1, 2))
        await together(*(_again(harness, found.id, choice) for _ in range(tries)))


async def _again(harness: Harness, order_id: str, choice: PaymentChoice) -> None:
    await harness.shop.orders.pay(order_id, choice)


async def answer_bank(harness: Harness, chance: Random) -> None:
    """Answer 3-D Secure with yes or no; the browser returns, or not."""
    rows = await harness.shop.databases["pretend"].fetch(
        "SELECT reference FROM intents WHERE status = 'requires_action'"
    )
    if rows:
        reference = chance.choice([row["reference"] for row in rows])
        await harness.shop.pretend.answer_challenge(reference, approved=chance.random() < 0.7)
    found = await some_order(harness, chance, "placed")
    if found is not None and chance.random() < 0.5:
        await harness.shop.orders.payment_returned(found.id)


async def cancel(harness: Harness, chance: Random) -> None:
    """Buyer or shop cancel, possibly while a payment arrives."""
    found = await some_order(harness, chance, "placed", "paid")
    if found is not None:
        await together(_cancel(harness, found.id), harness.on_event(chance))


async def _cancel(harness: Harness, order_id: str) -> None:
    await harness.insist(lambda: harness.shop.orders.cancel(order_id, "changed my mind", SYSTEM))


async def capture(harness: Harness, chance: Random) -> None:
    """Two staff members capture at once, while someone cancels."""
    found = await some_order(harness, chance, "placed")
    if found is None or harness.capture == "automatic":
        return

    async def take() -> None:
        await harness.insist(lambda: harness.shop.orders.capture(found.id, SYSTEM))

    acts = [take(), harness.on_event(chance)] + ([take()] if chance.random() < 0.3 else [])
    await together(*acts, *([_cancel(harness, found.id)] if chance.random() < 0.2 else []))


async def ship(harness: Harness, chance: Random) -> None:
    """Ship all or some of an order."""
    found = await some_order(harness, chance, "paid", "part_shipped")
    if found is None:
        return
    line = next((one for one in found.lines if one.quantity > one.shipped), found.lines[0])
    lines = (LineQuantity(line.id, 1),) if chance.random() < 0.4 else ()
    await harness.shop.orders.ship(found.id, NewShipment(carrier="DHL", lines=lines), SYSTEM)


async def deliver(harness: Harness, chance: Random) -> None:
    """Deliver an order."""
    found = await some_order(harness, chance, "shipped")
    if found is not None:
        await harness.shop.orders.deliver(found.id, SYSTEM)


async def refund(harness: Harness, chance: Random) -> None:
    """Refund by line or amount; staff double-click and retry."""
    found = await some_order(harness, chance, "paid", "part_shipped", "shipped", "delivered")
    if found is None:
        return
    line = chance.choice(found.lines)
    if chance.random() < 0.7:
        new_refund = NewRefund(reason="broken", lines=(LineQuantity(line.id, 1),), restock=chance.random() < 0.5)
    else:
        new_refund = NewRefund(reason="sorry", amount=Money(chance.randint(1, 500), "EUR"))
    key = f"refund-{chance.getrandbits(40)}"
    harness.refunds.setdefault(found.id, set()).add(key)

    async def once() -> None:
        await harness.insist(lambda: harness.shop.orders.refund(found.id, new_refund, key, SYSTEM))

    await together(*(once() for _ in range(chance.choice((1, 1, 2, 3)))))


async def adjust(harness: Harness, chance: Random) -> None:
    """Goods arrive, or were miscounted."""
    one = Adjustment(
        variant_id=chance.choice(harness.variants),
        delta=chance.choice((1, 2, 5, 10)),
        reason="delivery",
        location=chance.choice((MAIN, MAIN, "annex")),
    )
    key = f"adjust-{chance.getrandbits(40)}"
    harness.asked.append((key, one))
    if await harness.insist(lambda: harness.book(key, one)) is not None:
        harness.asked.remove((key, one))
        harness.adjusted.append(one)


async def count(harness: Harness, chance: Random) -> None:
    """Two people book the same delivery at once."""
    variant = chance.choice(harness.variants)
    both = [Adjustment(variant_id=variant, delta=n, reason="delivery") for n in (1, 2)]
    keys = [f"count-{chance.getrandbits(40)}" for _ in both]
    for key, one in zip(keys, both, strict=True):
        harness.asked.append((key, one))
    await together(*(_adjust(harness, key, one) for key, one in zip(keys, both, strict=True)))


async def _adjust(harness: Harness, key: str, one: Adjustment) -> None:
    await harness.book(key, one)
    if (key, one) in harness.asked:
        harness.asked.remove((key, one))
        harness.adjusted.append(one)


async def reprice(harness: Harness, chance: Random) -> None:
    """Change a price."""
    price = Money(chance.randint(1, 90_000), "EUR")
    await harness.shop.pricing.set_prices([Price(chance.choice(harness.variants), price)])


async def carry(harness: Harness, _chance: Random) -> None:
    """Deliver events and run jobs."""
    await harness.settle()


async def webhooks(harness: Harness, chance: Random) -> None:
    """Deliver webhooks and events concurrently."""
    await together(harness.on_event(chance), harness.settle())


async def wait(harness: Harness, chance: Random) -> None:
    """Let time pass."""
    harness.clock.move(seconds=chance.choice((1, 5, 30, 120, 600)))
    await harness.settle()


async def sleep(harness: Harness, chance: Random) -> None:
    """Let a night pass."""
    harness.clock.move(minutes=chance.randint(20, 90))
    await harness.settle()


async def die(_harness: Harness, _chance: Random) -> None:
    """Kill -9."""
    raise Crash


ACTIONS: dict[str, tuple[Action, int]] = {
    "buy": (buy, 12), "rush": (rush, 3), "pay_again": (pay_again, 4), "answer_bank": (answer_bank, 4),
    "cancel": (cancel, 3), "capture": (capture, 6), "ship": (ship, 4), "deliver": (deliver, 2), "refund": (refund, 4), "adjust": (adjust, 3),
    "count": (count, 2), "reprice": (reprice, 2), "carry": (carry, 6), "webhooks": (webhooks, 6), "wait": (wait, 8),
    "sleep": (sleep, 2), "die": (die, 1),
}  # fmt: skip
