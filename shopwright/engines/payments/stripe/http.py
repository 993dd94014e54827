"""Stripe's library over our HTTP client."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import stripe

from shopwright.kit import outgoing

TIMEOUT_S = 15


class StripeHttp(stripe.HTTPClient):
    """The library's own httpx client takes proxies from the environment, and warns that it passes text as `data`."""

    name = "httpx"

    def __init__(self) -> None:
        super().__init__()
        self._client = outgoing.client(timeout_s=TIMEOUT_S)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            answer = await self._client.request(method, url, headers=headers, content=post_data)
        except httpx.HTTPError as error:
            raise stripe.APIConnectionError(type(error).__name__, should_retry=True) from None  # type: ignore[no-untyped-call]
        return answer.content, answer.status_code, answer.headers

    def sleep_async(self, secs: float) -> Any:
        return asyncio.sleep(secs)

    async def close_async(self) -> None:
        await self._client.aclose()
