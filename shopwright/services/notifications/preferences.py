"""Preferences by topic and channel, with one-click unsubscribe."""

from shopwright.kit.data.events import Delivery
from shopwright.kit.errors import Missing
from shopwright.kit.personal import ERASED
from shopwright.kit.translation import gettext as _
from shopwright.services.notifications import alert_store, store, topics
from shopwright.services.notifications.context import NotificationContext
from shopwright.services.notifications.contract import Preferences, Topic


class TopicPreferences:
    """Preferences by person: a verified address, or an account id."""

    def __init__(self, context: NotificationContext) -> None:
        self._work = context.work

    async def get(self, email: str) -> Preferences:
        """Return all topics of a person."""
        return topics.wishes(await store.preferences(self._work, topics.person(email)))

    async def put(self, email: str, wanted: Preferences) -> Preferences:
        """Set preferences; omitted topics stay. Raises Invalid."""
        topics.check_wishes(wanted)
        async with self._work.begin() as tx:
            for topic, channels in wanted.topics.items():
                for channel in channels.__struct_fields__:
                    await store.set_preference(
                        tx, topics.person(email), topic, channel, wanted=getattr(channels, channel)
                    )
        return await self.get(email)

    async def unsubscribe(self, token: str) -> Topic:
        """Unsubscribe from the topic of this token. Raises Missing."""
        async with self._work.begin() as tx:
            found = await store.unsubscribe(tx, token)
            if found is None:
                raise Missing(_("This link is no longer valid. Sign in to choose your messages."))
            person, topic = found
            await store.set_preference(tx, person, topic, "email", wanted=False)
            if topic == "stock":
                await alert_store.drop_all(tx, person)
        return topic

    async def on_verified(self, delivery: Delivery) -> None:
        """Handle EmailVerified: move the account's preferences to its address."""
        event = delivery.event
        wanted = await store.preferences(self._work, event.user_id)
        if not wanted or event.email == ERASED:
            return
        async with self._work.begin(dedup_key=delivery.key) as tx:
            for (topic, channel), choice in wanted.items():
                await store.set_preference(tx, topics.person(event.email), topic, channel, wanted=choice)
            await store.drop_preferences(tx, event.user_id)
