"""Orders as shown to clients: refused refunds are listed with the others, their reason to staff only."""

from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.auth import Caller
from shopwright.kit.money import Money
from shopwright.services.orders import refund_parts
from shopwright.services.orders.contract import LineQuantity, Order, Refund
from shopwright.services.orders.contract.events import RefundPart
from shopwright.services.payments.contract import Payment
from shopwright.services.pricing.contract import TaxPart


class RefundView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refund: pending, settled or refused (`why`, for staff). `by_provider`: made at the provider, without units.

    `parts`: a breakdown that sums to `amount`; `tax_parts`: their taxes summed by rate.
    """

    id: str
    amount: Money
    reason: str
    lines: tuple[LineQuantity, ...]
    restock: bool
    returned: bool
    status: Literal["asked", "settled", "refused"]
    created_at: datetime
    settled_at: datetime | None = None
    reference: str = ""
    why: str = ""
    by_provider: bool = False
    parts: tuple[RefundPart, ...] = ()
    tax_parts: tuple[TaxPart, ...] = ()
    deduction: str = ""


class OrderView(Order, frozen=True, kw_only=True, omit_defaults=True):
    """An order with all details. `refund`: the one just requested."""

    refunds: tuple[RefundView, ...]  # type: ignore[assignment]
    refund: RefundView | None = None  # type: ignore[assignment]


def shown(order: Order, who: Caller) -> OrderView:
    """Return the order as `who` may see it."""
    staff = who.may("orders.read")
    given = {name: getattr(order, name) for name in order.__struct_fields__}
    return OrderView(
        **given
        | {
            "refunds": tuple(
                _refund(one, staff=staff)
                for one in sorted(
                    (*order.refunds, *order.refused), key=lambda one: (one.created_at, one.of_all, one.id)
                )
            ),
            "refused": (),
            "refund": None if order.refund is None else _refund(order.refund, staff=staff),
            "payment": order.payment if staff or order.payment is None else _without_reasons(order.payment),
        }
    )


def _refund(one: Refund, *, staff: bool) -> RefundView:
    return RefundView(
        id=one.id,
        amount=one.amount,
        reason=one.reason,
        lines=one.lines,
        restock=one.restock,
        returned=one.returned,
        status="refused" if one.why else one.status,
        created_at=one.created_at,
        settled_at=one.settled_at,
        reference=one.reference if staff else "",
        why=one.why if staff else "",
        by_provider=one.by_provider,
        parts=one.parts,
        tax_parts=refund_parts.by_rate(one.parts),
        deduction=one.deduction,
    )


def _without_reasons(payment: Payment) -> Payment:
    refunds = tuple(msgspec.structs.replace(one, why="", reference="") for one in payment.refunds)
    return msgspec.structs.replace(payment, refunds=refunds)
