"""A double of Stripe on loopback: localstripe, and what it lacks.

localstripe is not ours: PaymentIntents, refunds, declines and 3-D Secure are its own. Ours are, modelled on Stripe's
documentation: idempotency keys, which localstripe ignores; hosted Checkout; disputes; refunds beyond the amount; and
answers that fail, on demand.
"""

import hashlib
import hmac
import json
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from aiohttp import web

from tests.builders.loopback import serving

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it registers handlers that are no coroutines
    from localstripe import resources, server

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SECRET_KEY, WEBHOOK_SECRET = "sk_test_12345", "whsec_of_the_double"
KEYS = {"secret_key": SECRET_KEY, "publishable_key": "pk_test_12345", "webhook_secret": WEBHOOK_SECRET}
CARDS = {"ok": "4242424242424242", "declined": "4000000000000341", "3ds": "4000002500003155"}


def signed(body: bytes, age_s: int = 0) -> dict[str, str]:
    """The signature of a notice."""
    moment = int(time.time()) - age_s
    mark = hmac.new(WEBHOOK_SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={mark}"}


class StripeDouble:
    """Its address, and what tests do at Stripe."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[str, str]] = []
        self.failures: list[Callable[[], web.Response]] = []  # answers instead of the next ones
        self.after: list[Callable[[], web.Response]] = []  # answers after the request was carried out
        self._answers: dict[tuple[str, str], tuple[int, bytes]] = {}

    def token(self, kind: str) -> str:
        """A payment method of a test card, as Stripe.js would make it in the browser."""
        card = {"number": CARDS[kind], "exp_month": "12", "exp_year": "2030", "cvc": "123"}
        form = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
        made = httpx.post(f"{self.url}/v1/payment_methods", data=form, auth=(SECRET_KEY, ""), trust_env=False)
        return str(made.json()["id"])

    def authenticate(self, reference: str, *, success: bool) -> None:
        """The shopper answers the challenge, as Stripe.js has it sent."""
        intent = self.object(f"/v1/payment_intents/{reference}")
        form = {"client_secret": intent["client_secret"], "success": str(success).lower(), "key": "pk_test_12345"}
        httpx.post(f"{self.url}/v1/payment_intents/{reference}/_authenticate", data=form, trust_env=False)

    def object(self, path: str) -> dict[str, Any]:
        """An object of its API."""
        found: dict[str, Any] = httpx.get(f"{self.url}{path}", auth=(SECRET_KEY, ""), trust_env=False).json()
        return found

    def pay_session(self, reference: str, kind: str = "ok") -> None:
        """The shopper pays on the hosted page."""
        form = {"payment_method": self.token(kind)}
        httpx.post(f"{self.url}/_config/pay/{reference}", data=form, trust_env=False).raise_for_status()

    def refund(self, reference: str, amount: int) -> None:
        """Staff refund on Stripe's own page."""
        form = {"payment_intent": reference, "amount": str(amount)}
        httpx.post(f"{self.url}/v1/refunds", data=form, auth=(SECRET_KEY, ""), trust_env=False).raise_for_status()

    def dispute(self, reference: str, status: str) -> None:
        """The buyer disputes the payment at their bank, or the bank decides."""
        form = {"status": status}
        httpx.post(f"{self.url}/_config/dispute/{reference}", data=form, trust_env=False).raise_for_status()

    def notice(self, kind: str, about: dict[str, Any], *, age_s: int = 0) -> tuple[dict[str, str], bytes]:
        """Headers and body of a signed event."""
        body = json.dumps({"id": f"evt_{kind}_{about['id']}", "type": kind, "data": {"object": about}}).encode()
        return signed(body, age_s), body

    def refuse(self, status: int, times: int = 1) -> None:
        """Answer the next requests with an error, before anything is done."""
        self.failures += [lambda: web.json_response({"error": {"type": "api_error"}}, status=status)] * times

    def lose(self, times: int = 1) -> None:
        """Do what the next requests ask for, and lose the answers."""
        self.after += [lambda: web.Response(text="", status=502)] * times

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.calls.append((request.method, request.path))
        if self.failures:
            return self.failures.pop(0)()
        key = (request.path, request.headers.get("Idempotency-Key", ""))
        if key[1] and key in self._answers:
            status, body = self._answers[key]
            answer: web.StreamResponse = web.Response(status=status, body=body, content_type="application/json")
        else:
            answer = await handler(request)
        if key[1] and isinstance(answer, web.Response) and isinstance(answer.body, bytes):
            self._answers[key] = (answer.status, answer.body)
        return self.after.pop(0)() if self.after else answer


class Sessions:
    """Hosted Checkout and disputes, which localstripe lacks."""

    def __init__(self) -> None:
        self._sessions: dict[str, dict[str, Any]] = {}
        self._disputes: dict[str, str] = {}

    async def create(self, request: web.Request) -> web.Response:
        form: Any = await server.get_post_data(request)
        price = form["line_items"][0]["price_data"]
        reference = f"cs_test_{len(self._sessions) + 1}"
        self._sessions[reference] = {
            "id": reference, "object": "checkout.session", "status": "open", "payment_intent": None,
            "url": f"https://checkout.stripe.com/c/pay/{reference}", "amount_total": int(price["unit_amount"]),
            "currency": price["currency"], "client_reference_id": form["client_reference_id"],
            "metadata": form["metadata"], "intent": form["payment_intent_data"],
        }  # fmt: skip
        return web.json_response(self._sessions[reference])

    async def get(self, request: web.Request) -> web.Response:
        found = self._sessions[request.match_info["id"]]
        return web.json_response({**found, "payment_intent": self._intent(found)})

    def _intent(self, session: dict[str, Any]) -> dict[str, Any] | None:
        if session["payment_intent"] is None:
            return None
        found: dict[str, Any] = resources.PaymentIntent._api_retrieve(session["payment_intent"])._export()
        return found

    async def expire(self, request: web.Request) -> web.Response:
        found = self._sessions[request.match_info["id"]]
        if found["status"] != "open":
            return web.json_response({"error": {"type": "invalid_request_error", "message": "not open"}}, status=400)
        found["status"] = "expired"
        return web.json_response(found)

    async def pay(self, request: web.Request) -> web.Response:
        found, form = self._sessions[request.match_info["id"]], await request.post()
        intent = resources.PaymentIntent._api_create(
            amount=found["amount_total"], currency=found["currency"], payment_method=form["payment_method"],
            confirm=True, **found["intent"],
        )  # fmt: skip
        found |= {"status": "complete", "payment_intent": intent.id}
        return web.json_response(found)

    async def dispute(self, request: web.Request) -> web.Response:
        intent, form = resources.PaymentIntent._api_retrieve(request.match_info["id"]), await request.post()
        intent.latest_charge.disputed = True
        self._disputes[intent.id] = str(form["status"])
        return web.json_response({})

    async def disputes(self, request: web.Request) -> web.Response:
        status = self._disputes.get(request.query["payment_intent"])
        found = [{"id": "dp_1", "object": "dispute", "status": status}] if status else []
        return web.json_response({"object": "list", "data": found, "has_more": False})


def application(double: StripeDouble) -> web.Application:
    """localstripe's routes, and ours before them."""
    kept = [one for one in server.app.middlewares if one is not server.save_store_middleware]
    made, ours = web.Application(middlewares=[double.middleware, *kept]), Sessions()
    made.on_response_prepare.append(server.add_cors_headers)
    made.router.add_post("/v1/checkout/sessions", ours.create)
    made.router.add_get("/v1/checkout/sessions/{id}", ours.get)
    made.router.add_post("/v1/checkout/sessions/{id}/expire", ours.expire)
    made.router.add_get("/v1/disputes", ours.disputes)
    made.router.add_post("/_config/pay/{id}", ours.pay)  # localstripe asks for no key below /_config
    made.router.add_post("/_config/dispute/{id}", ours.dispute)
    for route in server.app.router.routes():
        if route.method != "HEAD" and route.resource is not None:
            made.router.add_route(route.method, route.resource.canonical, route.handler)
    return made


@contextmanager
def serving_double() -> Iterator[StripeDouble]:
    """Serve a double."""
    double = StripeDouble()
    with serving(application(double)) as double.url:
        yield double
