"""Documents of the books in messages: with the message they belong to, or in their own."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.ports import Message
from shopwright.services.notifications import attachment_store, document_texts
from shopwright.services.notifications.attachments import Attachments
from shopwright.services.notifications.context import NotificationContext
from shopwright.services.notifications.message_queue import MessageQueue
from shopwright.services.notifications.outgoing_message import OutgoingMessage
from shopwright.services.notifications.rendering import MessageRenderer

LATE_AT_ONCE = 50


class DocumentMessages:
    """Messages for issued documents."""

    def __init__(
        self, context: NotificationContext, renderer: MessageRenderer, queue: MessageQueue, attachments: Attachments
    ) -> None:
        self._context = context
        self._work = context.work
        self._renderer = renderer
        self._queue = queue
        self._attachments = attachments

    async def on_document(self, delivery: Delivery) -> None:
        """Handle DocumentIssued: send it alone if it is for the buyer or its message was sent without it."""
        order = await self._context.orders.get(delivery.event.order_id)
        if not order.email:  # erased; that event may be handled first
            return
        now = msgspec.structs.replace(delivery.event, email=order.email, customer_id=order.customer_id)
        outgoing = document_texts.issued(now)
        messages = await self._renderer.messages(outgoing)
        async with self._work.begin(dedup_key=delivery.key) as tx:
            alone = delivery.event.kind in document_texts.ALONE
            if alone or await attachment_store.has_left_without(tx, outgoing.order_id, delivery.event.kind):
                await self._post_document(tx, outgoing, messages, delivery.event.name)

    async def post_late_documents(self) -> None:
        """Scheduled job: send documents that were unavailable when their message was sent."""
        for message_id, order_id, kind in await attachment_store.left_without(self._work, LATE_AT_ONCE):
            with self._work.aside.guard("documents of message", message_id):
                await self._post_late(message_id, order_id, kind)

    async def _post_late(self, message_id: str, order_id: str, kind: str) -> None:
        order = await self._context.orders.get(order_id)
        found = await self._attachments.due(message_id, order_id, kind) if order.email else []
        late = [(document_texts.late(order, one), one.name) for one in found]
        written = [(outgoing, await self._renderer.messages(outgoing), name) for outgoing, name in late]
        async with self._work.begin() as tx:
            await attachment_store.have_documents(tx, message_id)
            for outgoing, messages, name in written:
                await self._post_document(tx, outgoing, messages, name)

    async def _post_document(
        self, tx: Transaction, outgoing: OutgoingMessage, messages: Sequence[Message], name: str
    ) -> None:
        """Send a document by e-mail, unless another message carries it."""
        carrier = next((one for one in messages if one.channel == "email"), None)
        if carrier is None or await attachment_store.attach(tx, carrier.id, outgoing.documents, name):
            await self._queue.add(tx, outgoing, messages)
