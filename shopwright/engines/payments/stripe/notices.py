"""Stripe's signed notices (webhooks)."""

from collections.abc import Mapping
from typing import Any

import msgspec
import stripe

from shopwright.kit.errors import Denied, Malformed
from shopwright.kit.provider import ProviderNotice
from shopwright.kit.translation import gettext as _

SIGNATURE = "stripe-signature"
TOLERANCE_S = 300
# Objects that are a payment, or belong to one.
PAYMENTS = frozenset({"payment_intent", "checkout.session"})
PARTS = frozenset({"charge", "refund", "dispute"})


class StripeData(msgspec.Struct):
    """The object a notice is about, as it was."""

    object: dict[str, Any]


class StripeEvent(msgspec.Struct):
    """An Event of Stripe's API."""

    id: str
    type: str
    data: StripeData


def notice_of(headers: Mapping[str, str], body: bytes, secret: str, shop: str) -> ProviderNotice:
    """Verify a notice. Raises Denied for a wrong or old signature, Malformed for a body that is no event."""
    signature = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE, "")
    try:
        if not secret:
            raise Denied(_("This shop has no signing secret of Stripe's webhook yet."))
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, TOLERANCE_S)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        raise Denied(_("The signature of this webhook is wrong or too old.")) from None
    try:
        event = msgspec.json.decode(body, type=StripeEvent)
    except msgspec.DecodeError:
        raise Malformed(_("This webhook is no event of Stripe.")) from None
    reference, key = _about(event.data.object, shop)
    return ProviderNotice(event.id, reference, key, event.type)


def _about(about: Mapping[str, Any], shop: str) -> tuple[str, str]:
    """Reference and key of the payment; "" for other objects, and payments of another shop with the same account."""
    kind, own = about.get("object"), about.get("metadata") or {}
    if kind in PAYMENTS:
        return (str(about.get("id", "")), own.get("payment", "")) if own.get("shop") == shop else ("", "")
    # Refunds and disputes made on Stripe's own page have no metadata of ours; the look-up by reference decides.
    return (str(about.get("payment_intent") or ""), own.get("payment", "")) if kind in PARTS else ("", "")
