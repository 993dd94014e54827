"""Messages to staff."""

from collections.abc import Callable, Mapping
from typing import Any

from shopwright.kit.data.events import Event
from shopwright.kit.money import write
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.notifications.outgoing_message import OutgoingMessage
from shopwright.services.orders.contract.events import OrderDisputed, OrderRefundRefused
from shopwright.services.users.contract import User

KEPT = gettext_noop("The money stays with the shop.")
# Of each state of a dispute: subject, heading, and what follows from it.
DISPUTES = {
    "": (
        gettext_noop("The dispute of order {number} was withdrawn"),
        gettext_noop("A dispute of {amount} was withdrawn"),
        KEPT,
    ),
    "open": (
        gettext_noop("The dispute of order {number} was opened"),
        gettext_noop("A dispute of {amount} was opened"),
        gettext_noop("Answer it on the payment provider's page in time: without an answer it is lost."),
    ),
    "won": (
        gettext_noop("The dispute of order {number} was won"),
        gettext_noop("A dispute of {amount} was won"),
        KEPT,
    ),
    "lost": (
        gettext_noop("The dispute of order {number} was lost"),
        gettext_noop("A dispute of {amount} was lost"),
        gettext_noop("The buyer received the money back. Do not ship items that have not been shipped yet."),
    ),
}


def refund_refused(event: OrderRefundRefused, reader: User) -> OutgoingMessage:
    """A refund was refused."""
    return OutgoingMessage(
        topic="orders",
        recipient=reader.email,
        account=reader.id,
        subject=_("The refund for order {number} was refused", number=event.number),
        heading=_("{amount} was not refunded", amount=write(event.amount)),
        lines=(
            _(
                "A refund of {amount} for order {number} will not be paid: {why}",
                amount=write(event.amount),
                number=event.number,
                why=event.why,
            ),
            _("Its amount and its units can be refunded again. Agree with the buyer on how they get their money."),
        ),
        path=f"/office/orders/{event.order_id}",
        action=_("See the order"),
        order_id=event.order_id,
    )


def disputed(event: OrderDisputed, reader: User) -> OutgoingMessage:
    """A buyer opened a dispute, or the bank decided one."""
    amount = write(event.amount)
    subject, heading, consequence = DISPUTES[event.state]
    return OutgoingMessage(
        topic="orders",
        recipient=reader.email,
        account=reader.id,
        subject=_(subject, number=event.number),
        heading=_(heading, amount=amount),
        lines=(
            _(
                "The buyer of order {number} disputed the payment of {amount} at their bank.",
                number=event.number,
                amount=amount,
            ),
            _(consequence),
        ),
        path=f"/office/orders/{event.order_id}",
        action=_("See the order"),
        order_id=event.order_id,
    )


MESSAGES_BY_EVENT: Mapping[type[Event], Callable[[Any, User], OutgoingMessage]] = {
    OrderRefundRefused: refund_refused,
    OrderDisputed: disputed,
}
