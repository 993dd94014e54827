"""Refunds, their orders, and providers that refuse them."""

from datetime import UTC, datetime

import msgspec
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.errors import Unavailable
from shopwright.kit.money import Money, zero
from shopwright.services.orders import refund_parts, refund_rules
from shopwright.services.orders.contract import LineQuantity, NewRefund, Order, OrderLine, Refund
from shopwright.services.pricing.contract import Totals
from shopwright.simulation.faults import Faults
from tests.builders.customers import BERLIN
from tests.builders.taxes import NOW


def sold_of(*quantities: int) -> Order:
    """A paid order with a line of each quantity."""
    price = zero("EUR")
    totals = Totals(subtotal=price, discount=price, shipping=price, tax=price, total=price, included_tax=price)
    lines = tuple(
        OrderLine(
            id=f"oli_{number}", product_id="prd_1", slug="x", variant_id=f"var_{number}", sku=f"X-{number}", title="X",
            variant_title="", image="", quantity=quantity, unit_price=price, total=price, discount=price, tax=price,
        )
        for number, quantity in enumerate(quantities)
    )  # fmt: skip
    return Order(
        id="ord_1", number="1001", status="paid", email="ada@example.com", customer_id=None, currency="EUR", lines=lines,
        totals=totals, receipt=(), coupons=(), shipping_address=BERLIN, billing_address=BERLIN, shipping_title="Standard",
        payment=None, shipments=(), refunds=(), timeline=(), placed_at=datetime(2026, 1, 1, tzinfo=UTC), version=1,
    )  # fmt: skip


def paid_with(*sums: int) -> Order:
    """An order of two lines, of five and three units, with prices that no number of units divides."""
    order = sold_of(5, 3)
    lines = tuple(
        msgspec.structs.replace(line, total=Money(paid, "EUR")) for line, paid in zip(order.lines, sums, strict=True)
    )
    return msgspec.structs.replace(
        order, lines=lines, totals=msgspec.structs.replace(order.totals, total=Money(sum(sums), "EUR"))
    )


async def refunded(shop: Shop, order: Order, **wanted) -> Refund:
    """Refund an order; returns the refund."""
    after = await shop.orders.refund(order.id, NewRefund(reason="x", **wanted), shop.ids.new("key"), SYSTEM)
    assert after.refund is not None
    return after.refund


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["lines", "amount", "shipping", "worn", "refuse"]), st.integers(1, 2000), st.integers(0, 5)
    ),
    max_size=12,
)


def with_refund(order: Order, number: int, wanted: NewRefund) -> Order:
    """Record a refund as the service does."""
    parts, chosen = refund_rules.refunded_parts(order, wanted)
    refund = Refund(
        id=f"rfd_{number}", amount=refund_parts.sum_of(parts, order.currency), reason="x", restock=False, status="settled",
        lines=tuple(LineQuantity(line.id, count) for line, count in chosen), created_at=NOW, parts=parts,
        unsent=refund_rules.unsent_units(chosen, returned=False),
    )  # fmt: skip
    after = refund_rules.refunded(order, chosen, returned=False)
    return msgspec.structs.replace(after, refunds=(*order.refunds, refund))


REFUSES, REFUSES_LATER = "pretend_refund_refused", "pretend_refund_refused_later"


class ProviderFaults(Faults):
    """Faults of the connection to the provider: `cut`, or `lossy`, where its answers are lost."""

    cut = lossy = False

    def before(self, what: str) -> None:
        if self.cut and what == "The provider":
            raise Unavailable(f"{what} does not answer.")

    def after(self, what: str) -> None:
        if self.lossy and what == "The provider":
            raise Unavailable(f"{what} did it, but its answer was lost.")


def of_lines(order: Order, units: int = 1, **more) -> NewRefund:
    """A refund of units of the first line."""
    return NewRefund(reason="broken", lines=(LineQuantity(order.lines[0].id, units),), **more)


async def later(shop: Shop, seconds: int = 10, times: int = 1) -> None:
    """Advance the clock and run due jobs."""
    for _ in range(times):
        shop.clock.move(seconds=seconds)
        await shop.bus.settle()


async def gives_in(shop: Shop) -> None:
    """Let the provider complete pending refunds."""
    async with shop.databases["pretend"].begin() as tx:
        await tx.run("UPDATE intents SET token = 'pretend_ok'")


async def held(shop: Shop) -> int:
    """The amount that the provider has received and not refunded."""
    rows = await shop.databases["pretend"].fetch("SELECT amount, refunded FROM intents WHERE status = 'captured'")
    return sum(row["amount"] - row["refunded"] for row in rows)
