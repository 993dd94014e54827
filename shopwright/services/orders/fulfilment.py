"""Fulfilment: shipments and deliveries, and e-mails of bought gift cards."""

from shopwright.kit.auth import Caller
from shopwright.kit.errors import Conflict, Invalid, Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards.contract import BoughtGiftCard
from shopwright.services.orders import find_store, model, store
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import LineQuantity, NewShipment, Order, Shipment
from shopwright.services.orders.contract.events import OrderDelivered, OrderShipped, SentLine
from shopwright.services.orders.tax_corrections import TaxCorrections

LONGEST = 500


class Fulfilment:
    """Ships paid orders."""

    def __init__(self, context: OrderContext, tax_corrections: TaxCorrections) -> None:
        self._context = context
        self._tax_corrections = tax_corrections
        self._work = context.work

    async def ship(self, order_id: str, shipment: NewShipment, who: Caller) -> Order:
        if not shipment.carrier.strip() or len(shipment.carrier) > LONGEST or len(shipment.tracking_number) > LONGEST:
            raise Invalid.at("/carrier", _("Name the carrier, such as DHL."))
        waits = await self._context.inventory.backordered(order_id)
        rates = await self._tax_corrections.rates_now(order_id)
        async with self._work.begin() as tx:
            order = await self._context.locked(tx, order_id)
            await self._context.not_being_cancelled(tx, order_id)
            if order.status not in {"paid", "part_shipped"}:
                raise Conflict(_("Only paid orders can be shipped; this one is {status}.", status=order.status))
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
            await self._tax_corrections.shipped(tx, order, parcel, rates)
            await self._context.add_history(
                tx, order.id, f"Shipped with {parcel.carrier} {parcel.tracking_number}".rstrip(), who.signature
            )
            await tx.emit(
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
        return await self._context.get(order_id)

    async def send_gift_card(self, order_id: str, card_id: str, who: Caller) -> list[BoughtGiftCard]:
        order = await self._context.get(order_id)
        card = next((one for one in await self._context.giftcards.bought(order) if one.id == card_id), None)
        if card is None:
            raise Missing(_("This order has no such gift card."))
        await self._context.giftcards.send_again(card.id)
        async with self._work.begin() as tx:
            await self._context.add_history(
                tx, order.id, f"Gift card ••••{card.last4} sent again", who.signature if who.is_staff else who.name
            )
        return await self._context.giftcards.bought(order)

    async def deliver(self, order_id: str, who: Caller) -> Order:
        async with self._work.begin() as tx:
            order = await self._context.locked(tx, order_id)
            await store.move(tx, order.id, model.STATES.move(order.status, "delivered"))
            await store.deliver_shipments(tx, order.id)
            await self._context.add_history(tx, order.id, "Delivered", who.signature)
            await tx.emit(
                OrderDelivered(order_id=order.id, number=order.number, email=order.email, customer_id=order.customer_id)
            )
        return await self._context.get(order_id)
