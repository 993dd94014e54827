"""Calls over the network to those outside the shop: payment webhooks, pictures, other servers."""

import ssl
from functools import cache

import httpx


class Outgoing(httpx.AsyncHTTPTransport):
    """A transport whose every failure of the network is an `httpx.HTTPError`."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AttributeError as error:
            # uvloop takes the socket away from a connection that is reset while it opens; anyio then asks None for its peer
            raise httpx.ConnectError("the connection was reset while it opened", request=request) from error


@cache
def trust() -> ssl.SSLContext:
    """The authorities we believe, read once: it takes 40 ms."""
    return httpx.create_ssl_context(trust_env=False)


def client(timeout_s: float, base_url: str = "") -> httpx.AsyncClient:
    """A client that follows no redirects and takes nothing from the environment."""
    return httpx.AsyncClient(transport=Outgoing(verify=trust()), timeout=timeout_s, base_url=base_url, trust_env=False)
