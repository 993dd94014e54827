"""Buyers of erased accounts, retained as long as tax law requires, with access for accounting only.

An invoice must name its buyer for years (Germany: AO § 147, UStG § 14b; the right to erasure gives way: GDPR, article
17 (3) (b)). The number of years differs by country: ask a tax adviser and set `SHOPWRIGHT_BOOKS_YEARS`.
"""

import msgspec

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.days import end_of_books
from shopwright.kit.errors import Missing
from shopwright.kit.translation import gettext as _
from shopwright.kit.vault import Vault, protect
from shopwright.services.orders import retained_buyers_store, sale_store, store
from shopwright.services.orders.contract import PAID, Order, RetainedBuyer
from shopwright.services.payments.contract import Payments


class RetainedBuyers:
    """Stores and shows retained buyers."""

    def __init__(self, work: ServiceDatabase, vault: Vault, payments: Payments, years: int) -> None:
        self._work = work
        self._vault = vault
        self._payments = payments
        self._years = years

    async def was_sold(self, order: Order) -> bool:
        """Whether money was received for the order; only then a buyer is retained. Raises Unavailable."""
        if order.status in PAID:
            return True
        return any(one.was_received for one in await self._payments.of_order(order.id))

    async def retain(self, tx: Transaction, order: Order) -> None:
        """Retain the buyer before names and addresses are erased."""
        head = await store.head(tx, order.id)
        buyer = sale_store.buyer_of(head.tax_id) if head is not None else None
        until = end_of_books(order.placed_at, self._years, self._work.zone)
        found = RetainedBuyer(
            order_id=order.id,
            number=order.number,
            shipping_address=msgspec.structs.replace(order.shipping_address, phone=""),
            billing_address=msgspec.structs.replace(order.billing_address, phone=""),
            until=until,
            tax_id=buyer.tax_id if buyer else "",
            tax_id_check=buyer.check if buyer else None,
        )
        closed = self._vault.close(msgspec.json.encode(found).decode())
        await retained_buyers_store.insert(tx, order.id, to_micros(until), closed)

    async def get(self, order_id: str) -> RetainedBuyer:
        """Return the retained buyer. Raises Missing."""
        row = await retained_buyers_store.find(self._work, order_id)
        if row is None:
            raise Missing(_("No further data of the buyer of this order is stored."))
        return msgspec.json.decode(self._vault.open(row), type=RetainedBuyer)

    async def protect(self, *, anew: bool) -> int:
        """Encrypt plain rows; `anew`: all rows, with the newest key. Returns how many."""
        async with self._work.begin() as tx:
            return await protect(tx, self._vault, (("kept_buyers", "order_id", "body"),), anew=anew)
