"""Keys derived from the shop's secret (HKDF, RFC 5869), one for each purpose."""

import hashlib
import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derived_key(secret: str, purpose: str) -> bytes:
    """32 bytes for `purpose`, equal in all processes with the secret."""
    info = f"shopwright {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())


class KeyedHash:
    """HMAC-SHA256 of values that are only compared: without the key they cannot be read or guessed."""

    def __init__(self, secret: str, purpose: str) -> None:
        self._key = derived_key(secret, purpose)

    def of(self, kind: str, value: str) -> str:
        """The hash of a value of this kind; "" for ""."""
        return hmac.new(self._key, f"{kind}\n{value}".encode(), sha256).hexdigest() if value else ""


def fingerprint(*parts: bytes) -> str:
    """A hash that tells whether two requests are equal."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
