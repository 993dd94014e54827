"""What processes of one shop tell each other through the network, so that nobody else can say it.

A call is signed as it is: for this service and verb, with this body, by this caller, and believed once (`CallTokens`). Other
tokens are JWT (RFC 7519), HMAC-SHA256 under a key derived from the shop's secret (HKDF, RFC 5869), each for one audience
and, where nothing else is said, for less than a minute.
"""

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shopwright.kit.derived import derived_key
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Unauthenticated, Unavailable
from shopwright.kit.translation import gettext as _

ALGORITHM = "HS256"
LASTS_S = 50
CALL_LASTS_S = 30  # clocks differ, and a call may wait in line
MOST_CALLS = 250_000  # remembered at once, some 30 MB; who is called more often is overloaded
LEEWAY_S = 10  # clocks of two machines differ
MOST_KNOWN = 10_000


class SignedCall(msgspec.Struct, frozen=True):
    """Who asks, and what no other call has."""

    caller: str
    nonce: str


class CallTokens:
    """Signs calls between services, and reads the signatures. `wall`: seconds since 1970."""

    def __init__(self, secret: str, wall: Callable[[], float] = time.time) -> None:
        self._key = derived_key(secret, "internal calls")
        self._wall = wall
        self._heard: set[str] = set()
        self._heard_before: set[str] = set()
        self._since = wall()

    def sign(self, service: str, verb: str, body: bytes, caller: str) -> str:
        """What goes along with this call, and with no other."""
        said = f"{caller}.{int(self._wall())}.{secrets.token_hex(12)}"
        return f"{said}.{self._mark(service, verb, body, said)}"

    def read(self, service: str, verb: str, body: bytes, token: str) -> SignedCall:
        """The call. Raises Unauthenticated where it is another's, another one, old, or came before; Unavailable for too many."""
        said, _unused, mark = token.rpartition(".")
        caller, _unused, rest = said.partition(".")
        moment, _unused, nonce = rest.partition(".")
        right = self._mark(service, verb, body, said)
        if not hmac.compare_digest(mark.encode(), right.encode()):
            raise Unauthenticated(_("This was not said by a process of this shop."))
        if not is_number(moment) or abs(self._wall() - int(moment)) > CALL_LASTS_S:
            raise Unauthenticated(_("This was said too long ago, or by a process whose clock is wrong."))
        self._once(nonce)
        return SignedCall(caller, nonce)

    def _mark(self, service: str, verb: str, body: bytes, said: str) -> str:
        told = f"{service}\n{verb}\n{said}\n".encode() + sha256(body).digest()
        return hmac.digest(self._key, told, "sha256").hex()

    def _once(self, nonce: str) -> None:
        """Two sets, each filled for as long as a signature can be believed: what is in neither is new."""
        now = self._wall()
        if now - self._since > 2 * CALL_LASTS_S:
            self._heard_before = self._heard if now - self._since <= 4 * CALL_LASTS_S else set()
            self._heard, self._since = set(), now
        if nonce in self._heard or nonce in self._heard_before:
            raise Unauthenticated(_("This was said before; a call is believed once."))
        if len(self._heard) >= MOST_CALLS:
            raise Unavailable(_("Too many calls at once; ask again in a moment."))
        self._heard.add(nonce)


class ServiceTokens:
    """Signs and reads, for one purpose. `wall`: seconds since 1970."""

    def __init__(self, secret: str, purpose: str, wall: Callable[[], float] = time.time) -> None:
        self._key = OctKey.import_key(derived_key(secret, purpose))
        self._wall = wall
        self._known: dict[tuple[str, str], tuple[float, Mapping[str, Any]]] = {}

    def write(self, audience: str, claims: Mapping[str, Any], lasts_s: int = LASTS_S) -> str:
        """A token with these claims."""
        ends = int(self._wall()) + lasts_s
        return jwt.encode({"alg": ALGORITHM}, {**claims, "aud": audience, "exp": ends}, self._key)

    def read(self, audience: str, token: str) -> Mapping[str, Any]:
        """The claims. Raises Unauthenticated for a token that is another's, for another, or old."""
        now = self._wall()
        known = self._known.get((audience, token))
        if known is not None and now < known[0]:
            return known[1]
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
            jwt.JWTClaimsRegistry(
                now=int(now), leeway=LEEWAY_S, aud={"essential": True, "value": audience}, exp={"essential": True}
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError):
            raise Unauthenticated(_("This was not said by a process of this shop.")) from None
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[audience, token] = (float(claims["exp"]), claims)
        return claims
