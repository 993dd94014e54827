"""Rules of refunds: how much is refunded for what, and what a refusal restores."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money, add_up, write, zero
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards.contract import BoughtGiftCard
from shopwright.services.inventory.contract import VariantQuantity
from shopwright.services.orders import model, refund_parts
from shopwright.services.orders.contract import (
    LineQuantity,
    NewRefund,
    Order,
    OrderLine,
    Refund,
    RefundNotPossible,
    Status,
    gift_cards,
)
from shopwright.services.orders.contract.events import RefundPart, RestockedLine
from shopwright.services.payments.contract import Payment, PaymentRefund

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=6)
RECEIVED = frozenset({"captured", "part_refunded", "disputed"})  # payments whose money, or some of it, is here


def lines_to_refund(order: Order, refund: NewRefund) -> list[tuple[OrderLine, int]]:
    """Return the requested lines, checked against their refundable quantities. Raises Invalid."""
    if refund.returned:
        there = "refunded as returned"
        return model.chosen_lines(
            order, refund.lines, there, lambda line: line.shipped - (line.refunded - line.cancelled)
        )
    return model.chosen_lines(order, refund.lines, "refunded", lambda line: line.refundable)


def wholly_refunded(order: Order, now: Refund) -> bool:
    """Whether everything paid is refunded once this refund is settled."""
    others = (one.of_sale for one in order.refunds if one.status == "settled" and one.id != now.id)
    return bool(now.of_sale.amount) and add_up(others, order.currency) + now.of_sale == order.totals.total


def refunded(order: Order, chosen: Sequence[tuple[OrderLine, int]], *, returned: bool) -> Order:
    """Return the order with these units refunded; unshipped ones stay.

    An order whose rest is refunded counts as shipped.
    """
    now = {
        line.id: msgspec.structs.replace(
            line,
            refunded=line.refunded + quantity,
            cancelled=line.cancelled + (0 if returned else min(quantity, _not_sent(line))),
        )
        for line, quantity in chosen
    }
    lines = tuple(now.get(line.id, line) for line in order.lines)
    over = order.status == "part_shipped" and not any(line.to_ship for line in lines)
    return msgspec.structs.replace(order, lines=lines, status="shipped" if over else order.status)


def _not_sent(line: OrderLine) -> int:
    """Units that are refunded without coming back: those still to be shipped, and gift cards, which are withdrawn."""
    return line.refundable if line.is_gift_card else line.to_ship


def unsent_units(chosen: Sequence[tuple[OrderLine, int]], *, returned: bool) -> tuple[LineQuantity, ...]:
    """Which of the units to refund have not been shipped, and will not be."""
    units = [(line, 0 if returned else min(quantity, _not_sent(line))) for line, quantity in chosen]
    return tuple(LineQuantity(line.id, count) for line, count in units if count)


def not_refunded(order: Order, refund: Refund) -> Order:
    """Return the order without a refused refund: its units are to be shipped or refundable again."""
    units = {one.line_id: one.quantity for one in refund.lines}
    unsent = {one.line_id: one.quantity for one in refund.unsent}
    lines = []
    for line in order.lines:
        count = min(units.get(line.id, 0), line.refunded)
        # Refunds stored by an earlier version lack the units that had not been shipped.
        kept = unsent.get(line.id, 0) if refund.parts else (0 if refund.returned else min(count, line.cancelled))
        lines.append(
            msgspec.structs.replace(
                line, refunded=line.refunded - count, cancelled=line.cancelled - min(kept, line.cancelled)
            )
        )
    status: Status = order.status
    if status in {"shipped", "delivered"} and any(line.to_ship for line in lines):
        status = model.STATES.move(status, "part_shipped")
    return msgspec.structs.replace(order, lines=tuple(lines), status=status)


def owed(order: Order, payments: Sequence[Payment]) -> Money | None:
    """Return the amount received for a closed order and not refunded, pending or not; None if there is none."""
    if order.status not in {"cancelled", "expired"}:
        return None
    received = [one for one in payments if one.status in RECEIVED]
    left = add_up((one.amount - one.refunded for one in received), order.currency) - gift_cards.credited(order)
    return left if left.amount > 0 else None


def left_of_payment(payment: Payment, order: Order) -> Money:
    """Return the refundable rest of a closed order's payment, less refunds to gift cards."""
    own = order.payment is not None and order.payment.id == payment.id
    return payment.left - gift_cards.credited(order) if own else payment.left


