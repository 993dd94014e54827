"""Stripe's objects as payments of the port."""

from collections.abc import Mapping
from typing import Any

from shopwright.engines.payments.stripe.units import from_units
from shopwright.kit.provider import PaymentStatus, ProviderDispute, ProviderPayment, ProviderRefund
from shopwright.kit.translation import gettext as _

STATUS: Mapping[str, PaymentStatus] = {
    "requires_payment_method": "pending",
    "requires_confirmation": "pending",
    "requires_action": "requires_action",
    "processing": "pending",
    "requires_capture": "authorized",
    "succeeded": "captured",
    "canceled": "cancelled",
}
REFUND_STATUS: Mapping[str, str] = {"succeeded": "settled", "failed": "refused", "canceled": "refused"}
DISPUTE: Mapping[str, ProviderDispute] = {
    "needs_response": "open",
    "under_review": "open",
    "won": "won",
    "lost": "lost",
}  # inquiries (`warning_…`) hold no money
# Why a bank returns a refund (docs.stripe.com/api/refunds/object, failure_reason).
LOST_CARD, EXPIRED = "lost_or_stolen_card", "expired_or_canceled_card"


def payment_of(intent: Mapping[str, Any]) -> ProviderPayment:
    """A PaymentIntent. A cancelled one with an error was declined."""
    error = intent.get("last_payment_error") or {}
    return ProviderPayment(
        reference=intent["id"],
        status="failed" if error and intent["status"] == "canceled" else STATUS[intent["status"]],
        amount=from_units(intent["amount"], intent["currency"]),
        reason=error.get("message") or "",
        key=(intent.get("metadata") or {}).get("payment", ""),
    )


def refund_of(refund: Mapping[str, Any]) -> ProviderRefund:
    """A refund; `metadata` names the shop's key."""
    why = refund.get("failure_reason") or ""
    status = REFUND_STATUS.get(refund["status"], "pending")
    return ProviderRefund(
        reference=refund["id"],
        status="settled" if status == "settled" else "refused" if status == "refused" else "pending",
        amount=from_units(refund["amount"], refund["currency"]),
        key=(refund.get("metadata") or {}).get("refund", ""),
        reason=_reason(why) if status == "refused" else "",
    )


def _reason(why: str) -> str:
    if why in {LOST_CARD, EXPIRED}:
        return _("The buyer's card is no longer valid, so their bank returned the money.")
    return _("The buyer's bank did not accept the money.")
