"""What those who work in the shop are told."""

from collections.abc import Callable, Mapping
from typing import Any

from shopwright.kit.data.events import Event
from shopwright.kit.money import write
from shopwright.services.notifications.outgoing_message import OutgoingMessage
from shopwright.services.orders.contract.facts import OrderDisputed, OrderRefundRefused
from shopwright.services.users.contract import User


def refund_refused(event: OrderRefundRefused, reader: User) -> OutgoingMessage:
    """Money a buyer was to get does not go back."""
    return OutgoingMessage(
        topic="orders",
        recipient=reader.email,
        account=reader.id,
        subject=f"The refund for order {event.number} was refused",
        heading=f"{write(event.amount)} did not go back",
        lines=(
            f"A refund of {write(event.amount)} for order {event.number} will not be paid: {event.why}",
            "Its sum and its units can be refunded again. Agree with the buyer on how they get their money.",
        ),
        path=f"/office/orders/{event.order_id}",
        action="See the order",
        order_id=event.order_id,
    )


def disputed(event: OrderDisputed, reader: User) -> OutgoingMessage:
    """A buyer went to their bank, or the bank has decided."""
    amount = write(event.amount)
    said = {
        "": ("was withdrawn", "The money stays with the shop."),
        "open": ("was opened", "Answer it on the payment provider's page in time: it is lost without an answer."),
        "won": ("was won", "The money stays with the shop."),
        "lost": ("was lost", "The buyer has the money back. Do not send what has not left yet."),
    }[event.state]
    return OutgoingMessage(
        topic="orders",
        recipient=reader.email,
        account=reader.id,
        subject=f"The dispute of order {event.number} {said[0]}",
        heading=f"A dispute of {amount} {said[0]}",
        lines=(f"The buyer of order {event.number} objected to the payment of {amount} at their bank.", said[1]),
        path=f"/office/orders/{event.order_id}",
        action="See the order",
        order_id=event.order_id,
    )


MESSAGES_BY_EVENT: Mapping[type[Event], Callable[[Any, User], OutgoingMessage]] = {
    OrderRefundRefused: refund_refused,
    OrderDisputed: disputed,
}
