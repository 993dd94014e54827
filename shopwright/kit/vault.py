"""Encryption of secrets in databases, with a key outside them (MultiFernet of `cryptography`).

The key is a setting, or a file in the data folder. Several may be known, newest first: all decrypt, the first encrypts.
Values written before there was a key are plain, and still read.
"""

import base64
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.derived import derived_key
from shopwright.kit.errors import Damaged, Unavailable
from shopwright.kit.private import make_folder
from shopwright.kit.translation import gettext as _

CLOSED = "vault:"
# What a key is made of; it may be written by hand.
KEY = re.compile(rb"[!-~]{16,}")
WITHOUT = (
    "everybody has to sign in again, links in e-mails stop working, and codes of gift cards are refused: each card has to be"
    " replaced (secret.key); second factors and secrets of webhooks"
    " have to be set up anew (encryption.key)."
)
OVERLAP = 2  # keys a file has after a rotation: processes that run know the one before


class Vault:
    """Encrypts and decrypts. `read`: returns the keys, newest first; called again if none decrypts."""

    def __init__(self, read: Callable[[], Sequence[str]]) -> None:
        self._read = read
        self._box = self._made()

    def _made(self) -> MultiFernet:
        self.keys = tuple(self._read())
        return MultiFernet([Fernet(_fernet_key(key)) for key in self.keys])

    def close(self, text: str) -> str:
        """Encrypt a text."""
        return CLOSED + self._box.encrypt(text.encode()).decode()

    def open(self, kept: str) -> str:
        """Decrypt a text. Raises Unavailable if its key is unknown."""
        if not kept.startswith(CLOSED):
            return kept
        token = kept.removeprefix(CLOSED).encode()
        try:
            return self._box.decrypt(token).decode()
        except InvalidToken:
            self._box = self._made()
        try:
            return self._box.decrypt(token).decode()
        except InvalidToken:
            raise Unavailable(
                _(
                    "A secret of this shop was encrypted with a key that is missing. Copy encryption.key together with the data folder, or set SHOPWRIGHT_ENCRYPTION_KEY as it was."
                )
            ) from None

    def reencrypt(self, kept: str) -> str:
        """Encrypt with the newest key."""
        self._box = self._made()
        return self.close(self.open(kept))

    @property
    def names(self) -> list[str]:
        """Fingerprints of the keys, newest first."""
        return [hashlib.sha256(_fernet_key(key)).hexdigest()[:12] for key in self.keys]


def _fernet_key(key: str) -> bytes:
    return base64.urlsafe_b64encode(derived_key(key, "encryption at rest"))


def keys_in(path: Path) -> list[str]:
    """Return the keys of a file, which is created if missing. Raises Unavailable."""
    return kept_once(path, secrets.token_hex(32)).split()


def add_key(path: Path) -> None:
    """Add a key for new values; the previous ones still decrypt."""
    keys = [secrets.token_hex(32), *keys_in(path)][:OVERLAP]
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    _write(new, "\n".join(keys) + "\n")
    new.replace(path)


def kept_once(path: Path, text: str) -> str:
    """Return the content of a file in the data folder, which the first process creates. Raises Unavailable."""
    try:
        make_folder(path.parent)
        if not path.exists():
            own = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
            _write(own, text)
            try:
                os.link(own, path)
            except FileExistsError:
                pass  # another process was first
            finally:
                own.unlink()
        kept = path.read_bytes()
    except OSError as error:
        raise Unavailable(
            _(
                "The data folder {parent} cannot be used: {strerror}. Choose another with --data or SHOPWRIGHT_DATA.",
                parent=path.parent,
                strerror=error.strerror,
            )
        ) from None
    if not kept.strip() or not all(KEY.fullmatch(one) for one in kept.split()):
        raise Damaged(
            _(
                "{path} is damaged: it holds {kept} bytes that are no key. Restore a copy of it. If there is none, move it away; a new one is generated: {without}",
                path=path,
                kept=len(kept),
                without=WITHOUT,
            )
        )
    return kept.decode("ascii")


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


async def protect(tx: Transaction, vault: Vault, columns: Sequence[tuple[str, str, str]], *, anew: bool) -> int:
    """Encrypt plain values of these columns (table, key, column); `anew`: all. Returns how many."""
    count = 0
    for table, key, column in columns:
        for row in await tx.fetch(f"SELECT {key} AS id, {column} AS kept FROM {table}"):
            if anew or not row["kept"].startswith(CLOSED):
                sql = f"UPDATE {table} SET {column} = :closed WHERE {key} = :id AND {column} = :kept"
                count += await tx.run(sql, closed=vault.reencrypt(row["kept"]), id=row["id"], kept=row["kept"])
    return count
