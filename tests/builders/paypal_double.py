"""A double of PayPal on loopback, ours: its API has none to download.

Each request and answer is validated against PayPal's own OpenAPI documents, if these are there (`PAYPAL_DOCUMENTS`).
"""

import base64
import gzip
import itertools
import json
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jsonschema
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tests.builders.imports import SHARED
from tests.builders.loopback import serving

PAYPAL_DOCUMENTS = SHARED / "provider-apis"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KEYS = {"environment": "sandbox", "client_id": "client-1", "client_secret": "secret-1", "webhook_id": "WH-1"}
SIGNER = "messageverificationcerts.paypal.com"
ORDERS, PAYMENTS = "paypal_checkout_orders_v2", "paypal_payments_payment_v2"
DISPUTES, REPORTS = "paypal_customer_disputes_v1", "paypal_reporting_transactions_v1"


@cache
def validator(document: str, schema: str) -> jsonschema.Draft4Validator | None:
    """A validator for a schema of a document; None if the documents are missing."""
    path = PAYPAL_DOCUMENTS / f"{document}.json.gz"
    if not path.is_file():
        return None
    contents = json.loads(gzip.decompress(path.read_bytes()))
    registry = Registry().with_resource("urn:paypal", DRAFT4.create_resource(contents))
    return jsonschema.Draft4Validator({"$ref": f"urn:paypal#/components/schemas/{schema}"}, registry=registry)


def valid(document: str, schema: str, value: Any) -> Any:
    """The value, if it is valid. Raises ValidationError."""
    known = validator(document, schema)
    if known is not None:
        known.validate(value)
    return value


