"""What processes of one shop tell each other through the network, so that nobody else can say it.

Tokens are JWT (RFC 7519), HMAC-SHA256 under a key derived from the shop's secret (HKDF, RFC 5869), each for one audience
and, where nothing else is said, for less than a minute.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shopwright.kit.derived import derived_key
from shopwright.kit.errors import Unauthenticated

ALGORITHM = "HS256"
LASTS_S = 50
RENEWED_S = 20
LEEWAY_S = 10  # clocks of two machines differ
MOST_KNOWN = 10_000


class Seal:
    """Signs and reads. `wall`: seconds since 1970."""

    def __init__(self, secret: str, wall: Callable[[], float] = time.time) -> None:
        self._key = OctKey.import_key(derived_key(secret, "between processes"))
        self._wall = wall
        self._known: dict[tuple[str, str], tuple[float, Mapping[str, Any]]] = {}
        self._own: dict[str, tuple[float, str]] = {}

    def write(self, audience: str, claims: Mapping[str, Any], lasts_s: int = LASTS_S) -> str:
        """A token with these claims."""
        ends = int(self._wall()) + lasts_s
        return jwt.encode({"alg": ALGORITHM}, {**claims, "aud": audience, "exp": ends}, self._key)

    def own(self, audience: str, name: str) -> str:
        """One that says who we are; renewed from time to time."""
        since, token = self._own.get(audience, (0.0, ""))
        if self._wall() > since + RENEWED_S:
            since, token = self._wall(), self.write(audience, {"sub": name})
            self._own[audience] = since, token
        return token

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
            raise Unauthenticated("This was not said by a process of this shop.") from None
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[audience, token] = (float(claims["exp"]), claims)
        return claims
