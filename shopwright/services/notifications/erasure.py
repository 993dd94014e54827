"""Erasure of messages and preferences."""

from datetime import timedelta

from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.personal import ERASED
from shopwright.services.notifications import account_texts, alert_store, store, topics
from shopwright.services.notifications.context import NotificationContext
from shopwright.services.notifications.rendering import MessageRenderer
from shopwright.services.users.contract.events import UserErased

FAREWELL = timedelta(hours=1)


class MessageErasure:
    """Erases a person's messages here and in message viewers."""

    def __init__(self, context: NotificationContext, renderer: MessageRenderer) -> None:
        self._context = context
        self._work = context.work
        self._renderer = renderer

    async def on_erased(self, delivery: Delivery) -> None:
        """Handle UserErased: erase the account's messages and preferences, and a verified address's."""
        event: UserErased = delivery.event
        person = topics.person(event.email) if event.verified and event.email != ERASED else ""
        await self._forget_viewed(person, event.user_id)
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await self._forget(tx, person, event.user_id)
            if event.email != ERASED:
                farewell = account_texts.erased(event)
                await store.insert(tx, self._renderer.render(farewell), farewell, "", forget_after=FAREWELL)

    async def on_address_erased(self, delivery: Delivery) -> None:
        """Handle AddressErased: erase messages to this address."""
        person = topics.person(delivery.event.email) if delivery.event.email != ERASED else ""
        await self._forget_viewed(person, "")
        async with self._work.begin(dedup_key=delivery.key) as tx:
            await self._forget(tx, person, "")

    async def _forget_viewed(self, person: str, account: str) -> None:
        ids = [one.summary.id for one in await store.messages_for(self._work, person, account)]
        for transport in self._context.transports.values():
            await transport.forget(ids)

    @staticmethod
    async def _forget(tx: Transaction, person: str, account: str) -> None:
        await store.forget(tx, person, account)
        if person:
            await alert_store.drop_all(tx, person)

    async def forget_farewells(self) -> None:
        """Scheduled job: delete the final messages to erased people."""
        ids = await store.to_be_forgotten(self._work)
        for transport in self._context.transports.values():
            await transport.forget(ids)
        async with self._work.begin() as tx:
            await store.drop(tx, ids)