class PayPalDouble:
    """Orders in memory, and what shoppers, banks and PayPal's staff do to them."""

    def __init__(self) -> None:
        self.url = ""
        self.orders: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.failures: list[Callable[[], web.Response]] = []  # answers instead of the next ones
        self.after: list[Callable[[], web.Response]] = []  # answers after the request was carried out
        self.declines = 0
        self._answers: dict[tuple[str, str], tuple[int, bytes]] = {}
        self._disputes: dict[str, dict[str, Any]] = {}
        self._ids = itertools.count(1)
        self.root, self._leaf, self._key = certificates()

    def approve(self, reference: str) -> None:
        """The shopper approves the order on PayPal's page."""
        self.orders[reference]["status"] = "APPROVED"

    def forget(self, reference: str) -> None:
        """PayPal forgets an order that was not approved in time."""
        del self.orders[reference]

    def refund(self, reference: str, value: str, key: str = "", status: str = "COMPLETED") -> dict[str, Any]:
        """Staff refund on PayPal's own page."""
        unit = self.orders[reference]["purchase_units"][0]
        made = {"id": f"R{next(self._ids)}", "status": status, "amount": {**unit["amount"], "value": value}}
        unit["payments"].setdefault("refunds", []).append(made | ({"custom_id": key} if key else {}))
        found: dict[str, Any] = unit["payments"]["refunds"][-1]
        return found

    def dispute(self, reference: str, status: str, outcome: str = "") -> None:
        """The buyer disputes the payment, or PayPal decides."""
        capture = self.orders[reference]["purchase_units"][0]["payments"]["captures"][0]["id"]
        decided = {"dispute_outcome": {"outcome_code": outcome}} if outcome else {}
        self._disputes[capture] = {"dispute_id": f"PP-D-{capture}", "status": status, **decided}

    def notice(
        self, kind: str, resource: dict[str, Any], *, age: timedelta = timedelta()
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a signed event."""
        body = json.dumps({"id": f"WH-{kind}-{next(self._ids)}", "event_type": kind, "resource": resource}).encode()
        return self.signed(body, age), body

    def signed(self, body: bytes, age: timedelta = timedelta()) -> dict[str, str]:
        """The signature of a notice."""
        sent = (datetime.now(UTC) - age).isoformat(timespec="seconds")
        message = f"transmission|{sent}|{KEYS['webhook_id']}|{zlib.crc32(body)}".encode()
        mark = self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return {
            "PayPal-Transmission-Id": "transmission",
            "PayPal-Transmission-Time": sent,
            "PayPal-Transmission-Sig": base64.b64encode(mark).decode(),
            "PayPal-Cert-Url": f"{self.url}/certificate.pem",
            "PayPal-Auth-Algo": "SHA256withRSA",
        }

    def application(self) -> web.Application:
        """Its API."""
        made = web.Application(middlewares=[self._middleware])
        made.router.add_post("/v1/oauth2/token", self._token)
        made.router.add_post("/v2/checkout/orders", self._create)
        made.router.add_get("/v2/checkout/orders/{id}", self._get)
        made.router.add_post("/v2/checkout/orders/{id}/capture", self._take_order)
        made.router.add_post("/v2/checkout/orders/{id}/authorize", self._take_order)
        made.router.add_post("/v2/payments/authorizations/{id}/capture", self._capture)
        made.router.add_post("/v2/payments/authorizations/{id}/void", self._void)
        made.router.add_post("/v2/payments/captures/{id}/refund", self._refund)
        made.router.add_get("/v1/customer/disputes", self._find_disputes)
        made.router.add_get("/v1/customer/disputes/{id}", self._dispute)
        made.router.add_get("/v1/reporting/transactions", self._report)
        made.router.add_get("/certificate.pem", self._certificate)
        return made

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.calls.append((request.method, request.path))
        if self.failures and "oauth2" not in request.path:
            return self.failures.pop(0)()
        if not request.path.endswith((".pem", "token")) and request.headers.get("Authorization") != "Bearer token-1":
            return web.json_response({"name": "AUTHENTICATION_FAILURE"}, status=401)
        key = (request.path, request.headers.get("PayPal-Request-Id", ""))
        if key[1] and key in self._answers:
            status, body = self._answers[key]
            answer: web.StreamResponse = web.Response(status=status, body=body, content_type="application/json")
        else:
            answer = await handler(request)
            if key[1] and isinstance(answer, web.Response) and isinstance(answer.body, bytes):
                self._answers[key] = (answer.status, answer.body)
        return self.after.pop(0)() if self.after and "oauth2" not in request.path else answer

    async def _token(self, request: web.Request) -> web.Response:
        right = base64.b64encode(f"{KEYS['client_id']}:{KEYS['client_secret']}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {right}":
            return web.json_response({"error": "invalid_client"}, status=401)
        return web.json_response({"access_token": "token-1", "token_type": "Bearer", "expires_in": 32400})

    async def _create(self, request: web.Request) -> web.Response:
        asked = valid(ORDERS, "order_request", await request.json())
        reference = f"ORDER{next(self._ids)}"
        page = f"https://www.sandbox.paypal.com/checkoutnow?token={reference}"
        self.orders[reference] = {
            "id": reference,
            "status": "PAYER_ACTION_REQUIRED",
            "intent": asked["intent"],
            "purchase_units": asked["purchase_units"],
            "links": [{"href": page, "rel": "payer-action", "method": "GET"}],
        }
        return web.json_response(valid(ORDERS, "order", self.orders[reference]))

    async def _get(self, request: web.Request) -> web.Response:
        found = self.orders.get(request.match_info["id"])
        if found is None:
            return _refused("INVALID_RESOURCE_ID", 404)
        return web.json_response(valid(ORDERS, "order", found))

    async def _take_order(self, request: web.Request) -> web.Response:
        order, authorises = self.orders[request.match_info["id"]], request.path.endswith("authorize")
        if order["status"] != "APPROVED":
            return _refused("ORDER_NOT_APPROVED")
        if self.declines:
            self.declines -= 1
            return _refused("INSTRUMENT_DECLINED")
        unit = order["purchase_units"][0]
        made = {"id": f"{'A' if authorises else 'C'}{next(self._ids)}", "amount": unit["amount"]}
        kind, status = ("authorizations", "CREATED") if authorises else ("captures", "COMPLETED")
        unit["payments"] = {kind: [made | {"status": status, "custom_id": unit["custom_id"]}]}
        order["status"] = "COMPLETED"
        return web.json_response(valid(ORDERS, "order", order), status=201)

    def _unit_of(self, kind: str, wanted: str) -> dict[str, Any]:
        units = (order["purchase_units"][0] for order in self.orders.values())
        return next(one for one in units if any(each["id"] == wanted for each in one.get("payments", {}).get(kind, [])))

    async def _capture(self, request: web.Request) -> web.Response:
        valid(PAYMENTS, "capture_request", await request.json())
        unit = self._unit_of("authorizations", request.match_info["id"])
        if unit["payments"]["authorizations"][0]["status"] != "CREATED":
            return _refused("AUTHORIZATION_VOIDED")
        made = {"id": f"C{next(self._ids)}", "status": "COMPLETED", "amount": unit["amount"]}
        unit["payments"]["authorizations"][0]["status"] = "CAPTURED"
        unit["payments"]["captures"] = [made]
        return web.json_response(valid(PAYMENTS, "capture-2", made), status=201)

    async def _void(self, request: web.Request) -> web.Response:
        unit = self._unit_of("authorizations", request.match_info["id"])
        unit["payments"]["authorizations"][0]["status"] = "VOIDED"
        return web.Response(status=204)

    async def _refund(self, request: web.Request) -> web.Response:
        asked = valid(PAYMENTS, "refund_request", await request.json())
        unit = self._unit_of("captures", request.match_info["id"])
        back = sum(float(one["amount"]["value"]) for one in unit["payments"].get("refunds", []))
        if back + float(asked["amount"]["value"]) > float(unit["amount"]["value"]):
            return _refused("REFUND_AMOUNT_EXCEEDED")
        order = next(one["id"] for one in self.orders.values() if one["purchase_units"][0] is unit)
        made = self.refund(order, asked["amount"]["value"], asked["custom_id"])
        return web.json_response(valid(PAYMENTS, "refund", made), status=201)

    async def _find_disputes(self, request: web.Request) -> web.Response:
        found = self._disputes.get(request.query.get("disputed_transaction_id", ""))
        items = [{"dispute_id": found["dispute_id"], "status": found["status"]}] if found else []
        return web.json_response(valid(DISPUTES, "dispute_search", {"items": items} if items else {}))

    async def _dispute(self, request: web.Request) -> web.Response:
        found = next(one for one in self._disputes.values() if one["dispute_id"] == request.match_info["id"])
        return web.json_response(valid(DISPUTES, "dispute", found))

    async def _report(self, request: web.Request) -> web.Response:
        del request
        captured = [
            (unit, one)
            for unit in (order["purchase_units"][0] for order in self.orders.values())
            for one in unit.get("payments", {}).get("captures", [])
        ]
        details = [
            {
                "transaction_info": {
                    "transaction_id": one["id"],
                    "transaction_initiation_date": "2026-11-29T10:00:00Z",
                    "transaction_amount": one["amount"],
                    "custom_field": unit["custom_id"],
                }
            }
            for unit, one in captured
        ]
        return web.json_response(valid(REPORTS, "search_response", {"transaction_details": details}))

    async def _certificate(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._leaf)


def _refused(issue: str, status: int = 422) -> web.Response:
    body = {"name": "UNPROCESSABLE_ENTITY", "message": "No.", "debug_id": "d1", "details": [{"issue": issue}]}
    return web.json_response(body, status=status)


@cache
def certificates() -> tuple[x509.Certificate, bytes, rsa.RSAPrivateKey]:
    """A root, the certificate of PayPal's signer below it as PEM, and its key.

    Certificates of trustme have a critical subjectAltName, which the verifier of `cryptography` refuses.
    """
    now, keys = datetime.now(UTC), [rsa.generate_private_key(65537, 2048) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Root of the double", SIGNER)]
    root, leaf = (
        x509.CertificateBuilder(names[0], names[at], key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=not at, path_length=None), critical=True)
        for at, key in enumerate(keys)
    )
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
        False,
    )  # fmt: skip
    signs = x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **usage)
    proves = x509.KeyUsage(digital_signature=True, key_cert_sign=False, crl_sign=False, **usage)
    leaf = leaf.add_extension(x509.SubjectAlternativeName([x509.DNSName(SIGNER)]), critical=False)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    made = [
        one.add_extension(how, critical=True).sign(keys[0], hashes.SHA256())
        for one, how in ((root, signs), (leaf, proves))
    ]
    return made[0], made[1].public_bytes(Encoding.PEM), keys[1]


@contextmanager
def serving_double() -> Iterator[PayPalDouble]:
    """Serve a double."""
    double = PayPalDouble()
    with serving(double.application()) as double.url:
        yield double
