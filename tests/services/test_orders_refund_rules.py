"""After any refunds and refusals no more is refunded than was paid, and a refusal restores exactly."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from shopwright.kit.errors import ShopError
from shopwright.kit.money import Money, add_up
from shopwright.operations.order_sums import miscounted
from shopwright.services.orders import model, refund_rules
from shopwright.services.orders.contract import LineQuantity, NewRefund, Order, Refund
from tests.builders.refunds import paid_with

DAY = datetime(2026, 1, 1, tzinfo=UTC)
# The action, the units and line (or minor units), and the refund.
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["ship", "lines", "returned", "amount", "refuse"]),
        st.integers(1, 6),
        st.integers(0, 1),
    ),
    max_size=24,
)


def with_refund(order: Order, refund: NewRefund, number: int) -> Order:
    """Record a refund as the service does."""
    parts, chosen = refund_rules.refunded_parts(order, refund)
    amount = add_up((part.amount for part in parts), "EUR")
    made = Refund(
        id=f"rfd_{number}", amount=amount, reason="x", restock=False, status="asked", created_at=DAY,
        lines=tuple(LineQuantity(line.id, quantity) for line, quantity in chosen), returned=refund.returned,
        unsent=refund_rules.unsent_units(chosen, returned=refund.returned), parts=parts,
    )  # fmt: skip
    after = refund_rules.refunded(order, chosen, returned=refund.returned)
    return msgspec.structs.replace(after, refunds=(*order.refunds, made))


def refused(order: Order, refund: Refund) -> Order:
    """Record a refusal as the service does; all units are as before the refund."""
    after = refund_rules.not_refunded(order, refund)
    units = {one.line_id: one.quantity for one in refund.lines}
    unsent = {one.line_id: one.quantity for one in refund.unsent}
    for line, now in zip(order.lines, after.lines, strict=True):
        assert now.refunded == line.refunded - units.get(line.id, 0)
        assert (now.cancelled, now.shipped) == (line.cancelled - unsent.get(line.id, 0), line.shipped)
    assert (after.status in {"paid", "part_shipped"}) >= any(line.to_ship for line in after.lines)
    return msgspec.structs.replace(after, refunds=tuple(one for one in order.refunds if one.id != refund.id))


@given(st.integers(0, 40), st.integers(0, 40), ACTIONS)
def test_no_more_is_refunded_than_was_paid_and_all_of_it_can_be(
    one: int, other: int, actions: Sequence[tuple[str, int, int]]
) -> None:
    order = paid_with(one, other)
    for number, (name, units_of_it, line) in enumerate(actions):
        wanted = (LineQuantity(order.lines[line].id, units_of_it),)
        with suppress(ShopError):
            if name == "ship":
                order = model.shipped(order, model.lines_to_ship(order, wanted))
            elif name == "amount":
                order = with_refund(order, NewRefund(reason="x", amount=units_of_it), number)
            elif name in {"lines", "returned"}:
                order = with_refund(order, NewRefund(reason="x", lines=wanted, returned=name == "returned"), number)
            elif order.refunds:
                order = refused(order, order.refunds[units_of_it % len(order.refunds)])
        back = add_up((refund.amount for refund in order.refunds), "EUR")
        assert back <= order.totals.total
        assert miscounted(order) == []
    for refund in order.refunds:
        order = refused(order, refund)
    assert [(line.refunded, line.cancelled) for line in order.lines] == [(0, 0), (0, 0)]
    for line in order.lines:
        order = with_refund(order, NewRefund(reason="x", lines=(LineQuantity(line.id, line.quantity),)), 99)
    assert add_up((refund.amount for refund in order.refunds), "EUR") == order.totals.total


@given(st.integers(0, 40), st.lists(st.integers(1, 3), max_size=5), st.data())
def test_units_are_worth_their_price_whichever_earlier_refund_was_refused(paid, parts, data) -> None:
    order = paid_with(paid, 0)
    line = order.lines[0]
    for number, count in enumerate(parts):
        with suppress(ShopError):
            order = with_refund(order, NewRefund(reason="x", lines=(LineQuantity(line.id, count),)), number)
            if data.draw(st.booleans()):
                order = refused(order, data.draw(st.sampled_from(order.refunds)))
    if left := order.lines[0].refundable:
        order = with_refund(order, NewRefund(reason="x", lines=(LineQuantity(line.id, left),)), 99)
    assert add_up((one.amount for one in order.refunds), "EUR") == Money(paid, "EUR")
