"""Tax corrections for parcels shipped under other rates than the order's, written with the shipment.

Shipping never waits for pricing: if it is unavailable, the parcel ships and a scheduled job corrects the taxes later,
for the moment of shipping.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Unavailable
from shopwright.kit.money import Money, write
from shopwright.services.orders import rerating, store, tax_store
from shopwright.services.orders.contract import Order, Shipment
from shopwright.services.orders.contract.events import OrderTaxCorrected
from shopwright.services.pricing.contract import Pricing

PATIENCE_S = 2
AT_ONCE = 50
COMMITTED = timedelta(minutes=1)  # a parcel that is being written has an id of before
TAXES = "tax rates of order"


class TaxCorrections:
    """Applies the tax rates of the day of supply."""

    def __init__(self, work: ServiceDatabase, pricing: Pricing) -> None:
        self._work = work
        self._pricing = pricing

    async def rates_now(self, order_id: str) -> rerating.Rates | None:
        """Return the rates for a shipment now, or None if pricing is unavailable."""
        with suppress(Unavailable), self._work.aside.guard(TAXES, order_id):
            async with asyncio.timeout(PATIENCE_S):
                order = await store.read(self._work, order_id)
                return await self._rates(order, self._work.now()) if order else {}
        return None

    async def _rates(self, order: Order, at: datetime) -> rerating.Rates:
        classes, place = rerating.classes_of(order), order.shipping_address
        if not classes:
            return {}
        return await self._pricing.supply_rates(place.country, place.region, place.postal_code, classes, at)

    async def shipped(self, tx: Transaction, order: Order, parcel: Shipment, rates: rerating.Rates | None) -> None:
        """Correct the taxes of a shipped parcel, or note that this is still due; the order is locked."""
        if rates is None or not all(rate.holds(parcel.shipped_at) for some in rates.values() for rate in some):
            await tax_store.await_rates(tx, parcel.id)
            return
        corrected, done = None, False
        with suppress(Unavailable), self._work.aside.guard(TAXES, order.id):
            corrected, done = rerating.rerated(order, parcel, rates), True
        if not done:
            await tax_store.await_rates(tx, parcel.id)
            return
        await tax_store.rates_known(tx, parcel.id)
        if corrected is not None:
            await self._write(tx, order, corrected)

    async def find_missed(self) -> None:
        """Scheduled job: have parcels corrected that a process of an earlier version shipped beside this one."""
        now, ids = self._work.now(), self._work.ids
        since = await tax_store.parcels_seen_to(self._work)
        until = now if since is None else max(now - COMMITTED, from_micros(since))
        missed: list[str] = []
        if since is not None:  # else this version has just begun: what was shipped before is as it was shipped
            missed = await tax_store.missed_parcels(self._work, ids.at("shp", from_micros(since)), ids.at("shp", until))
        async with self._work.begin() as tx:
            for shipment_id in missed:
                await tax_store.await_rates(tx, shipment_id)
            await tax_store.note_parcels_seen(tx, to_micros(until))

    async def correct_waiting(self) -> None:
        """Scheduled job: correct parcels that were shipped while rates were unavailable."""
        waiting = await tax_store.awaiting_rates(self._work, AT_ONCE)
        if not waiting:
            return
        async with self._work.begin() as tx:
            await tax_store.ask_rates(tx, sorted(shipment_id for shipment_id, _ in waiting))
        for shipment_id, order_id in waiting:
            with self._work.aside.guard(TAXES, order_id):
                await self._correct(order_id, shipment_id)

    async def _correct(self, order_id: str, shipment_id: str) -> None:
        order = await store.read(self._work, order_id)
        parcel = next((one for one in order.shipments if one.id == shipment_id), None) if order else None
        if order is None or parcel is None:
            return
        rates = await self._rates(order, parcel.shipped_at)
        async with self._work.begin() as tx:
            held = await store.held(tx, order.id)
            if held is None or not await tax_store.have_rates(tx, shipment_id):
                return
            if any(one.shipment_id == shipment_id for one in held.tax_corrections):
                return
            corrected = rerating.rerated(held, parcel, rates)
            if corrected is not None:
                await self._write(tx, held, corrected)

    async def _write(self, tx: Transaction, order: Order, corrected: Order) -> None:
        """Write the corrected taxes, a history entry and the event that the books follow."""
        made = corrected.tax_corrections[-1]
        before = order.totals.tax + order.totals.included_tax
        tax = before + Money(made.tax, order.currency)
        await tax_store.correct(tx, corrected)
        what = f"Tax of the day of supply: {made.description}, {write(tax)} instead of {write(before)}"
        await store.insert_history(tx, self._work.ids.new("tml"), order.id, what, SYSTEM.name)
        await tx.emit(
            OrderTaxCorrected(
                order_id=order.id,
                number=order.number,
                email=order.email,
                customer_id=order.customer_id,
                shipment_id=made.shipment_id,
                before=before,
                tax=tax,
            )
        )
