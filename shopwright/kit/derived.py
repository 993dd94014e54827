"""One secret is never used for two purposes: each purpose has a key of its own, derived from it (HKDF, RFC 5869)."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derived_key(secret: str, purpose: str) -> bytes:
    """32 bytes for `purpose` alone; the same for all processes that know the secret."""
    info = f"shopwright {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())
