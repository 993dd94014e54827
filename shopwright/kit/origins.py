"""Allowed redirect targets: our own origin and configured ones."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

# Printable ASCII without what browsers parse differently from urlsplit (backslashes as slashes, tabs ignored).
PLAIN = re.compile(r"[!-\[\]-~]{1,2048}")
PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """The origin scheme://host:port of a URL, with explicit port. Raises Invalid if malformed or with user info."""
    wrong = Invalid(_("“{url}” is not a valid web address; example: https://shop.example.com.", url=url[:80]))
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
    """The allowed origins, from a URL at each. Raises Invalid for malformed ones."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._known = frozenset(map(origin_of, urls))

    def allow(self, url: str) -> bool:
        """Whether the URL leads to an allowed origin."""
        try:
            return origin_of(url) in self._known
        except Invalid:
            return False
