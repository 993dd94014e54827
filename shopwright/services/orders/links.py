"""Links to orders in our e-mails: who has the mailbox may open the order, and cancel it.

A key is a JWT (RFC 7519) for one order, one address and this purpose alone, signed under a key of its own.
Nothing of it is stored: it is made when an e-mail is handed over.
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
    """Signs keys of orders, and reads them."""

    def __init__(self, secret: str) -> None:
        self._key = OctKey.import_key(derived_key(secret, "order links"))

    def write(self, order_id: str, email: str, now: datetime) -> str:
        """A key for who reads what is sent to `email`."""
        ends = int((now + GOOD_FOR).timestamp())
        claims = {"aud": AUDIENCE, "sub": order_id, "to": _address(email), "exp": ends}
        return jwt.encode({"alg": ALGORITHM}, claims, self._key)

    def opens(self, key: str, order_id: str, email: str, now: datetime) -> bool:
        """Is this a key of that order, sent to the address it still has, and not too old?"""
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
