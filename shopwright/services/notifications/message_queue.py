"""Messages that wait to be sent."""

from collections.abc import Sequence

from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.observability import security_log
from shopwright.kit.ports import Message
from shopwright.services.notifications import store, topics
from shopwright.services.notifications.outgoing_message import OutgoingMessage


class MessageQueue:
    """Takes in as many as a reader may get in an hour; holds back those that go on coming."""

    def __init__(self, an_hour: int) -> None:
        self._an_hour = an_hour

    async def add(self, tx: Transaction, outgoing: OutgoingMessage, messages: Sequence[Message]) -> None:
        """To be sent, unless its reader was written to so often that somebody else must be behind it: then staff may send it."""
        security = outgoing.topic == "account"
        for message in messages:
            lately = await store.written_lately(tx, message, security=security)
            if lately >= 2 * self._an_hour:
                security_log.note("message dropped", channel=message.channel, message=message.id)
                continue
            held = f"Held back: {lately} messages went there within an hour." if lately >= self._an_hour else ""
            await store.insert(tx, message, outgoing, topics.person(outgoing.recipient), held=held)
