"""Messages that follow from an event, once each: to customers and staff."""

import msgspec

from shopwright.kit.auth import ROLES
from shopwright.kit.data.events import Delivery
from shopwright.kit.errors import Missing
from shopwright.kit.personal import ERASED
from shopwright.services.notifications import model, staff_texts
from shopwright.services.notifications.context import NotificationContext
from shopwright.services.notifications.message_queue import MessageQueue
from shopwright.services.notifications.rendering import MessageRenderer


class EventMessages:
    """Messages that need nothing but the event."""

    def __init__(self, context: NotificationContext, renderer: MessageRenderer, queue: MessageQueue) -> None:
        self._context = context
        self._work = context.work
        self._renderer = renderer
        self._queue = queue

    async def on_event(self, delivery: Delivery) -> None:
        """Handle an event of `model.MESSAGES_BY_EVENT`."""
        outgoing = msgspec.structs.replace(
            model.MESSAGES_BY_EVENT[type(delivery.event)](delivery.event),
            order_id=getattr(delivery.event, "order_id", ""),
        )
        if outgoing.recipient in {"", ERASED}:
            return
        messages = await self._renderer.messages(outgoing)
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await self._queue.add(tx, outgoing, messages)

    async def on_for_staff(self, delivery: Delivery) -> None:
        """Handle OrderRefundRefused and OrderDisputed: notify staff who may refund."""
        message_to = staff_texts.MESSAGES_BY_EVENT[type(delivery.event)]
        staff = [
            one for one in await self._context.users.staff() if "orders.write" in ROLES[one.role] and not one.disabled
        ]
        to_staff = [message_to(delivery.event, one) for one in staff]
        written = [(outgoing, await self._renderer.messages(outgoing)) for outgoing in to_staff]
        async with self._work.begin(dedup_key=delivery.key) as tx:
            for outgoing, messages in written:
                await self._queue.add(tx, outgoing, messages)

    async def on_abandoned(self, delivery: Delivery) -> None:
        """Handle CartAbandoned: remind customers who want it."""
        try:
            user = await self._context.users.get(delivery.event.customer_id)
        except Missing:
            return
        if not user.verified:
            return
        outgoing = model.abandoned(user.email, user.id, delivery.event.count)
        messages = await self._renderer.messages(outgoing)
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await self._queue.add(tx, outgoing, messages)
