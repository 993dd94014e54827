"""Messages to staff."""

from collections.abc import Callable, Mapping
from typing import Any

from shopwright.kit.data.events import Event
from shopwright.kit.money import write
from shopwright.kit.translation import gettext as _
from shopwright.services.notifications.outgoing_message import OutgoingMessage
from shopwright.services.orders.contract.events import OrderDisputed, OrderRefundRefused
from shopwright.services.users.contract import User


def refund_refused(event: OrderRefundRefused, reader: User) -> OutgoingMessage:
    """A refund was refused."""
    return OutgoingMessage(
        topic="orders",
        recipient=reader.email,
        account=reader.id,
        subject=_("The refund for order {number} was refused", number=event.number),
        heading=_("{amount} did not go back", amount=write(event.amount)),
        lines=(
            _(
                "A refund of {amount} for order {number} will not be paid: {why}",
                amount=write(event.amount),
                number=event.number,
                why=event.why,
            ),
            _("Its sum and its units can be refunded again. Agree with the buyer on how they get their money."),
        ),
        path=f"/office/orders/{event.order_id}",
        action=_("See the order"),
        order_id=event.order_id,
    )


def disputed(event: OrderDisputed, reader: User) -> OutgoingMessage:
    """A buyer opened a dispute, or the bank decided one."""
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
        subject=_("The dispute of order {number} {said}", number=event.number, said=said[0]),
        heading=_("A dispute of {amount} {said}", amount=amount, said=said[0]),
        lines=(
            _(
                "The buyer of order {number} objected to the payment of {amount} at their bank.",
                number=event.number,
                amount=amount,
            ),
            said[1],
        ),
        path=f"/office/orders/{event.order_id}",
        action=_("See the order"),
        order_id=event.order_id,
    )


MESSAGES_BY_EVENT: Mapping[type[Event], Callable[[Any, User], OutgoingMessage]] = {
    OrderRefundRefused: refund_refused,
    OrderDisputed: disputed,
}
