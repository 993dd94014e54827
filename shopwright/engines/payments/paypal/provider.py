"""Payments, captures and refunds at PayPal."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography.x509 import Certificate

from shopwright.engines.payments.paypal.api import PayPalApi, PayPalRefused
from shopwright.engines.payments.paypal.notices import Notices
from shopwright.engines.payments.paypal.reading import (
    authorization_id,
    capture_id,
    dispute_of,
    payment_of,
    refund_of,
)
from shopwright.engines.payments.paypal.units import from_value, to_custom_id, to_value
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money
from shopwright.kit.provider import (
    Capture,
    Examination,
    KeyField,
    Keys,
    ProviderChallenge,
    ProviderDispute,
    ProviderMethod,
    ProviderNotice,
    ProviderOffer,
    ProviderPayment,
    ProviderRefund,
)
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop

OFFER = ProviderOffer(
    fields=(
        KeyField("environment", gettext_noop("Environment: sandbox or live"), ("sandbox", "live"), secret=False),
        KeyField("client_id", gettext_noop("Client id"), secret=False),
        KeyField("client_secret", gettext_noop("Secret")),
        KeyField("webhook_id", gettext_noop("Id of the webhook"), needed=False, secret=False),
    ),
    methods=(
        ProviderMethod(
            id="paypal",
            title=gettext_noop("PayPal"),
            hint=gettext_noop("You approve the payment at PayPal and come back here."),
        ),
    ),
    origins=("https://www.paypal.com", "https://www.sandbox.paypal.com"),
)
SEARCHED = timedelta(days=31)  # the longest period of one search
PAGE = 500
DONE = frozenset({"ORDER_ALREADY_CAPTURED", "ORDER_ALREADY_AUTHORIZED"})
# The order can no longer be approved, or never could.
GONE = frozenset({"INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"})


class PayPalProvider:
    """PayPal. `shop`: the URL of this shop; `api`: another address of PayPal's API; `roots`: of its certificates."""

    def __init__(self, shop: str, keys: Keys, api: str = "", roots: Sequence[Certificate] = ()) -> None:
        self._shop = shop
        self._keys = keys
        self._api = PayPalApi(keys, api)
        self._notices = Notices(api, roots)

    @property
    def offer(self) -> ProviderOffer:
        return OFFER

    async def open(self, *, key: str, amount: Money, token: str, return_url: str, capture: Capture) -> ProviderPayment:
        if token:
            raise Refused(_("PayPal takes no payment method from the shop: shoppers approve payments on its page."))
        back = return_url or f"{self._shop}/"
        context = {
            "return_url": back, "cancel_url": back, "user_action": "PAY_NOW", "shipping_preference": "NO_SHIPPING",
        }  # fmt: skip
        body = {
            "intent": "AUTHORIZE" if capture == "manual" else "CAPTURE",
            "purchase_units": [{"custom_id": key, "invoice_id": key, "amount": to_value(amount)}],
            "payment_source": {"paypal": {"experience_context": context}},
        }
        return payment_of(await self._api.post("/v2/checkout/orders", body, f"{key}/open"))

    async def authorise(self, reference: str) -> ProviderPayment:
        """Capture an approved order, or authorise it if it was opened so."""
        order = await self._order(reference)
        if order is not None and order["status"] == "APPROVED":
            what = "authorize" if order["intent"] == "AUTHORIZE" else "capture"
            try:
                # Without a request id: PayPal would repeat a decline, and captures an order only once anyway.
                await self._api.post(f"/v2/checkout/orders/{reference}/{what}", {}, "")
            except PayPalRefused as error:
                if error.issue == "INSTRUMENT_DECLINED":  # the shopper may choose another one on PayPal's page
                    return payment_of({**order, "status": "PAYER_ACTION_REQUIRED"})
                if error.issue not in DONE:
                    raise
        return await self.look_up(reference)

    async def look_up(self, reference: str) -> ProviderPayment:
        order = await self._order(reference)
        if order is None:  # PayPal forgets orders that were not approved
            return ProviderPayment(reference=reference, status="cancelled", amount=Money(0, "EUR"))
        return payment_of(order, await self._dispute(capture_id(order)))

    async def _order(self, reference: str) -> dict[str, Any] | None:
        try:
            return await self._api.get(f"/v2/checkout/orders/{reference}")
        except PayPalRefused as error:
            if error.issue in GONE:
                return None
            raise

    async def _dispute(self, capture: str) -> ProviderDispute:
        if not capture:
            return ""
        found = (await self._api.get("/v1/customer/disputes", disputed_transaction_id=capture)).get("items") or []
        if not found:
            return ""
        return dispute_of(await self._api.get(f"/v1/customer/disputes/{found[0]['dispute_id']}"))

    async def challenge(self, _reference: str) -> ProviderChallenge | None:
        return None

    async def payments_since(self, since: datetime, limit: int) -> Sequence[ProviderPayment]:
        """Return payments by their keys; PayPal's report, hours late, names captures instead of orders."""
        found: list[ProviderPayment] = []
        end = datetime.now(since.tzinfo)
        while end > since and len(found) < limit:
            begin = max(since, end - SEARCHED)
            found += await self._reported(begin, end)
            end = begin
        return found[:limit]

    async def _reported(self, begin: datetime, end: datetime) -> list[ProviderPayment]:
        query = {
            "start_date": _moment(begin),
            "end_date": _moment(end),
            "page_size": str(PAGE),
            "transaction_status": "S",
        }
        found = (await self._api.get("/v1/reporting/transactions", **query)).get("transaction_details") or []
        infos = [one["transaction_info"] for one in found]
        return [
            ProviderPayment(
                reference=info["transaction_id"],
                status="captured",
                amount=from_value(info["transaction_amount"]),
                key=info["custom_field"],
            )
            for info in sorted(infos, key=lambda one: one["transaction_initiation_date"], reverse=True)
            if info.get("custom_field", "").startswith("pay_")
            and not info["transaction_amount"]["value"].startswith("-")
        ]

    async def capture(self, reference: str) -> ProviderPayment:
        order = await self._order(reference)
        if order is not None and payment_of(order).status == "authorized":
            path = f"/v2/payments/authorizations/{authorization_id(order)}/capture"
            await self._api.post(path, {"final_capture": True}, f"{reference}/capture")
        found = await self.look_up(reference)
        if found.status != "captured":
            raise Refused(_("PayPal has nothing to capture: this payment is {status}.", status=found.status))
        return found

    async def void(self, reference: str) -> ProviderPayment:
        """Void what was authorised. An order that was not approved cannot be closed: it is not captured, and expires."""
        order = await self._order(reference)
        if order is not None and payment_of(order).status == "authorized":
            await self._api.post(f"/v2/payments/authorizations/{authorization_id(order)}/void", {}, f"{reference}/void")
        found = await self.look_up(reference)
        if found.status in {"requires_action", "approved"}:
            return ProviderPayment(reference=reference, status="cancelled", amount=found.amount, key=found.key)
        return found

    async def refund(self, *, key: str, reference: str, amount: Money) -> ProviderRefund:
        order = await self._order(reference)
        capture = capture_id(order) if order else ""
        if not capture:
            raise Refused(_("PayPal has received no money for this payment."))
        body = {"amount": to_value(amount), "custom_id": to_custom_id(key)}
        return refund_of(await self._api.post(f"/v2/payments/captures/{capture}/refund", body, f"{key}/refund"))

    async def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderNotice:
        return await self._notices.verify(headers, body, (await self._keys()).get("webhook_id", ""))

    async def examine(self) -> Examination:
        await self._api.get("/v1/customer/disputes", page_size="1")
        return Examination(live=(await self._keys()).get("environment") == "live")

    async def close(self) -> None:
        await self._api.close()
        await self._notices.close()


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
