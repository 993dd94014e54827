"""Limits on unpaid reservations, by client address, e-mail address and cart.

They keep anyone from emptying the stock by ordering alone. Holders are stored as keyed hashes until the order is paid
or closed.
"""

from collections.abc import Mapping
from datetime import timedelta

from shopwright.kit.addresses import email_key
from shopwright.kit.clients import counted_as
from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.derived import KeyedHash
from shopwright.services.carts.contract import Cart
from shopwright.services.inventory.contract import Inventory
from shopwright.services.orders import model, unpaid_store
from shopwright.services.orders.contract import TooMuchUnpaid

KEPT = timedelta(days=1)


class UnpaidLimits:
    """Counts and limits what unpaid orders reserve."""

    def __init__(self, work: ServiceDatabase, inventory: Inventory, bounds: model.Bounds, hashed: KeyedHash) -> None:
        self._work = work
        self._inventory = inventory
        self._bounds = bounds
        self._hashed = hashed

    async def claim(self, order_id: str, cart: Cart, address: str) -> None:
        """Record an order's reservation before it is made. Raises TooMuchUnpaid. Safe to repeat and to race."""
        wanted: dict[str, int] = {}
        for line in cart.lines:
            wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
        stock = await self._inventory.stock(sorted(wanted))
        there = {one: max(found.on_hand, found.reserved + found.available) for one, found in stock.items()}
        holders: dict[str, model.Holder] = {
            self._hashed.of("cart", cart.id): "cart",
            self._hashed.of("email", email_key(cart.email)): "email",
            self._hashed.of("address", counted_as(address)): "address",
        }
        holders.pop("", None)
        value = cart.totals.total.amount
        async with self._work.begin() as tx:
            await unpaid_store.lock(tx, list(holders))
            for holder, kind in holders.items():
                await self._check(tx, order_id, (holder, kind), wanted, there, value)
            await unpaid_store.insert(tx, order_id, list(holders), wanted, value)

    async def _check(
        self,
        tx: Transaction,
        order_id: str,
        who: tuple[str, model.Holder],
        wanted: Mapping[str, int],
        there: Mapping[str, int],
        value: int,
    ) -> None:
        holder, kind = who
        orders, units, worth = await unpaid_store.held(tx, holder, order_id)
        before = await unpaid_store.held_of(tx, holder, order_id) if orders else {}
        lines = {variant_id: before.get(variant_id, 0) + quantity for variant_id, quantity in wanted.items()}
        totals = model.UnpaidTotals(
            orders=orders + 1, units=units + sum(wanted.values()), value=worth + value, lines=lines
        )
        if passed := model.beyond(self._bounds, kind, totals, there):
            limit, most = passed
            raise TooMuchUnpaid(model.unpaid_sentence(kind, limit), data={"holder": kind, "limit": limit, "most": most})

    async def forget(self) -> None:
        """Scheduled job: delete hashes of holders that hold nothing."""
        async with self._work.begin() as tx:
            await unpaid_store.forget_holders(tx, to_micros(tx.now - KEPT))
