"""What is said when: each letter as subject, heading, lines and one thing to do."""

from collections.abc import Callable
from urllib.parse import quote

import msgspec

from shopwright.kit.facts import Event
from shopwright.kit.money import write
from shopwright.services.orders.contract import (
    OrderCancelled,
    OrderDelivered,
    OrderExpired,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shopwright.services.users.contract import UserRegistered


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message before it is dressed in its template."""

    recipient: str
    subject: str
    heading: str
    lines: tuple[str, ...]
    path: str = ""
    action: str = ""


def _track(number: str, email: str) -> str:
    return f"/track?number={number}&email={quote(email)}"


def welcome(event: UserRegistered) -> Letter:
    """To a new customer."""
    return Letter(
        recipient=event.email,
        subject="Your account is ready",
        heading=f"Welcome, {event.name}",
        lines=("Your orders, addresses and reviews are now in one place.",),
        path="/account",
        action="Open your account",
    )


def placed(event: OrderPlaced) -> Letter:
    """An order was placed."""
    return Letter(
        recipient=event.email,
        subject=f"We have your order {event.number}",
        heading="Thank you for your order",
        lines=(
            f"Order {event.number} over {write(event.total)} is with us.",
            "We start packing as soon as the payment has arrived, and write again then.",
        ),
        path=_track(event.number, event.email),
        action="See your order",
    )


def paid(event: OrderPaid) -> Letter:
    """Its money is here."""
    things = tuple(f"{line.quantity} × {line.title}" for line in event.lines)
    return Letter(
        recipient=event.email,
        subject=f"Payment received for order {event.number}",
        heading="Your payment has arrived",
        lines=(f"We received {write(event.total)} for order {event.number} and are packing:", *things),
        path=_track(event.number, event.email),
        action="See your order",
    )


def shipped(event: OrderShipped) -> Letter:
    """A parcel left."""
    how = f"with {event.carrier}" + (f", number {event.tracking_number}" if event.tracking_number else "")
    rest = "It holds everything you ordered." if event.complete else "The rest follows in another parcel."
    return Letter(
        recipient=event.email,
        subject=f"Order {event.number} is on its way",
        heading="Your parcel is on its way",
        lines=(f"We handed your parcel over {how}. {rest}",),
        path=_track(event.number, event.email),
        action="Follow your parcel",
    )


def delivered(event: OrderDelivered) -> Letter:
    """It arrived."""
    return Letter(
        recipient=event.email,
        subject=f"Order {event.number} has arrived",
        heading="Your order has arrived",
        lines=("If something is not right, answer this message or open your order.",),
        path=_track(event.number, event.email),
        action="See your order",
    )


def cancelled(event: OrderCancelled) -> Letter:
    """It is off."""
    return Letter(
        recipient=event.email,
        subject=f"Order {event.number} is cancelled",
        heading="Your order is cancelled",
        lines=(f"Reason: {event.reason}", "Money you paid is on its way back to you."),
        path=_track(event.number, event.email),
        action="See your order",
    )


def expired(event: OrderExpired) -> Letter:
    """It was not paid."""
    return Letter(
        recipient=event.email,
        subject=f"Order {event.number} was not paid",
        heading="We could not keep your order",
        lines=("No payment arrived in time, so the goods are free for others again. Nothing was charged.",),
        path="/",
        action="Go to the shop",
    )


def refunded(event: OrderRefunded) -> Letter:
    """Money goes back."""
    return Letter(
        recipient=event.email,
        subject=f"Refund for order {event.number}",
        heading="Your refund is on its way",
        lines=(f"We sent {write(event.amount)} back to you. Banks take a few days to show it.",),
        path=_track(event.number, event.email),
        action="See your order",
    )


LETTERS: dict[type[Event], Callable[..., Letter]] = {
    UserRegistered: welcome,
    OrderPlaced: placed,
    OrderPaid: paid,
    OrderShipped: shipped,
    OrderDelivered: delivered,
    OrderCancelled: cancelled,
    OrderExpired: expired,
    OrderRefunded: refunded,
}
