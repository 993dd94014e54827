"""Links to orders in our e-mails: access to the mailbox opens the order and allows cancelling it.

A key is a JWT (RFC 7519) for one order, one address and this purpose alone, signed with a key of its own. It is not
stored but made when an e-mail is delivered.
"""

import hashlib
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shopwright.kit.derived import derived_key

ALGORITHM = "HS256"
AUDIENCE = "order link"
GOOD_FOR = timedelta(days=90)


class OrderLinks:
    """Signs and verifies keys of orders."""

    def __init__(self, secret: str) -> None:
        self._key = OctKey.import_key(derived_key(secret, "order links"))

    def write(self, order_id: str, email: str, now: datetime) -> str:
        """Return a key for the reader of `email`."""
        ends = int((now + GOOD_FOR).timestamp())
        claims = {"aud": AUDIENCE, "sub": order_id, "to": _address(email), "exp": ends}
        return jwt.encode({"alg": ALGORITHM}, claims, self._key)

    def opens(self, key: str, order_id: str, email: str, now: datetime) -> bool:
        """Whether this key is valid for the order and its present address, and has not expired."""
        try:
            claims = jwt.decode(key, self._key, algorithms=[ALGORITHM]).claims
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                aud={"essential": True, "value": AUDIENCE},
                sub={"essential": True, "value": order_id},
                exp={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError):
            return False
        return bool(email) and claims.get("to") == _address(email)


def _address(email: str) -> str:
    return hashlib.sha256(email.casefold().encode()).hexdigest()[:16]
