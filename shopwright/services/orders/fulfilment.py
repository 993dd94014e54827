"""What happens to an order after it was placed: shipped, delivered, expired. Refunds and cancelling are in `refunds.py`."""

from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Conflict, Invalid, Unavailable
from shopwright.kit.facts import ERASED, Heard
from shopwright.services.orders import erasure_store, find_store, model, store, tax_store
from shopwright.services.orders.contract import KeptBuyer, LineQuantity, NewShipment, Order, OrderSource, Shipment
from shopwright.services.orders.contract.facts import OrderDelivered, OrderShipped, SentLine
from shopwright.services.orders.payment_changes import PaymentChanges

LONGEST = 500
AT_ONCE, TIMES = 20, 100  # a transaction is short, and other timers have their turn soon


class Fulfilment(PaymentChanges):
    """All verbs of `contract.Orders`."""

    async def ship(self, order_id: str, shipment: NewShipment, who: Caller) -> Order:
        if not shipment.carrier.strip() or len(shipment.carrier) > LONGEST or len(shipment.tracking_number) > LONGEST:
            raise Invalid.at("/carrier", "Name the carrier, such as DHL.")
        waits = await self._inventory.owed(order_id)
        rates = await self.tax_corrections.rates_now(order_id)
        async with self._work.begin() as tx:
            order = await self._locked(tx, order_id)
            await self._not_being_cancelled(tx, order_id)
            if order.status not in {"paid", "part_shipped"}:
                raise Conflict(
                    f"This order is {order.status}; only a paid order that has something left can be shipped."
                )
            chosen = model.lines_to_ship(order, shipment.lines)
            model.check_there(chosen, waits)
            after = model.shipped(order, chosen)
            parcel = Shipment(
                id=self._work.ids.new("shp"),
                carrier=shipment.carrier.strip(),
                tracking_number=shipment.tracking_number.strip(),
                tracking_url=model.tracking_url(shipment.carrier, shipment.tracking_number.strip()),
                lines=tuple(LineQuantity(line.id, quantity) for line, quantity in chosen),
                status="shipped",
                shipped_at=tx.now,
            )
            await store.insert_shipment(tx, order.id, parcel)
            await find_store.write_tracking(tx, order, parcel.tracking_number)
            await store.write_counts(tx, after)
            await self.tax_corrections.shipped(tx, order, parcel, rates)
            await self._note(
                tx, order.id, f"Shipped with {parcel.carrier} {parcel.tracking_number}".rstrip(), who.signature
            )
            await tx.tell(
                OrderShipped(
                    order_id=order.id,
                    number=order.number,
                    email=order.email,
                    customer_id=order.customer_id,
                    shipment_id=parcel.id,
                    carrier=parcel.carrier,
                    tracking_number=parcel.tracking_number,
                    tracking_url=parcel.tracking_url,
                    complete=after.status == "shipped",
                    lines=tuple(
                        SentLine(title=line.title, variant_title=line.variant_title, quantity=quantity)
                        for line, quantity in chosen
                    ),
                )
            )
        return await self.get(order_id)

    async def deliver(self, order_id: str, who: Caller) -> Order:
        async with self._work.begin() as tx:
            order = await self._locked(tx, order_id)
            await store.move(tx, order.id, model.STATES.move(order.status, "delivered"))
            await store.deliver_shipments(tx, order.id)
            await self._note(tx, order.id, "Delivered", who.signature)
            await tx.tell(
                OrderDelivered(order_id=order.id, number=order.number, email=order.email, customer_id=order.customer_id)
            )
        return await self.get(order_id)

    async def expire_unpaid(self) -> None:
        """A timer: orders never paid for give their goods back; one whose money is on its way is settled instead."""
        for order_id in await store.overdue(self._work, to_micros(self._work.now())):
            with self._work.aside.guard("unpaid order", order_id):
                await self._end_unpaid(order_id)

    async def _end_unpaid(self, order_id: str) -> None:
        try:
            captured = await self._end_payments(order_id)
        except Unavailable:
            return  # nobody knows: ask again at the next ring
        if captured is not None:
            await self.settle(order_id, captured)
        else:
            await self.give_up(order_id, "It was not paid in time.", SYSTEM, "expired", only=frozenset({"placed"}))

    async def hear_verified(self, heard: Heard) -> None:
        """EmailVerified: what was ordered as a guest with this address belongs to its account."""
        if heard.event.email == ERASED:
            return
        async with self._work.begin(once=heard.key) as tx:
            for order_id in await erasure_store.orders_of_guest(tx, heard.event.email):
                await store.adopt_one(tx, order_id, heard.event.user_id)

    async def hear_erased(self, heard: Heard) -> None:
        """UserErased."""
        await self.forgetting.hear_erased(heard)

    async def hear_address_erased(self, heard: Heard) -> None:
        """AddressErased."""
        await self.forgetting.hear_address_erased(heard)

    async def write_terms(self) -> None:
        """A timer: orders a version before has written are found by what later ones are; some at a time."""
        for _ in range(TIMES):
            async with self._work.begin() as tx:
                if await find_store.write_missing(tx, AT_ONCE) < AT_ONCE:
                    return

    async def write_taxes(self) -> None:
        """A timer: the taxes of orders a version before has written are read from their receipts; some at a time."""
        for _ in range(TIMES):
            found = await tax_store.read_missing(self._work, AT_ONCE)
            async with self._work.begin() as tx:
                await tax_store.write(tx, found)
            if len(found) < AT_ONCE:
                return

    async def of_guest(self, email: str) -> list[Order]:
        return [await self.get(one) for one in await erasure_store.orders_of_guest(self._work, email)]

    async def kept_buyer(self, order_id: str) -> KeptBuyer:
        return await self.forgetting.kept_buyers.get((await self.get(order_id)).id)

    async def source(self, order_id: str) -> OrderSource:
        return await self._sources.get((await self.get(order_id)).id)

    async def protect(self, *, anew: bool = False) -> int:
        """What is kept of buyers is encrypted; see `KeptBuyers.protect`."""
        return await self.forgetting.kept_buyers.protect(anew=anew) + await self._sources.protect(anew=anew)
