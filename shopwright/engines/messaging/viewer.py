"""The viewer transport keeps messages: a shop works without a mail server, and tests can read its mail."""

from collections.abc import Sequence

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.observability.health import Health
from shopwright.kit.ports import Message
from shopwright.kit.translation import gettext as _


class Viewer:
    """Records each delivery by message id in table `viewer` of the notifications database.

    The service stores the text without secrets; attachments stay with their service. A demo shop also stores messages
    with secrets here, so that their links work.
    """

    sends = False

    def __init__(self, work: ServiceDatabase) -> None:
        self._work = work

    async def deliver(self, message: Message) -> None:
        with_secrets = message if message.secrets and await self._work.is_demo() else None
        async with self._work.begin() as tx:
            await tx.run(
                "INSERT INTO viewer (id, channel, recipient, subject, text, html, unsubscribe, time)"
                " VALUES (:id, :channel, :recipient, :subject, :text, :html, :unsubscribe, :time)"
                " ON CONFLICT (id) DO NOTHING",
                id=message.id,
                channel=message.channel,
                recipient=message.recipient,
                subject=message.subject,
                text=with_secrets.text if with_secrets else "",
                html=with_secrets.html if with_secrets else "",
                unsubscribe=with_secrets.unsubscribe if with_secrets else "",
                time=to_micros(tx.now),
            )

    async def kept(self, message_id: str) -> Message | None:
        row = await self._work.one("SELECT * FROM viewer WHERE id = :id AND text <> ''", id=message_id)
        if row is None:
            return None
        parts = ("id", "channel", "recipient", "subject", "text", "html", "unsubscribe")
        return Message(**{name: row[name] for name in parts})

    async def forget(self, message_ids: Sequence[str]) -> None:
        async with self._work.begin() as tx:
            await tx.run_many("DELETE FROM viewer WHERE id = :id", [{"id": one} for one in message_ids])

    async def examine(self) -> Health:
        return Health(_("kept for the back office; nothing is sent"))

    async def close(self) -> None:
        """No-op: the shop closes its database."""
