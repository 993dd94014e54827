"""PayPal's signed notices (webhooks), verified without asking PayPal.

The signature is over the ids of transmission and webhook, the time, and the CRC-32 of the body; the certificate that
verifies it is named by the notice. Source: developer.paypal.com/api/rest/webhooks/rest, "Self verification".
"""

import base64
import binascii
import re
import warnings
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpx
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import Certificate, DNSName, load_pem_x509_certificate, load_pem_x509_certificates
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from shopwright.kit import outgoing
from shopwright.kit.errors import Denied, Malformed, Unavailable
from shopwright.kit.provider import ProviderNotice
from shopwright.kit.translation import gettext as _

SIGNED_BY = "messageverificationcerts.paypal.com"
HOSTS = ("api.paypal.com", "api.sandbox.paypal.com")
ALGORITHM = "SHA256withRSA"
TOLERANCE = timedelta(days=4)  # a notice is repeated for three days, signed once
KEPT = 8  # certificates
TIMEOUT_S = 10
CAPTURED = "PAYMENT.CAPTURE."
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@cache
def trusted_roots() -> tuple[Certificate, ...]:
    """The usual roots, without old ones that no longer conform to RFC 5280."""
    found = []
    for one in PEM.findall(certifi.contents()):
        with warnings.catch_warnings(), suppress(ValueError, CryptographyDeprecationWarning):
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            found.append(load_pem_x509_certificate(one.encode()))
    return tuple(found)


class PayPalEvent(msgspec.Struct):
    """An event of PayPal's API."""

    id: str
    event_type: str
    resource: dict[str, Any]


class Notices:
    """Verifies notices. `api`: a stand-in that serves the certificate; `roots`: trusted instead of the usual ones."""

    def __init__(self, api: str = "", roots: Sequence[Certificate] = ()) -> None:
        self._api = api
        self._roots = roots
        self._client = outgoing.client(timeout_s=TIMEOUT_S)
        self._certificates: dict[str, Certificate] = {}

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def verify(self, headers: Mapping[str, str], body: bytes, webhook_id: str) -> ProviderNotice:
        """Return the notice. Raises Denied for a wrong or old signature, Malformed, Unavailable."""
        given = {name.lower(): value for name, value in headers.items()}
        if not webhook_id:
            raise Denied(_("This shop has no id of PayPal's webhook yet."))
        sent = given.get("paypal-transmission-time", "")
        message = f"{given.get('paypal-transmission-id', '')}|{sent}|{webhook_id}|{zlib.crc32(body)}"
        try:
            key = (await self._certificate(given.get("paypal-cert-url", ""))).public_key()
            signature = base64.b64decode(given.get("paypal-transmission-sig", ""), validate=True)
            fresh = datetime.now(UTC) - datetime.fromisoformat(sent) <= TOLERANCE
            right = given.get("paypal-auth-algo") == ALGORITHM and isinstance(key, RSAPublicKey)
            if right and isinstance(key, RSAPublicKey):
                key.verify(signature, message.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, VerificationError, binascii.Error, ValueError, TypeError):
            right = fresh = False
        if not (right and fresh):
            raise Denied(_("The signature of this webhook is wrong or too old."))
        try:
            event = msgspec.json.decode(body, type=PayPalEvent)
        except msgspec.DecodeError:
            raise Malformed(_("This webhook is no event of PayPal.")) from None
        return _notice(event)

    async def _certificate(self, url: str) -> Certificate:
        """The certificate at `url`, verified up to a trusted root. Raises VerificationError, ValueError, Unavailable."""
        if url in self._certificates:
            return self._certificates[url]
        split = urlsplit(url)
        if not (split.scheme == "https" and split.netloc in HOSTS) and not (
            self._api and url.startswith(f"{self._api}/")
        ):
            raise ValueError(url)
        try:
            answer = (await self._client.get(url)).raise_for_status()
        except httpx.HTTPError:
            raise Unavailable(_("PayPal's certificate cannot be read now.")) from None
        leaf, *others = load_pem_x509_certificates(answer.content)
        PolicyBuilder().store(Store(list(self._roots or trusted_roots()))).build_server_verifier(
            DNSName(SIGNED_BY)
        ).verify(leaf, others)
        self._certificates = dict([*self._certificates.items(), (url, leaf)][-KEPT:])
        return leaf


def _notice(event: PayPalEvent) -> ProviderNotice:
    """The payment an event is about: an order, or a capture or refund of one."""
    resource = event.resource
    units = resource.get("purchase_units") or [{}]
    related = ((resource.get("supplementary_data") or {}).get("related_ids") or {}).get("order_id", "")
    if event.event_type.startswith("CHECKOUT.ORDER."):
        return ProviderNotice(event.id, str(resource.get("id", "")), units[0].get("custom_id", ""), event.event_type)
    custom = str(resource.get("custom_id", "")) if event.event_type.startswith(CAPTURED) else ""
    disputed = [one.get("custom") or "" for one in resource.get("disputed_transactions") or []]
    return ProviderNotice(event.id, str(related), custom or next(iter(disputed), ""), event.event_type)
