"""Access tokens: JWT (RFC 7519) signed with Ed25519, valid for 15 minutes; public keys are published as JWKS."""

import base64
from datetime import datetime
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shopwright.kit.auth import Caller
from shopwright.kit.errors import Unauthenticated
from shopwright.kit.translation import gettext as _
from shopwright.services.users.contract import User
from shopwright.services.users.model import ACCESS

ALGORITHMS = ["Ed25519"]
ISSUER = "shopwright"
AUDIENCE = "shopwright"  # of this shop: each has keys of its own


def new_key(key_id: str) -> str:
    """Generate a private key, as JSON."""
    key = OKPKey.generate_key("Ed25519", {"kid": key_id, "use": "sig", "alg": ALGORITHMS[0]})
    return msgspec.json.encode(key.as_dict(private=True)).decode()


def key_id_of(token: str) -> str | None:
    """The key id in a token's header. Raises ValueError for malformed tokens."""
    head = token.partition(".")[0]
    try:
        header = msgspec.json.decode(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)), type=dict[str, Any])
    except (ValueError, msgspec.MsgspecError) as error:
        raise ValueError("no token") from error
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


class Signer:
    """Signs with the newest key, accepts all of them."""

    def __init__(self, private_jwks: list[str]) -> None:
        self._keys = [OKPKey.import_key(msgspec.json.decode(jwk)) for jwk in private_jwks]
        self._set = KeySet(self._keys)  # type: ignore[arg-type]  # a set of one kind of key

    def sign(self, user: User, session_id: str, now: datetime) -> str:
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user.id,
            "sid": session_id,
            "email": user.email,
            "name": user.name,
            "role": user.role,
            "iat": int(now.timestamp()),
            "exp": int((now + ACCESS).timestamp()),
        }
        header = {"alg": ALGORITHMS[0], "kid": self._keys[0].kid}
        return jwt.encode(header, claims, self._keys[0], algorithms=ALGORITHMS)

    def read(self, token: str, now: datetime) -> Caller:
        try:
            claims = jwt.decode(token, self._set, algorithms=ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                iss={"essential": True, "value": ISSUER},
                aud={"essential": True, "value": AUDIENCE},
                sub={"essential": True},
                exp={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError):
            raise Unauthenticated(
                _("The access token is not valid (any more). Sign in again, or use the refresh token.")
            ) from None
        return Caller(
            user_id=claims["sub"],
            email=claims["email"],
            name=claims["name"],
            role=claims["role"],
            session_id=claims["sid"],
        )

    def knows(self, token: str) -> bool:
        """Whether the token's key is known."""
        try:
            head = key_id_of(token)
        except ValueError:
            return True  # no token at all: there is nothing to look for
        return not isinstance(head, str) or any(key.kid == head for key in self._keys)

    def public(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in self._keys]}
