"""Client addresses as far as they are counted."""

import ipaddress
from functools import lru_cache

NETWORK_BITS = 64  # what one customer of a provider is given of IPv6


@lru_cache(maxsize=4096)
def counted_as(host: str) -> str:
    """An IPv4 address (also IPv4-mapped), or the /64 network of an IPv6 address; other names stay."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False))
