"""What people want to be told, and how: by topic and channel, ended by one click, and what they asked to hear of."""

from datetime import timedelta

from shopwright.kit.errors import Missing, RateLimited
from shopwright.kit.facts import ERASED, Heard
from shopwright.kit.places import check_email
from shopwright.kit.work import Transaction
from shopwright.services.notifications import alert_store, model, store, topics
from shopwright.services.notifications.contract import Preferences, Topic
from shopwright.services.notifications.service import Desk
from shopwright.services.users.contract.facts import UserErased

MOST_WATCHED = 100
MOST_ASKED = 5
FAREWELL = timedelta(hours=1)


class Correspondence(Desk):
    """All verbs of `contract.Notifications`."""

    async def preferences(self, email: str) -> Preferences:
        return topics.wishes(await store.preferences(self._work, topics.person(email)))

    async def set_preferences(self, email: str, wanted: Preferences) -> Preferences:
        topics.check_wishes(wanted)
        async with self._work.begin() as tx:
            for topic, channels in wanted.topics.items():
                for channel in channels.__struct_fields__:
                    await store.set_preference(
                        tx, topics.person(email), topic, channel, wanted=getattr(channels, channel)
                    )
        return await self.preferences(email)

    async def unsubscribe(self, token: str) -> Topic:
        async with self._work.begin() as tx:
            found = await store.unsubscribe(tx, token)
            if found is None:
                raise Missing("This link is not one of ours (any more). Sign in to choose what we may write.")
            person, topic = found
            await store.set_preference(tx, person, topic, "email", wanted=False)
            if topic == "stock":
                await alert_store.drop_all(tx, person)
        return topic

    async def watch(self, variant: str, email: str, user_id: str = "") -> None:
        address = check_email(email)
        person = topics.person(address)
        product = await self._catalog.by_variant(variant)
        found = product.variant_named(variant)
        if product.status != "published" or found is None:
            raise Missing("This is not sold (any more).")
        owner = await self._users.get(user_id) if user_id else None
        proved = owner is not None and owner.verified and topics.person(owner.email) == person
        letter = model.confirm_alert(address, product.title, found.id)
        messages = [] if proved else await self.messages_of(letter)
        async with self._work.begin() as tx:
            if proved:
                if await alert_store.count(tx, person, confirmed=True) >= MOST_WATCHED:
                    raise RateLimited(f"You already wait for {MOST_WATCHED} things.")
                # Asking again is a wish that is newer than an unsubscription.
                await store.set_preference(tx, person, "stock", "email", wanted=True)
            elif (
                await alert_store.is_known(tx, found.id, person)
                or await alert_store.count(tx, person, confirmed=False) >= MOST_ASKED
            ):
                return
            await alert_store.add(tx, found.id, person, address, confirmed=proved)
            await self.post(tx, letter, messages)

    async def confirm_alert(self, token: str) -> None:
        async with self._work.begin() as tx:
            person = await alert_store.confirm(tx, token)
            if person is None:
                raise Missing("This link is too old, or not one of ours. Ask on the page of the product again.")
            await store.set_preference(tx, person, "stock", "email", wanted=True)

    async def hear_back_in_stock(self, heard: Heard) -> None:
        """BackInStock: everyone who waits is told, once."""
        variant_id = heard.event.variant_id
        waiting = await alert_store.waiting(self._work, variant_id)
        if not waiting:
            return
        try:
            product = await self._catalog.by_variant(variant_id)
        except Missing:
            return
        letters = [model.back_in_stock(email, product.title, product.slug) for email in waiting]
        written = [(letter, await self.messages_of(letter)) for letter in letters]
        async with self._work.begin(once=heard.key) as tx:
            for letter, messages in written:
                await self.post(tx, letter, messages)
                await alert_store.drop(tx, variant_id, topics.person(letter.recipient))

    async def hear_abandoned(self, heard: Heard) -> None:
        """CartAbandoned: a reminder to customers who want one."""
        try:
            user = await self._users.get(heard.event.customer_id)
        except Missing:
            return
        if not user.verified:
            return
        letter = model.abandoned(user.email, user.id, heard.event.count)
        messages = await self.messages_of(letter)
        async with self._work.begin(once=heard.key) as tx:
            await self.post(tx, letter, messages)

    async def hear_erased(self, heard: Heard) -> None:
        """UserErased: what was written to them, and what they wanted; of an address only where it was proved to be theirs."""
        event: UserErased = heard.event
        person = topics.person(event.email) if event.verified and event.email != ERASED else ""
        await self._forget_viewed(person, event.user_id)
        async with self._work.begin(once=heard.key) as tx:
            await self._forget(tx, person, event.user_id)
            if event.email != ERASED:
                farewell = model.erased(event)
                await store.insert(tx, self._dress(farewell), farewell, "", forget_after=FAREWELL)

    async def watched_by(self, email: str) -> int:
        return await alert_store.count_of(self._work, topics.person(email))

    async def hear_address_erased(self, heard: Heard) -> None:
        """AddressErased: what was written to it."""
        person = topics.person(heard.event.email) if heard.event.email != ERASED else ""
        await self._forget_viewed(person, "")
        async with self._work.begin(once=heard.key) as tx:
            await self._forget(tx, person, "")

    async def _forget_viewed(self, person: str, account: str) -> None:
        ids = [one.summary.id for one in await store.written_to(self._work, person, account)]
        for postbox in self._postboxes.values():
            await postbox.forget(ids)

    @staticmethod
    async def _forget(tx: Transaction, person: str, account: str) -> None:
        await store.forget(tx, person, account)
        if person:
            await alert_store.drop_all(tx, person)

    async def forget_farewells(self) -> None:
        """A timer: the last message to who was erased is forgotten, too."""
        ids = await store.to_be_forgotten(self._work)
        for postbox in self._postboxes.values():
            await postbox.forget(ids)
        async with self._work.begin() as tx:
            await store.drop(tx, ids)

    async def hear_verified(self, heard: Heard) -> None:
        """EmailVerified: what the account wanted to be told is from now on what its address wants."""
        event = heard.event
        wanted = await store.preferences(self._work, event.user_id)
        if not wanted or event.email == ERASED:
            return
        async with self._work.begin(once=heard.key) as tx:
            for (topic, channel), choice in wanted.items():
                await store.set_preference(tx, topics.person(event.email), topic, channel, wanted=choice)
            await store.drop_preferences(tx, event.user_id)
