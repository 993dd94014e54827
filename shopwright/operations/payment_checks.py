"""Doctor's checks of payments: without an order, of a cancelled one, or unknown to the shop."""

from shopwright.app import Shop
from shopwright.kit.money import Money, write
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.operations.findings import Finding
from shopwright.operations.open_questions import OpenQuestion, OpenQuestions
from shopwright.operations.order_walk import OrderPage, pages
from shopwright.operations.shop_snapshot import ShopSnapshot, snapshot_of
from shopwright.services.orders.contract import PAID, Order
from shopwright.services.orders.contract.gift_cards import by_payment, credited
from shopwright.services.payments.contract import Payment

RECEIVED = frozenset({"captured", "part_refunded", "disputed"})


class PaymentsMatch:
    """Orders and payments agree."""

    name = gettext_noop("every paid order was paid, in full, and every payment has its order")

    def __init__(self, snapshot: ShopSnapshot) -> None:
        self._found = OpenQuestions(self.name, snapshot.under_way)

    async def look(self, page: OrderPage) -> None:
        statuses = {one.row["id"]: one.row["status"] for one in page.orders}
        orders = {one.row["id"]: one.order for one in page.orders}
        for order_id, payments in page.payments.items():
            for one in payments:
                self._found.say(
                    *(
                        OpenQuestion(sentence, order_id, frozenset({order_id, one.id}))
                        for sentence in differs(one, statuses.get(order_id), orders.get(order_id))
                    )
                )
        for found in page.orders:
            if found.row["source"]:
                continue  # paid in an earlier shop
            order_id, status = found.row["id"], found.row["status"]
            payments = page.payments.get(order_id, [])
            # An amount of zero, too, is fine: nothing could be refunded.
            standing = sum(one.status in RECEIVED and bool(left(one) or not one.amount.amount) for one in payments)
            if status in PAID and standing != 1 and not any(one.status == "refunded" for one in payments):
                sentence = _(
                    "Order {order_id} is {status}, but {standing} of its payments are captured.",
                    order_id=order_id,
                    status=status,
                    standing=standing,
                )
                self._found.say(OpenQuestion(sentence, order_id, frozenset({order_id})))
            if found.order is not None and status in PAID:
                self._found.say(*misgiven(found.order))

    def finding(self) -> Finding:
        return self._found.finding()


def differs(one: Payment, status: str | None, order: Order | None) -> list[str]:
    """Differences between a payment and its order's status (None: no order)."""
    if status is None:
        return [without_order(one)] if left(one) else []
    if one.status not in RECEIVED:
        return []
    if status == "cancelled":
        own = order is not None and order.payment is not None and order.payment.id == one.id
        return kept_money(one, credited(order).amount if order is not None and own else 0)
    if status in {"placed", "expired"}:
        return [
            _("Payment {id} was received, but order {order_id} does not have it.", id=one.id, order_id=one.order_id)
        ]
    return []


def misgiven(order: Order) -> list[OpenQuestion]:
    """A payment whose refunds differ from its order's."""
    if order.payment is None:
        return []
    given = order.payment.amount.amount - left(order.payment)
    refunded = sum(by_payment(one).amount for one in order.refunds)
    if given == refunded:
        return []
    sentence = _(
        "Payment {id} refunded {given}, its order {refunded}.", id=order.payment.id, given=given, refunded=refunded
    )
    return [OpenQuestion(sentence, order.id, frozenset({order.id, order.payment.id}))]


def left(one: Payment) -> int:
    """The amount neither refunded nor pending."""
    return one.amount.amount - one.refunded.amount - (one.refunding.amount if one.refunding else 0)


def kept_money(one: Payment, on_cards: int) -> list[str]:
    """Money of a cancelled order that was not refunded; pending refunds have their own alert.

    `on_cards`: the part on gift cards.
    """
    if left(one) <= on_cards:
        return []
    amount = write(Money(left(one) - on_cards, one.amount.currency))
    refused = max((refund.why for refund in one.refunds if refund.state == "refused"), default="")
    why = _(" The payment provider refused to: {refused}", refused=refused) if refused else ""
    return [
        _(
            "Order {order_id} is cancelled, but {amount} of its payment {id} was not refunded.{why}",
            order_id=one.order_id,
            amount=amount,
            id=one.id,
            why=why,
        )
    ]


def without_order(one: Payment) -> str:
    """A payment without an order, and how to refund it."""
    amount = write(Money(left(one), one.amount.currency))
    order = (
        _("order {order_id}, which does not exist", order_id=one.order_id)
        if one.order_id
        else _("an order that is not known")
    )
    sentence = _(
        "Payment {id} ({status}, {amount} by {provider}, {created_at}) is for {order}.",
        id=one.id,
        status=one.status,
        amount=amount,
        provider=one.provider,
        created_at=f"{one.created_at:%Y-%m-%d}",
        order=order,
    )
    offer = _(" To give the money back: `shopwright doctor --refund {id}`.", id=one.id)
    return sentence + (offer if one.status in RECEIVED else "")


async def payments_without_orders(shop: Shop) -> list[Payment]:
    """Return received payments, not refunded, of orders that do not exist."""
    found: list[Payment] = []
    async with snapshot_of(shop) as snapshot:
        async for page in pages(snapshot):
            there = {one.row["id"] for one in page.orders}
            found += [
                one
                for order_id, payments in page.payments.items()
                for one in payments
                if order_id not in there and one.status in RECEIVED and left(one)
            ]
    return found


async def payments_are_known(shop: Shop) -> list[str]:
    """Report payments that providers received and the shop does not know."""
    return [
        _(
            "{provider} has received {amount} as {reference}, and the shop does not know it. To record it: `shopwright payments import {reference}`.",
            provider=one.provider,
            amount=write(one.amount),
            reference=one.reference,
        )
        for one in await shop.payments.unknown_payments()
    ]