def without(order: Order, refused: Refund, *more: Refund) -> Order:
    """Return the order without a refund, with others in its place; former excess may now belong to the sale."""
    order = msgspec.structs.replace(order, refunds=(*(one for one in order.refunds if one.id != refused.id), *more))
    for refund in order.refunds:
        if refund.excess.amount:
            others = msgspec.structs.replace(order, refunds=tuple(one for one in order.refunds if one.id != refund.id))
            parts = refund_parts.of_provider(others, refund.amount)
            if refund.of_all:
                parts = tuple(msgspec.structs.replace(part, of="all") for part in parts)
            changed = msgspec.structs.replace(refund, parts=parts)
            refunds = tuple(changed if one.id == refund.id else one for one in order.refunds)
            order = msgspec.structs.replace(order, refunds=refunds)
    return order


def sold_again(before: Order, after: Order) -> Money:
    """The amount that counts as sold again after a refund is refused."""
    back = [add_up((one.of_sale for one in order.refunds), order.currency) for order in (before, after)]
    return back[0] - back[1]


def to_be_restocked(order: Order) -> tuple[RestockedLine, ...]:
    """Units of a closed order that return to stock, except those that a refund returns."""
    back = {line.id: line.quantity for line in order.lines}
    for refund in order.refunds:
        for part in refund.lines if refund.restock else refund.freed or ():
            back[part.line_id] -= part.quantity
    return tuple(RestockedLine(line_id, units) for line_id, units in back.items() if units)


def on_backorder(order: Order, refund: Refund, waits: Mapping[str, int]) -> tuple[LineQuantity, ...]:
    """Units of a refund that were never in stock; `waits`: the order's backordered units by variant."""
    left, variants = Counter(waits), {line.id: line.variant_id for line in order.lines}
    found = []
    for one in refund.lines:
        count = min(one.quantity, left[variants[one.line_id]])
        left[variants[one.line_id]] -= count
        found.append(LineQuantity(one.line_id, count))
    return tuple(one for one in found if one.quantity)


def wanted(order: Order, units: Sequence[LineQuantity | RestockedLine]) -> list[VariantQuantity]:
    """Units of lines, by variant."""
    variants = {line.id: line.variant_id for line in order.lines}
    return [VariantQuantity(variants[one.line_id], one.quantity) for one in units]


def of_all(order: Order, back: PaymentRefund, reason: str, now: datetime) -> Refund:
    """The refund of everything left of a cancelled order."""
    rest = gift_cards.rest_of_cards(order)
    return Refund(
        id=back.key,
        amount=back.amount + rest,
        reason=reason,
        lines=(),
        restock=False,
        status="settled" if back.state == "settled" else "asked",
        created_at=now,
        reference=back.reference,
        settled_at=now if back.state == "settled" else None,
        parts=refund_parts.of_all(order, back.amount + rest),
        to_gift_cards=rest if rest.amount else None,
    )


def stays_on_cards(order: Order, refused: Refund, refund_id: str, now: datetime) -> Refund:
    """The refund, as goodwill, of what stays on gift cards when the provider refuses the rest."""
    amount = refused.to_gift_cards or zero(order.currency)
    others = msgspec.structs.replace(order, refunds=tuple(one for one in order.refunds if one.id != refused.id))
    return Refund(
        id=refund_id,
        amount=amount,
        reason=refused.reason,
        lines=(),
        restock=False,
        status="settled",
        created_at=now,
        settled_at=now,
        parts=refund_parts.of_provider(others, amount),
        to_gift_cards=amount,
    )


def pause(age: timedelta) -> timedelta:
    """How long to wait before asking about a pending refund; payments ask the provider and report the decision."""
    return max(SHORTEST_PAUSE, min(age / 4, LONGEST_PAUSE))


def repayment_key(payment: Payment, *, again: bool) -> str:
    """The key under which the rest of a payment is refunded; after a refusal only `again` makes a new one."""
    refused = sum(one.key.startswith(f"back-{payment.id}") and one.state == "refused" for one in payment.refunds)
    number = refused if again else max(0, refused - 1)
    return f"back-{payment.id}-{number}" if number else f"back-{payment.id}"


