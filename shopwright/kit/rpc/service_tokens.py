"""Authentication between processes of one shop.

A call is signed for its service, operation, body and caller, and accepted once (`CallTokens`). Other tokens are JWT
(RFC 7519) with HMAC-SHA256 under a key derived from the shop's secret (HKDF, RFC 5869), each for one audience and by
default valid for less than a minute.
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
    """The caller, and the nonce of the call."""

    caller: str
    nonce: str


class CallTokens:
    """Signs and verifies calls between services. `wall`: seconds since 1970."""

    def __init__(self, secret: str, wall: Callable[[], float] = time.time) -> None:
        self._key = derived_key(secret, "internal calls")
        self._wall = wall
        self._seen: set[str] = set()
        self._seen_before: set[str] = set()
        self._since = wall()

    def sign(self, service: str, operation: str, body: bytes, caller: str) -> str:
        """Return the signature of this call."""
        signed = f"{caller}.{int(self._wall())}.{secrets.token_hex(12)}"
        return f"{signed}.{self._mark(service, operation, body, signed)}"

    def read(self, service: str, operation: str, body: bytes, token: str) -> SignedCall:
        """Verify a call. Raises Unauthenticated for foreign, altered, old or repeated ones; Unavailable for too many."""
        signed, _unused, mark = token.rpartition(".")
        caller, _unused, rest = signed.partition(".")
        moment, _unused, nonce = rest.partition(".")
        right = self._mark(service, operation, body, signed)
        if not hmac.compare_digest(mark.encode(), right.encode()):
            raise Unauthenticated(_("This call does not come from a process of this shop."))
        if not is_number(moment) or abs(self._wall() - int(moment)) > CALL_LASTS_S:
            raise Unauthenticated(_("This call is too old, or the clock of its sender is wrong."))
        self._once(nonce)
        return SignedCall(caller, nonce)

    def _mark(self, service: str, operation: str, body: bytes, prefix: str) -> str:
        signed = f"{service}\n{operation}\n{prefix}\n".encode() + sha256(body).digest()
        return hmac.digest(self._key, signed, "sha256").hex()

    def _once(self, nonce: str) -> None:
        """Check the nonce against two sets, each filled for as long as a signature is valid."""
        now = self._wall()
        if now - self._since > 2 * CALL_LASTS_S:
            self._seen_before = self._seen if now - self._since <= 4 * CALL_LASTS_S else set()
            self._seen, self._since = set(), now
        if nonce in self._seen or nonce in self._seen_before:
            raise Unauthenticated(_("This call was received before; each call is accepted once."))
        if len(self._seen) >= MOST_CALLS:
            raise Unavailable(_("Too many calls at once; ask again in a moment."))
        self._seen.add(nonce)


class ServiceTokens:
    """Signs and verifies tokens for one purpose. `wall`: seconds since 1970."""

    def __init__(self, secret: str, purpose: str, wall: Callable[[], float] = time.time) -> None:
        self._key = OctKey.import_key(derived_key(secret, purpose))
        self._wall = wall
        self._known: dict[tuple[str, str], tuple[float, Mapping[str, Any]]] = {}

    def write(self, audience: str, claims: Mapping[str, Any], lasts_s: int = LASTS_S) -> str:
        """Return a token with these claims."""
        ends = int(self._wall()) + lasts_s
        return jwt.encode({"alg": ALGORITHM}, {**claims, "aud": audience, "exp": ends}, self._key)

    def read(self, audience: str, token: str) -> Mapping[str, Any]:
        """Return the claims. Raises Unauthenticated for foreign and expired tokens."""
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
            raise Unauthenticated(_("This call does not come from a process of this shop.")) from None
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[audience, token] = (float(claims["exp"]), claims)
        return claims
