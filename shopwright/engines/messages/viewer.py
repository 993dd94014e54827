"""Messages that stay in the house: a shop without a mail server is still a whole shop, and a test can read its post."""

from collections.abc import Sequence

from shopwright.kit.clock import to_micros
from shopwright.kit.health import Health
from shopwright.kit.ports import Message
from shopwright.kit.work import Work


class Viewer:
    """Keeps each message once, by its id, in table `viewer` of the notifications database.

    A demo shop keeps the secrets in them, too, so that its links can be tried; any other shop keeps none.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    async def deliver(self, message: Message) -> None:
        hidden = () if await self._work.is_demo() else message.secrets
        async with self._work.begin() as tx:
            await tx.run(
                "INSERT INTO viewer (id, channel, recipient, subject, text, html, unsubscribe, time)"
                " VALUES (:id, :channel, :recipient, :subject, :text, :html, :unsubscribe, :time)"
                " ON CONFLICT (id) DO NOTHING",
                id=message.id,
                channel=message.channel,
                recipient=message.recipient,
                subject=message.subject,
                text=_without(message.text, hidden),
                html=_without(message.html, hidden),
                unsubscribe=_without(message.unsubscribe, hidden),
                time=to_micros(tx.now),
            )

    async def kept(self, message_id: str) -> Message | None:
        row = await self._work.one("SELECT * FROM viewer WHERE id = :id", id=message_id)
        if row is None:
            return None
        parts = ("id", "channel", "recipient", "subject", "text", "html", "unsubscribe")
        return Message(**{name: row[name] for name in parts})

    async def forget(self, message_ids: Sequence[str]) -> None:
        async with self._work.begin() as tx:
            await tx.run_many("DELETE FROM viewer WHERE id = :id", [{"id": one} for one in message_ids])

    async def examine(self) -> Health:
        return Health("kept for the back office; nothing is sent")

    async def close(self) -> None:
        """Its database is the shop's."""


def _without(text: str, secrets: Sequence[str]) -> str:
    for one in secrets:
        text = text.replace(one, "********")
    return text
