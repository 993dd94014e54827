"""Payments, captures and refunds at Stripe."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal

import stripe
from msgspec.structs import replace
from stripe import StripeClient

from shopwright.engines.payments.stripe.errors import as_shop_errors
from shopwright.engines.payments.stripe.http import StripeHttp
from shopwright.engines.payments.stripe.notices import notice_of
from shopwright.engines.payments.stripe.reading import DISPUTE, payment_of, refund_of
from shopwright.engines.payments.stripe.units import from_units, to_units
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money
from shopwright.kit.provider import (
    Capture,
    Examination,
    KeyField,
    Keys,
    NotConnected,
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

REPEATS = 1  # by the library, with the same idempotency key
MOST = 100  # a page of a list
SESSION = "cs_"  # references of Checkout Sessions; others are PaymentIntents


OFFER = ProviderOffer(
    fields=(
        KeyField("secret_key", gettext_noop("Secret or restricted key"), ("sk_", "rk_")),
        KeyField("publishable_key", gettext_noop("Publishable key"), ("pk_",), secret=False),
        KeyField("webhook_secret", gettext_noop("Signing secret of the webhook"), ("whsec_",), needed=False),
    ),
    methods=(
        ProviderMethod(
            id="stripe",
            title=gettext_noop("Card, wallet or bank"),
            hint=gettext_noop("You pay on the secure page of Stripe and come back here."),
        ),
    ),
    origins=("https://checkout.stripe.com",),
)
SCRIPT = "https://js.stripe.com/v3/"  # Stripe requires that it is loaded from there


class StripeProvider:
    """Stripe. `api`: another address of its API; `shop`: the URL of this shop; `keys`: read when needed."""

    def __init__(self, shop: str, keys: Keys, api: str = "") -> None:
        self._shop = shop
        self._keys = keys
        self._api = api
        self._opened: tuple[str, StripeClient] | None = None
        self._http = StripeHttp()

    @property
    def offer(self) -> ProviderOffer:
        return OFFER

    async def _client(self) -> StripeClient:
        key = (await self._keys()).get("secret_key", "")
        if not key:
            raise NotConnected(_("Stripe is not connected: its keys are missing (Settings, Payments)."))
        if self._opened is None or self._opened[0] != key:
            addresses: Any = {"api": self._api} if self._api else None
            made = StripeClient(key, http_client=self._http, base_addresses=addresses, max_network_retries=REPEATS)
            self._opened = (key, made)
        return self._opened[1]

    async def open(self, *, key: str, amount: Money, token: str, return_url: str, capture: Capture) -> ProviderPayment:
        client = await self._client()
        method: Literal["automatic", "manual"] = "manual" if capture == "manual" else "automatic"
        own = {"payment": key, "shop": self._shop}
        if not token:
            return await self._open_session(client, key, amount, return_url, method, own)
        asked: Any = {
            "amount": to_units(amount),
            "currency": amount.currency.lower(),
            "payment_method": token,
            "payment_method_types": ["card"],
            "capture_method": method,
            "confirm": True,
            "metadata": own,
        }
        with as_shop_errors():
            try:
                intent = await client.v1.payment_intents.create_async(asked, {"idempotency_key": f"{key}/open"})
            except stripe.CardError as error:
                declined = error.error.payment_intent if error.error else None
                if declined is None:
                    raise
                intent = declined
            return await self._read(client, intent.to_dict())

    async def _open_session(
        self, client: StripeClient, key: str, amount: Money, return_url: str, capture: str, own: dict[str, str]
    ) -> ProviderPayment:
        back = return_url or f"{self._shop}/"
        price = {
            "currency": amount.currency.lower(),
            "unit_amount": to_units(amount),
            "product_data": {"name": _("Your order")},
        }
        asked: Any = {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "success_url": back,
            "cancel_url": back,
            "client_reference_id": key,
            "metadata": own,
            "payment_intent_data": {"capture_method": capture, "metadata": own},
        }
        with as_shop_errors():
            session = await client.v1.checkout.sessions.create_async(asked, {"idempotency_key": f"{key}/open"})
        return ProviderPayment(
            reference=session.id, status="requires_action", amount=amount, redirect_url=session.url, key=key
        )

    async def authorise(self, reference: str) -> ProviderPayment:
        return await self.look_up(reference)

    async def look_up(self, reference: str) -> ProviderPayment:
        client = await self._client()
        with as_shop_errors():
            if reference.startswith(SESSION):
                return await self._of_session(client, await self._session(client, reference))
            return await self._read(client, await self._intent(client, reference))

    async def challenge(self, reference: str) -> ProviderChallenge | None:
        client = await self._client()
        with as_shop_errors():
            intent = {"status": ""} if reference.startswith(SESSION) else await self._intent(client, reference)
        if intent["status"] != "requires_action":
            return None
        script = f"{self._api}/js.stripe.com/v3/" if self._api else SCRIPT
        key = (await self._keys())["publishable_key"]
        return ProviderChallenge(script=script, publishable_key=key, client_secret=intent["client_secret"])

    async def _session(self, client: StripeClient, reference: str) -> dict[str, Any]:
        expand: Any = {"expand": ["payment_intent.latest_charge"]}
        return (await client.v1.checkout.sessions.retrieve_async(reference, expand)).to_dict()

    async def _intent(self, client: StripeClient, reference: str) -> dict[str, Any]:
        expand: Any = {"expand": ["latest_charge"]}
        return (await client.v1.payment_intents.retrieve_async(reference, expand)).to_dict()

    async def _of_session(self, client: StripeClient, session: dict[str, Any]) -> ProviderPayment:
        if session["status"] == "complete" and session["payment_intent"]:
            return await self._read(client, session["payment_intent"])
        return ProviderPayment(
            reference=session["id"],
            status="cancelled" if session["status"] == "expired" else "requires_action",
            amount=from_units(session["amount_total"], session["currency"]),
            redirect_url=session["url"],
            key=session["client_reference_id"] or "",
        )

    async def _read(self, client: StripeClient, intent: dict[str, Any]) -> ProviderPayment:
        """A PaymentIntent with its refunds and dispute. One that was declined is cancelled first.

        A page with its client secret could still confirm it with another card, for an order that is closed.
        """
        if intent["status"] == "requires_payment_method":
            with suppress(stripe.InvalidRequestError):  # it has succeeded meanwhile
                await client.v1.payment_intents.cancel_async(intent["id"])
            intent = await self._intent(client, intent["id"])
        read = payment_of(intent)
        if read.status == "requires_action":
            return replace(read, redirect_url=f"{self._shop}/payments/{read.key}/confirm")
        if read.status != "captured":
            return read
        asked: Any = {"payment_intent": intent["id"], "limit": MOST}
        refunds = [refund_of(one.to_dict()) for one in (await client.v1.refunds.list_async(asked)).data]
        return replace(
            read,
            refunds=tuple(refunds),
            refunded=sum(one.amount.amount for one in refunds if one.status == "settled"),
            dispute=await self._dispute(client, intent),
        )

    async def _dispute(self, client: StripeClient, intent: dict[str, Any]) -> ProviderDispute:
        charge = intent["latest_charge"]
        if not isinstance(charge, dict) or not charge.get("disputed"):
            return ""
        asked: Any = {"payment_intent": intent["id"], "limit": MOST}
        found = [DISPUTE.get(one.status, "") for one in (await client.v1.disputes.list_async(asked)).data]
        return next((state for state in found if state), "")  # the newest is first

    async def payments_since(self, since: datetime, limit: int) -> Sequence[ProviderPayment]:
        client = await self._client()
        asked: Any = {"created": {"gte": int(since.timestamp())}, "limit": min(limit, MOST)}
        found: list[ProviderPayment] = []
        with as_shop_errors():
            async for intent in (await client.v1.payment_intents.list_async(asked)).auto_paging_iter():
                read = intent.to_dict()
                if (read["metadata"] or {}).get("shop") == self._shop:
                    found.append(payment_of(read))
                if len(found) >= limit:
                    break
        return found

    async def capture(self, reference: str) -> ProviderPayment:
        client = await self._client()
        with as_shop_errors():
            intent = await self._intent_of(client, reference)
            if intent["status"] == "requires_capture":
                await client.v1.payment_intents.capture_async(
                    intent["id"], {}, {"idempotency_key": f"{intent['id']}/capture"}
                )
        read = await self.look_up(reference)
        if read.status != "captured":
            raise Refused(_("Stripe has nothing to capture: this payment is {status}.", status=read.status))
        return read

    async def _intent_of(self, client: StripeClient, reference: str) -> dict[str, Any]:
        if not reference.startswith(SESSION):
            return await self._intent(client, reference)
        found: dict[str, Any] = (await self._session(client, reference))["payment_intent"] or {"status": ""}
        return found

    async def void(self, reference: str) -> ProviderPayment:
        client = await self._client()
        with as_shop_errors(), suppress(stripe.InvalidRequestError):  # it was decided meanwhile
            if reference.startswith(SESSION):
                session = await self._session(client, reference)
                if session["status"] == "open":
                    await client.v1.checkout.sessions.expire_async(reference)
                elif session["payment_intent"]:
                    await client.v1.payment_intents.cancel_async(session["payment_intent"]["id"])
            else:
                await client.v1.payment_intents.cancel_async(reference)
        return await self.look_up(reference)

    async def refund(self, *, key: str, reference: str, amount: Money) -> ProviderRefund:
        client = await self._client()
        with as_shop_errors():
            intent = await self._intent_of(client, reference)
            asked: Any = {
                "payment_intent": intent.get("id", reference),
                "amount": to_units(amount),
                "metadata": {"refund": key, "shop": self._shop},
            }
            made = await client.v1.refunds.create_async(asked, {"idempotency_key": f"{key}/refund"})
        return refund_of(made.to_dict())

    async def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderNotice:
        return notice_of(headers, body, (await self._keys()).get("webhook_secret", ""), self._shop)

    async def examine(self) -> Examination:
        client = await self._client()
        with as_shop_errors():
            balance = await client.v1.balance.retrieve_async()
        return Examination(live=bool(balance.livemode))

    async def close(self) -> None:
        await self._http.close_async()
