"""Sale contexts: stored with the order, so that showing an order asks no other service."""

import msgspec

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.services.carts.contract import Cart
from shopwright.services.orders import sale_store
from shopwright.services.orders.contract import SaleContext
from shopwright.services.orders.store import OrderHead
from shopwright.services.pricing.contract import Pricing

MOST = 2_000


class Sales:
    """Stores and reads sale contexts."""

    def __init__(self, work: ServiceDatabase, pricing: Pricing) -> None:
        self._work = work
        self._pricing = pricing
        self._known: dict[int, SaleContext] = {}

    async def prepare(self, cart: Cart) -> tuple[sale_store.SaleOfOrder, SaleContext | None]:
        """Return what this cart's order stores, and the sale context if it is not stored yet.

        Pricing is asked for the seller once per context, before the transaction, as contexts rarely change.
        """
        terms = cart.sale
        if terms is None:
            return sale_store.SaleOfOrder(), None
        buyer = sale_store.BuyerTaxId(cart.tax_id, cart.tax_id_check, cart.reference)
        has_details = cart.tax_id or cart.reference
        number = sale_store.number_of(terms, cart.currency)
        kept = sale_store.SaleOfOrder(number, msgspec.json.encode(buyer).decode() if has_details else None)
        if number in self._known or await sale_store.is_there(self._work, number):
            return kept, None
        seller = await self._pricing.seller_named(terms.seller_id) if terms.seller_id else None
        if seller is not None:  # buyers see this: who of the staff wrote it is no matter of theirs
            seller = msgspec.structs.replace(seller, who="", why="", created=None)
        shared = {name: getattr(terms, name) for name in terms.__struct_fields__ if name != "seller_id"}
        return kept, SaleContext(seller=seller, currency=cart.currency, **shared)

    async def of(self, order: OrderHead) -> SaleContext | None:
        """Return the sale context of an order; None if the order is older than contexts are."""
        if order.sale_id is None:
            return None
        found = self._known.get(order.sale_id) or await sale_store.read(self._work, order.sale_id)
        if found is None:
            return None
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[order.sale_id] = found
        buyer = sale_store.buyer_of(order.tax_id)
        if buyer is None:
            return found
        return msgspec.structs.replace(found, tax_id=buyer.tax_id, tax_id_check=buyer.check, reference=buyer.reference)
