"""Addresses browsers are sent on to: ours or an allowed one, and nothing else."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

# Printable ASCII; without what browsers read in another way than urlsplit (a backslash is a slash to them, tabs are nothing).
PLAIN = re.compile(r"[!-\[\]-~]{1,2048}")
PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """scheme://host:port of an address on the web, the port always said. Raises Invalid where it is none, or names a user."""
    wrong = Invalid(_("“{url}” is no address on the web; one looks like https://shop.example.com.", url=url[:80]))
    if not PLAIN.fullmatch(url):
        raise wrong
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        raise wrong
    return f"{parts.scheme}://{parts.hostname}:{port or PORTS[parts.scheme]}"


class Origins:
    """The origins a browser may be sent on to. `urls`: an address at each; raises Invalid where one is no address."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._known = frozenset(map(origin_of, urls))

    def allow(self, url: str) -> bool:
        """Does this address lead to one of them?"""
        try:
            return origin_of(url) in self._known
        except Invalid:
            return False