def refunded_parts(order: Order, refund: NewRefund) -> tuple[tuple[RefundPart, ...], list[tuple[OrderLine, int]]]:
    """Return the parts and units of a refund. Raises Invalid."""
    left = refund_parts.left_of(order)
    chosen = lines_to_refund(order, refund)
    amount = _amount(order, refund)
    _check_lines(refund, left)
    if chosen or refund.shipping:
        units = {line.id: quantity for line, quantity in chosen}
        parts = refund_parts.parts_of(left, units, returned=refund.returned, shipping=refund.shipping)
        worth = refund_parts.sum_of(parts, order.currency)
        if amount is not None and amount != worth:
            _check_deduction(refund, amount, worth)
            parts = refund_parts.parts_of(left, units, returned=refund.returned, shipping=refund.shipping, worth=amount)
        elif amount is None:
            _check_worth(order, chosen, parts)
        return parts, chosen
    if amount is None:
        raise Invalid.at("/lines", _("Say what to refund: lines, the shipping, or an amount."))
    all_parts = refund_parts.whole_of(left, order.currency)
    if all_parts.amount <= 0:
        raise Invalid.at("/amount", _("Nothing of this order is left to refund: the rest is refunded or pending."))
    if not zero(order.currency) < amount <= all_parts:
        raise Invalid.at(
            "/amount",
            _(
                "Between 1 and {amount} (minor units of {currency}) can be refunded, not {asked_amount}.",
                amount=all_parts.amount,
                currency=order.currency,
                asked_amount=amount.amount,
            ),
        )
    return refund_parts.goodwill(left, amount), chosen


def check_gift_cards(order: Order, refund: NewRefund, unused: Sequence[BoughtGiftCard]) -> None:
    """Raise Conflict or Invalid unless the gift cards among the lines are refunded whole and unused."""
    left = Counter(one.variant_id for one in unused)
    units = gift_cards.bought_units(order, refund.lines)
    for number, line in enumerate(order.lines):
        if line.variant_id not in units or not line.is_gift_card:
            continue
        if refund.amount is not None:
            raise Invalid.at("/amount", _("Gift cards are refunded whole: leave the amount out."))
        if units[line.variant_id] > left[line.variant_id]:
            raise RefundNotPossible(
                _(
                    "Of “{title}” {unused} unused gift cards are left. A gift card that was used or disabled cannot be refunded.",
                    title=line.title,
                    unused=left[line.variant_id],
                ),
                data={"line": number},
            )


def _check_lines(refund: NewRefund, left: Mapping[str, refund_parts.RefundableLot]) -> None:
    """Raise Invalid for options about goods without lines, and for shipping that was refunded already."""
    for name, lines in (("returned", refund.returned), ("restock", refund.restock)):
        if lines and not refund.lines:
            raise Invalid.at(f"/{name}", _("This refund includes goods: name them in `lines`."))
    shipping = sum(one.amount.amount for one in left.values() if one.line_id == refund_parts.SHIPPING)
    if refund.shipping and shipping <= 0:
        raise Invalid.at("/shipping", _("The shipping is already refunded."))


def _check_worth(order: Order, chosen: Sequence[tuple[OrderLine, int]], parts: Sequence[RefundPart]) -> None:
    """Raise Invalid for goods that were refunded as goodwill, unless they are marked as returned."""
    spent = {one.line_id for refund in order.refunds for one in refund.parts if one.of == "goodwill"}
    for number, (line, _unused) in enumerate(chosen):
        if line.id in spent and not any(part.amount.amount for part in parts if part.line_id == line.id):
            raise Invalid.at(
                f"/lines/{number}",
                _(
                    "“{title}” is already fully refunded. Set `amount` to 0 to record its return.",
                    title=line.title,
                ),
            )


def _amount(order: Order, refund: NewRefund) -> Money | None:
    if refund.amount is None:
        return None
    amount = refund.amount if isinstance(refund.amount, Money) else Money(refund.amount, order.currency)
    if amount.currency != order.currency:
        raise Invalid.at("/amount/currency", _("This order was paid in {currency}.", currency=order.currency))
    return amount


def _check_deduction(refund: NewRefund, amount: Money, worth: Money) -> None:
    if amount > worth:
        raise Invalid.at(
            "/amount",
            _(
                "These lines are worth {worth}. Refund any excess as a separate amount, without lines.",
                worth=write(worth),
            ),
        )
    if amount.amount < 1 or not refund.deduction.strip():
        raise Invalid.at(
            "/deduction" if amount.amount > 0 else "/amount",
            _(
                "These lines are worth {worth}: leave the amount out to refund that, or give in `deduction` the reason for keeping {rest}.",
                worth=write(worth),
                rest=write(worth - amount),
            ),
        )
