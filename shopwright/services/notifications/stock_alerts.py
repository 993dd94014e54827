"""Back-in-stock alerts: requested, confirmed by unverified addresses, and sent once."""

from shopwright.kit.addresses import check_email
from shopwright.kit.data.events import Delivery
from shopwright.kit.errors import Missing, RateLimited
from shopwright.kit.translation import gettext as _
from shopwright.services.notifications import alert_store, model, store, topics
from shopwright.services.notifications.context import NotificationContext
from shopwright.services.notifications.message_queue import MessageQueue
from shopwright.services.notifications.rendering import MessageRenderer

MOST_WATCHED = 100
MOST_ASKED = 5


class StockAlerts:
    """Alerts by variant and person."""

    def __init__(self, context: NotificationContext, renderer: MessageRenderer, queue: MessageQueue) -> None:
        self._context = context
        self._work = context.work
        self._renderer = renderer
        self._queue = queue

    async def watch(self, variant: str, email: str, user_id: str = "") -> None:
        """Request an alert. Raises Missing, Invalid, RateLimited."""
        address = check_email(email)
        person = topics.person(address)
        product = await self._context.catalog.by_variant(variant)
        found = product.variant_named(variant)
        if product.status != "published" or found is None:
            raise Missing(_("This is not for sale."))
        owner = await self._context.users.get(user_id) if user_id else None
        proved = owner is not None and owner.verified and topics.person(owner.email) == person
        outgoing = model.confirm_alert(address, product.title, found.id)
        messages = [] if proved else await self._renderer.messages(outgoing)
        async with self._work.begin() as tx:
            if proved:
                if await alert_store.count(tx, person, confirmed=True) >= MOST_WATCHED:
                    raise RateLimited(_("You already watch {most_watched} items.", most_watched=MOST_WATCHED))
                # A new request overrides an earlier unsubscription.
                await store.set_preference(tx, person, "stock", "email", wanted=True)
            elif (
                await alert_store.is_known(tx, found.id, person)
                or await alert_store.count(tx, person, confirmed=False) >= MOST_ASKED
            ):
                return
            await alert_store.add(tx, found.id, person, address, confirmed=proved)
            await self._queue.add(tx, outgoing, messages)

    async def confirm(self, token: str) -> None:
        """Confirm an alert with the token of the e-mail. Raises Missing."""
        async with self._work.begin() as tx:
            person = await alert_store.confirm(tx, token)
            if person is None:
                raise Missing(_("This link is invalid or has expired. Ask for a new one on the page of the product."))
            await store.set_preference(tx, person, "stock", "email", wanted=True)

    async def on_back_in_stock(self, delivery: Delivery) -> None:
        """Handle BackInStock: send all alerts of the variant, once."""
        variant_id = delivery.event.variant_id
        waiting = await alert_store.waiting(self._work, variant_id)
        if not waiting:
            return
        try:
            product = await self._context.catalog.by_variant(variant_id)
        except Missing:
            return
        to_waiting = [model.back_in_stock(email, product.title, product.slug) for email in waiting]
        written = [(outgoing, await self._renderer.messages(outgoing)) for outgoing in to_waiting]
        async with self._work.begin(dedup_key=delivery.key) as tx:
            for outgoing, messages in written:
                await self._queue.add(tx, outgoing, messages)
                await alert_store.drop(tx, variant_id, topics.person(outgoing.recipient))

    async def count(self, email: str) -> int:
        """Count the alerts of an address."""
        return await alert_store.count_of(self._work, topics.person(email))
