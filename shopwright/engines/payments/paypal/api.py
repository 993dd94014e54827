"""Requests to PayPal's REST API: access tokens, idempotency, and its errors as the shop's."""

import logging
import time
from typing import Any

import httpx
import msgspec

from shopwright.engines.payments.answers import unavailable
from shopwright.kit import outgoing
from shopwright.kit.errors import Refused
from shopwright.kit.provider import Keys, NotConnected
from shopwright.kit.translation import gettext as _

NAME = "PayPal"
log = logging.getLogger("shopwright.paypal")
LIVE, SANDBOX = "https://api-m.paypal.com", "https://api-m.sandbox.paypal.com"
TIMEOUT_S = 20
EARLY_S = 60  # a token is replaced this long before it expires
UNAUTHORIZED, TOO_MANY, SERVER_ERROR = 401, 429, 500


class PayPalRefused(Refused):
    """PayPal refused a request for good. `issue`: its code, such as ORDER_NOT_APPROVED."""

    def __init__(self, issue: str) -> None:
        super().__init__(_("PayPal did not accept this payment."))
        self.issue = issue


class PayPalApi:
    """Sends requests with an access token. `api`: another address of the API."""

    def __init__(self, keys: Keys, api: str = "") -> None:
        self._keys = keys
        self._api = api
        self._client = outgoing.client(timeout_s=TIMEOUT_S)
        self._token = ("", "", 0.0)  # whose, the token, until when

    async def _address(self) -> str:
        """The address of the API, which is another one for test keys."""
        mode = (await self._keys()).get("environment", "sandbox")
        return self._api or (LIVE if mode == "live" else SANDBOX)

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read an object. Raises PayPalRefused, Unavailable."""
        return await self._ask("GET", path, params=query)

    async def post(self, path: str, body: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Ask for something, once for each `request_id`, if there is one. Raises PayPalRefused, Unavailable."""
        headers = {"Prefer": "return=representation"} | ({"PayPal-Request-Id": request_id} if request_id else {})
        return await self._ask("POST", path, json=body, headers=headers)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        headers = {**more.pop("headers", {}), "Authorization": f"Bearer {await self._access()}"}
        answer = await self._send(method, path, headers=headers, **more)
        if answer.status_code == UNAUTHORIZED:  # revoked before its time
            self._token = ("", "", 0.0)
            headers["Authorization"] = f"Bearer {await self._access()}"
            answer = await self._send(method, path, headers=headers, **more)
        return _read(answer)

    async def _access(self) -> str:
        keys = await self._keys()
        who, secret = keys.get("client_id", ""), keys.get("client_secret", "")
        if not who or not secret:
            raise NotConnected(_("PayPal is not connected: its keys are missing (Settings, Payments)."))
        if self._token[0] != who or time.monotonic() > self._token[2]:
            form = {"grant_type": "client_credentials"}
            found = _read(await self._send("POST", "/v1/oauth2/token", data=form, auth=(who, secret)))
            until = time.monotonic() + float(found["expires_in"]) - EARLY_S
            self._token = (who, str(found["access_token"]), until)
        return self._token[1]

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return await self._client.request(method, f"{await self._address()}{path}", **more)
        except httpx.HTTPError as error:
            log.warning("PayPal did not answer: %s", type(error).__name__)
            raise unavailable(NAME) from None


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code in {UNAUTHORIZED, TOO_MANY} or answer.status_code >= SERVER_ERROR:
        log.warning("PayPal answered %s, debug id %s", answer.status_code, answer.headers.get("paypal-debug-id", ""))
        raise unavailable(NAME, answer.headers.get("retry-after", ""))
    try:
        found = msgspec.json.decode(answer.content, type=dict[str, Any]) if answer.content else {}
    except msgspec.DecodeError:
        log.warning("PayPal answered no JSON")
        raise unavailable(NAME) from None
    if answer.is_success:
        return found
    issue = next((one.get("issue", "") for one in found.get("details", [])), "") or found.get("name", "")
    log.warning("PayPal refused a request: %s, debug id %s", issue, found.get("debug_id", ""))
    raise PayPalRefused(issue)
