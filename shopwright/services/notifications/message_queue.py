"""The queue of messages to send."""

from collections.abc import Sequence

from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.observability import security_log
from shopwright.kit.ports import Message
from shopwright.kit.translation import gettext as _
from shopwright.services.notifications import store, topics
from shopwright.services.notifications.outgoing_message import OutgoingMessage


class MessageQueue:
    """Accepts messages up to an hourly limit per recipient, and holds the others."""

    def __init__(self, an_hour: int) -> None:
        self._an_hour = an_hour

    async def add(self, tx: Transaction, outgoing: OutgoingMessage, messages: Sequence[Message]) -> None:
        """Queue messages; beyond the limit, which suggests abuse, they are held for staff to send."""
        security = outgoing.topic == "account"
        for message in messages:
            lately = await store.written_lately(tx, message, security=security)
            if lately >= 2 * self._an_hour:
                security_log.note("message dropped", channel=message.channel, message=message.id)
                continue
            held = (
                _("Held back: {lately} messages went there within an hour.", lately=lately)
                if lately >= self._an_hour
                else ""
            )
            await store.insert(tx, message, outgoing, topics.person(outgoing.recipient), held=held)
