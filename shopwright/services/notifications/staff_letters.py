"""What those who work in the shop are told."""

from shopwright.kit.money import write
from shopwright.services.notifications.letter import Letter
from shopwright.services.orders.contract.facts import OrderRefundRefused
from shopwright.services.users.contract import User


def refund_refused(event: OrderRefundRefused, reader: User) -> Letter:
    """Money a buyer was to get does not go back."""
    return Letter(
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
