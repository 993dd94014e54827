"""Access to orders without an account: reading, and more than reading.

Reading takes the order's e-mail address, with few tries for each order and client. More takes what only the buyer has:
the id of the cart it was ordered from, or the key in the link of our e-mails.
"""

from shopwright.kit.data import guesses
from shopwright.kit.data.events import Delivery
from shopwright.kit.errors import Missing, RateLimited
from shopwright.kit.observability import security_log
from shopwright.kit.personal import ERASED
from shopwright.kit.translation import gettext as _
from shopwright.services.orders import erasure_store, model, store
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import GuestProof, Order
from shopwright.services.orders.links import OrderLinks

TRIES_AN_ORDER, TRIES_A_CLIENT = 10, 20


class GuestAccess:
    """Checks guests' access to orders."""

    def __init__(self, context: OrderContext, links: OrderLinks) -> None:
        self._context = context
        self._links = links
        self._work = context.work

    async def link_key(self, order_id: str) -> str:
        order = await store.read(self._work, order_id)
        if order is None or not order.email:
            raise Missing(_("There is no such order."))
        return self._links.write(order.id, order.email, self._work.now())

    async def for_guest(
        self, order_id: str, proof: GuestProof, address: str = "", *, change: bool = False, by_number: bool = False
    ) -> Order:
        order = await store.read(self._work, order_id)
        if order is not None and order.id != order_id and not by_number:
            order = None
        if order is not None and self._holds(order, proof):
            return await self._context.get(order.id)
        if proof.email.strip() and not change:
            await self._try(order_id, address)
            if order is not None and order.customer_id is None and model.same_address(order.email, proof.email):
                await self._no_guess(order_id, address)
                return await self._context.get(order.id)
        raise Missing(_("There is no such order, or it was placed with another e-mail address."))

    def _holds(self, order: Order, proof: GuestProof) -> bool:
        """Whether the proof shows that they placed the order or read our e-mail about it."""
        if proof.cart_id and order.customer_id is None and proof.cart_id == order.cart_id:
            return True
        return bool(proof.key) and self._links.opens(proof.key, order.id, order.email, self._work.now())

    async def _try(self, order_id: str, address: str) -> None:
        """Count a try before anything is looked up, whether or not the order exists. Raises RateLimited."""
        async with self._work.begin() as tx:
            counts = [(*await guesses.count(tx, key), most) for key, most in _keys(order_id, address)]
        ends = [until for count, until, most in counts if count > most]
        if ends:
            wait = int((max(ends) - self._work.now()).total_seconds()) + 1
            security_log.note("orders guessed", address=address)
            raise RateLimited(
                _("Too many tries. Come back in {wait} seconds, or open the link in our e-mail.", wait=wait),
                data={"retry_after": wait},
            )

    async def forget_guesses(self) -> None:
        """Scheduled job: delete expired counts of tries."""
        async with self._work.begin() as tx:
            await guesses.forget_old(tx)

    async def _no_guess(self, order_id: str, address: str) -> None:
        async with self._work.begin() as tx:
            for key, _unused in _keys(order_id, address):
                await guesses.take_back(tx, key)

    async def on_verified(self, delivery: Delivery) -> None:
        """Handle EmailVerified: assign guest orders placed with this address to the account."""
        if delivery.event.email == ERASED:
            return
        async with self._work.begin(dedup_key=delivery.key) as tx:
            for order_id in await erasure_store.orders_of_guest(tx, delivery.event.email):
                await store.adopt_one(tx, order_id, delivery.event.user_id)


def _keys(order_id: str, address: str) -> list[tuple[str, int]]:
    clients = [(f"client:{address}", TRIES_A_CLIENT)] if address else []
    return [*clients, (f"order:{order_id[:64]}", TRIES_AN_ORDER)]
