"""What people want to be told, and how: by topic and channel, ended by one click."""

from shopwright.kit.data.events import Delivery
from shopwright.kit.errors import Missing
from shopwright.kit.personal import ERASED
from shopwright.kit.translation import gettext as _
from shopwright.services.notifications import alert_store, store, topics
from shopwright.services.notifications.context import NotificationContext
from shopwright.services.notifications.contract import Preferences, Topic


class TopicPreferences:
    """Preferences by person: a proved address, or the id of an account."""

    def __init__(self, context: NotificationContext) -> None:
        self._work = context.work

    async def get(self, email: str) -> Preferences:
        """What a person wants to be told, every topic."""
        return topics.wishes(await store.preferences(self._work, topics.person(email)))

    async def put(self, email: str, wanted: Preferences) -> Preferences:
        """Topics that are left out stay as they are. Raises Invalid."""
        topics.check_wishes(wanted)
        async with self._work.begin() as tx:
            for topic, channels in wanted.topics.items():
                for channel in channels.__struct_fields__:
                    await store.set_preference(
                        tx, topics.person(email), topic, channel, wanted=getattr(channels, channel)
                    )
        return await self.get(email)

    async def unsubscribe(self, token: str) -> Topic:
        """End e-mails of the topic this token came with. Raises Missing."""
        async with self._work.begin() as tx:
            found = await store.unsubscribe(tx, token)
            if found is None:
                raise Missing(_("This link is not one of ours (any more). Sign in to choose what we may write."))
            person, topic = found
            await store.set_preference(tx, person, topic, "email", wanted=False)
            if topic == "stock":
                await alert_store.drop_all(tx, person)
        return topic

    async def on_verified(self, heard: Delivery) -> None:
        """EmailVerified: what the account wanted to be told is from now on what its address wants."""
        event = heard.event
        wanted = await store.preferences(self._work, event.user_id)
        if not wanted or event.email == ERASED:
            return
        async with self._work.begin(dedup_key=heard.key) as tx:
            for (topic, channel), choice in wanted.items():
                await store.set_preference(tx, topics.person(event.email), topic, channel, wanted=choice)
            await store.drop_preferences(tx, event.user_id)
