"""PayPal's orders as payments of the port."""

from collections.abc import Mapping
from typing import Any

from shopwright.engines.payments.paypal.units import from_custom_id, from_value
from shopwright.kit.provider import PaymentStatus, ProviderDispute, ProviderPayment, ProviderRefund
from shopwright.kit.translation import gettext as _

# Links to the page where the shopper approves an order.
APPROVE = frozenset({"payer-action", "approve"})
ORDER: Mapping[str, PaymentStatus] = {
    "CREATED": "requires_action",
    "SAVED": "requires_action",
    "PAYER_ACTION_REQUIRED": "requires_action",
    "APPROVED": "approved",
    "VOIDED": "cancelled",
}
CAPTURE: Mapping[str, PaymentStatus] = {
    "COMPLETED": "captured",
    "PARTIALLY_REFUNDED": "captured",
    "REFUNDED": "captured",
    "PENDING": "pending",
    "DECLINED": "failed",
    "FAILED": "failed",
}
AUTHORIZATION: Mapping[str, PaymentStatus] = {
    "CREATED": "authorized",
    "PENDING": "pending",
    "DENIED": "failed",
    "VOIDED": "cancelled",
    "EXPIRED": "cancelled",
}
BUYER, RESOLVED = "RESOLVED_BUYER_FAVOUR", "RESOLVED"


def payment_of(order: Mapping[str, Any], dispute: ProviderDispute = "") -> ProviderPayment:
    """An order with what was authorised, captured and refunded of it."""
    unit = order["purchase_units"][0]
    parts = unit.get("payments") or {}
    captures, authorizations = parts.get("captures") or [], parts.get("authorizations") or []
    refunds = tuple(refund_of(one) for one in parts.get("refunds") or [])
    if captures:
        status = CAPTURE.get(captures[0]["status"], "pending")
    elif authorizations:
        status = AUTHORIZATION.get(authorizations[0]["status"], "pending")
    else:
        status = ORDER.get(order["status"], "pending")
    page = next((one["href"] for one in order.get("links", []) if one["rel"] in APPROVE), None)
    return ProviderPayment(
        reference=order["id"],
        status=status,
        amount=from_value(captures[0]["amount"] if captures else unit["amount"]),
        refunded=sum(one.amount.amount for one in refunds if one.status == "settled"),
        redirect_url=page if status == "requires_action" else None,
        reason=_("PayPal declined the payment.") if status == "failed" else "",
        refunds=refunds,
        dispute=dispute,
        key=unit.get("custom_id", ""),
    )


def capture_id(order: Mapping[str, Any]) -> str:
    """The id of what was captured; "" if nothing was."""
    found = (order["purchase_units"][0].get("payments") or {}).get("captures") or []
    return str(found[0]["id"]) if found else ""


def authorization_id(order: Mapping[str, Any]) -> str:
    """The id of what was authorised; "" if nothing was."""
    found = (order["purchase_units"][0].get("payments") or {}).get("authorizations") or []
    return str(found[0]["id"]) if found else ""


def refund_of(refund: Mapping[str, Any]) -> ProviderRefund:
    """A refund; `custom_id` is the shop's key."""
    status = refund.get("status", "PENDING")
    return ProviderRefund(
        reference=refund["id"],
        status="settled" if status == "COMPLETED" else "refused" if status in {"FAILED", "CANCELLED"} else "pending",
        amount=from_value(refund["amount"]),
        key=from_custom_id(refund.get("custom_id", "")),
        reason=_("The buyer's PayPal account did not accept the money.") if status in {"FAILED", "CANCELLED"} else "",
    )


def dispute_of(found: Mapping[str, Any]) -> ProviderDispute:
    """The state of a dispute."""
    if found.get("status") != RESOLVED:
        return "open"
    return "lost" if (found.get("dispute_outcome") or {}).get("outcome_code") == BUYER else "won"
