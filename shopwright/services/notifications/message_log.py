"""The delivery log."""

import msgspec

from shopwright.kit.errors import Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.notifications import attachment_store, store, topics
from shopwright.services.notifications.context import NotificationContext
from shopwright.services.notifications.contract import MessageSummary, MessageView


class MessageLog:
    """Reads messages."""

    def __init__(self, context: NotificationContext) -> None:
        self._context = context
        self._work = context.work

    async def search(self, *, text: str = "", after: str = "", limit: int = 50) -> list[MessageSummary]:
        """List messages, newest first; `text` matches recipient or subject."""
        return await store.search(self._work, text, after, limit)

    async def about_order(self, order_id: str, limit: int = 200) -> list[MessageSummary]:
        """List messages about an order, oldest first."""
        return await store.about_order(self._work, order_id, limit)

    async def get(self, message_id: str) -> MessageView:
        """Return a message. Raises Missing."""
        found = await store.get(self._work, message_id)
        if found is None:
            raise Missing(_("There is no such message."))
        found = msgspec.structs.replace(found, documents=await attachment_store.of_message(self._work, message_id))
        if not await self._work.is_demo():
            return found
        kept = await self._context.transports[found.summary.channel].kept(message_id)
        if kept is None:
            return found
        return msgspec.structs.replace(
            found, text=kept.text, html=kept.html, unsubscribe=kept.unsubscribe, links_work=True
        )

    async def messages_for(self, email: str, account: str = "") -> list[MessageView]:
        """Return all messages to an address or for an account, oldest first."""
        return await store.messages_for(self._work, topics.person(email), account)
