"""Rules of refunds: how much goes back for what, and what is so again where it does not."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money, add_up, zero
from shopwright.services.inventory.contract import Wanted
from shopwright.services.orders import model
from shopwright.services.orders.contract import LineQuantity, NewRefund, Order, OrderLine, Refund, Status
from shopwright.services.orders.contract.facts import RestockedLine
from shopwright.services.payments.contract import Payment

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=6)
RECEIVED = frozenset({"captured", "part_refunded", "disputed"})  # payments whose money, or some of it, is here


def lines_to_refund(order: Order, refund: NewRefund) -> list[tuple[OrderLine, int]]:
    """The lines meant, checked against what can be refunded of each. Raises Invalid."""
    if refund.returned:
        there = "refunded as returned"
        return model.chosen_lines(
            order, refund.lines, there, lambda line: line.shipped - (line.refunded - line.cancelled)
        )
    return model.chosen_lines(order, refund.lines, "refunded", lambda line: line.refundable)


def wholly_refunded(order: Order, now: Refund) -> bool:
    """Is all of the money back, with this refund that is settled now?"""
    back = add_up((one.amount for one in order.refunds if one.status == "settled" or one.id == now.id), order.currency)
    return back == order.totals.total


def refunded(order: Order, chosen: Sequence[tuple[OrderLine, int]], *, returned: bool) -> Order:
    """The order when these are refunded, too: what had not left stays. One whose rest is refunded has all been shipped."""
    now = {
        line.id: msgspec.structs.replace(
            line,
            refunded=line.refunded + quantity,
            cancelled=line.cancelled + (0 if returned else min(quantity, line.to_ship)),
        )
        for line, quantity in chosen
    }
    lines = tuple(now.get(line.id, line) for line in order.lines)
    over = order.status == "part_shipped" and not any(line.to_ship for line in lines)
    return msgspec.structs.replace(order, lines=lines, status="shipped" if over else order.status)


def unsent_units(chosen: Sequence[tuple[OrderLine, int]], *, returned: bool) -> tuple[LineQuantity, ...]:
    """Which of the units to be refunded have not left, and will not."""
    units = [(line, 0 if returned else min(quantity, line.to_ship)) for line, quantity in chosen]
    return tuple(LineQuantity(line.id, count) for line, count in units if count)


def not_refunded(order: Order, refund: Refund) -> Order:
    """The order when a refund is refused: its units are neither refunded nor kept back any more."""
    units = {one.line_id: one.quantity for one in refund.lines}
    unsent = {one.line_id: one.quantity for one in refund.unsent}
    lines = []
    for line in order.lines:
        count = min(units.get(line.id, 0), line.refunded)
        # Refunds an earlier version wrote do not say which of their units had not left.
        kept = unsent.get(line.id, 0) if refund.worth else (0 if refund.returned else min(count, line.cancelled))
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
    """What was received for an order that is off and has not gone back, waiting or not; None for nothing."""
    if order.status not in {"cancelled", "expired"}:
        return None
    received = [one for one in payments if one.status in RECEIVED]
    left = add_up((one.amount - one.refunded for one in received), order.currency)
    return left if left.amount > 0 else None


def to_be_restocked(order: Order) -> tuple[RestockedLine, ...]:
    """What of an order that is off goes back to the shelf: all but what a refund brings back."""
    back = {line.id: line.quantity for line in order.lines}
    for refund in order.refunds:
        for part in refund.lines if refund.restock else ():
            back[part.line_id] -= part.quantity
    return tuple(RestockedLine(line_id, units) for line_id, units in back.items() if units)


def wanted(order: Order, units: Sequence[LineQuantity | RestockedLine]) -> list[Wanted]:
    """Units of lines, by what they are units of."""
    variants = {line.id: line.variant_id for line in order.lines}
    return [Wanted(variants[one.line_id], one.quantity) for one in units]


def line_value(line: OrderLine, quantity: int, before: Money | None = None) -> Money:
    """What `quantity` more refunded units of a line are worth: their share of what was really paid for it.

    Shares are differences of running sums, so that all units together give exactly what was paid. `before`: what those that
    are refunded were worth, where that is not their share: a refund between them was refused.
    """
    paid = line.total - line.discount + line.tax
    before = paid.share(line.refunded, line.quantity) if before is None else before
    return max(paid.share(line.refunded + quantity, line.quantity) - before, zero(paid.currency))


def worth_before(order: Order, line: OrderLine) -> Money | None:
    """What the refunded units of a line were worth when they were; None where a refund of an earlier version does not say."""
    found = [
        (refund, place) for refund in order.refunds for place, one in enumerate(refund.lines) if one.line_id == line.id
    ]
    if not all(refund.worth for refund, _ in found):
        return None
    return add_up((refund.worth[place] for refund, place in found), order.currency)


def worth(order: Order, chosen: Sequence[tuple[OrderLine, int]]) -> tuple[Money, ...]:
    """What the units of each line are worth."""
    return tuple(line_value(line, quantity, worth_before(order, line)) for line, quantity in chosen)


def pause(age: timedelta) -> timedelta:
    """How long a refund that waits is left alone: payments ask the provider, and tell when it is decided."""
    return max(SHORTEST_PAUSE, min(age / 4, LONGEST_PAUSE))


def repayment_key(payment: Payment, *, again: bool) -> str:
    """What all that is left of a payment is refunded under; after a refusal only `again` makes it another one."""
    refused = sum(one.key.startswith(f"back-{payment.id}") and one.state == "refused" for one in payment.refunds)
    number = refused if again else max(0, refused - 1)
    return f"back-{payment.id}-{number}" if number else f"back-{payment.id}"


def refund_amount(order: Order, refund: NewRefund, already: Money) -> tuple[Money, list[tuple[OrderLine, int]]]:
    """How much goes back, and for which units. Raises Invalid."""
    currency = order.currency
    left = order.totals.total - already
    if refund.amount is not None:
        amount = refund.amount if isinstance(refund.amount, Money) else Money(refund.amount, currency)
        if amount.currency != currency:
            raise Invalid.at("/amount/currency", f"This order was paid in {currency}.")
        chosen = lines_to_refund(order, refund)
    elif refund.lines:
        chosen = lines_to_refund(order, refund)
        amount = add_up(worth(order, chosen), currency)
    else:
        raise Invalid.at("/lines", "Say what to refund: lines, or an amount.")
    of_nothing = refund.amount is None and not amount.amount  # goods that cost nothing come back, too
    if not of_nothing and not zero(currency) < amount <= left:
        raise Invalid.at(
            "/amount", f"Between 1 and {left.amount} (minor units of {currency}) can be refunded, not {amount.amount}."
        )
    return amount, chosen
