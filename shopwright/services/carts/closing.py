"""Opening, merging and closing carts; items that were not ordered continue in another cart."""

from contextlib import suppress
from typing import Protocol

import msgspec

from shopwright.kit.data.unit_of_work import AlreadyDone, ServiceDatabase, Transaction
from shopwright.services.carts import model, store
from shopwright.services.carts.contract import PaidUnits


class CountChanges(Protocol):
    """Reports, once the transaction commits, which carts changed their number of items."""

    def __call__(self, tx: Transaction, *cart_ids: str) -> None: ...


class CartClosing:
    """Opens, merges and closes carts."""

    def __init__(self, work: ServiceDatabase, currency: str, counted_anew: CountChanges) -> None:
        self._work = work
        self._currency = currency
        self._counted_anew = counted_anew

    async def open(self, tx: Transaction, customer_id: str | None, after: str) -> str:
        """Open a cart with the items saved for later in the previous one."""
        cart_id = self._work.ids.new("crt") + self._work.ids.secret(8)
        await store.insert(tx, cart_id, customer_id, self._currency)
        await store.bring_saved(tx, cart_id, customer_id, after)
        return cart_id

    async def merge(self, guest_cart_id: str | None, customer_id: str) -> str | None:
        """Merge the guest's cart into the customer's and return that, if there is one now."""
        async with self._work.begin() as tx:
            own = await store.of_customer(tx, customer_id)
            guest = await store.read(tx, guest_cart_id) if guest_cart_id else None
            if guest is None or guest.closed or guest.customer_id not in {None, customer_id}:
                return own
            if own is None or own == guest.id:
                await store.give_to(tx, guest.id, customer_id)
                return guest.id
            for line in guest.lines:
                joined = msgspec.structs.replace(line, id=self._work.ids.new("cli"))
                total = await store.add_line(tx, own, joined)
                if total > model.MOST_OF_ONE:
                    await store.cap_line(tx, own, line.variant_id, model.MOST_OF_ONE)
            if (known := await store.read(tx, own)) is not None:
                await store.set_details(tx, store.joined(known, guest))
            await store.join_saved(tx, guest.id, own)
            await store.close(tx, guest.id, own)
            self._counted_anew(tx, own, guest.id)
        return own

    async def close(self, cart_id: str, paid: PaidUnits | None = None) -> None:
        """Close what was ordered, once for each order."""
        with suppress(AlreadyDone):
            async with self._work.begin(dedup_key=f"paid/{paid.order_id}" if paid else None) as tx:
                if await store.touch(tx, cart_id) is None:
                    return
                stored = await store.read(tx, cart_id)
                if stored is not None and stored.closed:
                    await self._take_out(tx, stored.next_id, paid)
                elif stored is not None:
                    await self._go_on(tx, stored, paid)

    async def _take_out(self, tx: Transaction, next_id: str, paid: PaidUnits | None) -> None:
        """Remove ordered items from the cart this one was merged into while it was paid."""
        if not next_id or paid is None:
            return
        for variant_id, units in paid.units.items():
            await store.take_out(tx, next_id, variant_id, units)
        self._counted_anew(tx, next_id)

    async def _go_on(self, tx: Transaction, stored: store.StoredCart, paid: PaidUnits | None) -> None:
        """Close the cart; items added since the order was placed move to a new cart."""
        units = paid.units if paid else {}
        more = [(line, line.quantity - units.get(line.variant_id, 0)) for line in stored.lines] if paid else []
        left = [msgspec.structs.replace(line, quantity=quantity) for line, quantity in more if quantity > 0]
        await store.close(tx, stored.id)
        self._counted_anew(tx, stored.id)
        if not left:
            return
        next_id = await self.open(tx, stored.customer_id, stored.id)
        for line in left:
            await store.add_line(tx, next_id, msgspec.structs.replace(line, id=self._work.ids.new("cli")))
        rest = msgspec.structs.replace(stored, id=next_id, coupons=(), gift_cards=(), shipping_option_id=None)
        await store.set_details(tx, rest)
        await store.close(tx, stored.id, next_id)
        self._counted_anew(tx, next_id)
