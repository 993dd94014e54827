"""HTTP calls to the outside: payment webhooks, pictures, other servers."""

import asyncio
import ipaddress
import socket
import ssl
from functools import cache

import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# IPv4 within IPv6: NAT64 (RFC 6052, RFC 8215).
TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))


class Outgoing(httpx.AsyncHTTPTransport):
    """A transport that reports every network failure as `httpx.HTTPError`."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AttributeError as error:
            # uvloop removes the socket of a connection that is reset while opening; anyio then asks None for its peer
            raise httpx.ConnectError("the connection was reset while it opened", request=request) from error


@cache
def trust() -> ssl.SSLContext:
    """The trusted certificate authorities, read once, as it takes 40 ms."""
    return httpx.create_ssl_context(trust_env=False)


def client(timeout_s: float, base_url: str = "") -> httpx.AsyncClient:
    """A client without redirects and without settings from the environment."""
    return httpx.AsyncClient(transport=Outgoing(verify=trust()), timeout=timeout_s, base_url=base_url, trust_env=False)


def is_public(address: Address) -> bool:
    """Whether the address is public, also inside IPv6 forms of IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and any(address in network for network in TRANSLATED):
            inner = ipaddress.IPv4Address(address.packed[-4:])
        if inner is not None:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


async def public_address(host: str) -> str | None:
    """The address to connect to; None if any address of the name is not public. Raises OSError if unknown.

    Connecting to this address prevents DNS rebinding.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    return str(addresses[0]) if addresses and all(map(is_public, addresses)) else None
