"""Password hashes (Argon2id), computed in a queue of their own.

A comparison takes about ten milliseconds of CPU, so a flood of guesses could delay customers. Clients unknown to the account
use one thread at most and a bounded queue; the other thread serves the rest.
"""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import ARGON2_VERSION

from shopwright.kit.errors import RateLimited
from shopwright.kit.translation import gettext as _

T = TypeVar("T")
THREADS = 2
LONGEST_QUEUE = 100
AGAIN_S = 2


def _hash_of_no_password(hasher: PasswordHasher) -> str:
    """A hash that no password has and that costs as much to compare as any of `hasher`: its digest is random.

    Hashing a made-up password instead would delay each process by a fifth of a second at start.
    """
    salt, digest = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{hasher.type.name.lower()}$v={ARGON2_VERSION}${costs}${salt}${digest}"


class Passwords:
    """Hashes and compares passwords. Every comparison costs the same, even without a stored hash."""

    def __init__(self, hasher: PasswordHasher | None) -> None:
        self._hasher = hasher or PasswordHasher()  # Argon2id with the parameters of RFC 9106, low memory
        self._unknown_hash = _hash_of_no_password(self._hasher)
        self._pool = ThreadPoolExecutor(THREADS, "passwords")
        self._unknown_clients = asyncio.Semaphore(THREADS - 1)
        self._waiting = 0

    async def hash(self, password: str, *, known: bool = False) -> str:
        """Hash a new password. Raises RateLimited if the queue of unknown clients is full."""
        return await self._queue(lambda: self._hasher.hash(password), known=known)

    async def matches(self, hashed: str | None, password: str, *, known: bool = False) -> bool:
        """Whether the password matches; None and malformed hashes never do. Raises RateLimited."""
        real = hashed if hashed and hashed.startswith("$argon2") else None

        def compare() -> bool:
            try:
                return self._hasher.verify(real or self._unknown_hash, password)
            except (Argon2Error, InvalidHashError):
                return False

        return await self._queue(compare, known=known) and real is not None

    async def _queue(self, work: Callable[[], T], *, known: bool) -> T:
        loop = asyncio.get_running_loop()
        if known:
            return await loop.run_in_executor(self._pool, work)
        if self._waiting >= LONGEST_QUEUE:
            raise RateLimited(
                _("Too many people sign in just now. Try again in {again_s} seconds.", again_s=AGAIN_S),
                data={"retry_after": AGAIN_S},
            )
        self._waiting += 1
        try:
            async with self._unknown_clients:
                return await loop.run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
