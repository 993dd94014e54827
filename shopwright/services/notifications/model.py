"""What is said when: each letter as subject, heading, lines and one thing to do."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

import msgspec

from shopwright.kit.errors import Invalid
from shopwright.kit.facts import Event
from shopwright.kit.money import write
from shopwright.services.notifications.contract import Channels, Preferences, Topic
from shopwright.services.orders.contract import (
    OrderCancelled,
    OrderDelivered,
    OrderExpired,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shopwright.services.users.contract import (
    EmailVerificationAsked,
    LetterPurpose,
    PasswordChanged,
    PasswordResetAsked,
    UserRegistered,
)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message before it is dressed in its template. With a `purpose`, `path` ends where a token of users is put."""

    topic: Topic
    recipient: str
    subject: str
    heading: str
    lines: tuple[str, ...]
    path: str = ""
    action: str = ""
    purpose: LetterPurpose | None = None


def _track(number: str, email: str) -> str:
    return f"/track?number={number}&email={quote(email)}"


def welcome(event: UserRegistered) -> Letter:
    """To a new customer."""
    return Letter(
        topic="account",
        recipient=event.email,
        subject="Your account is ready",
        heading=f"Welcome, {event.name}",
        lines=(
            "Your orders, addresses and reviews are now in one place.",
            "Please confirm that this address is yours; orders you placed with it as a guest are then there, too.",
        ),
        path="/confirm-email?token=",
        action="Confirm this address",
        purpose="verification",
    )


def verification(event: EmailVerificationAsked) -> Letter:
    """To someone who has not confirmed yet."""
    return Letter(
        topic="account",
        recipient=event.email,
        subject="Confirm your e-mail address",
        heading="Is this your address?",
        lines=("Confirm it within seven days. If you did not ask for this, do nothing.",),
        path="/confirm-email?token=",
        action="Confirm this address",
        purpose="verification",
    )


def reset(event: PasswordResetAsked) -> Letter:
    """To someone who forgot."""
    return Letter(
        topic="account",
        recipient=event.email,
        subject="Choose a new password",
        heading="A new password",
        lines=(
            "Someone, probably you, asked for a new password for your account. The link is good for one hour.",
            "If it was not you, do nothing: your password stays as it is.",
        ),
        path="/new-password?token=",
        action="Choose a new password",
        purpose="reset",
    )


def password_changed(event: PasswordChanged) -> Letter:
    """So that nobody changes it unnoticed."""
    return Letter(
        topic="account",
        recipient=event.email,
        subject="Your password was changed",
        heading="Your password was changed",
        lines=("You are signed out everywhere else. If this was not you, choose a new password at once.",),
        path="/forgot-password",
        action="It was not me",
    )


def placed(event: OrderPlaced) -> Letter:
    """An order was placed."""
    return Letter(
        topic="orders",
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
        topic="orders",
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
        topic="parcels",
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
        topic="parcels",
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
        topic="orders",
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
        topic="orders",
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
        topic="orders",
        recipient=event.email,
        subject=f"Refund for order {event.number}",
        heading="Your refund is on its way",
        lines=(f"We sent {write(event.amount)} back to you. Banks take a few days to show it.",),
        path=_track(event.number, event.email),
        action="See your order",
    )


def back_in_stock(email: str, title: str, slug: str) -> Letter:
    """To someone who asked to hear of it."""
    return Letter(
        topic="stock",
        recipient=email,
        subject=f"{title} is back",
        heading="It is here again",
        lines=(f"You asked us to write when {title} is back in stock. It is, for as long as it lasts.",),
        path=f"/p/{slug}",
        action="See it",
    )


def abandoned(email: str, name: str, count: int) -> Letter:
    """To someone who left things in the cart, and wants to be reminded."""
    things = "One thing is" if count == 1 else f"{count} things are"
    return Letter(
        topic="carts",
        recipient=email,
        subject="Your cart is waiting",
        heading=f"{name}, your cart is as you left it",
        lines=(f"{things} still in it. Nothing is set aside for you until you order.",),
        path="/cart",
        action="Go to your cart",
    )


# What is sent unless someone says otherwise; what must be sent, whatever they say.
USUAL: Mapping[Topic, Channels] = {
    "account": Channels(email=True),
    "orders": Channels(email=True),
    "parcels": Channels(email=True),
    "stock": Channels(email=True),
    "carts": Channels(),
}
REQUIRED: Mapping[Topic, str] = {
    "account": "Letters about the safety of your account are always sent.",
    "orders": "Letters about what you ordered and paid are always sent.",
}


def person(email: str) -> str:
    """Whom we write to: an address, whatever its case."""
    return email.strip().casefold()


def wishes(stored: Mapping[tuple[str, str], bool]) -> Preferences:
    """What is usual, but for what they said."""
    return Preferences(
        topics={
            topic: Channels(
                **{
                    channel: stored.get((topic, channel), getattr(usual, channel))
                    for channel in usual.__struct_fields__
                }
            )
            for topic, usual in USUAL.items()
        }
    )


def check_wishes(wanted: Preferences) -> None:
    """Raises Invalid."""
    for topic, told in REQUIRED.items():
        if topic in wanted.topics and not wanted.topics[topic].email:
            raise Invalid.at(f"/topics/{topic}/email", told)


LETTERS: dict[type[Event], Callable[..., Letter]] = {
    UserRegistered: welcome,
    EmailVerificationAsked: verification,
    PasswordResetAsked: reset,
    PasswordChanged: password_changed,
    OrderPlaced: placed,
    OrderPaid: paid,
    OrderShipped: shipped,
    OrderDelivered: delivered,
    OrderCancelled: cancelled,
    OrderExpired: expired,
    OrderRefunded: refunded,
}
